import { OP } from "../../../../wasm/mod.ts";
import type { Extension } from "../extension.ts";
import { readMark } from "../readers.ts";

interface Marked {
  readonly value: number;
  readonly mask: number;
  readonly not: boolean;
}

/** `-m mark`: `(mark & mask) == value`. */
export interface MarkMatch extends Marked {
  readonly match: "mark";
}

/** `-m connmark`. */
export interface ConnmarkMatch extends Marked {
  readonly match: "connmark";
}

function markText({ value, mask }: Marked): string {
  const hex = "0x" + value.toString(16);
  return mask === 0xffff_ffff ? hex : `${hex}/0x${mask.toString(16)}`;
}

const save = (m: Marked) => `${m.not ? " !" : ""} --mark ${markText(m)}`;

/** libxt_mark's match. */
export const mark: Extension<MarkMatch> = {
  name: "mark",
  op: OP.MARK,
  options: [{
    names: ["mark"],
    value: true,
    required: true,
    invertible: true,
    take: (draft, text, argument) => Object.assign(draft, readMark(text, argument), { not: argument.not }),
  }],
  start: () => ({ match: "mark", value: 0, mask: 0, not: false }),
  save,
  list: (m) => ` mark match${m.not ? " !" : ""} ${markText(m)}`,
  inverted: (m) => m.not,
  encode: (m, out) => out.push(m.value, m.mask),
};

/** libxt_connmark's match. */
export const connmark: Extension<ConnmarkMatch> = {
  name: "connmark",
  op: OP.CONNMARK,
  options: [{
    names: ["mark"],
    value: true,
    required: true,
    invertible: true,
    take: (draft, text, argument) => Object.assign(draft, readMark(text, argument), { not: argument.not }),
  }],
  start: () => ({ match: "connmark", value: 0, mask: 0, not: false }),
  save,
  list: (m) => ` connmark match ${m.not ? "!" : ""} ${markText(m)}`,
  inverted: (m) => m.not,
  encode: (m, out) => out.push(m.value, m.mask),
};
