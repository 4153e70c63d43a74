import { OP } from "../../../../wasm/mod.ts";
import { usage } from "../complaint.ts";
import type { Extension } from "../extension.ts";

/** `-m policy`: nothing is transformed by IPsec here, so only `--pol none` ever matches. */
export interface PolicyMatch {
  readonly match: "policy";
  readonly dir?: "in" | "out";
  readonly pol?: "ipsec" | "none";
  readonly strict: boolean;
}

/** libxt_policy without the element options. */
export const policy: Extension<PolicyMatch> = {
  name: "policy",
  op: OP.POLICY,
  options: [
    {
      names: ["dir"],
      value: true,
      take: (draft, text) => {
        if (text !== "in" && text !== "out") usage(`policy match: invalid dir "${text}"`);
        draft.dir = text;
      },
    },
    {
      names: ["pol"],
      value: true,
      take: (draft, text) => {
        if (text !== "ipsec" && text !== "none") usage(`policy match: invalid policy "${text}"`);
        draft.pol = text;
      },
    },
    { names: ["strict"], value: false, take: (draft) => draft.strict = true },
  ],
  start: () => ({ match: "policy", strict: false }),
  finish: (draft) => {
    if (draft.dir === undefined) usage("policy match: neither --dir in nor --dir out specified");
    if (draft.pol === "none" && draft.strict) usage("policy match: policy none but --strict given");
  },
  save: (m) => ` --dir ${m.dir}` + (m.pol === undefined ? "" : ` --pol ${m.pol}`) + (m.strict ? " --strict" : ""),
  list: (m) =>
    ` policy match dir ${m.dir}` + (m.pol === undefined ? "" : ` pol ${m.pol}`) + (m.strict ? " strict" : ""),
  encode: (m, out) => out.word((m.dir === "out" ? 2 : 1) | (m.pol === "none" ? 4 : 0)),
};
