import type { Route, RouteAnswer, RouteQuery } from "../../../wasm/mod.ts";
import { contains, isFailure, printIp, requireCidr, requireIp } from "../../base/mod.ts";
import { Entry } from "./entry.ts";
import { Exit, garbage, invalid, must } from "./exit.ts";
import { hadRules } from "./known_tables.ts";
import { IP_PROTOCOLS, numberOf, PROTOCOLS, routeTables, wordOf } from "./names.ts";
import { parseAddress, parsePrefix } from "./prefix.ts";
import { routeEntry } from "./route_print.ts";
import type { IpTool } from "./tool.ts";
import { IP_USAGE } from "./usage.ts";
import { unsignedWord, type Words } from "./words.ts";

type Draft = { -readonly [K in keyof RouteQuery]: RouteQuery[K] } & { family?: 4 | 6; fibMatch?: boolean };

/** `ip route get`. */
export function routeGet(tool: IpTool, words: Words): number {
  const draft = takeQuery(tool, words);
  if (draft.to === "") throw new Exit(1, "need at least a destination address\n");
  const { family: _family, fibMatch, ...query } = draft;
  const answer = tool.plane.routeGet(tool.ns, query);
  must(answer);
  if (isFailure(answer)) return 2;
  const route = matchedRoute(tool, answer, query.to);
  if (fibMatch && route !== undefined) tool.report([routeEntry(tool, route, { table: false })]);
  else if (query.to.includes(":")) tool.report([entrySix(tool, answer, query, route)]);
  else tool.report([entryFour(tool, answer, query, route)]);
  return 0;
}

/** The route of the answer's table that the destination hits: longest prefix, then lowest metric. */
function matchedRoute(tool: IpTool, answer: RouteAnswer, to: string): Route | undefined {
  const ip = requireIp(to);
  const hits = tool.plane.routes(tool.ns, ip.family).filter((route) => {
    return route.table === answer.table && contains(requireCidr(route.to), ip);
  });
  const length = (route: Route): number => requireCidr(route.to).length;
  return hits.sort((a, b) => length(b) - length(a) || a.metric - b.metric)[0];
}

function entryFour(tool: IpTool, answer: RouteAnswer, query: RouteQuery, route: Route | undefined): Entry {
  const entry = new Entry();
  if (answer.type !== "unicast") entry.put("type", answer.type, `${answer.type} `);
  entry.put("dst", query.to, `${query.to} `);
  if (query.from !== undefined) entry.put("from", query.from, `from ${query.from} `);
  putWay(entry, tool, answer);
  if (answer.table !== 254 && (answer.table !== 255 || tablesSplit(tool))) {
    const table = wordOf(routeTables(tool.process.files), answer.table);
    entry.put("table", table, `table ${table} `);
  }
  if (query.from === undefined) entry.put("prefsrc", answer.src, `src ${answer.src} `);
  entry.put("flags", [], answer.type === "multicast" ? "rt_offload_failed " : "");
  if (query.mark) entry.put("mark", query.mark, `mark 0x${query.mark.toString(16)} `);
  if (query.iif === undefined) entry.put("uid", tool.process.uid, `uid ${tool.process.uid} `);
  return putCache(entry, tool, { answer, query, route });
}

/** Until a namespace gets its first rule of its own, the kernel keeps `local` and `main` in one table and calls both main. */
function tablesSplit(tool: IpTool): boolean {
  return hadRules(tool.namespace) || tool.plane.rules(tool.ns, 4).length > 3;
}

function putWay(entry: Entry, tool: IpTool, answer: RouteAnswer): void {
  if (answer.via !== undefined) entry.put("gateway", answer.via, `via ${answer.via} `);
  if (answer.dev !== 0) entry.put("dev", tool.name(answer.dev), `dev ${tool.name(answer.dev)} `);
}

function putCache(
  entry: Entry,
  tool: IpTool,
  { answer, query, route }: {
    readonly answer: RouteAnswer;
    readonly query: RouteQuery;
    readonly route: Route | undefined;
  },
): Entry {
  const flags = cacheFlags(answer, query);
  entry.put("cache", flags, `${tool.feed}    cache ${flags.length > 0 ? `<${flags.join(",")}> ` : ""}`);
  if (answer.expires !== undefined) entry.put("expires", answer.expires, `expires ${answer.expires}sec `);
  const mtu = answer.mtu ?? route?.mtu;
  if (mtu) entry.say(`mtu ${mtu} `);
  if (route?.advmss) entry.say(`advmss ${route.advmss} `);
  if (mtu || route?.advmss) {
    const metrics = { ...(mtu ? { mtu } : {}), ...(route?.advmss ? { advmss: route.advmss } : {}) };
    entry.note("metrics", [metrics]);
  }
  if (query.iif !== undefined) entry.put("iif", tool.name(query.iif), `iif ${tool.name(query.iif)} `);
  return entry.say("\n");
}

function cacheFlags(answer: RouteAnswer, query: RouteQuery): string[] {
  if (answer.type === "local") return ["local"];
  if (answer.type === "broadcast") return ["local", "brd"];
  if (answer.type === "multicast") return ["local", "mc"];
  return query.iif !== undefined && query.iif === answer.dev ? ["redirect"] : [];
}

function entrySix(tool: IpTool, answer: RouteAnswer, query: RouteQuery, route: Route | undefined): Entry {
  const entry = new Entry();
  if (answer.type !== "unicast") entry.put("type", answer.type, `${answer.type} `);
  entry.put("dst", query.to, `${query.to} `).put("from", query.from ?? "::", `from ${query.from ?? "::"} `);
  putWay(entry, tool, answer);
  if (answer.table !== 254) {
    const table = wordOf(routeTables(tool.process.files), answer.table);
    entry.put("table", table, `table ${table} `);
  }
  if (route !== undefined && route.protocol !== 3) {
    const protocol = wordOf(PROTOCOLS, route.protocol);
    entry.put("protocol", protocol, `proto ${protocol} `);
  }
  if (answer.src !== "::") entry.put("prefsrc", answer.src, `src ${answer.src} `);
  return putRestSix(entry, answer, route);
}

/** Metric, lifetime and MTU of an IPv6 route as `ip route get` and the cache show them. */
function putRestSix(
  entry: Entry,
  { expires, mtu = 0 }: { readonly expires?: number; readonly mtu?: number },
  route: Route | undefined,
): Entry {
  const metric = route?.metric ?? 1024;
  const width = mtu || route?.mtu;
  entry.put("metric", metric, `metric ${metric} `).put("flags", [], "");
  if (expires !== undefined) entry.put("expires", expires, `expires ${expires}sec `);
  if (width) entry.put("metrics", [{ mtu: width }], `mtu ${width} `);
  return entry.put("pref", "medium", "pref medium").say("\n");
}

/** A line of `ip route show cache`: what was learned about one destination. */
export function learnedEntry(tool: IpTool, learned: Route): Entry {
  const entry = new Entry();
  const to = printIp(requireCidr(learned.to).ip);
  entry.put("dst", to, `${to} `);
  const { via, dev = 0, expires = 0, mtu } = learned;
  if (via !== undefined) entry.put("gateway", via, `via ${via} `);
  entry.put("dev", tool.name(dev), `dev ${tool.name(dev)} `);
  const answer = { type: learned.type, to, dev, src: "", table: learned.table, expires };
  if (to.includes(":")) return putRestSix(entry, learned, matchedRoute(tool, answer, to));
  entry.put("flags", [], "").put("cache", [], `${tool.feed}    cache `);
  entry.put("expires", expires, `expires ${expires}sec `);
  if (mtu) entry.put("metrics", [{ mtu }], `mtu ${mtu} `);
  return entry.say("\n");
}

type Take = (tool: IpTool, words: Words, draft: Draft) => void;

const SETTINGS: Readonly<Record<string, Take>> = {
  from: (_tool, words, draft) => draft.from = printIp(parsePrefix(words.next(), draft.family).cidr.ip),
  iif: (tool, words, draft) => draft.iif = tool.device(words.next()).index,
  oif: (tool, words, draft) => draft.oif = tool.device(words.next()).index,
  dev: (tool, words, draft) => draft.oif = tool.device(words.next()).index,
  tos: (_tool, words, draft) => draft.tos = unsignedWord(words.next(), "TOS value is invalid\n"),
  dsfield: (_tool, words, draft) => draft.tos = unsignedWord(words.next(), "TOS value is invalid\n"),
  mark: (_tool, words, draft) => draft.mark = unsignedWord(words.next(), `invalid mark value\n`),
  ipproto: (_tool, words, draft) => draft.proto = protocol(words.next()),
  sport: (_tool, words, draft) => draft.sport = unsignedWord(words.next(), "invalid sport\n"),
  dport: (_tool, words, draft) => draft.dport = unsignedWord(words.next(), "invalid dport\n"),
  uid: (_tool, words) => unsignedWord(words.next(), "invalid UID\n"),
  notify: () => undefined,
  connected: () => undefined,
  fibmatch: (_tool, _words, draft) => draft.fibMatch = true,
};

function takeQuery(tool: IpTool, words: Words): Draft {
  const draft: Draft = { to: "" };
  if (tool.options.family !== undefined) draft.family = tool.options.family;
  while (words.more) {
    const word = words.next();
    const take = SETTINGS[word];
    if (take !== undefined) take(tool, words, draft);
    else if (word === "help") throw new Exit(255, IP_USAGE["route"] ?? "", true);
    else {
      const to = word === "to" ? words.next() : word;
      if (draft.to !== "") throw garbage("to", to);
      draft.to = to.includes("/")
        ? printIp(parsePrefix(to, draft.family).cidr.ip)
        : parsePrefixAddress(to, draft.family);
      draft.family = draft.to.includes(":") ? 6 : 4;
    }
  }
  return draft;
}

function parsePrefixAddress(word: string, family: 4 | 6 | undefined): string {
  const { cidr } = parsePrefix(word, family);
  return cidr.length === 0 ? printIp(cidr.ip) : parseAddress(word, family);
}

function protocol(word: string): number {
  const number = numberOf(IP_PROTOCOLS, word);
  if (number === undefined) throw invalid(word, `Invalid "ipproto" value\n`);
  return number;
}
