/**
 * Configurations of nsd (nsd.conf(5)) and unbound (unbound.conf(5)):
 *
 *     file   = { clause }
 *     clause = word ":" { word ":" value }      a word without a value on its line begins a clause; "#" starts a comment
 *     value  = text | '"' text '"'
 */
import { TextError } from "../../base/mod.ts";

/** One attribute of a clause. */
export interface ConfEntry {
  readonly key: string;
  readonly value: string;
  readonly line: number;
}

/** One clause: `server`, `zone`, `forward-zone` ... */
export interface ConfClause {
  readonly name: string;
  readonly entries: readonly ConfEntry[];
}

/** The clauses of a text; throws a TextError. */
export function parseServerConf(text: string, file: string): ConfClause[] {
  const clauses: { name: string; entries: ConfEntry[] }[] = [];
  for (const [index, raw] of text.split("\n").entries()) {
    const line = raw.replace(/(^|\s)#.*$/, "").trim();
    if (line === "") continue;
    const [, key, rest = ""] = /^([a-z0-9-]+):\s*(.*)$/.exec(line) ?? [];
    if (key === undefined) {
      throw new TextError(file, index + 1, 1, `syntax error at ${JSON.stringify(line)}`, "KEY: VALUE");
    }
    if (rest === "") {
      clauses.push({ name: key, entries: [] });
      continue;
    }
    const clause = clauses.at(-1);
    if (clause === undefined) {
      throw new TextError(file, index + 1, 1, `${key} outside of a clause`, "server: before it");
    }
    clause.entries.push({ key, value: rest.replace(/^"(.*)"$/, "$1"), line: index + 1 });
  }
  return clauses;
}

/** The text of clauses, as the manuals' examples have it. */
export function printServerConf(clauses: readonly ConfClause[]): string {
  return clauses.map(({ name, entries }) =>
    `${name}:\n${
      entries.map(({ key, value }) => `    ${key}: ${/[\s#]/.test(value) ? `"${value}"` : value}\n`).join("")
    }`
  ).join("");
}

/** All values of a key in clauses of a name. */
export function confValues(clauses: readonly ConfClause[], name: string, key: string): readonly string[] {
  return clauses.filter((clause) => clause.name === name).flatMap(({ entries }) =>
    entries.filter((entry) => entry.key === key).map(({ value }) => value)
  );
}

/** Keys that are read but mean nothing here, for a warning by name. */
export function unmodelledKeys(clauses: readonly ConfClause[], known: readonly string[]): readonly string[] {
  return [...new Set(clauses.flatMap(({ entries }) => entries.map(({ key }) => key)))].filter((key) =>
    !known.includes(key)
  );
}
