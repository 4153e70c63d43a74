/**
 * `name [exact|prefix|suffix|substring|regex] FROM TO [answer auto | answer name|value FROM TO ...]`
 */
import { absolute, type Rr } from "../../../../dns/mod.ts";
import { isMatchKind, type MatchKind, regexReplacer, ruleName } from "./match.ts";
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
};

/** Reads a name rule; throws a {@link RuleError}. */
export function nameRule(mode: Rule["mode"], args: readonly string[]): Rule {
  if (args.length < 2) throw new RuleError("too few arguments for a name rule");
  const [kind, from, to, rest] = args.length === 2
    ? ["exact", args[0], args[1], []] as const
    : [(args[0] as string).toLowerCase(), args[1], args[2], args.slice(3)] as const;
  if (!isMatchKind(kind)) {
    if (args.length === 3) throw new RuleError(unknownKind(kind));
    throw new RuleError(args.length > 3 ? unknownKind(kind) : `invalid arguments for ${kind} rule`);
  }
  if (from === undefined || to === undefined) throw new RuleError("too few arguments for a name rule");
  const answers = readAnswers(kind, rest);
  const rename = renamer(kind, from, to);
  const suffix = kind === "suffix" && answers.auto ? suffixRules(ruleName(to), ruleName(from)) : undefined;
  const auto = answers.auto || (kind === "exact" && answers.rules.length === 0);
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

function unknownKind(kind: string): string {
  return `name rule supports only exact, prefix, suffix, substring, and regex name matching, received: ${kind}`;
}

function renamer(kind: MatchKind, from: string, to: string): (name: string) => string | undefined {
  if (kind === "regex") return regexReplacer(from, absolute(to).toLowerCase());
  const [old, fresh] = [ruleName(from), ruleName(to)];
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
function readAnswers(kind: MatchKind, args: readonly string[]): Answers {
  if (args.length === 0) return { auto: false, rules: [] };
  if (args[0]?.toLowerCase() !== "answer") throw new RuleError(`invalid arguments for ${kind} rule`);
  const rules: ResponseRule[] = [];
  let auto = false;
  for (let at = 0; at < args.length;) {
    if (args[at]?.toLowerCase() === "answer") at++;
    const type = args[at]?.toLowerCase();
    if (type === undefined) throw new RuleError(`type missing for answer rule for ${kind} rule`);
    if (type === "auto") {
      auto = true;
      at++;
      continue;
    }
    if (type !== "name" && type !== "value") {
      throw new RuleError(`invalid type ${JSON.stringify(args[at])} for answer rule for ${kind} rule`);
    }
    const [from, to] = [args[at + 1], args[at + 2]];
    if (from === undefined || to === undefined) {
      throw new RuleError(`2 arguments required for ${JSON.stringify(type)} answer rule for ${kind} rule`);
    }
    const replace = regexReplacer(from, absolute(to).toLowerCase());
    rules.push((type === "name" ? ownerRule : valueRule)((name) => replace(name) ?? name));
    at += 3;
  }
  return { auto, rules };
}

function remapRules(from: string, to: string): ResponseRule[] {
  const remap: Renaming = (name) => (name.toLowerCase() === from.toLowerCase() ? to : name);
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
