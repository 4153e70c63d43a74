import { OP } from "../../../../wasm/mod.ts";
import { usage } from "../complaint.ts";
import { dscpText, readDscpClass } from "../dscp_names.ts";
import type { Extension } from "../extension.ts";
import { readNumber } from "../readers.ts";

/** `-m dscp`. */
export interface DscpMatch {
  readonly match: "dscp";
  readonly value: number;
  readonly not: boolean;
}

/** libxt_dscp's match. */
export const dscp: Extension<DscpMatch> = {
  name: "dscp",
  op: OP.DSCP,
  options: [
    {
      names: ["dscp"],
      value: true,
      invertible: true,
      excludes: ["dscp-class"],
      take: (draft, text, argument) =>
        Object.assign(draft, { value: readNumber(text, argument, { max: 63 }), not: argument.not }),
    },
    {
      names: ["dscp-class"],
      value: true,
      invertible: true,
      excludes: ["dscp"],
      take: (draft, text, { not }) => Object.assign(draft, { value: readDscpClass(text), not }),
    },
  ],
  start: () => ({ match: "dscp", value: 0, not: false }),
  finish: (_, seen) => {
    if (!seen.has("dscp") && !seen.has("dscp-class")) usage("DSCP match: Parameter --dscp is required");
  },
  save: (m) => `${m.not ? " !" : ""} --dscp ${dscpText(m.value)}`,
  list: (m) => ` DSCP match ${m.not ? "!" : ""}${dscpText(m.value)}`,
  inverted: (m) => m.not,
  encode: (m, out) => out.word(m.value),
};
