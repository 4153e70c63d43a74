import { OP } from "../../../../wasm/mod.ts";
import { usage } from "../complaint.ts";
import type { Draft, Extension } from "../extension.ts";
import { parseNumber } from "../readers.ts";

const MODES = ["packets", "bytes", "avgpkt"] as const;
const DIRECTIONS = ["original", "reply", "both"] as const;

/** `-m connbytes`; `to` is Infinity where no upper bound was given. */
export interface ConnbytesMatch {
  readonly match: "connbytes";
  readonly from: number;
  readonly to: number;
  readonly mode: (typeof MODES)[number];
  readonly dir: (typeof DIRECTIONS)[number];
  readonly not: boolean;
}

function takeBounds(draft: Draft<ConnbytesMatch>, text: string): void {
  const [low = "", high, ...more] = text.split(":");
  const from = low === "" ? 0 : parseNumber(low);
  const to = high === undefined || high === "" ? Infinity : parseNumber(high);
  if (from === undefined || to === undefined || more.length > 0) {
    return usage(
      `connbytes: bad value for option "--connbytes" near "${text}", or out of range (0-18446744073709551615).\n`,
    );
  }
  if (from > to) usage(`${from} should be less than ${to}`);
  draft.from = from;
  draft.to = to;
}

const bounds = (m: ConnbytesMatch) => m.to === Infinity ? `${m.from}` : `${m.from}:${m.to}`;

/** libxt_connbytes. */
export const connbytes: Extension<ConnbytesMatch> = {
  name: "connbytes",
  op: OP.CONNBYTES,
  options: [
    {
      names: ["connbytes"],
      value: true,
      required: true,
      invertible: true,
      take: (draft, text, { not }) => {
        takeBounds(draft, text);
        draft.not = not;
      },
    },
    {
      names: ["connbytes-dir"],
      value: true,
      required: true,
      take: (draft, text) =>
        draft.dir = DIRECTIONS.find((dir) => dir === text) ?? usage(`Unknown --connbytes-dir \`${text}'`),
    },
    {
      names: ["connbytes-mode"],
      value: true,
      required: true,
      take: (draft, text) =>
        draft.mode = MODES.find((mode) => mode === text) ?? usage(`Unknown --connbytes-mode \`${text}'`),
    },
  ],
  start: () => ({ match: "connbytes", from: 0, to: Infinity, mode: "packets", dir: "original", not: false }),
  save: (m) => `${m.not ? " !" : ""} --connbytes ${bounds(m)} --connbytes-mode ${m.mode} --connbytes-dir ${m.dir}`,
  list: (m) => `${m.not ? " !" : ""} connbytes ${bounds(m)} connbytes mode ${m.mode} connbytes direction ${m.dir}`,
  inverted: (m) => m.not,
  encode(m, out) {
    out.push(MODES.indexOf(m.mode), DIRECTIONS.indexOf(m.dir));
    out.long(m.from);
    if (m.to === Infinity) out.push(0xffff_ffff, 0xffff_ffff);
    else out.long(m.to);
  },
};
