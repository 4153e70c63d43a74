/** The kernel call table of the plane. */
export type * from "./types.ts";
