/**
 * A rule's line: `STATEMENT ... [comment "TEXT"]` (statements.ts). A rule of a listing with a statement we do not know keeps its
 * words; a rule that is typed must be understood.
 */
import { withoutDependencies } from "./dependencies.ts";
import { readStatement } from "./read_statement.ts";
import { datatypeOf } from "./selectors.ts";
import { type NftStyle, printStatement } from "./statements.ts";
import type { NftFamily, NftRule, NftStatement } from "./types.ts";
import { keptValues } from "./values.ts";
import { NftComplaint, nftWords, unquoted, WordReader } from "./words.ts";

/** The line of a rule, without indent. */
export function printRule(rule: NftRule, style: NftStyle = "listing"): string {
  const text = rule.statements.map((statement) => printStatement(statement, style)).join(" ");
  return rule.comment === undefined ? text : `${text} comment "${rule.comment}"`;
}

/** The rule of a listed line. Never fails: what is not known is kept as words. */
export function parseRule(line: string): NftRule {
  const text = line.trim();
  try {
    const words = new WordReader(nftWords(text));
    const rule = readRule(words);
    if (words.done && printRule(rule) === text) return rule;
  } catch (error) {
    if (!(error instanceof NftComplaint)) throw error;
  }
  return { statements: [{ kind: "text", words: [text] }] };
}

/** The rule of a line as somebody types it. Throws a {@link NftComplaint} where it is none. */
export function parseTypedRule(line: string): NftRule {
  return readRule(new WordReader(nftWords(line)));
}

/** Takes the statements of a rule, up to the end of the line or of the block. */
export function readRule(words: WordReader): NftRule {
  const statements: NftStatement[] = [];
  for (;;) {
    const next = words.next;
    if (next === undefined || next === "\n" || next === ";" || next === "}") return { statements };
    if (words.skip("comment")) return { statements, comment: unquoted(words.take()) };
    const from = words.at;
    const statement = readStatement(words);
    if (statement === undefined) return refuseWord(words);
    if (statements.some(isTerminal)) words.refuse("Statement after terminal statement has no effect", from);
    statements.push(statement);
  }
}

function isTerminal(statement: NftStatement): boolean {
  return statement.kind === "verdict" || statement.kind === "nat" || statement.kind === "reject";
}

/** What the parser says of a word that begins no statement. */
function refuseWord(words: WordReader): never {
  const word = words.next ?? "";
  if (/^[a-z][\w-]*$/i.test(word) && words.peek(1) !== undefined) words.refuse("No symbol type information");
  words.unexpected();
}

/** A rule as a table of a family keeps it: tests that another one implies are gone, the default answers unsaid. */
export function keptRule(rule: NftRule, family: NftFamily): NftRule {
  const known = kept.get(rule);
  if (known?.family === family) return known.rule;
  const own = { ...rule, statements: withoutDependencies(rule.statements.map(keptStatement), family) };
  kept.set(rule, { family, rule: own });
  return own;
}

/** Rules are values: many tables keep the same. */
const kept = new WeakMap<NftRule, { readonly family: NftFamily; readonly rule: NftRule }>();

function keptStatement(statement: NftStatement): NftStatement {
  if (statement.kind !== "match" || "set" in statement.against) return statement;
  const types = statement.selectors.map(datatypeOf);
  const { against } = statement;
  if ("values" in against) return { ...statement, against: keptValues(against.values, types) };
  return types.length === 1 ? { ...statement, against: keptValues([against.value], types) } : statement;
}
