/**
 * The expression language of `view` and `template` (github.com/expr-lang/expr), as far as queries are judged by it:
 *
 *     expr    = cond { "?" expr ":" expr }            cond = or-terms of: || or, && and, comparisons, + -, * / %, ** ^
 *     compare = == != < <= > >= in "not in" contains startsWith endsWith matches
 *     unary   = ! not + -           primary = number | string | [list] | name | name(args) | (expr) | primary[index]
 */

/** A token; `at` is its offset. */
export interface ExprToken {
  readonly kind: "Number" | "String" | "Identifier" | "Operator" | "Bracket" | "EOF";
  readonly text: string;
  readonly at: number;
}

/** An expression that does not compile: the message, then where. */
export class ExprError extends Error {
  override readonly name = "ExprError";

  constructor(readonly problem: string, readonly source: string, readonly at: number) {
    super(`${problem} (1:${at + 1})\n | ${source}\n | ${".".repeat(at)}^`);
  }
}

const WORDS = new Set(["and", "or", "not", "in", "contains", "startsWith", "endsWith", "matches"]);
const FORM =
  /\s+|(?<num>\d[\d_]*(?:\.\d+)?(?:[eE][+-]?\d+)?)|(?<str>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`)|(?<id>[A-Za-z_$][\w$]*)|(?<op>\*\*|==|!=|<=|>=|&&|\|\||\?\?|\?\.|\.\.|[-+*/%^<>!?:,.|=])|(?<br>[()[\]{}])/gy;
const ESCAPES: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r" };

/** The tokens of an expression, an end token behind them; throws an {@link ExprError}. */
export function exprTokens(source: string): ExprToken[] {
  const tokens: ExprToken[] = [];
  FORM.lastIndex = 0;
  while (FORM.lastIndex < source.length) {
    const at = FORM.lastIndex;
    const groups = FORM.exec(source)?.groups;
    if (groups === undefined) {
      throw new ExprError(`unrecognized character: U+${hex(source.charCodeAt(at))} '${source[at]}'`, source, at);
    }
    const { num, str, id, op, br } = groups;
    if (num !== undefined) tokens.push({ kind: "Number", text: num, at });
    else if (str !== undefined) tokens.push({ kind: "String", text: unquote(str), at });
    else if (id !== undefined) tokens.push({ kind: WORDS.has(id) ? "Operator" : "Identifier", text: id, at });
    else if (op !== undefined) tokens.push({ kind: "Operator", text: op, at });
    else if (br !== undefined) tokens.push({ kind: "Bracket", text: br, at });
  }
  return [...tokens, { kind: "EOF", text: "", at: Math.max(0, source.length) }];
}

/** `Operator("==")`, `EOF`. */
export function printToken({ kind, text }: ExprToken): string {
  return kind === "EOF" ? kind : `${kind}(${JSON.stringify(text)})`;
}

function unquote(text: string): string {
  const inner = text.slice(1, -1);
  return text.startsWith("`") ? inner : inner.replace(/\\(.)/g, (_, char: string) => ESCAPES[char] ?? char);
}

function hex(code: number): string {
  return code.toString(16).toUpperCase().padStart(4, "0");
}
