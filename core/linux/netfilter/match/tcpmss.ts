import { OP } from "../../../../wasm/mod.ts";
import { usage } from "../complaint.ts";
import { range } from "../encoder.ts";
import type { Extension } from "../extension.ts";
import { readRange } from "../readers.ts";

/** `-m tcpmss`. */
export interface TcpmssMatch {
  readonly match: "tcpmss";
  readonly min: number;
  readonly max: number;
  readonly not: boolean;
}

const text = (m: TcpmssMatch) => m.min === m.max ? `${m.min}` : `${m.min}:${m.max}`;

/** libxt_tcpmss. */
export const tcpmss: Extension<TcpmssMatch> = {
  name: "tcpmss",
  op: OP.TCPMSS,
  protos: [6],
  options: [{
    names: ["mss"],
    value: true,
    required: true,
    invertible: true,
    take: (draft, words, argument) => {
      const [min, max] = readRange(words, argument, 65535);
      if (max < min) usage("tcpmss: invalid range given");
      Object.assign(draft, { min, max, not: argument.not });
    },
  }],
  start: () => ({ match: "tcpmss", min: 0, max: 65535, not: false }),
  save: (m) => `${m.not ? " !" : ""} --mss ${text(m)}`,
  list: (m) => ` tcpmss match ${m.not ? "!" : ""}${text(m)}`,
  inverted: (m) => m.not,
  encode: (m, out) => out.word(range(m.min, m.max)),
};
