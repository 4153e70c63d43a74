import { OP } from "../../../../wasm/mod.ts";
import { range } from "../encoder.ts";
import type { Extension } from "../extension.ts";
import { readRange } from "../readers.ts";

/** `-m length`: of the IP packet, header included. */
export interface LengthMatch {
  readonly match: "length";
  readonly min: number;
  readonly max: number;
  readonly not: boolean;
}

const text = (m: LengthMatch) => m.min === m.max ? `${m.min}` : `${m.min}:${m.max}`;

/** libxt_length. */
export const length: Extension<LengthMatch> = {
  name: "length",
  op: OP.LENGTH,
  options: [{
    names: ["length"],
    value: true,
    required: true,
    invertible: true,
    take: (draft, words, argument) => {
      const [min, max] = readRange(words, argument, 65535);
      Object.assign(draft, { min, max, not: argument.not });
    },
  }],
  start: () => ({ match: "length", min: 0, max: 65535, not: false }),
  save: (m) => `${m.not ? " !" : ""} --length ${text(m)}`,
  list: (m) => ` length ${m.not ? "!" : ""}${text(m)}`,
  inverted: (m) => m.not,
  encode: (m, out) => out.word(range(m.min, m.max)),
};
