import { HOOK, TARGET } from "../../../../wasm/mod.ts";
import { usage } from "../complaint.ts";
import type { Extension } from "../extension.ts";
import { readNumber } from "../readers.ts";

/** `-j TCPMSS`; undefined clamps to the path MTU. */
export interface TcpmssTarget {
  readonly target: "TCPMSS";
  readonly mss?: number;
}

const BEFORE_ROUTING = (1 << HOOK.PREROUTING) | (1 << HOOK.INPUT);
const CLAMP = 0xffff;

/** libxt_TCPMSS. */
export const TCPMSS: Extension<TcpmssTarget> = {
  name: "TCPMSS",
  op: TARGET.TCPMSS,
  protos: [6],
  options: [
    {
      names: ["set-mss"],
      value: true,
      take: (draft, text, argument) => {
        draft.mss = readNumber(text, argument, { max: argument.scope.family === 4 ? 65515 : 65495 });
      },
    },
    { names: ["clamp-mss-to-pmtu"], value: false, take: (draft) => draft.mss = undefined },
  ],
  start: () => ({ target: "TCPMSS" }),
  finish: (_, seen) => {
    if (!seen.has("set-mss") && !seen.has("clamp-mss-to-pmtu")) {
      usage("TCPMSS target: At least one parameter is required");
    }
  },
  refuse: (t, site) =>
    (!site.nft && !site.syn) || (t.mss === undefined && site.hooks & BEFORE_ROUTING) ? "EINVAL" : "ok",
  save: (t) => t.mss === undefined ? " --clamp-mss-to-pmtu" : ` --set-mss ${t.mss}`,
  list: (t) => t.mss === undefined ? " TCPMSS clamp to PMTU" : ` TCPMSS set ${t.mss}`,
  encode: (t, out) => out.word(t.mss ?? CLAMP),
};
