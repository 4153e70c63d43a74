import { absolute, lowerName } from "../../../../dns/mod.ts";
import { goRegExp, groupsOf } from "../../setup.ts";
import { RuleError } from "./rule.ts";

/** How a name is compared. */
export type MatchKind = "exact" | "prefix" | "suffix" | "substring" | "regex";

const KINDS: readonly string[] = ["exact", "prefix", "suffix", "substring", "regex"];
const MOST_GROUPS = 100;

/** Whether a word is a way to compare names. */
export function isMatchKind(word: string): word is MatchKind {
  return KINDS.includes(word);
}

/** A name of a rule, absolute and lower case. */
export function ruleName(text: string): string {
  return lowerName(absolute(text));
}

/** A test of names (lower case). */
export function nameTest(kind: MatchKind, text: string, rule: string): (name: string) => boolean {
  if (kind === "regex") {
    const regexp = goRegExp(text);
    if ("error" in regexp) throw new RuleError(`invalid regex pattern in a ${rule} rule: ${text}`);
    return (name) => regexp.test(name);
  }
  const wanted = ruleName(text);
  if (kind === "exact") return (name) => name === wanted;
  if (kind === "prefix") return (name) => name.startsWith(wanted);
  return kind === "suffix" ? (name) => name.endsWith(wanted) : (name) => name.includes(wanted);
}

/** A pattern whose groups are enough for the `{1}` of its replacement, of which `{0}` counts as one too. */
export function checkedPattern(from: string, to: string): RegExp {
  const regexp = goRegExp(from);
  if ("error" in regexp) throw new RuleError(`invalid regex matching pattern: ${from}`);
  let used = 0;
  for (let i = 0; i <= MOST_GROUPS; i++) if (to.includes(`{${i}}`)) used++;
  if (used > groupsOf(regexp)) {
    throw new RuleError(
      `the rewrite regex pattern (${to}) uses more subexpressions than its corresponding matching regex pattern (${from})`,
    );
  }
  return regexp;
}

/** Replaces a name that matches a pattern by a text with `{1}` for its groups; undefined where it does not match. */
export function regexReplacer(from: string, given: string): (name: string) => string | undefined {
  const regexp = checkedPattern(from, given);
  const to = ruleName(given);
  return (name) => {
    const found = regexp.exec(name);
    if (found === null) return undefined;
    return [...found].reduce((text, group, i) => text.replaceAll(`{${i}}`, group ?? ""), to);
  };
}
