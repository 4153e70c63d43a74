import type { NextHop, RouteSpec, RouteType } from "../../../wasm/mod.ts";
import { printCidr } from "../../base/mod.ts";
import { Exit, garbage, invalid, must } from "./exit.ts";
import { noteTable } from "./known_tables.ts";
import { numberOf, PROTOCOLS, routeTables, SCOPES } from "./names.ts";
import { parseAddress, parsePrefix } from "./prefix.ts";
import type { IpTool } from "./tool.ts";
import { IP_USAGE } from "./usage.ts";
import { abbreviated, parseUnsigned, unsignedWord, type Words } from "./words.ts";

/** Types a route can be given, by the words that begin it. */
export const ROUTE_TYPES: readonly RouteType[] = [
  "unicast",
  "local",
  "broadcast",
  "multicast",
  "blackhole",
  "unreachable",
  "prohibit",
  "throw",
];

type Draft = { -readonly [K in keyof RouteSpec]: RouteSpec[K] } & {
  family?: 4 | 6;
  hops: NextHop[];
  readonly tool: IpTool;
};

/** `ip route add|append|prepend|replace|change|delete`. */
export function routeChange(
  tool: IpTool,
  words: Words,
  verb: "add" | "append" | "prepend" | "replace" | "change" | "delete",
): number {
  if (!words.more) throw new Exit(255, IP_USAGE["route"] ?? "", true);
  const route = parseRoute(tool, words, verb === "delete");
  if (verb === "delete") {
    must(tool.plane.removeRoute(tool.ns, route));
    return 0;
  }
  if (route.table === undefined) must(tool.changeByWords({ route, mode: verb }));
  else {
    must(tool.plane.addRoute(tool.ns, route, verb));
    noteTable(tool.namespace, route.table);
  }
  return 0;
}

/** The route that words describe, with the defaults that the tool (not the kernel) fills in. */
export function parseRoute(tool: IpTool, words: Words, deleting = false): RouteSpec {
  const draft: Draft = { to: "", hops: [], tool };
  if (tool.options.family !== undefined) draft.family = tool.options.family;
  while (words.more) takeSetting(words, draft);
  const { family, hops, tool: _tool, ...route } = draft;
  if (route.to === "") route.to = family === 6 ? "::/0" : "0.0.0.0/0";
  if (hops.length > 0) route.nexthops = hops;
  const special = route.type === "local" || route.type === "broadcast" || route.type === "multicast";
  if (special && route.type !== "multicast" && route.table === undefined && !route.to.includes(":")) route.table = 255;
  if (!deleting && route.scope === undefined && !route.to.includes(":")) {
    const scope = defaultScope(route, hops.length > 0);
    if (scope !== undefined) route.scope = scope;
  }
  return route;
}

function defaultScope(route: RouteSpec, multipath: boolean): number | undefined {
  if (route.type === "local") return 254;
  if (route.type === "broadcast" || route.type === "multicast") return 253;
  const unicast = route.type === undefined || route.type === "unicast";
  return unicast && route.via === undefined && !multipath ? 253 : undefined;
}

type Take = (words: Words, draft: Draft) => void;

const SETTINGS: Readonly<Record<string, Take>> = {
  src: (words, draft) => draft.src = parseAddress(words.next(), draft.family),
  via: (words, draft) => draft.via = takeVia(words, draft),
  dev: (words, draft) => draft.dev = draft.tool.device(words.next()).index,
  oif: (words, draft) => draft.dev = draft.tool.device(words.next()).index,
  tos: (words, draft) => draft.tos = unsignedWord(words.next(), `"tos" value is invalid\n`, 255),
  dsfield: (words, draft) => draft.tos = unsignedWord(words.next(), `"tos" value is invalid\n`, 255),
  metric: (words, draft) => draft.metric = unsignedWord(words.next(), `"metric" value is invalid\n`),
  priority: (words, draft) => draft.metric = unsignedWord(words.next(), `"metric" value is invalid\n`),
  preference: (words, draft) => draft.metric = unsignedWord(words.next(), `"metric" value is invalid\n`),
  scope: (words, draft) => draft.scope = named(words.next(), SCOPES, `invalid "scope" value\n`),
  protocol: (words, draft) => draft.protocol = named(words.next(), PROTOCOLS, `"protocol" value is invalid\n`),
  proto: (words, draft) => draft.protocol = named(words.next(), PROTOCOLS, `"protocol" value is invalid\n`),
  table: (words, draft) => draft.table = tableNumber(draft.tool, words.next(), `"table" value is invalid\n`),
  mtu: (words, draft) => draft.mtu = takeMetric(words, `"mtu" value is invalid\n`),
  advmss: (words, draft) => draft.advmss = takeMetric(words, `"mss" value is invalid\n`),
  onlink: (_words, draft) => draft.onlink = true,
  nexthop: (words, draft) => {
    while (words.more) draft.hops.push(takeHop(words, draft));
  },
};

/** Settings that change nothing a packet of ours would feel: read, checked as numbers or words, and left out. */
const UNFELT = new Set([
  "hoplimit",
  "rtt",
  "rttvar",
  "reordering",
  "window",
  "cwnd",
  "initcwnd",
  "initrwnd",
  "ssthresh",
  "realms",
  "rto_min",
  "features",
  "quickack",
  "congctl",
  "pref",
  "expires",
  "fastopen_no_cookie",
  "ttl-propagate",
  "vrf",
]);

/** Words that may be shortened, in the order in which an abbreviation finds them. */
const SHORTENED = ["dsfield", "metric", "priority", "preference", "protocol", "table"] as const;

function takeSetting(words: Words, draft: Draft): void {
  const word = words.next();
  const short = abbreviated(word, SHORTENED);
  const take = SETTINGS[word] ?? (short === undefined ? undefined : SETTINGS[short]);
  if (take !== undefined) take(words, draft);
  else if (UNFELT.has(word)) words.next();
  else if (word === "nhid" || word === "encap" || word === "as") {
    throw new Exit(255, `ip: route ${word} is not modelled\n`, true);
  } else if (word === "pervasive") return;
  else takeDestination(word, words, draft);
}

function takeDestination(first: string, words: Words, draft: Draft): void {
  let word = first === "to" ? words.next() : first;
  const type = ROUTE_TYPES.find((name) => name === word);
  if (type !== undefined) {
    draft.type = type;
    word = words.next();
  }
  if (word === "help") throw new Exit(255, IP_USAGE["route"] ?? "", true);
  if (draft.to !== "") throw garbage("to", word);
  const { cidr } = parsePrefix(word, draft.family);
  if (word !== "default" && word !== "any" && word !== "all") draft.family = cidr.ip.family;
  draft.to = printCidr(cidr);
  if (cidr.length === 0 && draft.family === undefined) pendingDefault.add(draft);
}

/** Drafts whose `default` came before any word that says the family. */
const pendingDefault = new WeakSet<Draft>();

function takeVia(words: Words, draft: Draft): string {
  let word = words.next();
  let family = draft.family;
  if (word === "inet" || word === "inet6") {
    family = word === "inet" ? 4 : 6;
    word = words.next();
  }
  const known = family ?? (draft.to === "" || pendingDefault.has(draft) ? undefined : 4);
  const address = parseAddress(word, known);
  if (address.includes(":") && pendingDefault.has(draft)) {
    draft.to = "::/0";
    draft.family = 6;
  }
  return address;
}

function takeHop(words: Words, draft: Draft): NextHop {
  const hop: { -readonly [K in keyof NextHop]: NextHop[K] } = { weight: 1 };
  while (words.more && words.peek() !== "nexthop") {
    const word = words.next();
    if (word === "via") hop.via = takeVia(words, draft);
    else if (word === "dev") hop.dev = draft.tool.device(words.next()).index;
    else if (word === "weight") hop.weight = weight(words.next());
    else if (word === "onlink") hop.onlink = true;
    else throw new Exit(255, `Error: "nexthop" or end of line is expected instead of "${word}"\n`, true);
  }
  words.accept("nexthop");
  return hop;
}

function weight(word: string): number {
  const value = parseUnsigned(word);
  if (value === undefined || value === 0 || value > 256) throw invalid(word, `"weight" is invalid\n`);
  return value;
}

function takeMetric(words: Words, problem: string): number {
  words.accept("lock");
  return unsignedWord(words.next(), problem);
}

function named(word: string, names: ReadonlyMap<number, string>, problem: string): number {
  const value = numberOf(names, word);
  if (value === undefined) throw invalid(word, problem);
  return value;
}

/** A routing table's number by name or digits. */
export function tableNumber(tool: IpTool, word: string, problem: string): number {
  return named(word, routeTables(tool.process.files), problem);
}
