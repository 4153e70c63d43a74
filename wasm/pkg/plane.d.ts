/* tslint:disable */
/* eslint-disable */

/**
 * One plane: a world of namespaces on its own clock.
 */
export class Plane {
    free(): void;
    [Symbol.dispose](): void;
    /**
     * Where the batch's columns lie in memory, and the plane itself for [`plane_send_batch`].
     */
    beginBatch(): Uint32Array;
    /**
     * A call by its number in `abi::call`.
     */
    call(number: number, words: Uint32Array): Uint32Array;
    /**
     * A packet from outside comes in by a tun device.
     */
    inject(ns: number, dev: number, bytes: Uint8Array): void;
    /**
     * Replaces a set.
     */
    loadSet(ns: number, id: number, program: Uint32Array): Uint32Array;
    /**
     * Replaces a table by a compiled program.
     */
    loadTable(ns: number, family: number, table: number, program: Uint32Array): Uint32Array;
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
    /**
     * Runs what is due by then and moves time there.
     */
    run(until: number): void;
    /**
     * send(2).
     */
    send(id: number, data: Uint8Array): Uint32Array;
    /**
     * sendto(2); `ips` are the destination and the source (unspecified for none).
     */
    sendTo(id: number, data: Uint8Array, ips: Uint32Array, port: number): Uint32Array;
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
    readonly plane_beginBatch: (a: number, b: number) => void;
    readonly plane_call: (a: number, b: number, c: number, d: number, e: number) => void;
    readonly plane_inject: (a: number, b: number, c: number, d: number, e: number) => void;
    readonly plane_loadSet: (a: number, b: number, c: number, d: number, e: number, f: number) => void;
    readonly plane_loadTable: (a: number, b: number, c: number, d: number, e: number, f: number, g: number) => void;
    readonly plane_new: (a: number, b: number) => number;
    readonly plane_nextEvent: (a: number) => number;
    readonly plane_now: (a: number) => number;
    readonly plane_run: (a: number, b: number) => void;
    readonly plane_send: (a: number, b: number, c: number, d: number, e: number) => void;
    readonly plane_sendTo: (a: number, b: number, c: number, d: number, e: number, f: number, g: number, h: number) => void;
    readonly plane_send_batch: (a: number, b: number, c: number) => void;
    readonly __wbindgen_add_to_stack_pointer: (a: number) => number;
    readonly __wbindgen_export: (a: number, b: number, c: number) => void;
    readonly __wbindgen_export2: (a: number, b: number) => number;
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
