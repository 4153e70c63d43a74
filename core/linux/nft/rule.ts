/**
 * A rule's line: `STATEMENT ... [comment "TEXT"]` (statements.ts). A rule with a statement we do not know keeps that one as
 * words; what is understood prints back to the very same line, otherwise the whole of it stays words.
 */
import { printStatement } from "./statements.ts";
import type { NftStyle } from "./statements.ts";
import { readStatement } from "./read_statement.ts";
import type { NftRule, NftStatement } from "./types.ts";
import { nftWords, unquoted, WordReader } from "./words.ts";

/** The line of a rule, without indent. */
export function printRule(rule: NftRule, style: NftStyle = "listing"): string {
  const text = rule.statements.map((statement) => printStatement(statement, style)).join(" ");
  return rule.comment === undefined ? text : `${text} comment "${rule.comment}"`;
}

/** The rule of a line. Never fails: what is not known is kept as words. */
export function parseRule(line: string): NftRule {
  const words = nftWords(line.trim());
  const commented = words.length >= 2 && words.at(-2) === "comment" && words.at(-1)?.startsWith('"');
  const comment = commented ? { comment: unquoted(words.at(-1) ?? "") } : {};
  const own = commented ? words.slice(0, -2) : words;
  const rule: NftRule = { statements: readStatements(own), ...comment };
  return printRule(rule) === line.trim() ? rule : { statements: [{ kind: "text", words: own }], ...comment };
}

function readStatements(line: readonly string[]): NftStatement[] {
  const words = new WordReader(line);
  const statements: NftStatement[] = [];
  let unknown: string[] = [];
  while (!words.done) {
    const statement = words.attempt(readStatement);
    if (statement === undefined) {
      unknown.push(words.take());
      continue;
    }
    if (unknown.length > 0) statements.push({ kind: "text", words: unknown });
    unknown = [];
    statements.push(statement);
  }
  if (unknown.length > 0) statements.push({ kind: "text", words: unknown });
  return statements;
}
