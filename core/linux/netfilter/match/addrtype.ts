import { ADDRTYPE, HOOK, OP } from "../../../../wasm/mod.ts";
import { RTN } from "../../rtn.ts";
import { usage } from "../complaint.ts";
import type { Extension } from "../extension.ts";

interface Types {
  /** Bits 1 << rtn_type. */
  readonly bits: number;
  readonly not: boolean;
}

/** `-m addrtype`. */
export interface AddrtypeMatch {
  readonly match: "addrtype";
  readonly src?: Types;
  readonly dst?: Types;
  readonly limit?: "in" | "out";
}

const TYPES = RTN.map((type) => type.toUpperCase());

function parseTypes(text: string, not: boolean): Types {
  let bits = 0;
  for (const word of text.split(",")) {
    const index = word === "" ? -1 : TYPES.findIndex((type) => type.startsWith(word.toUpperCase()));
    if (index < 0) usage(`addrtype: bad type "${word}"`);
    bits |= 1 << index;
  }
  return { bits, not };
}

const printTypes = (types: Types) => TYPES.filter((_, i) => types.bits & (1 << i)).join(",");

const AFTER_ROUTING = (1 << HOOK.POSTROUTING) | (1 << HOOK.OUTPUT);
const BEFORE_ROUTING = (1 << HOOK.PREROUTING) | (1 << HOOK.INPUT);

/** libxt_addrtype. */
export const addrtype: Extension<AddrtypeMatch> = {
  name: "addrtype",
  op: OP.ADDRTYPE,
  options: [
    {
      names: ["src-type"],
      value: true,
      invertible: true,
      take: (draft, text, { not }) => draft.src = parseTypes(text, not),
    },
    {
      names: ["dst-type"],
      value: true,
      invertible: true,
      take: (draft, text, { not }) => draft.dst = parseTypes(text, not),
    },
    {
      names: ["limit-iface-in"],
      value: false,
      excludes: ["limit-iface-out"],
      take: (draft) => draft.limit = "in",
    },
    {
      names: ["limit-iface-out"],
      value: false,
      excludes: ["limit-iface-in"],
      take: (draft) => draft.limit = "out",
    },
  ],
  start: () => ({ match: "addrtype" }),
  finish: (draft) => {
    if (draft.src === undefined && draft.dst === undefined) {
      usage("addrtype: you must specify --src-type or --dst-type");
    }
  },
  refuse(m, site) {
    if (m.limit === "in" && site.hooks & AFTER_ROUTING) return "EINVAL";
    if (m.limit === "out" && site.hooks & BEFORE_ROUTING) return "EINVAL";
    return "ok";
  },
  save(m) {
    const one = (name: string, types?: Types) =>
      types === undefined ? "" : `${types.not ? " !" : ""} --${name} ${printTypes(types)}`;
    return one("src-type", m.src) + one("dst-type", m.dst) + (m.limit === undefined ? "" : ` --limit-iface-${m.limit}`);
  },
  list(m) {
    const one = (name: string, types?: Types) =>
      types === undefined ? "" : ` ${name} ${types.not ? "!" : ""}${printTypes(types)}`;
    return " ADDRTYPE match" + one("src-type", m.src) + one("dst-type", m.dst) +
      (m.limit === undefined ? "" : ` limit-${m.limit}`);
  },
  encode(m, out) {
    out.push(m.src?.bits ?? 0, m.dst?.bits ?? 0);
    out.word(
      (m.src?.not ? ADDRTYPE.NOT_SOURCE : 0) | (m.dst?.not ? ADDRTYPE.NOT_DESTINATION : 0) |
        (m.limit === "in" ? ADDRTYPE.LIMIT_IN : m.limit === "out" ? ADDRTYPE.LIMIT_OUT : 0),
    );
  },
};
