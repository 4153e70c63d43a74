import type { RuleSpec } from "../../../wasm/mod.ts";
import { type Cidr, contains, printCidr, requireCidr } from "../../base/mod.ts";
import { Exit, invalid, must, notModelled, unknownCommand, usage } from "./exit.ts";
import { noteRules } from "./known_tables.ts";
import { IP_PROTOCOLS, numberOf, PROTOCOLS } from "./names.ts";
import { parsePrefix } from "./prefix.ts";
import { tableNumber } from "./route_change.ts";
import { addWithProtocol, ruleProtocol } from "./rule_extras.ts";
import { ruleEntry } from "./rule_print.ts";
import type { IpObject, IpTool } from "./tool.ts";
import { IP_USAGE } from "./usage.ts";
import { abbreviated, parseUnsigned, unsignedWord, type Words } from "./words.ts";

/** A rule being read; `protocol` says who makes it, `listing` that rules are only picked. */
type Draft = { -readonly [K in keyof RuleSpec]?: RuleSpec[K] } & { protocol?: number; readonly listing?: boolean };

const VERBS = ["list", "lst", "show", "save", "restore", "add", "delete", "flush", "help"] as const;

/** `ip rule`. */
export const ipRule: IpObject = (tool, words) => {
  const word = words.take();
  if (word === undefined) return ruleShow(tool, words);
  const verb = abbreviated(word, VERBS);
  switch (verb) {
    case "list":
    case "lst":
    case "show":
      return ruleShow(tool, words);
    case "add":
      return ruleAdd(tool, words);
    case "delete":
      return ruleDelete(tool, words);
    case "flush":
      return ruleFlush(tool, words);
    case "help":
      throw usage(IP_USAGE["rule"]);
    case "save":
    case "restore":
      throw notModelled(`ip: rule ${verb}`);
    case undefined:
      throw unknownCommand(word, "ip rule");
  }
};

function rules(tool: IpTool): RuleSpec[] {
  return tool.plane.rules(tool.ns, tool.options.family ?? 4);
}

function ruleShow(tool: IpTool, words: Words): number {
  const filter = takeFilter(tool, words);
  tool.report(rules(tool).filter((rule) => passes(rule, filter)).map((rule) => ruleEntry(tool, rule)));
  return 0;
}

/** Which rules a list shows: what rules are said with, and a bare prefix, which is a destination. */
function takeFilter(tool: IpTool, words: Words): Draft {
  const filter: Draft = { family: tool.options.family ?? 4, listing: true };
  while (words.more) takeSelector(tool, words, filter);
  return filter;
}

const COMPARED: readonly (keyof RuleSpec)[] = [
  "priority",
  "not",
  "iif",
  "oif",
  "mark",
  "mask",
  "tos",
  "table",
  "proto",
];

function passes(rule: RuleSpec, filter: Draft): boolean {
  const within = (key: "from" | "to"): boolean => {
    const [asked, mine] = [filter[key], rule[key]];
    return asked === undefined || (mine !== undefined && contains(requireCidr(asked), requireCidr(mine).ip));
  };
  const ports = (key: "sport" | "dport"): boolean => {
    return filter[key] === undefined || String(filter[key]) === String(rule[key]);
  };
  return COMPARED.every((key) => filter[key] === undefined || filter[key] === rule[key]) &&
    within("from") && within("to") && ports("sport") && ports("dport");
}

function ruleAdd(tool: IpTool, words: Words): number {
  if (!words.more) throw new Exit(1, `"ip rule add" requires arguments.\n`);
  const draft = takeRule(tool, words);
  if (draft.action === undefined) draft.action = "lookup";
  if (draft.action === "lookup" && draft.table === undefined) draft.table = 254;
  const { protocol, ...rule } = draft;
  const family = tool.options.family ?? 4;
  checkFamily(rule, family);
  addWithProtocol(tool.namespace, { family, protocol }, () => must(tool.plane.addRule(tool.ns, { ...rule, family })));
  noteRules(tool.namespace);
  return 0;
}

/** Without -6 a rule is IPv4's, whatever it speaks of. */
function checkFamily({ from, to }: Draft, family: 4 | 6): void {
  const foreign = (prefix: string | undefined) => prefix !== undefined && prefix.includes(":") !== (family === 6);
  if (foreign(from)) throw new Exit(2, "Error: Invalid source address.\n");
  if (foreign(to)) throw new Exit(2, "Error: Invalid dst address.\n");
}

function ruleDelete(tool: IpTool, words: Words): number {
  if (!words.more) throw new Exit(1, `"ip rule del" requires arguments.\n`);
  const draft = takeRule(tool, words);
  const { protocol: _protocol, ...rule } = draft;
  const family = tool.options.family ?? 4;
  checkFamily(rule, family);
  must(tool.plane.removeRule(tool.ns, { ...rule, family }));
  return 0;
}

/** Every rule that is meant goes, but the one at 0, which the kernel keeps. */
function ruleFlush(tool: IpTool, words: Words): number {
  const filter = takeFilter(tool, words);
  for (const rule of rules(tool)) {
    const made = filter.protocol === undefined || ruleProtocol(tool.namespace, rule) === filter.protocol;
    if (rule.priority !== 0 && made && passes(rule, filter)) must(tool.plane.removeRule(tool.ns, rule));
  }
  return 0;
}

type Take = (tool: IpTool, words: Words, draft: Draft) => void;

const SELECTORS: Readonly<Record<string, Take>> = {
  not: (_tool, _words, draft) => draft.not = true,
  from: (tool, words, draft) => draft.from = prefix(tool, words, draft),
  to: (tool, words, draft) => draft.to = prefix(tool, words, draft),
  preference: (_tool, words, draft) => draft.priority = unsignedWord(words.next(), "preference value is invalid\n"),
  order: (_tool, words, draft) => draft.priority = unsignedWord(words.next(), "preference value is invalid\n"),
  priority: (_tool, words, draft) => draft.priority = unsignedWord(words.next(), "preference value is invalid\n"),
  tos: (_tool, words, draft) => draft.tos = unsignedWord(words.next(), "TOS value is invalid\n"),
  dsfield: (_tool, words, draft) => draft.tos = unsignedWord(words.next(), "TOS value is invalid\n"),
  fwmark: takeMark,
  table: takeTable,
  lookup: takeTable,
  iif: (_tool, words, draft) => draft.iif = device(words.next(), `"iif"/"dev"`),
  dev: (_tool, words, draft) => draft.iif = device(words.next(), `"iif"/"dev"`),
  oif: (_tool, words, draft) => draft.oif = device(words.next(), `"oif"`),
  ipproto: (_tool, words, draft) => draft.proto = protocol(words.next()),
  sport: (_tool, words, draft) => draft.sport = ports(words.next(), "sport"),
  dport: (_tool, words, draft) => draft.dport = ports(words.next(), "dport"),
  suppress_prefixlength: (_tool, words, draft) =>
    draft.suppressPrefixLength = unsignedWord(words.next(), "suppress_prefixlength value is invalid\n"),
  sup_pl: (_tool, words, draft) =>
    draft.suppressPrefixLength = unsignedWord(words.next(), "suppress_prefixlength value is invalid\n"),
  goto: (_tool, words, draft) => {
    draft.action = "goto";
    draft.goto = unsignedWord(words.next(), "invalid target\n");
  },
  nop: (_tool, _words, draft) => draft.action = "nop",
  protocol: (_tool, words, draft) => draft.protocol = maker(words.next()),
};

const UNMODELLED = new Set(["l3mdev", "uidrange", "realms", "map-to", "tun_id", "suppress_ifgroup", "sup_group"]);

/** Selectors may be shortened as iproute2 lets them. */
const SHORT: readonly (readonly [string, number])[] = [
  ["preference", 4],
  ["priority", 4],
  ["protocol", 5],
  ["table", 1],
  ["lookup", 1],
  ["fwmark", 1],
];

function takeRule(tool: IpTool, words: Words): Draft {
  const draft: Draft = {};
  if (tool.options.family !== undefined) draft.family = tool.options.family;
  while (words.more) takeSelector(tool, words, draft);
  return draft;
}

function takeSelector(tool: IpTool, words: Words, draft: Draft): void {
  const word = words.next();
  const short = SHORT.find(([name, least]) => name.startsWith(word) && word.length >= least)?.[0];
  const take = SELECTORS[word] ?? (short === undefined ? undefined : SELECTORS[short]);
  if (take !== undefined) take(tool, words, draft);
  else if (word === "nat") {
    throw new Exit(255, "Warning: route NAT is deprecated\nip: rule nat is not modelled\n", true);
  } else if (UNMODELLED.has(word)) throw notModelled(`ip: rule ${word}`);
  else if (draft.listing) draft.to = printCidr(parsePrefix(word === "dst" ? words.next() : word, draft.family).cidr);
  else takeAction(word, words, draft);
}

function takeAction(first: string, words: Words, draft: Draft): void {
  const word = first === "type" ? words.next() : first;
  if (word === "help") throw usage(IP_USAGE["rule"]);
  if (word === "blackhole" || word === "unreachable" || word === "prohibit") draft.action = word;
  else if (word !== "unicast") throw invalid(word, "Failed to parse rule type");
}

function prefix(tool: IpTool, words: Words, draft: Draft): string | undefined {
  const { cidr } = parsePrefix(words.next(), draft.family);
  if (cidr.length === 0) return undefined;
  if (tool.options.family === undefined) draft.family = cidr.ip.family;
  return printCidr(masked(cidr));
}

function masked(cidr: Cidr): Cidr {
  return requireCidr(printCidr(cidr));
}

function takeMark(_tool: IpTool, words: Words, draft: Draft): void {
  const word = words.next();
  const [mark = "", mask] = word.split("/");
  draft.mark = parseUnsigned(mark);
  if (draft.mark === undefined) throw invalid(word, "fwmark value is invalid\n");
  if (mask === undefined) return;
  draft.mask = parseUnsigned(mask);
  if (draft.mask === undefined) throw invalid(mask, "fwmask value is invalid\n");
}

function takeTable(tool: IpTool, words: Words, draft: Draft): void {
  draft.table = tableNumber(tool, words.next(), draft.listing ? "table id value is invalid\n" : "invalid table ID\n");
}

function maker(word: string): number {
  const number = numberOf(PROTOCOLS, word);
  if (number === undefined || number > 255) throw invalid(word, `"protocol" value is invalid\n`);
  return number;
}

function device(word: string, what: string): string {
  if (word.length > 15 || /[/\s]/.test(word)) throw invalid(word, `${what} not a valid ifname`);
  return word;
}

function protocol(word: string): number {
  const number = numberOf(IP_PROTOCOLS, word);
  if (number === undefined) throw invalid(word, `Invalid "ipproto" value\n`);
  return number;
}

function ports(word: string, what: string): readonly [number, number] {
  const [low = "", high = low, more] = word.split("-");
  const from = parseUnsigned(low, 65535);
  const to = parseUnsigned(high, 65535);
  if (from === undefined || to === undefined || more !== undefined) throw invalid(word, `invalid ${what} range\n`);
  return [from, to];
}
