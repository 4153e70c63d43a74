/* tslint:disable */
/* eslint-disable */
export const memory: WebAssembly.Memory;
export const __wbg_plane_free: (a: number, b: number) => void;
export const lpm_load4: (a: number) => number;
export const lpm_load6: (a: number) => number;
export const lpm_lookup4: (a: number) => void;
export const lpm_lookup6: (a: number) => void;
export const lpm_reserve: (a: number) => number;
export const plane_beginBatch: (a: number, b: number) => void;
export const plane_call: (a: number, b: number, c: number, d: number, e: number) => void;
export const plane_inject: (a: number, b: number, c: number, d: number, e: number) => void;
export const plane_loadSet: (a: number, b: number, c: number, d: number, e: number, f: number) => void;
export const plane_loadTable: (a: number, b: number, c: number, d: number, e: number, f: number, g: number) => void;
export const plane_new: (a: number, b: number) => number;
export const plane_nextEvent: (a: number) => number;
export const plane_now: (a: number) => number;
export const plane_run: (a: number, b: number) => void;
export const plane_send: (a: number, b: number, c: number, d: number, e: number) => void;
export const plane_sendTo: (a: number, b: number, c: number, d: number, e: number, f: number, g: number, h: number) => void;
export const plane_send_batch: (a: number, b: number, c: number) => void;
export const __wbindgen_add_to_stack_pointer: (a: number) => number;
export const __wbindgen_export: (a: number, b: number, c: number) => void;
export const __wbindgen_export2: (a: number, b: number) => number;
