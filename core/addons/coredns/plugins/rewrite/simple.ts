/** Rules on the type, the class, TTLs, rcodes and CNAME targets. */
import { CLASSES, rcodeName, rcodeNumber, TYPES } from "../../../../dns/mod.ts";
import { isMatchKind, type MatchKind, nameTest, ruleName } from "./match.ts";
import { goQuote } from "../../go_values.ts";
import { goRegExp } from "../../setup.ts";
import { asking, type ResponseRule, type Rule, RuleError } from "./rule.ts";

/** `type FROM TO` and `class FROM TO`. */
export function questionRule(mode: Rule["mode"], field: "type" | "class", args: readonly string[]): Rule {
  const known = field === "type" ? TYPES : CLASSES;
  const [from, to] = args.map((word) => word.toUpperCase()) as [string, string];
  if (known[from] === undefined) throw new RuleError(`invalid ${field} ${goQuote(from)}`);
  if (known[to] === undefined) throw new RuleError(`invalid ${field} ${goQuote(to)}`);
  return {
    mode,
    apply: (query) =>
      query.question[field] === from ? { query: asking(query, { [field]: to }), responses: [] } : undefined,
  };
}

/** `ttl [exact|prefix|suffix|substring|regex] NAME TTL|MIN-MAX`. */
export function ttlRule(mode: Rule["mode"], args: readonly string[]): Rule {
  if (args.length < 2) throw new RuleError(`too few (${args.length}) arguments for a ttl rule`);
  // More words than a rule has leave it without a TTL.
  const text = args.length > 3 ? "" : args.at(-1) as string;
  const range = ttlRange(text);
  if (range === undefined) throw new RuleError(`invalid TTL '${text}' for a ttl rule`);
  const test = testOf("ttl", args.slice(0, -1));
  const [least, most] = range;
  const clamp: ResponseRule = ({ reply, rr }) => ({
    reply,
    rr: { ...rr, ttl: Math.max(least, Math.min(most, rr.ttl)) },
  });
  return { mode, apply: (query) => (test(query.name) ? { query, responses: [clamp] } : undefined) };
}

const MOST_TTL = 0x7fff_ffff;

/** `30`, `10-60`, `-60`, `10-`. */
function ttlRange(text: string): readonly [number, number] | undefined {
  const [, least, dash, most] = /^(\d*)(-?)(\d*)$/.exec(text) ?? [];
  if (least === undefined || (least === "" && most === "")) return undefined;
  if ([least, most].some((word) => Number(word) > 0xffff_ffff)) return undefined;
  if (dash === "") return [Number(least), Number(least)];
  const range = [Number(least), most === "" ? MOST_TTL : Number(most)] as const;
  return range[0] > range[1] ? undefined : range;
}

/** The test of `[KIND] NAME`. */
function testOf(rule: string, args: readonly string[]): (name: string) => boolean {
  if (args.length > 2) throw new RuleError(`many few arguments for a ${rule} rule`);
  if (args.length === 1) return nameTest("exact", args[0] as string, rule);
  const kind = (args[0] as string).toLowerCase();
  if (!isMatchKind(kind)) {
    throw new RuleError(`${rule} rule supports only exact, prefix, suffix, substring, and regex name matching`);
  }
  return nameTest(kind, args[1] as string, rule);
}

/** `rcode [exact|prefix|suffix|substring|regex] NAME FROM TO`; looks at replies that have a record. */
export function rcodeRule(mode: Rule["mode"], args: readonly string[]): Rule {
  if (args.length < 3) throw new RuleError(`too few (${args.length}) arguments for a rcode rule`);
  const [from, to] = args.length > 4 ? ["", ""] as const : args.slice(-2) as [string, string];
  const [old, fresh] = [rcodeOf(from), rcodeOf(to)];
  if (old === undefined) throw new RuleError(`invalid matching RCODE '${from}' for a rcode rule`);
  if (fresh === undefined) throw new RuleError(`invalid replacement RCODE '${to}' for a rcode rule`);
  const test = testOf("rcode", args.slice(0, -2));
  const replace: ResponseRule = ({ reply, rr }) => ({
    rr,
    reply: reply.rcode === old ? { ...reply, rcode: fresh } : reply,
  });
  return { mode, apply: (query) => (test(query.name) ? { query, responses: [replace] } : undefined) };
}

/** The highest rcode that may be given as a number: BADCOOKIE. */
const MOST_RCODE = 23;

function rcodeOf(text: string): string | undefined {
  if (/^\d+$/.test(text)) return Number(text) <= MOST_RCODE ? rcodeName(Number(text)) : undefined;
  return rcodeNumber(text) === undefined ? undefined : text.toUpperCase();
}

/** `cname [exact|prefix|suffix|substring|regex] FROM TO`: CNAMEs to a target lead to another one, which is looked up. */
export function cnameRule(mode: Rule["mode"], args: readonly string[]): Rule {
  const [kind, from, to] = args.length === 2 ? ["exact", ...args] : args;
  if (kind === undefined || from === undefined || to === undefined || args.length > 3) {
    throw new RuleError(`too few (${args.length}) arguments for a cname rule`);
  }
  const word = kind.toLowerCase();
  if (!isMatchKind(word)) throw new RuleError(`unknown cname rewrite type: ${word}`);
  const test = cnameTest(word, from.toLowerCase());
  const target = ruleName(to);
  return {
    mode,
    apply(query) {
      const replace: ResponseRule = async ({ reply, rr }) => {
        if (rr.type !== "CNAME" || !test(rr.data.toLowerCase())) return { reply, rr };
        const found = (await query.ask(target, query.question.type)).reply;
        if (found === undefined) return { reply, rr };
        const aliases = reply.answers.filter(({ type }) => type === "CNAME").map((alias) => ({
          ...alias,
          data: target,
        }));
        const answers = [...aliases, ...found.answers.filter(({ name }) => name === target)];
        return { reply: { ...reply, answers, rcode: found.rcode }, rr: { ...rr, data: target } };
      };
      return { query, responses: [replace] };
    },
  };
}

/** Unlike names elsewhere, parts of one are taken as they are: `prefix srv1` is no `srv1.`. */
function cnameTest(kind: MatchKind, from: string): (name: string) => boolean {
  switch (kind) {
    case "exact":
      return nameTest("exact", from, "cname");
    case "prefix":
      return (name) => name.startsWith(from);
    case "suffix":
      return (name) => name.endsWith(from);
    case "substring":
      return (name) => name.includes(from);
    case "regex": {
      const regexp = goRegExp(from);
      if ("error" in regexp) throw new RuleError(`invalid cname rewrite regex pattern: ${regexp.error}`);
      return (name) => regexp.test(name);
    }
  }
}
