/**
 * The door to the ground floor: the only TypeScript that touches the plane's Wasm. Calls turn values into word streams
 * (`words.ts`), the plane answers with word streams; bulk packets go
 * through columns of numbers ({@link PacketBatch}).
 */
import { errnoName, type Failure, ipWords, type Result } from "../core/base/mod.ts";
import { CALL, HOOK, TABLE } from "./abi.ts";
import { PacketBatch } from "./batch.ts";
import { answerOfGone, GONE } from "./gone.ts";
import { type InitOutput, initSync, Plane as Engine } from "./pkg/plane.js";
import type {
  Address,
  AddressSpec,
  CapturedFrame,
  Datagram,
  FdbEntry,
  Flow,
  FlowChange,
  FlowEvent,
  FlowStatistics,
  FlowTuple,
  IfIndex,
  KernelChange,
  KernelEvent,
  Link,
  LinkChange,
  LinkSpec,
  Neighbour,
  Ns,
  PlaneApi,
  PreparedChange,
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
  TableRef,
  TraceRecord,
} from "./types.ts";
import { sysctlKey } from "./sysctl_key.ts";
import { decode, encodeAll, encodeHead, wordNumber, WordReader } from "./words.ts";

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
const TABLES = Object.keys(TABLE).map((name) => name.toLowerCase() as Table);
const HOOKS = Object.keys(HOOK) as (keyof typeof HOOK)[];

/** netem's settings in the order in which the plane reads them. */
const NETEM: readonly (keyof NonNullable<Parameters<PlaneApi["setNetem"]>[2]>)[] = [
  "delay",
  "jitter",
  "normal",
  "delayCorrelation",
  "loss",
  "lossCorrelation",
  "duplicate",
  "duplicateCorrelation",
  "corrupt",
  "corruptCorrelation",
  "reorder",
  "reorderCorrelation",
  "bad",
  "good",
  "badPass",
  "goodLoss",
  "gap",
  "limit",
  "rate",
  "burst",
  "patience",
];

/** Both addresses of a datagram that is handed over. */
const ENDS = new Uint32Array(8);

/** The answer to a call that only succeeds or not. */
function outcome(words: Uint32Array): Failure | null {
  return words[0] === 0 ? null : failure(words);
}

/** The answer to a call that gives a value. */
function answer<T>(shape: string, words: Uint32Array): Result<T> {
  return words[0] === 0 ? decode(shape, words.subarray(1)) as T : failure(words);
}

/** A change as words: the call's number, room for the namespace, its arguments. The same change is often made in many namespaces. */
export function prepareChange(change: KernelChange): PreparedChange {
  const words = "route" in change
    ? encodeAll([CALL.ADD_ROUTE, 0], [["RouteRecord", change.route], ["RouteMode", change.mode]])
    : "fdb" in change
    ? encodeAll([CALL.ADD_FDB, 0], [["FdbView", change.fdb], ["FdbMode", change.mode]])
    : encodeAll([CALL.ADD_NEIGHBOUR, 0], [["NeighbourView", change.neighbour], ["NeighbourMode", change.mode]]);
  return { change, words };
}

/** Changes behind each other, all in one namespace. */
function joined(ns: Ns, changes: readonly PreparedChange[]): Uint32Array<ArrayBuffer> {
  let length = 0;
  for (const { words } of changes) length += words.length;
  const all = new Uint32Array(length);
  let at = 0;
  for (const { words } of changes) {
    all.set(words, at);
    all[at + 1] = ns;
    at += words.length;
  }
  return all;
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
  /** The namespaces there are. */
  readonly #alive = new Set<Ns>();

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

  #call(number: number, head: readonly number[] = [], ...values: readonly (readonly [string, unknown])[]): Uint32Array {
    const gone = this.#alive.has(head[0] as Ns) ? undefined : answerOfGone(number);
    if (gone !== undefined) return gone;
    return this.#engine.call(number, values.length === 0 ? encodeHead(head) : encodeAll(head, values));
  }

  // namespaces
  addNamespace(): Ns {
    const ns = this.#call(CALL.ADD_NAMESPACE)[0] as Ns;
    this.#alive.add(ns);
    return ns;
  }
  removeNamespace(ns: Ns): void {
    this.#alive.delete(ns);
    this.#call(CALL.REMOVE_NAMESPACE, [ns]);
  }

  // devices
  addLink(ns: Ns, spec: LinkSpec): Result<IfIndex> {
    return answer("u32", this.#call(CALL.ADD_LINK, [ns], ["LinkSpec", spec]));
  }
  setLink(ns: Ns, dev: IfIndex, change: LinkChange): Failure | null {
    return outcome(this.#call(CALL.SET_LINK, [ns, dev], ["LinkChange", change]));
  }
  removeLink(ns: Ns, dev: IfIndex): Failure | null {
    return outcome(this.#call(CALL.REMOVE_LINK, [ns, dev]));
  }
  links(ns: Ns): Link[] {
    return list<Link>("LinkView", this.#call(CALL.LINKS, [ns]));
  }
  setNetem(ns: Ns, dev: IfIndex, netem: Parameters<PlaneApi["setNetem"]>[2]): Failure | null {
    const spec = netem === null ? undefined : { numbers: NETEM.map((name) => Number(netem[name] ?? 0)) };
    return outcome(this.#call(CALL.SET_NETEM, [ns, dev], ["?NetemSpec", spec]));
  }

  // addresses, neighbours, fdb
  addAddress(ns: Ns, dev: IfIndex, spec: AddressSpec): Failure | null {
    return outcome(this.#call(CALL.ADD_ADDRESS, [ns, dev], ["AddressSpec", spec]));
  }
  removeAddress(ns: Ns, dev: IfIndex, address: string): Failure | null {
    return outcome(this.#call(CALL.REMOVE_ADDRESS, [ns, dev], ["prefix", address]));
  }
  addresses(ns: Ns): Address[] {
    return list("AddressView", this.#call(CALL.ADDRESSES, [ns]));
  }
  addNeighbour(ns: Ns, entry: Neighbour, mode: "add" | "change" | "replace"): Failure | null {
    return outcome(this.#call(CALL.ADD_NEIGHBOUR, [ns], ["NeighbourView", entry], ["NeighbourMode", mode]));
  }
  removeNeighbour(ns: Ns, dev: IfIndex, ip: string): Failure | null {
    return outcome(this.#call(CALL.REMOVE_NEIGHBOUR, [ns, dev], ["ip", ip]));
  }
  neighbours(ns: Ns): Neighbour[] {
    return list("NeighbourView", this.#call(CALL.NEIGHBOURS, [ns]));
  }
  addFdb(ns: Ns, entry: Omit<FdbEntry, "age">, mode: "add" | "append" | "replace"): Failure | null {
    return outcome(this.#call(CALL.ADD_FDB, [ns], ["FdbView", { ...entry, age: 0 }], ["FdbMode", mode]));
  }
  removeFdb(ns: Ns, entry: { mac: string; dev: IfIndex; dst?: string; vlan?: number }): Failure | null {
    return outcome(this.#call(CALL.REMOVE_FDB, [ns], ["FdbKey", entry]));
  }
  fdb(ns: Ns): FdbEntry[] {
    return list("FdbView", this.#call(CALL.FDB, [ns]));
  }

  // routes and rules
  addRoute(ns: Ns, route: RouteSpec, mode: "add" | "append" | "prepend" | "replace" | "change"): Failure | null {
    return outcome(this.#call(CALL.ADD_ROUTE, [ns], ["RouteRecord", route], ["RouteMode", mode]));
  }
  removeRoute(ns: Ns, route: RouteSpec): Failure | null {
    return outcome(this.#call(CALL.REMOVE_ROUTE, [ns], ["RouteRecord", route]));
  }
  routes(ns: Ns, family: 4 | 6): Route[] {
    return this.#routes(ns, family).filter(({ expires }) => expires === undefined);
  }
  learnedRoutes(ns: Ns, family: 4 | 6): Route[] {
    return this.#routes(ns, family).filter(({ expires }) => expires !== undefined);
  }
  #routes(ns: Ns, family: 4 | 6): Route[] {
    return list("RouteRecord", this.#call(CALL.ROUTES, [ns, family]));
  }
  routeGet(ns: Ns, query: RouteQuery): Result<RouteAnswer> {
    return answer("RouteAnswer", this.#call(CALL.ROUTE_GET, [ns], ["RouteQuery", query]));
  }
  addRule(ns: Ns, rule: RuleSpec): Failure | null {
    return outcome(this.#call(CALL.ADD_RULE, [ns], ["RuleRecord", withRanges(rule)]));
  }
  removeRule(ns: Ns, rule: RuleSpec): Failure | null {
    return outcome(this.#call(CALL.REMOVE_RULE, [ns], ["RuleRecord", withRanges(rule)]));
  }
  rules(ns: Ns, family: 4 | 6): RuleSpec[] {
    return list<RangedRule>("RuleRecord", this.#call(CALL.RULES, [ns, family])).map(withPairs);
  }

  change(ns: Ns, changes: readonly PreparedChange[]): { readonly at: number; readonly failure: Failure } | null {
    if (changes.length === 0) return null;
    const words = this.#engine.call(CALL.BATCH, joined(ns, changes));
    if (words[0] === 0) return null;
    let left = words.at(-1) as number;
    return { at: changes.findIndex((change) => (left -= change.words.length) <= 0), failure: failure(words) };
  }

  // sysctls
  setSysctl(ns: Ns, key: string, value: number): Failure | null {
    const found = sysctlKey(key);
    if (found === undefined || key === "net.netfilter.nf_conntrack_count") return { errno: "ENOENT" };
    const { table, number, dev } = found;
    return outcome(this.#call(CALL.SET_SYSCTL, [ns, table, number], ["text", dev], ["f64", value]));
  }
  sysctl(ns: Ns, key: string): number | undefined {
    const found = sysctlKey(key);
    if (found === undefined) return undefined;
    const { table, number, dev } = found;
    return decode("?f64", this.#call(CALL.SYSCTL, [ns, table, number], ["text", dev])) as number | undefined;
  }

  // netfilter
  loadTable(ns: Ns, family: 4 | 6, table: TableRef, program: Uint32Array): Failure | null {
    return outcome(!this.#alive.has(ns) ? GONE : this.#engine.loadTable(ns, family, tableNumber(table), program));
  }
  dropTable(ns: Ns, family: 4 | 6, table: TableRef): void {
    this.#call(CALL.DROP_TABLE, [ns, family, tableNumber(table)]);
  }
  counters(ns: Ns, family: 4 | 6, table: TableRef): Float64Array {
    const words = this.#call(CALL.COUNTERS, [ns, family, tableNumber(table)]);
    return new Float64Array(words.buffer, words.byteOffset, words.length / 2);
  }
  loadSet(ns: Ns, id: number, program: Uint32Array): Failure | null {
    return outcome(!this.#alive.has(ns) ? GONE : this.#engine.loadSet(ns, id, program));
  }
  dropSet(ns: Ns, id: number): Failure | null {
    return outcome(this.#call(CALL.DROP_SET, [ns, id]));
  }
  setMembers(ns: Ns, id: number): Uint32Array {
    return this.#call(CALL.SET_MEMBERS, [ns, id]);
  }
  flows(ns: Ns): Flow[] {
    return list("FlowRecord", this.#call(CALL.FLOWS, [ns]));
  }
  removeFlows(ns: Ns, keep: (flow: Flow) => boolean): Flow[] {
    const gone = this.flows(ns).filter((flow) => !keep(flow));
    return gone.filter((flow) => this.#call(CALL.REMOVE_FLOW, [ns, flow.id])[0] === 1);
  }
  setFlow(ns: Ns, flow: FlowChange, create: boolean): Failure | null {
    const side = ({ src, dst, sport, dport }: FlowTuple): (readonly [string, unknown])[] => [
      ["ip", src],
      ["ip", dst],
      ["u32", sport],
      ["u32", dport],
    ];
    const errno = this.#call(
      CALL.SET_FLOW,
      [ns, flow.proto],
      ...side(flow.original),
      ["bool", create],
      ...(create ? side(flow.reply) : []),
      ["u32", flow.zone],
      ["?u32", flow.timeout],
      ["?u32", flow.mark],
      ["?u32", flow.state],
      ["u32", flow.status],
    )[0] as number;
    return errno === 0 ? null : { errno: errnoName(errno) };
  }
  flowStatistics(ns: Ns): FlowStatistics {
    const counts = this.#call(CALL.FLOW_STATISTICS, [ns]);
    const [found = 0, invalid = 0, insert = 0, insertFailed = 0, drop = 0, earlyDrop = 0, clashResolve = 0] = counts;
    return { found, invalid, insert, insertFailed, drop, earlyDrop, clashResolve };
  }
  watchFlows(on: boolean): void {
    this.#call(CALL.WATCH_FLOWS, [on ? 1 : 0]);
  }
  takeFlowEvents(): FlowEvent[] {
    return list("FlowEvent", this.#call(CALL.TAKE_FLOW_EVENTS));
  }

  // sockets
  socket(ns: Ns, kind: SocketKind, family: 4 | 6, protocol = 0): SocketId {
    return this.#call(CALL.SOCKET, [ns, wordNumber("SocketKind", kind), family, protocol])[0] as SocketId;
  }
  setSocket(id: SocketId, options: SocketOptions): Failure | null {
    return outcome(this.#call(CALL.SET_SOCKET, [id], ["SocketOptions", options]));
  }
  bind(id: SocketId, address: string, port: number): Failure | null {
    return outcome(this.#call(CALL.BIND, [id], ["ip", address], ["u32", port]));
  }
  listen(id: SocketId, backlog: number): Failure | null {
    return outcome(this.#call(CALL.LISTEN, [id, backlog]));
  }
  connect(id: SocketId, address: string, port: number): Failure | null {
    return outcome(this.#call(CALL.CONNECT, [id], ["ip", address], ["u32", port]));
  }
  accept(id: SocketId): Result<SocketId> {
    return answer("u32", this.#call(CALL.ACCEPT, [id]));
  }
  send(id: SocketId, data: Uint8Array): Result<number> {
    return answer("u32", this.#engine.send(id, data));
  }
  sendTo(id: SocketId, data: Uint8Array, address: string, port: number, from = "0.0.0.0"): Result<number> {
    // Every datagram of every server comes by here: the words are put together by hand.
    ENDS.set(ipWords(address));
    ENDS.set(ipWords(from), 4);
    return answer("u32", this.#engine.sendTo(id, data, ENDS, port));
  }
  receive(id: SocketId, limit: number): Result<Uint8Array> {
    return answer("bytes", this.#call(CALL.RECEIVE, [id, limit]));
  }
  receiveFrom(id: SocketId): Result<Datagram> {
    return answer("Datagram", this.#call(CALL.RECEIVE_FROM, [id]));
  }
  takeError(id: SocketId): SocketError | undefined {
    const error = decode("?SocketError", this.#call(CALL.TAKE_ERROR, [id])) as RawSocketError | undefined;
    return error && { ...error, errno: errnoName(error.errno) };
  }
  shutdown(id: SocketId): Failure | null {
    return outcome(this.#call(CALL.SHUTDOWN, [id]));
  }
  close(id: SocketId): void {
    this.#call(CALL.CLOSE, [id]);
  }
  /** A socket that is closed throws a RangeError. */
  socketView(id: SocketId): SocketView {
    const view = decode("?SocketView", this.#call(CALL.SOCKET_VIEW, [id])) as SocketView | undefined;
    if (view === undefined) throw new RangeError(`no socket ${id}`);
    return withErrorName(view);
  }
  sockets(ns: Ns): SocketView[] {
    return list<SocketView>("SocketView", this.#call(CALL.SOCKETS, [ns])).map(withErrorName);
  }
  takeWakeups(): SocketId[] {
    return Array.from(this.#call(CALL.TAKE_WAKEUPS, [0]));
  }

  /** The plane's one batch of packets. */
  batch(): PacketBatch {
    return new PacketBatch(this.#exports, this.#engine.beginBatch(), this.#alive);
  }

  // tun devices
  inject(ns: Ns, dev: IfIndex, bytes: Uint8Array): void {
    if (this.#alive.has(ns)) this.#engine.inject(ns, dev, bytes);
  }
  takeOut(): CapturedFrame[] {
    return list("CapturedFrame", this.#call(CALL.TAKE_OUT));
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
    return this.#call(CALL.TRACE, [socket])[0] as number;
  }
  traceDevice(ns: Ns, dev: IfIndex, on: boolean): number {
    return this.#call(CALL.TRACE_DEVICE, [ns, dev, on ? 1 : 0])[0] as number;
  }
  takeTrace(): TraceRecord[] {
    return list<RawTrace>("TraceView", this.#call(CALL.TAKE_TRACE)).map(withNames);
  }
  capture(ns: Ns, dev: IfIndex, on: boolean): void {
    this.#call(CALL.CAPTURE, [ns, dev, on ? 1 : 0]);
  }
  takeFrames(): CapturedFrame[] {
    return list("CapturedFrame", this.#call(CALL.TAKE_FRAMES));
  }
  watchKernel(on: boolean): void {
    this.#call(CALL.WATCH_KERNEL, [on ? 1 : 0]);
  }
  takeKernelEvents(): KernelEvent[] {
    return list<RawKernelEvent>("KernelEvent", this.#call(CALL.TAKE_KERNEL_EVENTS)).map(withValue);
  }
}

// ------------------------------------------------------------------------------------ from records to what types.ts says

type RawSocketError = Omit<SocketError, "errno"> & { readonly errno: number };

/** The number of a table in the plane. */
function tableNumber(table: TableRef): number {
  return typeof table === "number" ? table : TABLES.indexOf(table);
}

type RawTrace = Omit<TraceRecord, "table" | "hook"> & { readonly table?: number; readonly hook?: number };

function withNames({ table, hook, ...record }: RawTrace): TraceRecord {
  return {
    ...record,
    ...(table === undefined ? {} : { table: TABLES[table] ?? table }),
    ...(hook === undefined ? {} : { hook: HOOKS[hook] as keyof typeof HOOK }),
  };
}

type RawKernelEvent =
  & Omit<KernelEvent, "value">
  & { readonly link?: Link; readonly address?: Address; readonly neighbour?: Neighbour; readonly route?: Route };

function withValue({ ns, what, deleted, link, address, neighbour, route }: RawKernelEvent): KernelEvent {
  const value = link ?? address ?? neighbour ?? route;
  return { ns, what, deleted, value: value as KernelEvent["value"] };
}

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
