/** The tools by the name they are called by. */
import type { Program } from "../linux/mod.ts";

/** Every program of a Debian machine. */
export const PROGRAMS: ReadonlyMap<string, Program> = new Map();

/** Programs that busybox has in its own form. */
export const BUSYBOX_PROGRAMS: ReadonlyMap<string, Program> = new Map();
