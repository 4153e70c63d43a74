/** The `ip -batch` and `bridge` lines of a scenario, as calls of the plane. */
import { type Failure, isFailure } from "../../core/base/mod.ts";
import type { IfIndex, NextHop, Ns, PlaneApi, RouteSpec, RouteType, RuleSpec } from "../../wasm/mod.ts";

const ROUTE_TYPES = ["unicast", "local", "broadcast", "multicast", "blackhole", "unreachable", "prohibit", "throw"];
const FLAGS = ["onlink", "nolearning", "learning", "permanent", "static", "self"];
const TABLES: Readonly<Record<string, number>> = { local: 255, main: 254, default: 253 };
const SCOPES: Readonly<Record<string, number>> = { global: 0, link: 253, host: 254 };

/** Words in pairs (`dev eth0`), flags alone, and what stands in front of them. */
interface Phrase {
  readonly head: readonly string[];
  readonly get: (name: string) => string | undefined;
  readonly has: (flag: string) => boolean;
}

function phrase(words: readonly string[], names: readonly string[]): Phrase {
  const pairs = new Map<string, string>();
  const flags = new Set<string>();
  const head: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as string;
    if (names.includes(word)) pairs.set(word, words[++i] ?? "");
    else if (FLAGS.includes(word)) flags.add(word);
    else head.push(word);
  }
  return { head, get: (name) => pairs.get(name), has: (flag) => flags.has(flag) };
}

const number = (text: string | undefined) => text === undefined ? undefined : Number(text);

/** A prefix with its length; `default` is that of the family. */
function prefix(text: string, family: 4 | 6 = text.includes(":") ? 6 : 4): string {
  if (text === "default") return family === 6 ? "::/0" : "0.0.0.0/0";
  return text.includes("/") ? text : `${text}/${family === 6 ? 128 : 32}`;
}

/** The interface index of a name; throws where there is none. */
export function deviceOf(plane: PlaneApi, ns: Ns, name: string): IfIndex {
  const link = plane.links(ns).find((known) => known.name === name);
  if (link === undefined) throw new Error(`no device ${name}`);
  return link.index;
}

/** Runs one line; throws when the kernel would not do it or the line is of a kind not known here. */
export function runLine(plane: PlaneApi, ns: Ns, line: string): void {
  const words = line.trim().split(/\s+/);
  if (words[0] === "ip") words.shift();
  const family = words[0] === "-6" ? 6 : words.some((word) => word.includes(":")) ? 6 : 4;
  if (words[0] === "-6") words.shift();
  const [noun = "", verb = "", ...rest] = words;
  const run = LINES[`${noun} ${verb}`];
  if (run === undefined) throw new Error(`cannot build: ${line}`);
  const failure = run({ plane, ns, words: rest, family });
  if (failure) throw new Error(`${line}: ${failure.errno} ${failure.extack ?? ""}`);
}

interface Call {
  readonly plane: PlaneApi;
  readonly ns: Ns;
  readonly words: readonly string[];
  /** That of `ip -6`, or of the addresses in the line. */
  readonly family: 4 | 6;
}

const LINES: Readonly<Record<string, (call: Call) => Failure | null>> = {
  "link add": addLink,
  "link set": setLink,
  "addr add": ({ plane, ns, words }) => {
    const p = phrase(words, ["dev", "broadcast", "brd", "scope"]);
    const spec = { address: p.head[0] ?? "", broadcast: p.get("broadcast") ?? p.get("brd") };
    return plane.addAddress(ns, deviceOf(plane, ns, p.get("dev") ?? ""), spec);
  },
  "route add": (call) => call.plane.addRoute(call.ns, routeSpec(call), "add"),
  "rule add": ({ plane, ns, words, family }) => plane.addRule(ns, ruleSpec(words, family)),
  "neigh add": ({ plane, ns, words }) => {
    const p = phrase(words, ["dev", "lladdr", "nud"]);
    const state = p.get("nud") === "permanent" ? "PERMANENT" : "REACHABLE";
    const entry = { ip: p.head[0] ?? "", dev: deviceOf(plane, ns, p.get("dev") ?? ""), mac: p.get("lladdr") };
    return plane.addNeighbour(ns, { ...entry, state }, "add");
  },
  "bridge fdb": ({ plane, ns, words }) => {
    const p = phrase(words.slice(1), ["dev", "dst", "vlan"]);
    const dev = deviceOf(plane, ns, p.get("dev") ?? "");
    const dst = p.get("dst");
    const flags = { permanent: true, static: false, self: dst !== undefined || p.has("self") };
    const entry = { mac: p.head[0] ?? "", dev, master: 0, dst, ...flags };
    return plane.addFdb(ns, entry, words[0] === "append" ? "append" : "add");
  },
};

function addLink({ plane, ns, words }: Call): Failure | null {
  const p = phrase(words, [
    "address",
    "type",
    "id",
    "local",
    "remote",
    "dev",
    "dstport",
    "mtu",
    "mcast_snooping",
    "name",
    "ttl",
  ]);
  const kind = p.get("type");
  const mtu = number(p.get("mtu"));
  const base = { name: p.get("name") ?? p.head[0] ?? "", mac: p.get("address"), mtu };
  const dev = p.get("dev");
  if (kind === "bridge") {
    const made = plane.addLink(ns, { kind, ...base });
    if (isFailure(made)) return made;
    return plane.setLink(ns, made, { mcastSnooping: p.get("mcast_snooping") !== "0" });
  }
  if (kind !== "vxlan" && kind !== "dummy") throw new Error(`cannot build a link of type ${kind}`);
  const tunnel = {
    id: Number(p.get("id")),
    local: p.get("local"),
    remote: p.get("remote"),
    dev: dev === undefined ? undefined : deviceOf(plane, ns, dev),
    port: Number(p.get("dstport") ?? 8472),
    learning: !p.has("nolearning"),
    ttl: number(p.get("ttl")),
  };
  const made = plane.addLink(ns, kind === "vxlan" ? { kind, ...base, tunnel } : { kind, ...base });
  return isFailure(made) ? made : null;
}

function setLink({ plane, ns, words }: Call): Failure | null {
  const list = words[0] === "dev" ? words.slice(1) : words;
  const p = phrase(list, ["mtu", "master", "address", "type", "hairpin", "promisc", "txqueuelen"]);
  const master = p.get("master");
  const hairpin = p.get("hairpin"), promisc = p.get("promisc");
  return plane.setLink(ns, deviceOf(plane, ns, p.head[0] ?? ""), {
    up: p.head.includes("up") ? true : p.head.includes("down") ? false : undefined,
    mtu: number(p.get("mtu")),
    mac: p.get("address"),
    master: master === undefined ? undefined : deviceOf(plane, ns, master),
    hairpin: hairpin === undefined ? undefined : hairpin === "on",
    promisc: promisc === undefined ? undefined : promisc === "on",
  });
}

function routeSpec({ plane, ns, words, family }: Call): RouteSpec {
  const legs = words.indexOf("nexthop");
  if (legs >= 0) {
    const nexthops = words.slice(legs).join(" ").split(/nexthop ?/).slice(1).map((text) => nexthop(plane, ns, text));
    return { ...routeSpec({ plane, ns, words: words.slice(0, legs), family }), nexthops };
  }
  const p = phrase(words, ["via", "dev", "table", "metric", "src", "scope", "proto", "mtu", "advmss", "tos"]);
  const [first = "", second] = p.head;
  const typed = ROUTE_TYPES.includes(first);
  const dev = p.get("dev"), table = p.get("table"), scope = p.get("scope");
  return {
    to: prefix(typed ? second ?? "" : first, family),
    type: typed ? first as RouteType : undefined,
    via: p.get("via"),
    dev: dev === undefined ? undefined : deviceOf(plane, ns, dev),
    table: table === undefined ? undefined : TABLES[table] ?? Number(table),
    metric: number(p.get("metric")),
    src: p.get("src"),
    scope: scope === undefined ? undefined : SCOPES[scope] ?? Number(scope),
    mtu: number(p.get("mtu")),
    tos: number(p.get("tos")),
    onlink: p.has("onlink") || undefined,
  };
}

function nexthop(plane: PlaneApi, ns: Ns, text: string): NextHop {
  const p = phrase(text.trim().split(" "), ["via", "dev", "weight"]);
  const dev = p.get("dev");
  const weight = Number(p.get("weight") ?? 1);
  return {
    via: p.get("via"),
    dev: dev === undefined ? undefined : deviceOf(plane, ns, dev),
    weight,
    onlink: p.has("onlink") || undefined,
  };
}

type Action = "blackhole" | "unreachable" | "prohibit";
const ACTIONS: readonly Action[] = ["blackhole", "unreachable", "prohibit"];

const RULE_WORDS = [
  ...["from", "to", "fwmark", "table", "lookup", "priority", "pref", "iif", "oif", "tos"],
  ...["ipproto", "sport", "dport", "goto", "suppress_prefixlength"],
];
const PROTOCOLS: Readonly<Record<string, number>> = { icmp: 1, tcp: 6, udp: 17, "ipv6-icmp": 58, sctp: 132 };

function ports(text: string | undefined): readonly [number, number] | undefined {
  const [low, high = low] = (text ?? "").split("-").map(Number);
  return text === undefined || low === undefined || high === undefined ? undefined : [low, high];
}

function ruleSpec(words: readonly string[], family: 4 | 6): RuleSpec {
  const p = phrase(words, RULE_WORDS);
  const [mark, mask] = (p.get("fwmark") ?? "").split("/");
  const table = p.get("table") ?? p.get("lookup");
  const net = (name: string) => {
    const text = p.get(name);
    return text === undefined || text === "all" ? undefined : prefix(text, family);
  };
  return {
    family,
    priority: number(p.get("priority") ?? p.get("pref")),
    from: net("from"),
    to: net("to"),
    iif: p.get("iif"),
    oif: p.get("oif"),
    tos: number(p.get("tos")),
    not: p.head.includes("not") || undefined,
    proto: PROTOCOLS[p.get("ipproto") ?? ""],
    sport: ports(p.get("sport")),
    dport: ports(p.get("dport")),
    goto: number(p.get("goto")),
    suppressPrefixLength: number(p.get("suppress_prefixlength")),
    action: p.get("goto") === undefined ? ACTIONS.find((word): word is Action => p.head.includes(word)) : "goto",
    mark: mark ? Number(mark) : undefined,
    mask: mask ? Number(mask) : undefined,
    table: table === undefined ? undefined : TABLES[table] ?? Number(table),
  };
}
