import { compileExpression, type Expression } from "../expression/expression.ts";
import { ExprError } from "../expression/lexer.ts";
import { queryFunctions } from "../expression/query.ts";
import type { Dispenser } from "../corefile/dispenser.ts";
import type { DnsPlugin } from "../plugin.ts";
import { once } from "../setup.ts";

/** view: its block answers only queries for which every expression is true. */
export const view: DnsPlugin = {
  name: "view",
  setup(corefile) {
    const { name, expressions } = readView(corefile);
    return {
      view: {
        name,
        matches(query) {
          const run = { functions: queryFunctions(query), variables: new Map() };
          try {
            return expressions.every((expression) => expression.run(run) === true);
          } catch {
            // An expression that fails takes no query: a view has nowhere to complain.
            return false;
          }
        },
      },
      labels: (query, labels) => void labels.set("view/name", query.view),
    };
  },
};

/** Reads the directive; throws a CorefileError. */
export function readView(
  corefile: Dispenser,
): { readonly name: string; readonly expressions: readonly Expression[] } {
  let name = "";
  const expressions: Expression[] = [];
  for (let count = 0; corefile.next(); count++) {
    once(corefile, count);
    const [given, more] = corefile.remainingArgs();
    if (given === undefined || more !== undefined) throw corefile.argError("the view's name");
    name = given;
    while (corefile.nextBlock()) {
      if (corefile.word() !== "expr") throw corefile.error(`unknown property '${corefile.word()}'`, "expr");
      const source = corefile.remainingArgs().join(" ");
      try {
        expressions.push(compileExpression(source, { functions: queryFunctions(), variables: new Map() }));
      } catch (error) {
        if (!(error instanceof ExprError)) throw error;
        throw corefile.plainError(error.message, "an expression such as type() == 'A'");
      }
    }
  }
  return { name, expressions };
}
