/**
 * `name [exact|prefix|suffix|substring|regex] FROM TO [answer auto | answer name|value FROM TO ...]`
 */
import type { Rr } from "../../../../dns/mod.ts";
import { checkedPattern, isMatchKind, type MatchKind, regexReplacer, ruleName } from "./match.ts";
import { goQuote } from "../../go_values.ts";
import { asking, type ResponseRule, type Rule, RuleError } from "./rule.ts";

type Renaming = (name: string) => string;

/** Types whose data holds a name that answer rules change: where in the data. */
const NAME_AT: Readonly<Record<string, number>> = {
  SRV: 3,
  MX: 1,
  CNAME: 0,
  NS: 0,
  DNAME: 0,
  NAPTR: 5,
  SOA: 0,
  PTR: 0,
};

/** Reads a name rule; throws a {@link RuleError}. */
export function nameRule(mode: Rule["mode"], args: readonly string[]): Rule {
  if (args.length < 2) throw new RuleError("too few arguments for a name rule");
  const [word, from, to, ...rest] = (args.length === 2 ? ["exact", ...args] : args) as [string, string, string];
  const kind = word.toLowerCase();
  const answers = readAnswers(kind, rest);
  if (!isMatchKind(kind)) {
    throw new RuleError(
      `name rule supports only exact, prefix, suffix, substring, and regex name matching, received: ${kind}`,
    );
  }
  const rename = renamer(kind, from, to);
  const suffix = kind === "suffix" && answers.auto ? suffixRules(ruleName(to), ruleName(from)) : undefined;
  const auto = answers.auto || kind === "exact";
  return {
    mode,
    apply(query) {
      const name = rename(query.name);
      if (name === undefined) return undefined;
      const restored = suffix ?? (auto ? remapRules(name, query.name) : []);
      return { query: asking(query, { name }), responses: [...restored, ...answers.rules] };
    },
  };
}

function renamer(kind: MatchKind, from: string, to: string): (name: string) => string | undefined {
  if (kind === "regex") return regexReplacer(from, to);
  const [old, fresh] = [ruleName(from), ruleName(to)];
  // CoreDNS reads the new name as a pattern, of which it then makes no use.
  if (kind === "exact") checkedPattern(fresh, old);
  return (name) => {
    switch (kind) {
      case "exact":
        return name === old ? fresh : undefined;
      case "prefix":
        return name.startsWith(old) ? fresh + name.slice(old.length) : undefined;
      case "suffix":
        return name.endsWith(old) ? name.slice(0, name.length - old.length) + fresh : undefined;
      case "substring":
        return name.includes(old) ? name.replaceAll(old, fresh) : undefined;
    }
  };
}

interface Answers {
  readonly auto: boolean;
  readonly rules: readonly ResponseRule[];
}

/** What follows FROM and TO: `answer auto`, or `[answer] name|value FROM TO` again and again. */
function readAnswers(kind: string, args: readonly string[]): Answers {
  if (args.length === 0) return { auto: false, rules: [] };
  if (args.length < 2) throw new RuleError(`invalid arguments for ${kind} rule`);
  if (args[0] !== "answer") {
    throw new RuleError(`exceeded the number of arguments for a non-answer rule argument for ${kind} rule`);
  }
  const rules: ResponseRule[] = [];
  let [auto, named] = [false, false];
  for (let at = 0; at < args.length;) {
    if (args[at] === "answer") at++;
    const type = args[at++];
    if (type === undefined) throw new RuleError(`type missing for answer rule for ${kind} rule`);
    if (type === "auto") {
      auto = true;
      continue;
    }
    if (type !== "name" && type !== "value") {
      throw new RuleError(`invalid type ${goQuote(type)} for answer rule for ${kind} rule`);
    }
    const replace = readReplacement(`${type} answer rule for ${kind} rule`, args.slice(at, at + 2));
    rules.push((type === "name" ? ownerRule : valueRule)((name) => replace(name) ?? name));
    named ||= type === "name";
    at += 2;
  }
  if (auto && named) {
    throw new RuleError("auto name answer rule cannot be combined with explicit name anwer rules");
  }
  return { auto, rules };
}

function readReplacement(what: string, [from, to]: readonly string[]): (name: string) => string | undefined {
  if (from === undefined || to === undefined) throw new RuleError(`${what}: 2 arguments required`);
  try {
    return regexReplacer(from, to);
  } catch (error) {
    if (!(error instanceof RuleError)) throw error;
    throw new RuleError(`${what}: ${error.message}`);
  }
}

function remapRules(from: string, to: string): ResponseRule[] {
  const remap: Renaming = (name) => {
    if (name === from) return to;
    return name.endsWith(`.${from}`) ? name.slice(0, name.length - from.length) + to : name;
  };
  return [ownerRule(remap), valueRule(remap)];
}

function suffixRules(from: string, to: string): ResponseRule[] {
  const rename: Renaming = (name) => (name.endsWith(from) ? name.slice(0, name.length - from.length) + to : name);
  return [ownerRule(rename), valueRule(rename)];
}

function ownerRule(rename: Renaming): ResponseRule {
  return ({ reply, rr }) => ({ reply, rr: { ...rr, name: rename(rr.name) } });
}

function valueRule(rename: Renaming): ResponseRule {
  return ({ reply, rr }) => ({ reply, rr: renamed(rr, rename) });
}

function renamed(rr: Rr, rename: Renaming): Rr {
  const at = NAME_AT[rr.type];
  if (at === undefined) return rr;
  const words = rr.data.split(" ");
  return { ...rr, data: words.map((word, i) => (i === at ? rename(word) : word)).join(" ") };
}
