/** A scenario built in the plane, in the order and with the settings the recorder used on the real kernel. */
import { isFailure } from "../../core/base/mod.ts";
import {
  namespaceOf,
  type Netfilter,
  netfilterOf,
  restoreNftTables,
  restoreSets,
  restoreTables,
  type Variant,
} from "../../core/linux/mod.ts";
import type { IfIndex, Ns, PlaneApi, SocketId, Table } from "../../wasm/mod.ts";
import { runLine } from "./ip_lines.ts";
import type { LinkLine, ListenerLine, Scenario } from "./scenario.ts";

/** What keeps a recording repeatable: no IPv6, no limits on ICMP errors. Keys a plane does not know limit nothing. */
const QUIET: readonly (readonly [string, number])[] = [
  ["net.ipv6.conf.all.disable_ipv6", 1],
  ["net.ipv6.conf.default.disable_ipv6", 1],
  ["net.ipv4.icmp_ratemask", 0],
  ["net.ipv4.icmp_msgs_per_sec", 1_000_000],
  ["net.ipv4.icmp_msgs_burst", 1_000_000],
  ["net.ipv4.route.error_cost", 0],
];

/** The same for a world that speaks IPv6: addresses are ours at once, errors have no limits. */
const QUIET6: readonly (readonly [string, number])[] = [
  ["net.ipv6.conf.default.accept_dad", 0],
  ["net.ipv6.conf.lo.accept_dad", 0],
  ["net.ipv6.icmp.ratelimit", 0],
];

/** A listener with its place. */
export interface LiveListener extends ListenerLine {
  readonly socket: SocketId;
}

/** A tun port: where it is, by its name in the scenario. */
export interface Port {
  readonly name: string;
  readonly ns: Ns;
  readonly dev: IfIndex;
}

/** A scenario that stands in the plane. */
export interface World {
  readonly plane: PlaneApi;
  readonly ns: ReadonlyMap<string, Ns>;
  readonly names: ReadonlyMap<Ns, string>;
  readonly ports: readonly Port[];
  readonly listeners: readonly LiveListener[];
  /** The tables whose counters are compared, per namespace. */
  readonly tables: readonly WatchedTables[];
}

/** Tables of one family in a namespace. */
interface WatchedTables {
  readonly ns: string;
  readonly family: 4 | 6;
  readonly variant: Variant;
  readonly tables: readonly Table[];
}

/** Builds a scenario; throws when a part of it cannot be built. */
export function buildWorld(plane: PlaneApi, scenario: Scenario): World {
  const ns = new Map(scenario.namespaces.map((name) => [name, plane.addNamespace()]));
  const quiet = scenario.ipv6 ? [...QUIET.slice(2), ...QUIET6] : QUIET;
  for (const id of ns.values()) for (const [key, value] of quiet) plane.setSysctl(id, key, value);
  const ports = addLinks(plane, ns, scenario);
  for (const [name, values] of Object.entries(scenario.sysctls ?? {})) {
    for (const [key, value] of Object.entries(values)) must(plane.setSysctl(at(ns, name), key, Number(value)), key);
  }
  for (const [name, lines] of Object.entries(scenario.cmds ?? {})) {
    for (const line of lines) runLine(plane, at(ns, name), line);
  }
  for (const [name, text] of Object.entries(scenario.ipset ?? {})) {
    const answer = restoreSets(namespaceOf(plane, at(ns, name)), text);
    if (answer.exit !== 0) throw new Error(answer.err);
  }
  const { variant = "legacy" } = scenario;
  const tables = ([[4, scenario.iptables], [6, scenario.ip6tables]] as const).flatMap(([family, all]) =>
    Object.entries(all ?? {}).map(([name, lines]) => ({
      ns: name,
      family,
      variant,
      tables: loadTables(netfilterOf(namespaceOf(plane, at(ns, name)), family, variant), lines),
    }))
  );
  plane.watchFlows(true);
  const listeners = (scenario.listeners ?? []).map((line) => ({
    ...line,
    socket: listen(plane, at(ns, line.ns), line),
  }));
  const names = new Map([...ns].map(([name, id]) => [id, name]));
  return { plane, ns, names, ports, listeners, tables };
}

function at(map: ReadonlyMap<string, Ns>, name: string): Ns {
  const id = map.get(name);
  if (id === undefined) throw new Error(`no namespace ${name}`);
  return id;
}

function must(failure: unknown, what: string): void {
  if (isFailure(failure)) throw new Error(`${what}: ${failure.errno} ${failure.extack ?? ""}`);
}

/** Tun ports first, then all veth pairs, then each namespace's lines: lo up, bridges, links, addresses, routes, the rest. */
function addLinks(plane: PlaneApi, ns: ReadonlyMap<string, Ns>, scenario: Scenario): Port[] {
  const lines = new Map(scenario.namespaces.map((name) => [name, ["link set lo up"]]));
  const linesOf = (name: string) => lines.get(name) ?? [];
  const ports: Port[] = [];
  for (const link of scenario.links ?? []) {
    if (link.type === "tun") ports.push(addTun(plane, at(ns, link.ns), link));
    linkLines(link, linesOf);
  }
  for (const link of scenario.links ?? []) {
    if (link.type === undefined || link.type === "veth") addVeth(plane, ns, link);
  }
  for (const [key, list] of Object.entries(scenario.addresses ?? {})) {
    const [name = "", dev] = key.split(":");
    for (const address of typeof list === "string" ? [list] : list) {
      linesOf(name).push(`addr add ${address} dev ${dev}`);
    }
  }
  for (const [name, list] of Object.entries(scenario.routes ?? {})) {
    linesOf(name).push(...list.map((route) => `route add ${route}`));
  }
  for (const [name, list] of Object.entries(scenario.ip ?? {})) linesOf(name).push(...list);
  for (const [name, list] of lines) for (const line of list) runLine(plane, at(ns, name), line);
  return ports;
}

function linkLines(link: LinkLine, linesOf: (ns: string) => string[]): void {
  if (link.type === "tun") linesOf(link.ns).push(`link set ${link.name} up`);
  else if (link.type === "raw") linesOf(link.ns).push(`link add ${link.raw}`);
  else if (link.type === "bridge") {
    const mac = link.mac === undefined ? "" : `address ${link.mac} `;
    const list = linesOf(link.ns);
    list.splice(1, 0, `link add ${link.name} ${mac}type bridge ${link.opts ?? "mcast_snooping 0"}`);
    for (const port of link.ports ?? []) {
      list.push(`link set ${port} master ${link.name}`);
      if (link.hairpin) list.push(`link set ${port} type bridge_slave hairpin on`);
    }
    list.push(`link set ${link.name} up`);
    if (link.promisc) list.push(`link set ${link.name} promisc on`);
  } else {
    for (const end of [link.a, link.b]) {
      const [name = "", dev] = end.split(":");
      if (link.mtu !== undefined) linesOf(name).push(`link set ${dev} mtu ${link.mtu}`);
      linesOf(name).push(`link set ${dev} up`);
    }
  }
}

function addTun(plane: PlaneApi, ns: Ns, link: { readonly ns: string; readonly name: string }): Port {
  const dev = plane.addLink(ns, { kind: "tun", name: link.name });
  if (isFailure(dev)) throw new Error(`tun ${link.name}: ${dev.errno}`);
  return { name: `${link.ns}:${link.name}`, ns, dev };
}

function addVeth(plane: PlaneApi, ns: ReadonlyMap<string, Ns>, link: Extract<LinkLine, { readonly a: string }>): void {
  const [aNs = "", aDev = ""] = link.a.split(":");
  const [bNs = "", bDev = ""] = link.b.split(":");
  const peer = { name: bDev, ns: at(ns, bNs), mac: link.mac_b };
  must(plane.addLink(at(ns, aNs), { kind: "veth", name: aDev, mac: link.mac_a, peer }), `veth ${link.a}`);
}

function loadTables(netfilter: Netfilter, lines: string | readonly string[]): Table[] {
  const text = typeof lines === "string" ? lines : lines.join("\n") + "\n";
  const restore = netfilter.variant === "nft" ? restoreNftTables : restoreTables;
  const answer = restore(netfilter, text, { tool: "iptables-restore" });
  if (answer.exit !== 0) throw new Error(answer.err);
  return [...text.matchAll(/^\*(\w+)/gm)].map(([, table]) => table as Table);
}

function listen(plane: PlaneApi, ns: Ns, line: ListenerLine): SocketId {
  const six = line.family === 6;
  const socket = plane.socket(ns, line.proto, six ? 6 : 4);
  plane.setSocket(socket, { reuseAddress: true, ...(six && { v6Only: line.v6only === 1 }) });
  must(plane.bind(socket, line.addr ?? (six ? "::" : "0.0.0.0"), line.port), `bind ${line.port}`);
  if (line.proto === "tcp") must(plane.listen(socket, 1024), `listen ${line.port}`);
  return socket;
}
