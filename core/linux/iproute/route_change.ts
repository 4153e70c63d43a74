import type { NextHop, RouteSpec, RouteType } from "../../../wasm/mod.ts";
import { printCidr } from "../../base/mod.ts";
import { Exit, garbage, invalid, must, netlinkText, notModelled, usage } from "./exit.ts";
import { noteTable } from "./known_tables.ts";
import { numberOf, PROTOCOLS, routeTables, SCOPES } from "./names.ts";
import { parseAddress, parsePrefix } from "./prefix.ts";
import { addWithExtras, type RouteExtras } from "./route_extras.ts";
import { type Metric, METRIC_WORDS, takeMetric } from "./route_metrics.ts";
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
  /** What no packet feels. */
  metrics: Metric[];
  pref?: "low" | "high";
  realm?: readonly [number, number];
  nhid?: number;
  /** Types that the kernel knows and has no use for. */
  useless?: boolean;
  readonly tool: IpTool;
};

type Verb = "add" | "append" | "prepend" | "replace" | "change" | "delete" | "test";

/** `ip route add|append|prepend|replace|change|delete|test`. */
export function routeChange(tool: IpTool, words: Words, verb: Verb): number {
  if (!words.more) throw usage(IP_USAGE["route"]);
  const { route, extras } = parseRoute(tool, words, verb === "delete");
  if (verb === "test") return routeTest(tool, route);
  if (verb === "delete") {
    must(tool.plane.removeRoute(tool.ns, route));
    return 0;
  }
  addWithExtras(tool.namespace, route, extras, () => {
    if (route.table === undefined && Object.keys(extras).length === 0) {
      must(tool.changeByWords({ route, mode: verb }));
    } else must(tool.plane.addRoute(tool.ns, route, verb));
  });
  if (route.table !== undefined) noteTable(tool.namespace, route.table);
  return 0;
}

/** A route that is there exists, one that is not is missing: neither is changed. */
function routeTest(tool: IpTool, { to, table = 254, metric, tos = 0 }: RouteSpec): never {
  const six = to.includes(":");
  const there = tool.plane.routes(tool.ns, six ? 6 : 4).some((one) => {
    return one.to === to && one.table === table && one.metric === (metric ?? (six ? 1024 : 0)) &&
      (one.tos ?? 0) === tos;
  });
  throw new Exit(2, netlinkText({ errno: there ? "EEXIST" : "ENOENT" }));
}

/** The route that words describe, with the defaults that the tool (not the kernel) fills in. */
function parseRoute(
  tool: IpTool,
  words: Words,
  deleting: boolean,
): { readonly route: RouteSpec; readonly extras: RouteExtras } {
  const draft: Draft = { to: "", hops: [], metrics: [], tool };
  if (tool.options.family !== undefined) draft.family = tool.options.family;
  while (words.more) takeSetting(words, draft);
  const { family: _family, hops, tool: _tool, metrics, pref, realm, nhid, useless, ...route } = draft;
  if (route.to === "") throw usage(IP_USAGE["route"]);
  checkKernel(route, { hops, nhid, useless });
  if (hops.length > 0) route.nexthops = hops;
  for (const { name, value } of metrics) if (name === "mtu" || name === "advmss") route[name] = Number(value);
  const special = route.type === "local" || route.type === "broadcast" || route.type === "multicast";
  if (special && route.type !== "multicast" && route.table === undefined && !route.to.includes(":")) route.table = 255;
  if (!deleting && route.scope === undefined && !route.to.includes(":")) {
    const scope = defaultScope(route, hops.length > 0);
    if (scope !== undefined) route.scope = scope;
  }
  return { route, extras: extrasOf(metrics, { ...(pref && { pref }), ...(realm && { realm }) }) };
}

function extrasOf(metrics: readonly Metric[], extras: RouteExtras): RouteExtras {
  const more = metrics.filter(({ name, lock }) => lock || (name !== "mtu" && name !== "advmss"));
  if (more.length === 0) return extras;
  const shown = more.filter(({ name }) => name !== "mtu" && name !== "advmss");
  const values = Object.fromEntries(shown.map(({ name, value }) => [name, value]));
  return { ...extras, metrics: { values, locked: more.filter(({ lock }) => lock).map(({ name }) => name) } };
}

/** What the kernel says of a route before it looks at its tables. */
function checkKernel(
  route: RouteSpec,
  { hops, nhid, useless }: Readonly<Pick<Draft, "hops">> & {
    readonly nhid: number | undefined;
    readonly useless: boolean | undefined;
  },
): void {
  const refuse = (text: string): Exit => new Exit(2, `Error: ${text}.\n`);
  if (useless) throw refuse("Invalid scope");
  if (nhid !== undefined) {
    const alone = route.via === undefined && route.dev === undefined && hops.length === 0;
    throw refuse(alone ? "Nexthop id does not exist" : "Nexthop specification and nexthop id are mutually exclusive");
  }
  const [first] = hops;
  if (first === undefined) return;
  if (route.via !== undefined && first.via !== route.via) {
    throw refuse("Nexthop gateway does not match RTA_GATEWAY or RTA_VIA");
  }
  if (route.dev !== undefined && first.dev !== undefined && first.dev !== route.dev) {
    throw refuse("Nexthop device index does not match RTA_OIF");
  }
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
  scope: (words, draft) => draft.scope = named(words.next(), SCOPES, `invalid "scope" value\n`, 255),
  protocol: (words, draft) => draft.protocol = named(words.next(), PROTOCOLS, `"protocol" value is invalid\n`, 255),
  proto: (words, draft) => draft.protocol = named(words.next(), PROTOCOLS, `"protocol" value is invalid\n`, 255),
  table: (words, draft) => draft.table = tableNumber(draft.tool, words.next(), `"table" value is invalid\n`),
  pref: (words, draft) => {
    const pref = preference(words.next());
    if (pref !== "medium") draft.pref = pref;
  },
  realms: (words, draft) => draft.realm = takeRealm(words.next()),
  nhid: (words, draft) => draft.nhid = unsignedWord(words.next(), `"id" value is invalid\n`),
  onlink: (_words, draft) => draft.onlink = true,
  nexthop: (words, draft) => {
    if (!words.more) throw new Exit(255, `Error: unexpected end of line after "nexthop"\n`, true);
    while (words.more) draft.hops.push(takeHop(words, draft));
  },
};

/** Settings that are read, checked as words, and left out. */
const UNFELT = new Set(["expires", "ttl-propagate"]);

/** Words that may be shortened, in the order in which an abbreviation finds them. */
const SHORTENED = ["dsfield", "metric", "priority", "preference", "protocol", "realms", "table"] as const;

function takeSetting(words: Words, draft: Draft): void {
  const word = words.next();
  const short = abbreviated(word, SHORTENED);
  const take = SETTINGS[word] ?? (short === undefined ? undefined : SETTINGS[short]);
  const metric = METRIC_WORDS.find((name) => name === word) ?? abbreviated(word, METRIC_WORDS);
  if (take !== undefined) take(words, draft);
  else if (metric !== undefined) draft.metrics.push(takeMetric(metric, words));
  else if (UNFELT.has(word)) words.next();
  else if (word === "vrf") throw invalid(words.next(), "Invalid VRF\n");
  else if (word === "encap" || word === "as" || word === "from") {
    throw notModelled(`ip: route ${word}`);
  } else takeDestination(word, words, draft);
}

function preference(word: string): "low" | "medium" | "high" {
  if (word === "low" || word === "medium" || word === "high") return word;
  throw invalid(word, `"pref" value is invalid\n`);
}

/** `TO` or `FROM/TO`: the destination's realm is the second. */
export function takeRealm(word: string): readonly [number, number] {
  const [from, to = from] = word.split("/").map((one) => parseUnsigned(one, 255));
  if (from === undefined || to === undefined || word.split("/").length > 2) {
    throw invalid(word, `"realm" value is invalid\n`);
  }
  return [word.includes("/") ? from : 0, to];
}

function takeDestination(first: string, words: Words, draft: Draft): void {
  let word = first === "to" ? words.next() : first;
  const type = ROUTE_TYPES.find((name) => name === word);
  if (type !== undefined || word === "nat" || word === "xresolve") {
    if (type !== undefined) draft.type = type;
    else draft.useless = true;
    word = words.next();
  }
  if (word === "help") throw usage(IP_USAGE["route"]);
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

function named(word: string, names: ReadonlyMap<number, string>, problem: string, most = Infinity): number {
  const value = numberOf(names, word);
  if (value === undefined || value > most) throw invalid(word, problem);
  return value;
}

/** A routing table's number by name or digits. */
export function tableNumber(tool: IpTool, word: string, problem: string): number {
  return named(word, routeTables(tool.process.files), problem);
}
