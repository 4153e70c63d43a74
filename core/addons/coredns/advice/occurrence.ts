import { lastLine } from "../corefile/dispenser.ts";
import type { Token } from "../corefile/token.ts";

/** One use of a directive in a block: its words, and the lines of its own block. */
export interface Occurrence {
  readonly plugin: string;
  readonly token: Token;
  readonly args: readonly string[];
  readonly body: readonly (readonly string[])[];
}

/** The uses of a directive, whose tokens stand one after another in a parsed block. */
export function occurrences(plugin: string, tokens: readonly Token[]): Occurrence[] {
  const lines = linesOf(tokens);
  const found: { token: Token; args: string[]; body: string[][] }[] = [];
  let depth = 0;
  for (const line of lines) {
    const words = line.map(({ text }) => text);
    const opens = words.at(-1) === "{";
    const bare = opens ? words.slice(0, -1) : words;
    if (words[0] === "}") depth--;
    else if (depth === 0) found.push({ token: line[0] as Token, args: bare.slice(1), body: [] });
    else found.at(-1)?.body.push(bare);
    if (opens) depth++;
  }
  return found.map((one) => ({ plugin, ...one }));
}

function linesOf(tokens: readonly Token[]): Token[][] {
  const lines: Token[][] = [];
  tokens.forEach((token, i) => {
    const before = tokens[i - 1];
    const same = before !== undefined && before.file === token.file && lastLine(before) === token.line;
    if (same) lines.at(-1)?.push(token);
    else lines.push([token]);
  });
  return lines;
}
