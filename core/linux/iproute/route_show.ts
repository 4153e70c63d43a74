import type { Route, RouteType } from "../../../wasm/mod.ts";
import { type Cidr, contains, printCidr, printIp, requireCidr } from "../../base/mod.ts";
import { Exit, invalid, must, usage } from "./exit.ts";
import { tableExists } from "./known_tables.ts";
import { numberOf, PROTOCOLS, SCOPES } from "./names.ts";
import { parsePrefix } from "./prefix.ts";
import { ROUTE_TYPES, tableNumber, takeRealm } from "./route_change.ts";
import { learnedEntry } from "./route_get.ts";
import { routeExtras } from "./route_extras.ts";
import { routeEntry, type RouteView } from "./route_print.ts";
import type { IpTool } from "./tool.ts";
import { IP_USAGE } from "./usage.ts";
import { abbreviated, unsignedWord, type Words } from "./words.ts";

/** Which routes a list shows. */
interface RouteFilter {
  family?: 4 | 6;
  /** A table's number, or all of them. */
  table: number | "all";
  dev?: number;
  via?: string;
  src?: Cidr;
  type?: RouteType;
  protocol?: number;
  scope?: number;
  metric?: number;
  tos?: number;
  root?: Cidr;
  match?: Cidr;
  exact?: Cidr;
  cache?: boolean;
  realm?: readonly [number, number];
}

/** `ip route show`. */
export function routeShow(tool: IpTool, words: Words): number {
  const filter = takeFilter(tool, words);
  const family = filter.family ?? 4;
  if (filter.cache) {
    tool.report(tool.plane.learnedRoutes(tool.ns, family).map((route) => learnedEntry(tool, route)));
    return 0;
  }
  const { table } = filter;
  if (table !== "all" && !tableExists(tool.namespace, family, table)) {
    throw new Exit(2, `Error: ipv${family}: FIB table does not exist.\nDump terminated\n`);
  }
  const routes = tool.plane.routes(tool.ns, family).filter((route) => passes(tool, route, filter));
  tool.report(routes.map((route) => routeEntry(tool, route, hiddenBy(filter))));
  return 0;
}

/** `ip route flush`. */
export function routeFlush(tool: IpTool, words: Words): number {
  if (!words.more) throw new Exit(1, `"ip route flush" requires arguments.\n`);
  const filter = takeFilter(tool, words);
  if (filter.cache) {
    const families = filter.family === undefined ? [4, 6] as const : [filter.family];
    for (const family of families) {
      for (const { to, expires = 0 } of tool.plane.learnedRoutes(tool.ns, family)) {
        must(tool.plane.removeRoute(tool.ns, { to, expires }));
      }
    }
    return 0;
  }
  const doomed = tool.plane.routes(tool.ns, filter.family ?? 4).filter((route) => passes(tool, route, filter));
  if ((tool.options.stats ?? 0) > 1) {
    for (const route of doomed) tool.process.out(routeEntry(tool, route, hiddenBy(filter)).text);
  }
  for (const route of doomed) must(tool.plane.removeRoute(tool.ns, route));
  if (tool.options.stats) tool.process.out(flushReport(doomed.length));
  return 0;
}

function flushReport(count: number): string {
  if (count === 0) return "Nothing to flush.\n";
  return `\n*** Round 1, deleting ${count} entries ***\n*** Flush is complete after 1 round ***\n`;
}

function hiddenBy(filter: RouteFilter): RouteView {
  return {
    table: filter.table !== "all",
    dev: filter.dev !== undefined,
    via: filter.via !== undefined,
    protocol: filter.protocol !== undefined,
    scope: filter.scope !== undefined,
    src: filter.src !== undefined && filter.src.length === (filter.src.ip.family === 4 ? 32 : 128),
    metric: filter.metric !== undefined,
    tos: filter.tos !== undefined,
    realm: (filter.realm?.[0] ?? 0) !== 0,
  };
}

function passes(tool: IpTool, route: Route, filter: RouteFilter): boolean {
  if (filter.realm !== undefined) {
    const [from, to] = routeExtras(tool.namespace, route).realm ?? [0, 0];
    const [askedFrom, askedTo] = filter.realm;
    if (to !== askedTo || (askedFrom !== 0 && from !== askedFrom)) return false;
  }
  const to = requireCidr(route.to);
  const hops = route.nexthops === undefined ? [route] : [];
  if (filter.table !== "all" && route.table !== filter.table) return false;
  if (filter.dev !== undefined && !hops.some((hop) => hop.dev === filter.dev)) return false;
  if (filter.via !== undefined && !hops.some((hop) => hop.via === filter.via)) return false;
  if (filter.type !== undefined && route.type !== filter.type) return false;
  if (filter.protocol !== undefined && route.protocol !== filter.protocol) return false;
  if (filter.scope !== undefined && route.scope !== filter.scope) return false;
  if (filter.metric !== undefined && route.metric !== filter.metric) return false;
  if (filter.tos !== undefined && (route.tos ?? 0) !== filter.tos) return false;
  if (filter.src !== undefined && (route.src === undefined || !contains(filter.src, requireCidr(route.src).ip))) {
    return false;
  }
  if (filter.exact !== undefined && printCidr(to) !== printCidr(filter.exact)) return false;
  if (filter.root !== undefined && !(contains(filter.root, to.ip) && to.length >= filter.root.length)) return false;
  return filter.match === undefined || (contains(to, filter.match.ip) && to.length <= filter.match.length);
}

type Take = (tool: IpTool, words: Words, filter: RouteFilter) => void;

const SELECTORS: Readonly<Record<string, Take>> = {
  table: takeTable,
  dev: (tool, words, filter) => filter.dev = tool.device(words.next()).index,
  oif: (tool, words, filter) => filter.dev = tool.device(words.next()).index,
  iif: (tool, words, filter) => filter.dev = tool.device(words.next()).index,
  via: (_tool, words, filter) => filter.via = printIp(takePrefix(words, filter).ip),
  src: (_tool, words, filter) => filter.src = parsePrefix(words.next(), filter.family).cidr,
  type: (_tool, words, filter) => filter.type = routeType(words.next()),
  protocol: (_tool, words, filter) => takeProtocol(words, filter),
  proto: (_tool, words, filter) => takeProtocol(words, filter),
  scope: takeScope,
  metric: (_tool, words, filter) => filter.metric = unsignedWord(words.next(), `"metric" value is invalid\n`),
  tos: (_tool, words, filter) => filter.tos = unsignedWord(words.next(), "TOS value is invalid\n"),
  dsfield: (_tool, words, filter) => filter.tos = unsignedWord(words.next(), "TOS value is invalid\n"),
  realms: (_tool, words, filter) => filter.realm = takeRealm(words.next()),
  cached: (_tool, _words, filter) => filter.cache = true,
  cloned: (_tool, _words, filter) => filter.cache = true,
  root: (_tool, words, filter) => filter.root = takePrefix(words, filter),
  match: (_tool, words, filter) => filter.match = takePrefix(words, filter),
  exact: (_tool, words, filter) => filter.exact = takePrefix(words, filter),
};

/** Selectors that may be shortened, in the order in which an abbreviation finds them. */
const SHORTENED = ["table", "cached", "cloned", "dsfield", "protocol", "scope", "type", "realms"] as const;

function takeFilter(tool: IpTool, words: Words): RouteFilter {
  const filter: RouteFilter = { table: 254 };
  if (tool.options.family !== undefined) filter.family = tool.options.family;
  while (words.more) {
    const word = words.next();
    const short = abbreviated(word, SHORTENED);
    const take = SELECTORS[word] ?? (short === undefined ? undefined : SELECTORS[short]);
    if (take !== undefined) take(tool, words, filter);
    else if (word === "help") throw usage(IP_USAGE["route"]);
    else takeTo(word, words, filter);
  }
  return filter;
}

/** `[to] [root|match|exact] PREFIX`. */
function takeTo(first: string, words: Words, filter: RouteFilter): void {
  const word = first === "to" ? words.next() : first;
  if (word === "root") filter.root = takePrefix(words, filter);
  else if (word === "match") filter.match = takePrefix(words, filter);
  else filter.exact = prefix(word === "exact" ? words.next() : word, filter);
}

function takePrefix(words: Words, filter: RouteFilter): Cidr {
  return prefix(words.next(), filter);
}

function prefix(word: string, filter: RouteFilter): Cidr {
  const { cidr } = parsePrefix(word, filter.family);
  filter.family ??= cidr.ip.family;
  return cidr;
}

function takeTable(tool: IpTool, words: Words, filter: RouteFilter): void {
  const word = words.next();
  if (word === "all") filter.table = "all";
  else if (word === "cache") filter.cache = true;
  else filter.table = tableNumber(tool, word, "table id value is invalid\n") || "all";
}

function takeProtocol(words: Words, filter: RouteFilter): void {
  const word = words.next();
  if (word === "all") return;
  filter.protocol = numberOf(PROTOCOLS, word);
  if (filter.protocol === undefined) throw invalid(word, `invalid "protocol"\n`);
}

function takeScope(_tool: IpTool, words: Words, filter: RouteFilter): void {
  const word = words.next();
  if (word === "all") return;
  filter.scope = numberOf(SCOPES, word);
  if (filter.scope === undefined) throw invalid(word, `invalid "scope"\n`);
}

function routeType(word: string): RouteType {
  const type = ROUTE_TYPES.find((name) => name === word);
  if (type === undefined) throw invalid(word, `node type value is invalid\n`);
  return type;
}
