import { OP } from "../../../../wasm/mod.ts";
import type { Extension } from "../extension.ts";
import { quote } from "../quote.ts";
import { readText } from "../readers.ts";

/** `-m helper`; an empty name is any helper. */
export interface HelperMatch {
  readonly match: "helper";
  readonly helper: string;
  readonly not: boolean;
}

/** libxt_helper. */
export const helper: Extension<HelperMatch> = {
  name: "helper",
  op: OP.HELPER,
  options: [{
    names: ["helper"],
    value: true,
    required: true,
    invertible: true,
    take: (draft, text, { not }) => Object.assign(draft, { helper: readText(text, 29), not }),
  }],
  start: () => ({ match: "helper", helper: "", not: false }),
  save: (m) => `${m.not ? " !" : ""} --helper ${quote(m.helper)}`,
  list: (m) => ` helper match ${m.not ? "! " : ""}"${m.helper}"`,
  inverted: (m) => m.not,
  encode: (m, out) => out.text(m.helper),
};
