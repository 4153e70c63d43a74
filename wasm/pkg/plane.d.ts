/* tslint:disable */
/* eslint-disable */

/**
 * One plane: a world of namespaces on its own clock.
 */
export class Plane {
    free(): void;
    [Symbol.dispose](): void;
    accept(id: number): Uint32Array;
    addAddress(ns: number, dev: number, spec: Uint32Array): Uint32Array;
    addFdb(ns: number, entry: Uint32Array, mode: number): Uint32Array;
    addLink(ns: number, spec: Uint32Array): Uint32Array;
    addNamespace(): number;
    addNeighbour(ns: number, entry: Uint32Array, mode: number): Uint32Array;
    addRoute(ns: number, route: Uint32Array, mode: number): Uint32Array;
    addRule(ns: number, rule: Uint32Array): Uint32Array;
    addresses(ns: number): Uint32Array;
    /**
     * Where the batch's columns lie in memory, and the plane itself for [`plane_send_batch`].
     */
    beginBatch(): Uint32Array;
    bind(id: number, ip: Uint32Array, port: number): Uint32Array;
    capture(ns: number, dev: number, on: boolean): void;
    close(id: number): void;
    connect(id: number, ip: Uint32Array, port: number): Uint32Array;
    counters(ns: number, family: number, table: number): Float64Array;
    dropSet(ns: number, id: number): Uint32Array;
    dropTable(ns: number, family: number, table: number): void;
    fdb(ns: number): Uint32Array;
    flows(ns: number): Uint32Array;
    /**
     * A packet from outside comes in by a tun device; bytes that are none are counted as errors.
     */
    inject(ns: number, dev: number, bytes: Uint8Array): void;
    links(ns: number): Uint32Array;
    listen(id: number, backlog: number): Uint32Array;
    loadSet(ns: number, id: number, program: Uint32Array): Uint32Array;
    loadTable(ns: number, family: number, table: number, program: Uint32Array): Uint32Array;
    neighbours(ns: number): Uint32Array;
    /**
     * `seed` decides every choice by chance; `epoch` is the wall clock at virtual time 0, in seconds since 1970.
     */
    constructor(seed: number, epoch: number);
    /**
     * When the next event is due, in virtual milliseconds; infinity where none is.
     */
    nextEvent(): number;
    /**
     * Virtual milliseconds since the plane began.
     */
    now(): number;
    receive(id: number, limit: number): Uint32Array;
    receiveFrom(id: number): Uint32Array;
    removeAddress(ns: number, dev: number, prefix: Uint32Array): Uint32Array;
    removeFdb(ns: number, key: Uint32Array): Uint32Array;
    /**
     * `conntrack -D` by id; false where the flow is gone.
     */
    removeFlow(ns: number, id: number): boolean;
    removeLink(ns: number, dev: number): Uint32Array;
    removeNamespace(ns: number): void;
    removeNeighbour(ns: number, dev: number, ip: Uint32Array): Uint32Array;
    removeRoute(ns: number, route: Uint32Array): Uint32Array;
    removeRule(ns: number, rule: Uint32Array): Uint32Array;
    routeGet(ns: number, query: Uint32Array): Uint32Array;
    routes(ns: number, family: number): Uint32Array;
    rules(ns: number, family: number): Uint32Array;
    /**
     * Runs what is due by then and moves time there.
     */
    run(until: number): void;
    send(id: number, data: Uint8Array): Uint32Array;
    /**
     * `ips` are the destination and the source (unspecified for none).
     */
    sendTo(id: number, data: Uint8Array, ips: Uint32Array, port: number): Uint32Array;
    setLink(ns: number, dev: number, change: Uint32Array): Uint32Array;
    setMembers(ns: number, id: number): Uint32Array;
    /**
     * An empty stream takes netem away.
     */
    setNetem(ns: number, dev: number, netem: Uint32Array): Uint32Array;
    setSocket(id: number, options: Uint32Array): Uint32Array;
    setSysctl(ns: number, key: string, value: number): Uint32Array;
    shutdown(id: number): Uint32Array;
    /**
     * `kind` by its number in SocketKind.
     */
    socket(ns: number, kind: number, family: number, protocol: number): number;
    socketView(id: number): Uint32Array;
    sockets(ns: number): Uint32Array;
    /**
     * NaN for a key that the plane does not know.
     */
    sysctl(ns: number, key: string): number;
    takeError(id: number): Uint32Array;
    takeFlowEvents(): Uint32Array;
    takeFrames(): Uint32Array;
    takeKernelEvents(): Uint32Array;
    takeOut(): Uint32Array;
    takeTrace(): Uint32Array;
    takeWakeups(): Uint32Array;
    /**
     * Begins a trace of what a socket sends from now on.
     */
    trace(socket: number): number;
    /**
     * Begins a trace of what a tun device is given from now on; `on` false ends it.
     */
    traceDevice(ns: number, dev: number, on: boolean): number;
    watchFlows(on: boolean): void;
    watchKernel(on: boolean): void;
}

export type InitInput = RequestInfo | URL | Response | BufferSource | WebAssembly.Module;

export interface InitOutput {
    readonly memory: WebAssembly.Memory;
    readonly __wbg_plane_free: (a: number, b: number) => void;
    readonly lpm_load4: (a: number) => number;
    readonly lpm_load6: (a: number) => number;
    readonly lpm_lookup4: (a: number) => void;
    readonly lpm_lookup6: (a: number) => void;
    readonly lpm_reserve: (a: number) => number;
    readonly plane_accept: (a: number, b: number, c: number) => void;
    readonly plane_addAddress: (a: number, b: number, c: number, d: number, e: number, f: number) => void;
    readonly plane_addFdb: (a: number, b: number, c: number, d: number, e: number, f: number) => void;
    readonly plane_addLink: (a: number, b: number, c: number, d: number, e: number) => void;
    readonly plane_addNamespace: (a: number) => number;
    readonly plane_addNeighbour: (a: number, b: number, c: number, d: number, e: number, f: number) => void;
    readonly plane_addRoute: (a: number, b: number, c: number, d: number, e: number, f: number) => void;
    readonly plane_addRule: (a: number, b: number, c: number, d: number, e: number) => void;
    readonly plane_addresses: (a: number, b: number, c: number) => void;
    readonly plane_beginBatch: (a: number, b: number) => void;
    readonly plane_bind: (a: number, b: number, c: number, d: number, e: number, f: number) => void;
    readonly plane_capture: (a: number, b: number, c: number, d: number) => void;
    readonly plane_close: (a: number, b: number) => void;
    readonly plane_connect: (a: number, b: number, c: number, d: number, e: number, f: number) => void;
    readonly plane_counters: (a: number, b: number, c: number, d: number, e: number) => void;
    readonly plane_dropSet: (a: number, b: number, c: number, d: number) => void;
    readonly plane_dropTable: (a: number, b: number, c: number, d: number) => void;
    readonly plane_fdb: (a: number, b: number, c: number) => void;
    readonly plane_flows: (a: number, b: number, c: number) => void;
    readonly plane_inject: (a: number, b: number, c: number, d: number, e: number) => void;
    readonly plane_links: (a: number, b: number, c: number) => void;
    readonly plane_listen: (a: number, b: number, c: number, d: number) => void;
    readonly plane_loadSet: (a: number, b: number, c: number, d: number, e: number, f: number) => void;
    readonly plane_loadTable: (a: number, b: number, c: number, d: number, e: number, f: number, g: number) => void;
    readonly plane_neighbours: (a: number, b: number, c: number) => void;
    readonly plane_new: (a: number, b: number) => number;
    readonly plane_nextEvent: (a: number) => number;
    readonly plane_now: (a: number) => number;
    readonly plane_receive: (a: number, b: number, c: number, d: number) => void;
    readonly plane_receiveFrom: (a: number, b: number, c: number) => void;
    readonly plane_removeAddress: (a: number, b: number, c: number, d: number, e: number, f: number) => void;
    readonly plane_removeFdb: (a: number, b: number, c: number, d: number, e: number) => void;
    readonly plane_removeFlow: (a: number, b: number, c: number) => number;
    readonly plane_removeLink: (a: number, b: number, c: number, d: number) => void;
    readonly plane_removeNamespace: (a: number, b: number) => void;
    readonly plane_removeNeighbour: (a: number, b: number, c: number, d: number, e: number, f: number) => void;
    readonly plane_removeRoute: (a: number, b: number, c: number, d: number, e: number) => void;
    readonly plane_removeRule: (a: number, b: number, c: number, d: number, e: number) => void;
    readonly plane_routeGet: (a: number, b: number, c: number, d: number, e: number) => void;
    readonly plane_routes: (a: number, b: number, c: number, d: number) => void;
    readonly plane_rules: (a: number, b: number, c: number, d: number) => void;
    readonly plane_run: (a: number, b: number) => void;
    readonly plane_send: (a: number, b: number, c: number, d: number, e: number) => void;
    readonly plane_sendTo: (a: number, b: number, c: number, d: number, e: number, f: number, g: number, h: number) => void;
    readonly plane_send_batch: (a: number, b: number, c: number) => void;
    readonly plane_setLink: (a: number, b: number, c: number, d: number, e: number, f: number) => void;
    readonly plane_setMembers: (a: number, b: number, c: number, d: number) => void;
    readonly plane_setNetem: (a: number, b: number, c: number, d: number, e: number, f: number) => void;
    readonly plane_setSocket: (a: number, b: number, c: number, d: number, e: number) => void;
    readonly plane_setSysctl: (a: number, b: number, c: number, d: number, e: number, f: number) => void;
    readonly plane_shutdown: (a: number, b: number, c: number) => void;
    readonly plane_socket: (a: number, b: number, c: number, d: number, e: number) => number;
    readonly plane_socketView: (a: number, b: number, c: number) => void;
    readonly plane_sockets: (a: number, b: number, c: number) => void;
    readonly plane_sysctl: (a: number, b: number, c: number, d: number) => number;
    readonly plane_takeError: (a: number, b: number, c: number) => void;
    readonly plane_takeFlowEvents: (a: number, b: number) => void;
    readonly plane_takeFrames: (a: number, b: number) => void;
    readonly plane_takeKernelEvents: (a: number, b: number) => void;
    readonly plane_takeOut: (a: number, b: number) => void;
    readonly plane_takeTrace: (a: number, b: number) => void;
    readonly plane_takeWakeups: (a: number, b: number) => void;
    readonly plane_trace: (a: number, b: number) => number;
    readonly plane_traceDevice: (a: number, b: number, c: number, d: number) => number;
    readonly plane_watchFlows: (a: number, b: number) => void;
    readonly plane_watchKernel: (a: number, b: number) => void;
    readonly __wbindgen_add_to_stack_pointer: (a: number) => number;
    readonly __wbindgen_export: (a: number, b: number, c: number) => void;
    readonly __wbindgen_export2: (a: number, b: number) => number;
    readonly __wbindgen_export3: (a: number, b: number, c: number, d: number) => number;
}

export type SyncInitInput = BufferSource | WebAssembly.Module;

/**
 * Instantiates the given `module`, which can either be bytes or
 * a precompiled `WebAssembly.Module`.
 *
 * @param {{ module: SyncInitInput }} module - Passing `SyncInitInput` directly is deprecated.
 *
 * @returns {InitOutput}
 */
export function initSync(module: { module: SyncInitInput } | SyncInitInput): InitOutput;

/**
 * If `module_or_path` is {RequestInfo} or {URL}, makes a request and
 * for everything else, calls `WebAssembly.instantiate` directly.
 *
 * @param {{ module_or_path: InitInput | Promise<InitInput> }} module_or_path - Passing `InitInput` directly is deprecated.
 *
 * @returns {Promise<InitOutput>}
 */
export default function __wbg_init (module_or_path?: { module_or_path: InitInput | Promise<InitInput> } | InitInput | Promise<InitInput>): Promise<InitOutput>;
