import { OP } from "../../../../wasm/mod.ts";
import { usage } from "../complaint.ts";
import type { Argument, Draft, Extension, Seen } from "../extension.ts";
import { readNumber } from "../readers.ts";

/** `-m statistic`; the probability as the kernel keeps it, in units of 2^-31. */
export interface StatisticMatch {
  readonly match: "statistic";
  readonly mode: "random" | "nth";
  readonly probability: number;
  readonly every: number;
  readonly packet: number;
  readonly not: boolean;
}

const ONE = 0x8000_0000;

function takeProbability(draft: Draft<StatisticMatch>, text: string, { not }: Argument): void {
  const value = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : NaN;
  if (!(value >= 0 && value <= 1)) usage('statistic: bad value for option "--probability", or out of range (0-1).\n');
  draft.probability = Math.round(value * ONE);
  draft.not = not;
}

function finish(draft: Draft<StatisticMatch>, seen: Seen): void {
  if (draft.mode === "random" && !seen.has("probability")) {
    usage("--probability must be specified when using random mode");
  }
  if (draft.mode !== "nth") return;
  if (!seen.has("every")) usage("--every and --packet must be specified when using nth mode");
  if (seen.has("packet") && draft.packet >= draft.every) usage("the --packet p must be 0 <= p <= n-1");
}

/** libxt_statistic. */
export const statistic: Extension<StatisticMatch> = {
  name: "statistic",
  op: OP.STATISTIC,
  options: [
    {
      names: ["mode"],
      value: true,
      required: true,
      take: (draft, text) => {
        if (text !== "random" && text !== "nth") usage(`Bad mode "${text}"`);
        draft.mode = text;
      },
    },
    { names: ["probability"], value: true, invertible: true, take: takeProbability },
    {
      names: ["every"],
      value: true,
      invertible: true,
      needs: ["packet"],
      take: (draft, text, argument) => {
        draft.every = readNumber(text, argument, { min: 1, max: 0xffff_ffff });
        draft.not = argument.not;
      },
    },
    {
      names: ["packet"],
      value: true,
      needs: ["every"],
      take: (draft, text, argument) => draft.packet = readNumber(text, argument, { max: 0xffff_ffff }),
    },
  ],
  start: () => ({ match: "statistic", mode: "random", probability: 0, every: 0, packet: 0, not: false }),
  finish,
  save(m) {
    const not = m.not ? " !" : "";
    if (m.mode === "nth") return ` --mode nth${not} --every ${m.every} --packet ${m.packet}`;
    return ` --mode random${not} --probability ${(m.probability / ONE).toFixed(11)}`;
  },
  list(m) {
    const not = m.not ? " !" : "";
    if (m.mode === "nth") return ` statistic mode nth${not} every ${m.every}${m.packet ? ` packet ${m.packet}` : ""}`;
    return ` statistic mode random${not} probability ${(m.probability / ONE).toFixed(11)}`;
  },
  inverted: (m) => m.not,
  encode: (m, out) => m.mode === "nth" ? out.push(0, 1, m.every, m.packet) : out.push(0, 0, m.probability, 0),
};
