/**
 * Go's text/template, as far as DNS records are written with it:
 *
 *     template = { text | "{{" [-] action [-] "}}" }
 *     action   = pipeline | "if" pipeline | "else" [ "if" pipeline ] | "end" | "/*" comment "*" "/"
 *     pipeline = command { "|" command }      command = operand { operand }
 *     operand  = .Field{.Key} | "string" | `raw` | number | true | false | function | "(" pipeline ")"
 */
import { FUNCTIONS } from "./functions.ts";
import { isTrue, printValue, type TemplateValue } from "./value.ts";

/** A template that does not compile, or fails when it is executed; the message is what Go says of it. */
export class TemplateError extends Error {
  override readonly name = "TemplateError";
}

type Eval = (dot: ReadonlyMap<string, TemplateValue>) => TemplateValue;
type Part = (dot: ReadonlyMap<string, TemplateValue>) => string;

/** Compiles a template; throws a {@link TemplateError}. The result throws one too. */
export function compileTemplate(name: string, source: string): Part {
  const pieces = splitActions(name, source);
  const parser = new Parser(name, pieces);
  return parser.template();
}

interface Piece {
  readonly action: boolean;
  readonly text: string;
}

function splitActions(name: string, source: string): Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  for (;;) {
    const open = source.indexOf("{{", at);
    if (open < 0) break;
    const close = source.indexOf("}}", open);
    if (close < 0) throw new TemplateError(`template: ${name}:1: unclosed action`);
    let text = source.slice(at, open);
    let action = source.slice(open + 2, close);
    if (/^-\s/.test(action)) [text, action] = [text.trimEnd(), action.slice(1)];
    const trims = /\s-$/.test(action);
    if (trims) action = action.slice(0, -1);
    pieces.push({ action: false, text }, { action: true, text: action.trim() });
    at = close + 2;
    if (trims) { while (/\s/.test(source[at] ?? "x")) at++; }
  }
  return [...pieces, { action: false, text: source.slice(at) }];
}

class Parser {
  #at = 0;

  constructor(readonly name: string, readonly pieces: readonly Piece[]) {}

  template(): Part {
    const part = this.#body([]);
    if (this.#at < this.pieces.length) throw this.#error(`unexpected {{${this.pieces[this.#at]?.text}}}`);
    return part;
  }

  /** Parts up to one of the words, which is left standing. */
  #body(ends: readonly string[]): Part {
    const parts: Part[] = [];
    for (; this.#at < this.pieces.length; this.#at++) {
      const { action, text } = this.pieces[this.#at] as Piece;
      if (!action) {
        parts.push(() => text);
        continue;
      }
      const [word = ""] = text.split(/\s/);
      if (word === "end" || word === "else") {
        if (ends.includes(word)) break;
        throw this.#error(`unexpected {{${word}}}`);
      }
      if (text.startsWith("/*")) continue;
      if (word === "if") parts.push(this.#condition(text.slice(2)));
      else {
        const value = this.#pipeline(text);
        parts.push((dot) => printValue(value(dot)));
      }
    }
    return (dot) => parts.map((part) => part(dot)).join("");
  }

  #condition(test: string): Part {
    this.#at++;
    const condition = this.#pipeline(test);
    const yes = this.#body(["else", "end"]);
    const stop = this.pieces[this.#at]?.text;
    if (stop === undefined) throw this.#error("unexpected EOF");
    if (stop === "end") return (dot) => (isTrue(condition(dot)) ? yes(dot) : "");
    const nested = /^else\s+if\b(.*)$/s.exec(stop);
    if (nested !== null) {
      const no = this.#condition(nested[1] as string);
      return (dot) => (isTrue(condition(dot)) ? yes(dot) : no(dot));
    }
    this.#at++;
    const no = this.#body(["end"]);
    if (this.pieces[this.#at] === undefined) throw this.#error("unexpected EOF");
    return (dot) => (isTrue(condition(dot)) ? yes(dot) : no(dot));
  }

  #pipeline(text: string): Eval {
    const tokens = text.match(/"(?:\\.|[^"\\])*"|`[^`]*`|'(?:\\.|[^'\\])'|[()|]|[^\s()|]+/g) ?? [];
    if (tokens.length === 0) throw this.#error("missing value for command");
    const value = this.#piped(tokens);
    if (tokens.length > 0) throw this.#error(`unexpected ${JSON.stringify(tokens[0])} in operand`);
    return value;
  }

  /** Takes tokens from the front of the list up to its end or a closing bracket. */
  #piped(tokens: string[]): Eval {
    let last: Eval | undefined;
    for (;;) {
      const operands: (Eval | string)[] = [];
      while (tokens.length > 0 && tokens[0] !== "|" && tokens[0] !== ")") operands.push(this.#operand(tokens));
      const before = last;
      last = this.#command(operands, before);
      if (tokens[0] !== "|") return last;
      tokens.shift();
    }
  }

  /** A value, or a function's name. */
  #operand(tokens: string[]): Eval | string {
    const token = tokens.shift() as string;
    if (token === "(") {
      const inner = this.#piped(tokens);
      if (tokens.shift() !== ")") throw this.#error("unclosed left paren");
      return inner;
    }
    if (token.startsWith('"')) return literal(JSON.parse(token) as string);
    if (token.startsWith("`")) return literal(token.slice(1, -1));
    if (/^[+-]?(\d|0x)/.test(token)) return literal(Number(token));
    if (token === "true" || token === "false") return literal(token === "true");
    if (token.startsWith(".")) return this.#field(token);
    if (!FUNCTIONS.has(token)) throw this.#error(`function ${JSON.stringify(token)} not defined`);
    return token;
  }

  #field(token: string): Eval {
    const path = token.split(".").filter((key) => key !== "");
    return (dot) => {
      let value: TemplateValue = dot;
      for (const [depth, key] of path.entries()) {
        if (!(value instanceof Map)) throw this.#failed(token, `can't evaluate field ${key}`);
        if (depth === 0 && !value.has(key)) {
          throw this.#failed(token, `can't evaluate field ${key} in type *template.templateData`);
        }
        value = value.get(key);
      }
      return value;
    };
  }

  #command(operands: readonly (Eval | string)[], piped: Eval | undefined): Eval {
    const [first, ...rest] = operands;
    if (first === undefined) throw this.#error("missing value for command");
    const args = rest.map((operand) => (typeof operand === "string" ? this.#command([operand], undefined) : operand));
    const all = piped === undefined ? args : [...args, piped];
    if (typeof first === "string") {
      const call = FUNCTIONS.get(first) as (args: readonly TemplateValue[]) => TemplateValue;
      return (dot) => {
        try {
          return call(all.map((arg) => arg(dot)));
        } catch (error) {
          if (!(error instanceof RangeError)) throw error;
          throw this.#failed(first, `error calling ${first}: ${error.message}`);
        }
      };
    }
    return (dot) => {
      const value = first(dot);
      if (typeof value === "function") return value(...all.map((arg) => arg(dot)));
      if (all.length > 0) throw this.#failed("", "can't give argument to non-function");
      return value;
    };
  }

  #error(problem: string): TemplateError {
    return new TemplateError(`template: ${this.name}:1: ${problem}`);
  }

  #failed(what: string, problem: string): TemplateError {
    return new TemplateError(
      `template: ${this.name}:1:3: executing ${JSON.stringify(this.name)} at <${what}>: ${problem}`,
    );
  }
}

function literal(value: TemplateValue): Eval {
  return () => value;
}
