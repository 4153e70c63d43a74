/**
 * The door to the ground floor: the only TypeScript that touches the plane's Wasm. Calls turn values into word streams
 * (`words.ts`), the plane answers with word streams; bulk packets go
 * through columns of numbers ({@link PacketBatch}).
 */
import { errnoName, type Failure, type Result } from "../core/base/mod.ts";
import { HOOK, TABLE } from "./abi.ts";
import { PacketBatch } from "./batch.ts";
import { type InitOutput, initSync, Plane as Engine } from "./pkg/plane.js";
import type {
  Address,
  AddressSpec,
  CapturedFrame,
  Datagram,
  FdbEntry,
  Flow,
  FlowEvent,
  IfIndex,
  KernelEvent,
  Link,
  LinkChange,
  LinkSpec,
  Neighbour,
  Ns,
  PlaneApi,
  Route,
  RouteAnswer,
  RouteQuery,
  RouteSpec,
  RuleSpec,
  SocketError,
  SocketId,
  SocketKind,
  SocketOptions,
  SocketView,
  Table,
  TraceRecord,
} from "./types.ts";
import { decode, encode, wordNumber, WordReader } from "./words.ts";

export * from "./abi.ts";
export * from "./batch.ts";
export { SYSCTLS } from "./layout.ts";
export * from "./types.ts";

/** What a plane is begun with. */
export interface PlaneOptions {
  /** Decides every choice by chance. */
  readonly seed: number;
  /** The wall clock at virtual time 0, in seconds since 1970; 2026-01-01 by default. */
  readonly epoch?: number;
}

const EPOCH = 1_767_225_600;
const NETEM = "NetemSpec";
const TABLES = Object.keys(TABLE).map((name) => name.toLowerCase() as Table);
const HOOKS = Object.keys(HOOK) as (keyof typeof HOOK)[];

/** The answer to a call that only succeeds or not. */
function outcome(words: Uint32Array): Failure | null {
  return words[0] === 0 ? null : failure(words);
}

/** The answer to a call that gives a value. */
function answer<T>(shape: string, words: Uint32Array): Result<T> {
  return words[0] === 0 ? decode(shape, words.subarray(1)) as T : failure(words);
}

function failure(words: Uint32Array): Failure {
  const reader = new WordReader(words);
  const errno = errnoName(reader.word());
  const extack = reader.read("text") as string;
  return extack === "" ? { errno } : { errno, extack };
}

function list<T>(shape: string, words: Uint32Array): T[] {
  return decode(`[]${shape}`, words) as T[];
}

/** A namespace stack of the plane with all its calls; see {@link PlaneApi}. */
export class Plane implements PlaneApi {
  readonly #engine: Engine;
  readonly #exports: InitOutput;

  private constructor(engine: Engine, exports: InitOutput) {
    this.#engine = engine;
    this.#exports = exports;
  }

  /** A plane of its own, in the one instance of the module; bytes are compiled, where the runtime allows it, at the first call. */
  static open(module: WebAssembly.Module | BufferSource, options: PlaneOptions): Plane {
    const exports = initSync({ module });
    return new Plane(new Engine(options.seed, options.epoch ?? EPOCH), exports);
  }

  /** Gives its memory back; no call may follow. */
  free(): void {
    this.#engine.free();
  }

  // namespaces
  addNamespace(): Ns {
    return this.#engine.addNamespace();
  }
  removeNamespace(ns: Ns): void {
    this.#engine.removeNamespace(ns);
  }

  // devices
  addLink(ns: Ns, spec: LinkSpec): Result<IfIndex> {
    return answer("u32", this.#engine.addLink(ns, encode("LinkSpec", spec)));
  }
  setLink(ns: Ns, dev: IfIndex, change: LinkChange): Failure | null {
    return outcome(this.#engine.setLink(ns, dev, encode("LinkChange", change)));
  }
  removeLink(ns: Ns, dev: IfIndex): Failure | null {
    return outcome(this.#engine.removeLink(ns, dev));
  }
  links(ns: Ns): Link[] {
    return list<Link>("LinkView", this.#engine.links(ns)).map(withTunnelTexts);
  }
  setNetem(ns: Ns, dev: IfIndex, netem: Parameters<PlaneApi["setNetem"]>[2]): Failure | null {
    return outcome(this.#engine.setNetem(ns, dev, netem === null ? new Uint32Array() : encode(NETEM, netem)));
  }

  // addresses, neighbours, fdb
  addAddress(ns: Ns, dev: IfIndex, spec: AddressSpec): Failure | null {
    return outcome(this.#engine.addAddress(ns, dev, encode("AddressSpec", spec)));
  }
  removeAddress(ns: Ns, dev: IfIndex, address: string): Failure | null {
    return outcome(this.#engine.removeAddress(ns, dev, encode("prefix", address)));
  }
  addresses(ns: Ns): Address[] {
    return list("AddressView", this.#engine.addresses(ns));
  }
  addNeighbour(ns: Ns, entry: Neighbour, mode: "add" | "change" | "replace"): Failure | null {
    return outcome(this.#engine.addNeighbour(ns, encode("NeighbourView", entry), wordNumber("NeighbourMode", mode)));
  }
  removeNeighbour(ns: Ns, dev: IfIndex, ip: string): Failure | null {
    return outcome(this.#engine.removeNeighbour(ns, dev, encode("ip", ip)));
  }
  neighbours(ns: Ns): Neighbour[] {
    return list("NeighbourView", this.#engine.neighbours(ns));
  }
  addFdb(ns: Ns, entry: Omit<FdbEntry, "age">, mode: "add" | "append" | "replace"): Failure | null {
    return outcome(this.#engine.addFdb(ns, encode("FdbView", { ...entry, age: 0 }), wordNumber("FdbMode", mode)));
  }
  removeFdb(ns: Ns, entry: { mac: string; dev: IfIndex; dst?: string; vlan?: number }): Failure | null {
    return outcome(this.#engine.removeFdb(ns, encode("FdbKey", entry)));
  }
  fdb(ns: Ns): FdbEntry[] {
    return list("FdbView", this.#engine.fdb(ns));
  }

  // routes and rules
  addRoute(ns: Ns, route: RouteSpec, mode: "add" | "append" | "prepend" | "replace" | "change"): Failure | null {
    return outcome(this.#engine.addRoute(ns, encode("RouteRecord", route), wordNumber("RouteMode", mode)));
  }
  removeRoute(ns: Ns, route: RouteSpec): Failure | null {
    return outcome(this.#engine.removeRoute(ns, encode("RouteRecord", route)));
  }
  routes(ns: Ns, family: 4 | 6): Route[] {
    return list("RouteRecord", this.#engine.routes(ns, family));
  }
  routeGet(ns: Ns, query: RouteQuery): Result<RouteAnswer> {
    return answer("RouteAnswer", this.#engine.routeGet(ns, encode("RouteQuery", query)));
  }
  addRule(ns: Ns, rule: RuleSpec): Failure | null {
    return outcome(this.#engine.addRule(ns, encode("RuleRecord", withRanges(rule))));
  }
  removeRule(ns: Ns, rule: RuleSpec): Failure | null {
    return outcome(this.#engine.removeRule(ns, encode("RuleRecord", withRanges(rule))));
  }
  rules(ns: Ns, family: 4 | 6): RuleSpec[] {
    return list<RangedRule>("RuleRecord", this.#engine.rules(ns, family)).map(withPairs);
  }

  // sysctls
  setSysctl(ns: Ns, key: string, value: number): Failure | null {
    return outcome(this.#engine.setSysctl(ns, key, value));
  }
  sysctl(ns: Ns, key: string): number | undefined {
    const value = this.#engine.sysctl(ns, key);
    return Number.isNaN(value) ? undefined : value;
  }

  // netfilter
  loadTable(ns: Ns, family: 4 | 6, table: Table, program: Uint32Array): Failure | null {
    return outcome(this.#engine.loadTable(ns, family, TABLES.indexOf(table), program));
  }
  dropTable(ns: Ns, family: 4 | 6, table: Table): void {
    this.#engine.dropTable(ns, family, TABLES.indexOf(table));
  }
  counters(ns: Ns, family: 4 | 6, table: Table): Float64Array {
    return this.#engine.counters(ns, family, TABLES.indexOf(table));
  }
  loadSet(ns: Ns, id: number, program: Uint32Array): Failure | null {
    return outcome(this.#engine.loadSet(ns, id, program));
  }
  dropSet(ns: Ns, id: number): Failure | null {
    return outcome(this.#engine.dropSet(ns, id));
  }
  setMembers(ns: Ns, id: number): Uint32Array {
    return this.#engine.setMembers(ns, id);
  }
  flows(ns: Ns): Flow[] {
    return list("FlowRecord", this.#engine.flows(ns));
  }
  removeFlows(ns: Ns, keep: (flow: Flow) => boolean): Flow[] {
    const gone = this.flows(ns).filter((flow) => !keep(flow));
    return gone.filter((flow) => this.#engine.removeFlow(ns, flow.id));
  }
  watchFlows(on: boolean): void {
    this.#engine.watchFlows(on);
  }
  takeFlowEvents(): FlowEvent[] {
    return list("FlowEvent", this.#engine.takeFlowEvents());
  }

  // sockets
  socket(ns: Ns, kind: SocketKind, family: 4 | 6, protocol = 0): SocketId {
    return this.#engine.socket(ns, wordNumber("SocketKind", kind), family, protocol);
  }
  setSocket(id: SocketId, options: SocketOptions): Failure | null {
    return outcome(this.#engine.setSocket(id, encode("SocketOptions", options)));
  }
  bind(id: SocketId, address: string, port: number): Failure | null {
    return outcome(this.#engine.bind(id, encode("ip", address), port));
  }
  listen(id: SocketId, backlog: number): Failure | null {
    return outcome(this.#engine.listen(id, backlog));
  }
  connect(id: SocketId, address: string, port: number): Failure | null {
    return outcome(this.#engine.connect(id, encode("ip", address), port));
  }
  accept(id: SocketId): Result<SocketId> {
    return answer("u32", this.#engine.accept(id));
  }
  send(id: SocketId, data: Uint8Array): Result<number> {
    return answer("u32", this.#engine.send(id, data));
  }
  sendTo(id: SocketId, data: Uint8Array, address: string, port: number, from = "0.0.0.0"): Result<number> {
    const ips = Uint32Array.of(...encode("ip", address), ...encode("ip", from));
    return answer("u32", this.#engine.sendTo(id, data, ips, port));
  }
  receive(id: SocketId, limit: number): Result<Uint8Array> {
    return answer("bytes", this.#engine.receive(id, limit));
  }
  receiveFrom(id: SocketId): Result<Datagram> {
    return answer("Datagram", this.#engine.receiveFrom(id));
  }
  takeError(id: SocketId): SocketError | undefined {
    const error = decode("?SocketError", this.#engine.takeError(id)) as (SocketError & { errno: number }) | undefined;
    return error && { ...error, errno: errnoName(error.errno) };
  }
  shutdown(id: SocketId): Failure | null {
    return outcome(this.#engine.shutdown(id));
  }
  close(id: SocketId): void {
    this.#engine.close(id);
  }
  /** A socket that is closed throws a RangeError. */
  socketView(id: SocketId): SocketView {
    const view = decode("?SocketView", this.#engine.socketView(id)) as SocketView | undefined;
    if (view === undefined) throw new RangeError(`no socket ${id}`);
    return withErrorName(view);
  }
  sockets(ns: Ns): SocketView[] {
    return list<SocketView>("SocketView", this.#engine.sockets(ns)).map(withErrorName);
  }
  takeWakeups(): SocketId[] {
    return Array.from(this.#engine.takeWakeups());
  }

  /** The plane's one batch of packets. */
  batch(): PacketBatch {
    return new PacketBatch(this.#exports, this.#engine.beginBatch());
  }

  // tun devices
  inject(ns: Ns, dev: IfIndex, bytes: Uint8Array): void {
    this.#engine.inject(ns, dev, bytes);
  }
  takeOut(): CapturedFrame[] {
    return list("CapturedFrame", this.#engine.takeOut());
  }

  // time
  now(): number {
    return this.#engine.now();
  }
  nextEvent(): number {
    return this.#engine.nextEvent();
  }
  run(until: number): void {
    this.#engine.run(until);
  }

  // evidence
  trace(socket: SocketId): number {
    return this.#engine.trace(socket);
  }
  traceDevice(ns: Ns, dev: IfIndex, on: boolean): number {
    return this.#engine.traceDevice(ns, dev, on);
  }
  takeTrace(): TraceRecord[] {
    return list<RawTrace>("TraceView", this.#engine.takeTrace()).map(withNames);
  }
  capture(ns: Ns, dev: IfIndex, on: boolean): void {
    this.#engine.capture(ns, dev, on);
  }
  takeFrames(): CapturedFrame[] {
    return list("CapturedFrame", this.#engine.takeFrames());
  }
  watchKernel(on: boolean): void {
    this.#engine.watchKernel(on);
  }
  takeKernelEvents(): KernelEvent[] {
    return list<RawKernelEvent>("KernelEvent", this.#engine.takeKernelEvents()).map(withValue);
  }
}

// ------------------------------------------------------------------------------------ from records to what types.ts says

type RawTrace = Omit<TraceRecord, "table" | "hook"> & { readonly table?: number; readonly hook?: number };

function withNames({ table, hook, ...record }: RawTrace): TraceRecord {
  return {
    ...record,
    ...(table === undefined ? {} : { table: TABLES[table] as Table }),
    ...(hook === undefined ? {} : { hook: HOOKS[hook] as keyof typeof HOOK }),
  };
}

type RawKernelEvent =
  & Omit<KernelEvent, "value">
  & { readonly link?: Link; readonly address?: Address; readonly neighbour?: Neighbour; readonly route?: Route };

function withValue({ ns, what, deleted, link, address, neighbour, route }: RawKernelEvent): KernelEvent {
  const value = (link && withTunnelTexts(link)) ?? address ?? neighbour ?? route;
  return { ns, what, deleted, value: value as KernelEvent["value"] };
}

function withTunnelTexts(link: Link): Link {
  return link.vxlan === undefined ? link : { ...link, vxlan: { ...NO_ENDS, ...link.vxlan } };
}

const NO_ENDS = { local: "", remote: "" };

function withErrorName(view: SocketView): SocketView {
  return view.error === undefined ? view : { ...view, error: errnoName(Number(view.error)) };
}

interface Range {
  readonly low: number;
  readonly high: number;
}
type RangedRule = Omit<RuleSpec, "sport" | "dport"> & { readonly sport?: Range; readonly dport?: Range };

function withRanges({ sport, dport, ...rule }: RuleSpec): RangedRule {
  const range = (pair?: readonly [number, number]) => pair && { low: pair[0], high: pair[1] };
  return { ...rule, sport: range(sport), dport: range(dport) };
}

function withPairs({ sport, dport, ...rule }: RangedRule): RuleSpec {
  return {
    ...rule,
    ...(sport && { sport: [sport.low, sport.high] as const }),
    ...(dport && { dport: [dport.low, dport.high] as const }),
  };
}
