import { OP } from "../../../../wasm/mod.ts";
import type { Extension } from "../extension.ts";
import { quote } from "../quote.ts";
import { readText } from "../readers.ts";

/** `-m comment`: at most 255 bytes are kept. */
export interface CommentMatch {
  readonly match: "comment";
  readonly comment: string;
}

/** libxt_comment. */
export const comment: Extension<CommentMatch> = {
  name: "comment",
  op: OP.COMMENT,
  options: [{
    names: ["comment"],
    value: true,
    required: true,
    take: (draft, text) => draft.comment = readText(text, 255),
  }],
  start: () => ({ match: "comment", comment: "" }),
  save: (m) => ` --comment ${quote(m.comment)}`,
  list: (m) => ` /* ${m.comment} */`,
};
