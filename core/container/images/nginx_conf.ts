/**
 * nginx's configuration, as far as a static server's goes.
 *
 *     block     = { directive }
 *     directive = word { word } ( ";" | "{" block "}" )       words may be quoted; "#" begins a comment
 */
import { TextError } from "../../base/mod.ts";

/** One directive with its arguments and, where it has one, its block. */
export interface Directive {
  readonly name: string;
  readonly args: readonly string[];
  readonly block?: readonly Directive[];
  readonly line: number;
}

interface Token {
  readonly text: string;
  readonly line: number;
  readonly quoted: boolean;
}

/** Reads a configuration file; throws TextError in nginx's words. */
export function parseNginxConf(text: string, file: string): Directive[] {
  const tokens = tokensOf(text);
  const directives = block(tokens, file, false);
  if (tokens.length > 0) fail(file, tokens[0] as Token, `unexpected "}"`);
  return directives;
}

/** The text of some directives, one to a line. */
export function printNginxConf(directives: readonly Directive[], indent = ""): string {
  return directives.map(({ name, args, block }) => {
    const words = [name, ...args.map((arg) => (/^[^\s;{}"']+$/.test(arg) ? arg : `"${arg}"`))].join(" ");
    if (block === undefined) return `${indent}${words};\n`;
    return `${indent}${words} {\n${printNginxConf(block, indent + "    ")}${indent}}\n`;
  }).join("");
}

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  const form = /#[^\n]*|"((?:\\.|[^"\\])*)"|'((?:\\.|[^'\\])*)'|[{};]|\n|[^\s{};"']+/g;
  let line = 1;
  for (const [whole, double, single] of text.matchAll(form)) {
    const quoted = double ?? single;
    if (whole === "\n") line++;
    else if (quoted !== undefined) tokens.push({ text: unescape(quoted), line, quoted: true });
    else if (!whole.startsWith("#")) tokens.push({ text: whole, line, quoted: false });
  }
  return tokens;
}

function unescape(text: string): string {
  return text.replace(/\\([nrt"'\\])/g, (_, char: string) => ({ n: "\n", r: "\r", t: "\t" })[char] ?? char);
}

function block(tokens: Token[], file: string, inner: boolean): Directive[] {
  const directives: Directive[] = [];
  while (tokens.length > 0 && !isMark(tokens[0], "}")) directives.push(directive(tokens, file));
  if (inner && tokens.shift() === undefined) {
    throw new TextError(file, 1, 1, `unexpected end of file, expecting "}"`, "}");
  }
  return directives;
}

function directive(tokens: Token[], file: string): Directive {
  const first = tokens.shift() as Token;
  if (isMark(first, ";") || isMark(first, "{")) fail(file, first, `unexpected "${first.text}"`);
  const args: string[] = [];
  for (;;) {
    const next = tokens.shift();
    if (next === undefined) {
      throw new TextError(file, first.line, 1, `unexpected end of file, expecting ";" or "}"`, "; or }");
    }
    if (isMark(next, ";")) return { name: first.text, args, line: first.line };
    if (isMark(next, "{")) return { name: first.text, args, line: first.line, block: block(tokens, file, true) };
    if (isMark(next, "}")) fail(file, next, `unexpected "}"`);
    args.push(next.text);
  }
}

function isMark(token: Token | undefined, mark: string): boolean {
  return token !== undefined && !token.quoted && token.text === mark;
}

function fail(file: string, token: Token, problem: string): never {
  throw new TextError(file, token.line, 1, problem, "a directive");
}
