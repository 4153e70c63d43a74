/** The plane is the kernel: this is its system call table. */
import type { Failure, Result } from "../../core/base/mod.ts";
import type { CapturedFrame, KernelEvent, TraceRecord } from "./evidence.ts";
import type { Flow, FlowChange, FlowEvent, FlowStatistics, TableRef } from "./flow.ts";
import type { Address, AddressSpec, FdbEntry, IfIndex, Link, LinkChange, LinkSpec, Neighbour, Ns } from "./link.ts";
import type { Route, RouteAnswer, RouteQuery, RouteSpec, RuleSpec } from "./route.ts";
import type { Datagram, SocketError, SocketId, SocketKind, SocketOptions, SocketView } from "./socket.ts";

/** A change that may be asked for together with others ({@link PlaneApi.change}). */
export type KernelChange =
  | { readonly route: RouteSpec; readonly mode: "add" | "append" | "prepend" | "replace" | "change" }
  | { readonly neighbour: Neighbour; readonly mode: "add" | "change" | "replace" }
  | { readonly fdb: FdbEntry; readonly mode: "add" | "append" | "replace" };

/** A change put into words, in whatever namespace it is made (`prepareChange`). */
export interface PreparedChange {
  readonly change: KernelChange;
  readonly words: Uint32Array;
}

/** Every call the plane answers. `Plane` in `mod.ts` is the one implementation. */
export interface PlaneApi {
  // namespaces
  addNamespace(): Ns;
  removeNamespace(ns: Ns): void;

  // devices
  addLink(ns: Ns, spec: LinkSpec): Result<IfIndex>;
  setLink(ns: Ns, dev: IfIndex, change: LinkChange): Failure | null;
  removeLink(ns: Ns, dev: IfIndex): Failure | null;
  links(ns: Ns): Link[];
  /** netem on a device's egress: milliseconds, fractions of 1, bits a second. */
  setNetem(
    ns: Ns,
    dev: IfIndex,
    netem: {
      delay?: number;
      jitter?: number;
      loss?: number;
      rate?: number;
      duplicate?: number;
      corrupt?: number;
      reorder?: number;
      /** How much a packet's luck leans on the one before, as a fraction of 1. */
      delayCorrelation?: number;
      lossCorrelation?: number;
      duplicateCorrelation?: number;
      corruptCorrelation?: number;
      reorderCorrelation?: number;
      /** Jitter is distributed normally, not evenly. */
      normal?: boolean;
      /** Gilbert-Elliott's chances to turn bad and good again, of passing when bad, of loss when good (p, r, h, k). */
      bad?: number;
      good?: number;
      badPass?: number;
      goodLoss?: number;
      gap?: number;
      /** Packets that may be held at once. */
      limit?: number;
      /** With `rate`: what a full bucket lets through at once, and how long a packet may wait, in milliseconds of the rate. */
      burst?: number;
      patience?: number;
    } | null,
  ): Failure | null;

  // addresses, neighbours, fdb
  addAddress(ns: Ns, dev: IfIndex, spec: AddressSpec): Failure | null;
  removeAddress(ns: Ns, dev: IfIndex, address: string): Failure | null;
  addresses(ns: Ns): Address[];
  /** `mode` as in `ip neigh add|change|replace`. */
  addNeighbour(ns: Ns, entry: Neighbour, mode: "add" | "change" | "replace"): Failure | null;
  removeNeighbour(ns: Ns, dev: IfIndex, ip: string): Failure | null;
  neighbours(ns: Ns): Neighbour[];
  addFdb(ns: Ns, entry: Omit<FdbEntry, "age">, mode: "add" | "append" | "replace"): Failure | null;
  removeFdb(ns: Ns, entry: { mac: string; dev: IfIndex; dst?: string; vlan?: number }): Failure | null;
  fdb(ns: Ns): FdbEntry[];

  // routes and rules
  addRoute(ns: Ns, route: RouteSpec, mode: "add" | "append" | "prepend" | "replace" | "change"): Failure | null;
  removeRoute(ns: Ns, route: RouteSpec): Failure | null;
  routes(ns: Ns, family: 4 | 6): Route[];
  /** What redirects and "packet too big" taught: a route per destination, with {@link Route.expires}. */
  learnedRoutes(ns: Ns, family: 4 | 6): Route[];
  routeGet(ns: Ns, query: RouteQuery): Result<RouteAnswer>;
  addRule(ns: Ns, rule: RuleSpec): Failure | null;
  removeRule(ns: Ns, rule: RuleSpec): Failure | null;
  rules(ns: Ns, family: 4 | 6): RuleSpec[];

  /** Makes changes one after the other, up to the first that is refused: its place in the list, and why. */
  change(ns: Ns, changes: readonly PreparedChange[]): { readonly at: number; readonly failure: Failure } | null;

  // sysctls that the plane obeys (`SYSCTLS` in `abi.ts`); `dev` for conf/DEV ones, "all" and "default" included
  setSysctl(ns: Ns, key: string, value: number): Failure | null;
  sysctl(ns: Ns, key: string): number | undefined;

  // netfilter
  /** Replaces a table by a compiled program (see `wasm/src/filter/program.rs`); counters start at those given in it. */
  loadTable(ns: Ns, family: 4 | 6, table: TableRef, program: Uint32Array): Failure | null;
  /** Takes the table away, as if its module had never been loaded. */
  dropTable(ns: Ns, family: 4 | 6, table: TableRef): void;
  /** Counters of every rule and policy, in program order: packets, bytes, packets, bytes ... */
  counters(ns: Ns, family: 4 | 6, table: TableRef): Float64Array;
  /** Sets by program order as well: compiled set definitions and members. */
  loadSet(ns: Ns, id: number, program: Uint32Array): Failure | null;
  dropSet(ns: Ns, id: number): Failure | null;
  setMembers(ns: Ns, id: number): Uint32Array;
  flows(ns: Ns): Flow[];
  removeFlows(ns: Ns, keep: (flow: Flow) => boolean): Flow[];
  /** `conntrack -I` (with `create`: EEXIST where there is one) and `-U` (ENOENT where there is none). */
  setFlow(ns: Ns, flow: FlowChange, create: boolean): Failure | null;
  /** What `conntrack -S` counts, of all processors. */
  flowStatistics(ns: Ns): FlowStatistics;
  /** Conntrack events since the last call; off until `on`. */
  watchFlows(on: boolean): void;
  takeFlowEvents(): FlowEvent[];

  // sockets: never block; look with `socketView`, wait for `takeWakeups`
  socket(ns: Ns, kind: SocketKind, family: 4 | 6, protocol?: number): SocketId;
  setSocket(id: SocketId, options: SocketOptions): Failure | null;
  bind(id: SocketId, address: string, port: number): Failure | null;
  listen(id: SocketId, backlog: number): Failure | null;
  /** TCP starts the handshake (EINPROGRESS is null here); datagram sockets fix their peer. */
  connect(id: SocketId, address: string, port: number): Failure | null;
  accept(id: SocketId): Result<SocketId>;
  /** Bytes taken, or a failure; TCP may take fewer than offered. */
  send(id: SocketId, data: Uint8Array): Result<number>;
  /** ICMP sockets: `data` is the message from its type byte on (the plane fills id and checksum). Raw sockets: the payload after IP. */
  sendTo(id: SocketId, data: Uint8Array, address: string, port: number, from?: string): Result<number>;
  /** TCP bytes; an empty array at end of stream, EAGAIN when there is nothing yet. */
  receive(id: SocketId, limit: number): Result<Uint8Array>;
  receiveFrom(id: SocketId): Result<Datagram>;
  takeError(id: SocketId): SocketError | undefined;
  shutdown(id: SocketId): Failure | null;
  close(id: SocketId): void;
  socketView(id: SocketId): SocketView;
  sockets(ns: Ns): SocketView[];
  /** Sockets whose view changed since the last call, in order, each once. */
  takeWakeups(): SocketId[];

  // packets from and to the outside by tun devices; `inject` sends a frame out by any other, as a packet socket does
  inject(ns: Ns, dev: IfIndex, bytes: Uint8Array): void;
  takeOut(): CapturedFrame[];

  // time
  /** Virtual milliseconds since the plane began. */
  now(): number;
  /** When the next event is due, or Infinity. Walks already under way are never pending: calls that send run them to their end. */
  nextEvent(): number;
  /** Runs every event due by then and moves time there. */
  run(until: number): void;

  // evidence
  /** Starts tracing what the socket sends next; the number marks the records. Answers share it. */
  trace(socket: SocketId): number;
  /** The same for what a tun device is given; `on: false` ends it. */
  traceDevice(ns: Ns, dev: IfIndex, on: boolean): number;
  takeTrace(): TraceRecord[];
  capture(ns: Ns, dev: IfIndex, on: boolean): void;
  takeFrames(): CapturedFrame[];
  watchKernel(on: boolean): void;
  takeKernelEvents(): KernelEvent[];
}
