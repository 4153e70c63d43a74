/**
 * How a virtual server chooses a real one (net/netfilter/ipvs/ip_vs_*.c), as tests that are asked one after the other:
 *
 *     rr, wrr      every so many-th connection, in one cycle; the real server that was added last goes first
 *     sh, mh       a client's first connection as wrr, its others go where that went
 *     dh           the hash of the virtual address, which says the same for all
 *     fo           the heaviest alone
 *
 * Open connections are not weighed: lc goes round as rr, wlc, sed, nq, lblc and lblcr as wrr; ovf chooses as fo.
 */
import { OP } from "../../../wasm/mod.ts";
import { parseWords } from "../netfilter/address.ts";
import type { Encoder } from "../netfilter/encoder.ts";
import type { RealServer, VirtualServer } from "./types.ts";

/** A test, and the place of the real server chosen where it holds; always where there is no test, nobody where there is no place. */
export interface Turn {
  readonly when?: (out: Encoder) => void;
  readonly real?: number;
}

/** Longer cycles of wrr are drawn by weight. */
const LONGEST_CYCLE = 512;
const GOLDEN_RATIO = 0x61c8_8647;
const ONE = 0x8000_0000;

/** Longer than any lab runs: what sh and mh remember has no end. Seconds. */
const FOREVER = 0x7fff_ffff;

/** How long a client keeps its real server, in seconds; undefined where each connection chooses anew. */
export function keeps({ scheduler, persistent }: VirtualServer): number | undefined {
  return persistent ?? (scheduler === "sh" || scheduler === "mh" ? FOREVER : undefined);
}

/** The turns of a virtual server's real ones; none where there are no real servers. */
export function schedule(server: VirtualServer, reals: readonly RealServer[], family: 4 | 6): Turn[] {
  if (reals.length === 0) return [];
  // the kernel puts each new real server first
  const order = reals.map((_, i) => reals.length - 1 - i);
  const weigh = (i: number) => (reals[i] as RealServer).weight;
  switch (server.scheduler) {
    case "wrr":
    case "sh":
    case "mh":
    case "wlc":
    case "sed":
    case "nq":
    case "lblc":
    case "lblcr":
      return cycle(weightedCycle(order, weigh)) ?? draws(order, weigh);
    case "fo":
    case "ovf":
      return [{ real: order.reduce((best, i) => (weigh(i) > weigh(best) ? i : best)) }];
    case "dh":
      return [{ real: order[hash(server.address, family) % order.length] as number }];
    default:
      return order.map((real, i) => nth(order.length - i, real));
  }
}

/** Every so many-th of those that come by. */
function nth(left: number, real: number): Turn {
  return left <= 1 ? { real } : { real, when: statistic([1, left, 0]) };
}

function statistic(operands: readonly number[]): (out: Encoder) => void {
  return (out) => {
    out.push(0, 1);
    out.begin(OP.STATISTIC, false);
    out.push(0, ...operands);
    out.end();
  };
}

/** ip_vs_wrr's cycle: the heaviest alone until the others' weights are reached, in steps of the greatest common divisor. */
function weightedCycle(order: readonly number[], weigh: (i: number) => number): number[] {
  const step = order.map(weigh).reduce(divisor);
  const cycle: number[] = [];
  for (let level = Math.max(...order.map(weigh)); level > 0 && cycle.length <= LONGEST_CYCLE; level -= step) {
    cycle.push(...order.filter((i) => weigh(i) >= level));
  }
  return cycle;
}

function divisor(a: number, b: number): number {
  return b === 0 ? a : divisor(b, a % b);
}

function cycle(places: readonly number[]): Turn[] | undefined {
  return places.length > LONGEST_CYCLE ? undefined : places.map((real, i) => nth(places.length - i, real));
}

function draws(order: readonly number[], weigh: (i: number) => number): Turn[] {
  let left = order.reduce((sum, i) => sum + weigh(i), 0);
  return order.map((real) => {
    const share = weigh(real) / left;
    left -= weigh(real);
    return left <= 0 ? { real } : { real, when: statistic([0, Math.round(share * ONE) >>> 0, 0]) };
  });
}

/** hash_32 of an address, to eight bits. */
function hash(address: string, family: 4 | 6): number {
  const fold = (parseWords(address, family) ?? []).reduce((sum, word) => sum ^ word, 0);
  return Math.imul(fold, GOLDEN_RATIO) >>> 24;
}
