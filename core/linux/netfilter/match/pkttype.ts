import { OP } from "../../../../wasm/mod.ts";
import { usage } from "../complaint.ts";
import type { Extension } from "../extension.ts";

const TYPES = ["unicast", "broadcast", "multicast"] as const;
const ALIASES: Readonly<Record<string, (typeof TYPES)[number]>> = {
  bcast: "broadcast",
  mcast: "multicast",
  host: "unicast",
};

/** `-m pkttype`. */
export interface PkttypeMatch {
  readonly match: "pkttype";
  readonly type: (typeof TYPES)[number];
  readonly not: boolean;
}

function parseType(text: string): PkttypeMatch["type"] {
  const word = text.toLowerCase();
  return TYPES.find((type) => type === word) ?? ALIASES[word] ?? usage(`Bad packet type '${text}'`);
}

/** libxt_pkttype. */
export const pkttype: Extension<PkttypeMatch> = {
  name: "pkttype",
  op: OP.PKTTYPE,
  options: [{
    names: ["pkt-type"],
    value: true,
    required: true,
    invertible: true,
    take: (draft, text, { not }) => Object.assign(draft, { type: parseType(text), not }),
  }],
  start: () => ({ match: "pkttype", type: "unicast", not: false }),
  save: (m) => `${m.not ? " !" : ""} --pkt-type ${m.type}`,
  list: (m) => ` PKTTYPE ${m.not ? "!=" : "="} ${m.type}`,
  inverted: (m) => m.not,
  encode: (m, out) => out.word(TYPES.indexOf(m.type)),
};
