import type { Route, RouteAnswer, RouteQuery } from "../../../wasm/mod.ts";
import { contains, isFailure, printIp, requireCidr, requireIp } from "../../base/mod.ts";
import { familyColour, paint } from "./colors.ts";
import { Entry } from "./entry.ts";
import { Exit, invalid, must, usage } from "./exit.ts";
import { hadRules } from "./known_tables.ts";
import { IP_PROTOCOLS, numberOf, PROTOCOLS, wordOf } from "./names.ts";
import { parsePrefix } from "./prefix.ts";
import { routeExtras } from "./route_extras.ts";
import { putMetrics, putRealm, routeEntry, tableWord } from "./route_print.ts";
import type { IpTool } from "./tool.ts";
import { IP_USAGE } from "./usage.ts";
import { unsignedWord, type Words } from "./words.ts";

type Draft = { -readonly [K in keyof RouteQuery]: RouteQuery[K] } & {
  family?: 4 | 6;
  fibMatch?: boolean;
  uid?: number;
  notify?: boolean;
  /** `connected`: asked a second time, from what the first answer said. */
  again?: boolean;
};

/** What was asked, and what of it only the answer's text shows. */
interface Asked extends RouteQuery {
  readonly uid?: number | undefined;
  readonly notify?: boolean | undefined;
}

/** `ip route get`. */
export function routeGet(tool: IpTool, words: Words): number {
  const draft = takeQuery(tool, words);
  if (draft.to === "") throw new Exit(1, "need at least a destination address\n");
  const { family: _family, fibMatch, uid, again, notify, ...query } = draft;
  const answer = ask(tool, query);
  must(answer);
  if (isFailure(answer)) return 2;
  const route = matchedRoute(tool, answer, query.to);
  const table = answer.table === 255 && !tablesSplit(tool) ? 254 : answer.table;
  const entry = fibMatch && route !== undefined
    ? routeEntry(tool, { ...route, table })
    : query.to.includes(":")
    ? entrySix(tool, answer, query, route)
    : entryFour(tool, answer, { ...query, uid, notify }, route);
  tool.report([entry]);
  if (again) tool.report([entry]);
  return 0;
}

/** IPv6 looks ways up from any address, IPv4 knows none from an address that is not its own. */
function ask(tool: IpTool, query: RouteQuery): ReturnType<IpTool["plane"]["routeGet"]> {
  const answer = tool.plane.routeGet(tool.ns, query);
  if (!isFailure(answer) || query.from === undefined || query.iif !== undefined || answer.errno !== "EINVAL") {
    return answer;
  }
  const { from: _from, ...fromAnywhere } = query;
  return query.to.includes(":") ? tool.plane.routeGet(tool.ns, fromAnywhere) : { errno: "ENETUNREACH" };
}

/** The route of the answer's table that the destination hits: longest prefix, then lowest metric. */
function matchedRoute(tool: IpTool, answer: RouteAnswer, to: string): Route | undefined {
  const ip = requireIp(to);
  // Until they are split, addresses of ours are called main's.
  const table = answer.type === "local" || answer.type === "broadcast" ? 255 : answer.table;
  const hits = tool.plane.routes(tool.ns, ip.family).filter((route) => {
    return route.table === table && contains(requireCidr(route.to), ip);
  });
  const length = (route: Route): number => requireCidr(route.to).length;
  return hits.sort((a, b) => length(b) - length(a) || a.metric - b.metric)[0];
}

function entryFour(tool: IpTool, answer: RouteAnswer, query: Asked, route: Route | undefined): Entry {
  const entry = new Entry();
  const { details = false } = tool.options;
  if (answer.type !== "unicast" || details) entry.put("type", answer.type, `${answer.type} `);
  const inet = (text: string) => paint(tool.options, "inet", `${text} `);
  entry.put("dst", query.to, inet(query.to));
  if (query.from !== undefined) entry.put("from", query.from, inet(`from ${query.from}`));
  putWay(entry, tool, answer);
  const number = answer.table === 255 && !tablesSplit(tool) ? 254 : answer.table;
  if (number !== 0 && (number !== 254 || details)) {
    const table = tableWord(tool, number);
    entry.put("table", table, `table ${table} `);
  }
  if (query.from === undefined) entry.put("prefsrc", answer.src, `src ${inet(answer.src)}`);
  const { mark, uid = tool.process.uid, notify } = query;
  const flags = [...(answer.type === "multicast" ? ["rt_offload_failed"] : []), ...(notify ? ["notify"] : [])];
  entry.put("flags", notify ? flags : [], flags.map((flag) => `${flag} `).join(""));
  if (mark) entry.put("mark", mark, `mark ${mark < 16 ? mark : `0x${mark.toString(16)}`} `);
  if (route !== undefined) putRealm(entry, routeExtras(tool.namespace, route));
  if (query.iif === undefined) entry.put("uid", uid, `uid ${uid} `);
  return putCache(entry, tool, { answer, query, route });
}

/** Until a namespace gets its first rule of its own, the kernel keeps `local` and `main` in one table and calls both main. */
function tablesSplit(tool: IpTool): boolean {
  return hadRules(tool.namespace) || tool.plane.rules(tool.ns, 4).length > 3;
}

function putWay(entry: Entry, tool: IpTool, answer: RouteAnswer): void {
  if (answer.via?.includes(":") && !answer.to.includes(":")) {
    entry.put(
      "via",
      { family: "inet6", host: answer.via },
      `via inet6 ${paint(tool.options, "inet6", `${answer.via} `)}`,
    );
  } else if (answer.via !== undefined) {
    entry.put("gateway", answer.via, `via ${paint(tool.options, familyColour(answer.via), `${answer.via} `)}`);
  }
  if (answer.dev === 0) return;
  const name = tool.name(answer.dev);
  entry.put("dev", name, `dev ${paint(tool.options, "ifname", `${name} `)}`);
}

function putCache(
  entry: Entry,
  tool: IpTool,
  { answer, query, route }: {
    readonly answer: RouteAnswer;
    readonly query: Asked;
    readonly route: Route | undefined;
  },
): Entry {
  const flags = cacheFlags(answer, query);
  entry.put("cache", flags, `${tool.feed}    cache ${flags.length > 0 ? `<${flags.join(",")}> ` : ""}`);
  if (answer.expires !== undefined) entry.put("expires", answer.expires, `expires ${answer.expires}sec `);
  const { advmss = 0 } = route ?? {};
  putMetrics(entry, { mtu: answer.mtu ?? route?.mtu ?? 0, advmss }, route ? routeExtras(tool.namespace, route) : {});
  if (query.iif !== undefined) entry.put("iif", tool.name(query.iif), `iif ${tool.name(query.iif)} `);
  return entry.say("\n");
}

function cacheFlags(answer: RouteAnswer, query: Asked): string[] {
  if (answer.type === "local") return ["local"];
  if (answer.type === "broadcast") return ["local", "brd"];
  if (answer.type === "multicast") return ["local", "mc"];
  const redirect = query.iif !== undefined && query.iif === answer.dev;
  return [...(redirect ? ["redirect"] : []), ...(query.notify ? ["notify"] : [])];
}

function entrySix(tool: IpTool, answer: RouteAnswer, query: RouteQuery, route: Route | undefined): Entry {
  const entry = new Entry();
  const { details = false } = tool.options;
  if (answer.type !== "unicast" || details) entry.put("type", answer.type, `${answer.type} `);
  const inet6 = (text: string) => paint(tool.options, "inet6", `${text} `);
  entry.put("dst", query.to, inet6(query.to)).put("from", query.from ?? "::", inet6(`from ${query.from ?? "::"}`));
  putWay(entry, tool, answer);
  if (answer.table !== 0 && (answer.table !== 254 || details)) {
    const table = tableWord(tool, answer.table);
    entry.put("table", table, `table ${table} `);
  }
  if (route !== undefined && (route.protocol !== 3 || details)) {
    const protocol = wordOf(PROTOCOLS, route.protocol);
    entry.put("protocol", protocol, `proto ${protocol} `);
  }
  if (details) entry.put("scope", "global", "scope global ");
  if (answer.src !== "::") entry.put("prefsrc", answer.src, `src ${inet6(answer.src)}`);
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
  mark: (_tool, words, draft) => draft.mark = unsignedWord(words.next(), "invalid mark value"),
  ipproto: (_tool, words, draft) => draft.proto = protocol(words.next()),
  sport: (_tool, words, draft) => draft.sport = unsignedWord(words.next(), "invalid sport\n", 65535),
  dport: (_tool, words, draft) => draft.dport = unsignedWord(words.next(), "invalid dport\n", 65535),
  uid: (_tool, words, draft) => draft.uid = unsignedWord(words.next(), "invalid UID\n"),
  notify: (_tool, _words, draft) => draft.notify = true,
  connected: (_tool, _words, draft) => draft.again = true,
  vrf: (_tool, words) => {
    throw invalid(words.next(), "Invalid VRF\n");
  },
  fibmatch: (_tool, _words, draft) => draft.fibMatch = true,
};

function takeQuery(tool: IpTool, words: Words): Draft {
  const draft: Draft = { to: "" };
  if (tool.options.family !== undefined) draft.family = tool.options.family;
  while (words.more) {
    const word = words.next();
    const take = SETTINGS[word];
    if (take !== undefined) take(tool, words, draft);
    else if (word === "help") throw usage(IP_USAGE["route"]);
    else {
      const to = word === "to" ? words.next() : word;
      const { cidr: { ip, length } } = parsePrefix(to, draft.family);
      const whole = ip.family === 4 ? 32 : 128;
      if (to.includes("/") && length !== whole) {
        tool.process.err(`Warning: /${length} as prefix is invalid, only /${whole} (or none) is supported.\n`);
      }
      draft.to = printIp(ip);
      draft.family = ip.family;
    }
  }
  return draft;
}

function protocol(word: string): number {
  const number = numberOf(IP_PROTOCOLS, word);
  if (number === undefined) throw invalid(word, `Invalid "ipproto" value\n`);
  return number;
}
