import { OP } from "../../../../wasm/mod.ts";
import { usage } from "../complaint.ts";
import type { Extension } from "../extension.ts";
import { readNumber } from "../readers.ts";
import { parseRate, printRate } from "./rate.ts";

/** `-m limit`; `period` is the time for one packet in 1/10000 s. */
export interface LimitMatch {
  readonly match: "limit";
  readonly period: number;
  readonly burst: number;
}

const SCALE = 10_000;
const BURST = 5;
/** HZ x CREDITS_PER_JIFFY of a kernel with HZ 250 (xt_limit.c). */
const CREDITS = 250 * 128;

/** user2credits() in the kernel's 32-bit arithmetic. */
function credits(user: number): number {
  const product = user > Math.floor(0xffff_ffff / CREDITS)
    ? Math.floor(user / SCALE) * CREDITS
    : Math.floor(user * CREDITS / SCALE);
  return product >>> 0;
}

/** libxt_limit. */
export const limit: Extension<LimitMatch> = {
  name: "limit",
  op: OP.LIMIT,
  options: [
    {
      names: ["limit"],
      value: true,
      take: (draft, text) => draft.period = (parseRate(text, SCALE) ?? usage(`bad rate "${text}"'`)).period,
    },
    {
      names: ["limit-burst"],
      value: true,
      take: (draft, text, argument) => draft.burst = readNumber(text, argument, { max: 10_000 }),
    },
  ],
  start: () => ({ match: "limit", period: 3600 * SCALE / 3, burst: BURST }),
  refuse(m) {
    const overflows = credits(Math.imul(m.period, m.burst) >>> 0) < credits(m.period);
    return m.burst === 0 || overflows ? "ERANGE" : "ok";
  },
  save: (m) => ` --limit ${printRate(m.period, SCALE).text}${m.burst === BURST ? "" : ` --limit-burst ${m.burst}`}`,
  list: (m) => ` limit: avg ${printRate(m.period, SCALE).text} burst ${m.burst}`,
  encode: (m, out) => out.push(0, m.period, m.burst),
};
