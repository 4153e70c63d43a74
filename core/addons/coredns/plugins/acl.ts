import { type Cidr, contains, parseCidr, parseIp } from "../../../base/mod.ts";
import { TYPES } from "../../../dns/mod.ts";
import type { Dispenser } from "../corefile/dispenser.ts";
import { goQuote } from "../go_values.ts";
import { refusalReply } from "../outcome.ts";
import type { DnsPlugin, DnsQuery, SetupContext } from "../plugin.ts";
import { matchingZone, zonesOf } from "../zones.ts";

type Action = "allow" | "block" | "filter" | "drop";

/** One line: what happens to which types from which networks; no types or networks stand for all. */
interface Policy {
  readonly action: Action;
  readonly types: readonly string[] | undefined;
  readonly nets: readonly Cidr[] | undefined;
}

interface Rule {
  readonly zones: readonly string[];
  readonly policies: readonly Policy[];
}

const ACTIONS: readonly string[] = ["allow", "block", "filter", "drop"];
/** Extended errors of RFC 8914. */
const [BLOCKED, FILTERED] = [15, 17];

/** acl: refuses, empties or drops queries by the client's network and the type asked for. */
export const acl: DnsPlugin = {
  name: "acl",
  setup(corefile, context) {
    const rules = readRules(corefile, context);
    return {
      handle(query, next) {
        switch (decide(rules, query)) {
          case "drop":
            return Promise.resolve({ rcode: "NOERROR" });
          case "block":
            return Promise.resolve(refusalReply(query, "REFUSED", { code: BLOCKED }));
          case "filter":
            return Promise.resolve(refusalReply(query, "NOERROR", { code: FILTERED }));
          default:
            return next(query);
        }
      },
    };
  },
};

function decide(rules: readonly Rule[], query: DnsQuery): Action | undefined {
  const ip = parseIp(query.client.address);
  for (const { zones, policies } of rules) {
    if (matchingZone(zones, query.name) === undefined) continue;
    const policy = policies.find(({ types, nets }) =>
      (types?.includes(query.question.type) ?? true) &&
      (nets === undefined || (ip !== undefined && nets.some((net) => net.ip.family === ip.family && contains(net, ip))))
    );
    if (policy !== undefined) return policy.action;
  }
  return undefined;
}

function readRules(corefile: Dispenser, { zones }: SetupContext): Rule[] {
  const rules: Rule[] = [];
  while (corefile.next()) {
    const own = zonesOf(corefile.remainingArgs(), zones);
    const policies: Policy[] = [];
    while (corefile.nextBlock()) policies.push(readPolicy(corefile));
    rules.push({ zones: own, policies });
  }
  return rules;
}

function readPolicy(corefile: Dispenser): Policy {
  const word = corefile.word();
  if (!ACTIONS.includes(word.toLowerCase())) {
    throw corefile.error(`unexpected token ${goQuote(word)}; expect 'allow', 'block', 'filter' or 'drop'`, "an action");
  }
  let [types, nets]: [string[] | undefined, Cidr[] | undefined] = [undefined, undefined];
  for (let rest = corefile.remainingArgs(); rest.length > 0;) {
    const [section, ...more] = rest as [string, ...string[]];
    if (!isSection(section)) {
      throw corefile.error(`unexpected token ${goQuote(section)}; expect 'type | net'`, "type or net");
    }
    const end = more.findIndex(isSection);
    const tokens = end < 0 ? more : more.slice(0, end);
    rest = end < 0 ? [] : more.slice(end);
    if (tokens.length === 0) {
      throw corefile.error(`no token specified in ${goQuote(section)} section`, "a type or network");
    }
    if (section.toLowerCase() === "type") types = readTypes(corefile, tokens);
    else nets = readNets(corefile, tokens);
  }
  return { action: word.toLowerCase() as Action, types, nets };
}

function isSection(word: string): boolean {
  return word.toLowerCase() === "type" || word.toLowerCase() === "net";
}

function readTypes(corefile: Dispenser, tokens: readonly string[]): string[] | undefined {
  for (const token of tokens) {
    if (token === "*") return undefined;
    if (TYPES[token] === undefined) {
      throw corefile.error(`unexpected token ${goQuote(token)}; expect legal QTYPE`, "a type such as AAAA");
    }
  }
  return [...tokens];
}

function readNets(corefile: Dispenser, tokens: readonly string[]): Cidr[] | undefined {
  const nets: Cidr[] = [];
  for (const token of tokens) {
    if (token === "*") return undefined;
    const whole = token.includes("/") ? token : `${token}/${token.includes(":") ? 128 : 32}`;
    const net = parseCidr(whole);
    if (net === undefined) {
      throw corefile.error(`illegal CIDR notation ${goQuote(whole)}`, "a network such as 10.0.0.0/8");
    }
    nets.push(net);
  }
  return nets;
}
