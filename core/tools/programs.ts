/** The tools by the name they are called by. */
import { LINUX_PROGRAMS, NETFILTER_PROGRAMS, type Program } from "../linux/mod.ts";
import { curl } from "./curl/curl.ts";
import { busyboxPing } from "./ping/busybox_ping.ts";
import { ping } from "./ping/ping.ts";
import { busyboxWget } from "./wget/busybox_wget.ts";
import { wget } from "./wget/wget.ts";

/** The programs of this room. */
const OWN: readonly (readonly [string, Program])[] = [
  ["ping", ping],
  ["ping4", ping],
  ["ping6", ping],
  ["curl", curl],
  ["wget", wget],
];

/** Every program of a Debian machine. */
export const PROGRAMS: ReadonlyMap<string, Program> = new Map([...LINUX_PROGRAMS, ...NETFILTER_PROGRAMS, ...OWN]);

/** Programs that busybox has in its own form. */
export const BUSYBOX_PROGRAMS: ReadonlyMap<string, Program> = new Map([
  ["ping", busyboxPing],
  ["ping6", busyboxPing],
  ["wget", busyboxWget],
]);
