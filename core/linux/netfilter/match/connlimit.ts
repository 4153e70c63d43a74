import { CONNLIMIT, OP } from "../../../../wasm/mod.ts";
import { type Family, fullMask, prefixLength, type Words } from "../address.ts";
import { usage } from "../complaint.ts";
import type { Extension } from "../extension.ts";
import { looseMask, readNumber } from "../readers.ts";

/** `-m connlimit`. */
export interface ConnlimitMatch {
  readonly match: "connlimit";
  readonly family: Family;
  readonly limit: number;
  readonly above: boolean;
  readonly mask: Words;
  readonly side: "saddr" | "daddr";
}

/** libxt_connlimit. */
export const connlimit: Extension<ConnlimitMatch> = {
  name: "connlimit",
  op: OP.CONNLIMIT,
  options: [
    {
      names: ["connlimit-upto"],
      value: true,
      invertible: true,
      excludes: ["connlimit-above"],
      take: (draft, text, argument) => {
        draft.limit = readNumber(text, argument, { max: 0xffff_ffff });
        draft.above = argument.not;
      },
    },
    {
      names: ["connlimit-above"],
      value: true,
      invertible: true,
      excludes: ["connlimit-upto"],
      take: (draft, text, argument) => {
        draft.limit = readNumber(text, argument, { max: 0xffff_ffff });
        draft.above = !argument.not;
      },
    },
    {
      names: ["connlimit-mask"],
      value: true,
      take: (draft, text, { scope }) => draft.mask = looseMask(text, scope.family),
    },
    { names: ["connlimit-saddr"], value: false, excludes: ["connlimit-daddr"], take: (draft) => draft.side = "saddr" },
    { names: ["connlimit-daddr"], value: false, excludes: ["connlimit-saddr"], take: (draft) => draft.side = "daddr" },
  ],
  start: (family) => ({ match: "connlimit", family, limit: 0, above: true, mask: fullMask(family), side: "saddr" }),
  finish: (_, seen) => {
    if (!seen.has("connlimit-upto") && !seen.has("connlimit-above")) {
      usage('You must specify "--connlimit-above" or "--connlimit-upto".');
    }
  },
  save: (m) =>
    ` --connlimit-${m.above ? "above" : "upto"} ${m.limit} --connlimit-mask ${
      prefixLength(m.mask)
    } --connlimit-${m.side}`,
  list: (m) =>
    ` #conn ${m.side === "saddr" ? "src" : "dst"}/${prefixLength(m.mask)} ${m.above ? ">" : "<="} ${m.limit}`,
  encode(m, out) {
    out.push(0, m.limit, (m.above ? 0 : CONNLIMIT.INVERT) | (m.side === "daddr" ? CONNLIMIT.DESTINATION : 0));
    out.address(m.mask);
  },
};
