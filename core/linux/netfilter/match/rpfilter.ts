import { HOOK, OP, RPFILTER } from "../../../../wasm/mod.ts";
import type { Extension } from "../extension.ts";

/** `-m rpfilter`. */
export interface RpfilterMatch {
  readonly match: "rpfilter";
  readonly loose: boolean;
  readonly validmark: boolean;
  readonly acceptLocal: boolean;
  readonly invert: boolean;
}

function words(m: RpfilterMatch, dashes: string): string {
  return (m.loose ? ` ${dashes}loose` : "") + (m.validmark ? ` ${dashes}validmark` : "") +
    (m.acceptLocal ? ` ${dashes}accept-local` : "") + (m.invert ? ` ${dashes}invert` : "");
}

/** libxt_rpfilter. */
export const rpfilter: Extension<RpfilterMatch> = {
  name: "rpfilter",
  op: OP.RPFILTER,
  tables: ["raw", "mangle"],
  hooks: 1 << HOOK.PREROUTING,
  options: [
    { names: ["loose"], value: false, take: (draft) => draft.loose = true },
    { names: ["validmark"], value: false, take: (draft) => draft.validmark = true },
    { names: ["accept-local"], value: false, take: (draft) => draft.acceptLocal = true },
    { names: ["invert"], value: false, take: (draft) => draft.invert = true },
  ],
  start: () => ({ match: "rpfilter", loose: false, validmark: false, acceptLocal: false, invert: false }),
  save: (m) => words(m, "--"),
  list: (m) => " rpfilter" + words(m, ""),
  encode(m, out) {
    out.word(
      (m.loose ? RPFILTER.LOOSE : 0) | (m.validmark ? RPFILTER.VALID_MARK : 0) |
        (m.acceptLocal ? RPFILTER.ACCEPT_LOCAL : 0) | (m.invert ? RPFILTER.INVERT : 0),
    );
  },
};
