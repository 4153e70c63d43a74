import { OP } from "../../../../wasm/mod.ts";
import type { Extension } from "../extension.ts";
import { readTos, tosName, tosText } from "../tos_names.ts";

/** `-m tos`. */
export interface TosMatch {
  readonly match: "tos";
  readonly value: number;
  readonly mask: number;
  readonly not: boolean;
}

/** libxt_tos. */
export const tos: Extension<TosMatch> = {
  name: "tos",
  op: OP.TOS,
  options: [{
    names: ["tos"],
    value: true,
    required: true,
    invertible: true,
    take: (draft, text, { not }) => Object.assign(draft, readTos(text), { not }),
  }],
  start: () => ({ match: "tos", value: 0, mask: 0xff, not: false }),
  save: (m) => `${m.not ? " !" : ""} --tos ${tosText(m.value, m.mask)}`,
  list(m, look) {
    const name = look.numeric ? undefined : tosName(m.value, m.mask);
    return ` tos match${m.not ? "!" : ""}${name === undefined ? tosText(m.value, m.mask) : ` ${name}`}`;
  },
  inverted: (m) => m.not,
  encode: (m, out) => out.push(m.value, m.mask),
};
