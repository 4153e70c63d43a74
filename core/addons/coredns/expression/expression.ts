import { ExprError, type ExprToken, exprTokens, printToken } from "./lexer.ts";
import { OPERATORS, unary } from "./operators.ts";
import type { Kind, Value } from "./value.ts";

/** A function that expressions may call. */
export interface ExprFunction {
  readonly gives: Kind;
  call(args: readonly Value[]): Value;
}

/** What an expression can name: functions by name, and values that are known by their kind only until it runs. */
export interface Scope {
  readonly functions: ReadonlyMap<string, ExprFunction>;
  readonly variables: ReadonlyMap<string, Kind>;
}

/** What names stand for while an expression runs. */
export interface Run {
  readonly functions: ReadonlyMap<string, ExprFunction>;
  readonly variables: ReadonlyMap<string, Value>;
}

/** A compiled expression; running it throws an Error with the message of what went wrong. */
export interface Expression {
  readonly kind: Kind;
  run(run: Run): Value;
}

const CONSTANTS: ReadonlyMap<string, readonly [Kind, Value]> = new Map([
  ["true", ["bool", true]],
  ["false", ["bool", false]],
  ["nil", ["any", null]],
]);
const UNARY = 9;

/** Functions that every expression has. */
export const BUILTINS: ReadonlyMap<string, ExprFunction> = new Map<string, ExprFunction>([
  ["len", { gives: "number", call: ([of]) => (typeof of === "string" ? [...of].length : (of as Value[]).length) }],
  ["int", { gives: "number", call: ([of]) => whole(of) }],
  ["float", { gives: "number", call: ([of]) => Number(of) }],
  ["string", { gives: "string", call: ([of]) => String(of) }],
  ["lower", { gives: "string", call: ([of]) => String(of).toLowerCase() }],
  ["upper", { gives: "string", call: ([of]) => String(of).toUpperCase() }],
  ["trim", { gives: "string", call: ([of]) => String(of).trim() }],
  ["split", { gives: "list", call: ([of, by]) => String(of).split(String(by)) }],
  ["join", { gives: "string", call: ([of, by]) => (of as Value[]).join(String(by ?? "")) }],
  ["abs", { gives: "number", call: ([of]) => Math.abs(Number(of)) }],
  ["hasPrefix", { gives: "bool", call: ([of, by]) => String(of).startsWith(String(by)) }],
  ["hasSuffix", { gives: "bool", call: ([of, by]) => String(of).endsWith(String(by)) }],
]);

function whole(of: Value | undefined): number {
  const number = Number(of);
  if (!Number.isFinite(number) || of === "") throw new Error(`invalid operation: int(${String(of)})`);
  return Math.trunc(number);
}

/** Words an expression keeps for itself: no variable may be called so. */
export const RESERVED: ReadonlySet<string> = new Set([
  ...CONSTANTS.keys(),
  ...BUILTINS.keys(),
  ..."let if else not in and or contains startsWith endsWith matches".split(" "),
]);

/** Compiles an expression; throws an {@link ExprError}. */
export function compileExpression(source: string, scope: Scope): Expression {
  const compiler = new Compiler(source, scope);
  return compiler.whole();
}

class Compiler {
  readonly #tokens: readonly ExprToken[];
  #at = 0;

  constructor(readonly source: string, readonly scope: Scope) {
    this.#tokens = exprTokens(source);
  }

  whole(): Expression {
    const expression = this.#ternary();
    if (this.#token.kind !== "EOF") throw this.#unexpected();
    return expression;
  }

  get #token(): ExprToken {
    return this.#tokens[this.#at] as ExprToken;
  }

  #ternary(): Expression {
    const condition = this.#binary(0);
    if (!this.#take("?")) return condition;
    const yes = this.#ternary();
    this.#expect(":");
    const no = this.#ternary();
    return {
      kind: yes.kind === no.kind ? yes.kind : "any",
      run: (run) => (condition.run(run) === true ? yes.run(run) : no.run(run)),
    };
  }

  #binary(least: number): Expression {
    let left = this.#unary();
    for (;;) {
      const start = this.#token;
      const negated = start.text === "not" && this.#tokens[this.#at + 1]?.text === "in";
      const name = negated ? "in" : start.text;
      const operator = start.kind === "Operator" ? OPERATORS.get(name) : undefined;
      if (operator === undefined || operator.precedence < least) return left;
      this.#at += negated ? 2 : 1;
      const right = this.#binary(operator.rightward ? operator.precedence : operator.precedence + 1);
      if (!operator.takes(left.kind, right.kind)) {
        const problem = `invalid operation: ${name} (mismatched types ${left.kind} and ${right.kind})`;
        throw new ExprError(problem, this.source, start.at);
      }
      const [a, b] = [left, right];
      const run = operator.lazy === undefined
        ? (scope: Run) => operator.apply(a.run(scope), b.run(scope))
        : (scope: Run) => {
          const first = a.run(scope);
          return first === operator.lazy ? first : b.run(scope);
        };
      left = { kind: operator.gives(left.kind), run: negated ? (scope) => !run(scope) : run };
    }
  }

  #unary(): Expression {
    const { kind, text } = this.#token;
    if (kind !== "Operator" || !["!", "not", "-", "+"].includes(text)) return this.#postfix(this.#primary());
    this.#at++;
    const of = this.#binary(UNARY);
    return { kind: text === "!" || text === "not" ? "bool" : "number", run: (run) => unary(text, of.run(run)) };
  }

  #postfix(of: Expression): Expression {
    if (!this.#take("[")) return of;
    const index = this.#ternary();
    this.#expect("]");
    return this.#postfix({
      kind: "any",
      run: (run) => {
        const [list, at] = [of.run(run), index.run(run)];
        const value = Array.isArray(list) ? list.at(Number(at)) : undefined;
        if (value === undefined) throw new Error(`index out of range: ${String(at)}`);
        return value;
      },
    });
  }

  #primary(): Expression {
    const token = this.#token;
    this.#at++;
    if (token.kind === "Number") return constant("number", Number(token.text.replaceAll("_", "")));
    if (token.kind === "String") return constant("string", token.text);
    if (token.kind === "Identifier") return this.#named(token);
    if (token.text === "(") {
      const inner = this.#ternary();
      this.#expect(")");
      return inner;
    }
    if (token.text === "[") {
      const items = this.#list("]");
      return { kind: "list", run: (run) => items.map((item) => item.run(run)) };
    }
    this.#at--;
    throw this.#unexpected();
  }

  #named(token: ExprToken): Expression {
    const known = CONSTANTS.get(token.text);
    if (known !== undefined) return constant(known[0], known[1]);
    if (this.#take("(")) {
      const args = this.#list(")");
      const { functions } = this.scope;
      const named = BUILTINS.get(token.text) ?? functions.get(token.text);
      if (named === undefined) throw new ExprError(`unknown name ${token.text}`, this.source, token.at);
      return {
        kind: named.gives,
        run: (run) => {
          const called = BUILTINS.get(token.text) ?? run.functions.get(token.text) ?? named;
          return called.call(args.map((arg) => arg.run(run)));
        },
      };
    }
    const kind = this.scope.variables.get(token.text);
    if (kind === undefined && !this.scope.functions.has(token.text)) {
      throw new ExprError(`unknown name ${token.text}`, this.source, token.at);
    }
    return { kind: kind ?? "any", run: (run) => run.variables.get(token.text) ?? null };
  }

  #list(close: string): Expression[] {
    const items: Expression[] = [];
    if (this.#take(close)) return items;
    for (;;) {
      items.push(this.#ternary());
      if (this.#take(close)) return items;
      this.#expect(",");
    }
  }

  #take(text: string): boolean {
    const { kind } = this.#token;
    if (this.#token.text !== text || kind === "String") return false;
    this.#at++;
    return true;
  }

  #expect(text: string): void {
    if (!this.#take(text)) throw this.#unexpected();
  }

  #unexpected(): ExprError {
    return new ExprError(`unexpected token ${printToken(this.#token)}`, this.source, this.#token.at);
  }
}

function constant(kind: Kind, value: Value): Expression {
  return { kind, run: () => value };
}
