import { bfifo, fqCodel, noqueue, pfifo, pfifoFast, prio, sfq } from "./fifo.ts";
import { htb } from "./htb.ts";
import type { Kind } from "./kind.ts";
import { netem } from "./netem.ts";
import { tbf } from "./tbf.ts";

/** The queueing disciplines by name. */
export const KINDS: ReadonlyMap<string, Kind> = new Map(
  [netem, tbf, htb, pfifo, bfifo, pfifoFast, prio, fqCodel, sfq, noqueue].map((kind) => [kind.name, kind]),
);

/** Those that a kernel has and this one does not: they are named, and refused. */
export const UNMODELLED_KINDS: readonly string[] = [
  "cake",
  "cbq",
  "cbs",
  "choke",
  "codel",
  "drr",
  "ets",
  "etf",
  "fq",
  "fq_pie",
  "gred",
  "hfsc",
  "hhf",
  "mq",
  "mqprio",
  "multiq",
  "pfifo_head_drop",
  "pie",
  "plug",
  "qfq",
  "red",
  "sfb",
  "skbprio",
  "taprio",
];
