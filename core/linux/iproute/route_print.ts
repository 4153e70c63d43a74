import type { NextHop, Route } from "../../../wasm/mod.ts";
import { RTN } from "../rtn.ts";
import { familyColour, paint } from "./colors.ts";
import { Entry } from "./entry.ts";
import { PROTOCOLS, routeTables, SCOPES, wordOf } from "./names.ts";
import { printDestination } from "./prefix.ts";
import { type RouteExtras, routeExtras } from "./route_extras.ts";
import { printMetrics } from "./route_metrics.ts";
import type { IpTool } from "./tool.ts";

/** Fields that a list leaves out because it asked for one value of them. */
export interface RouteView {
  readonly table?: boolean;
  readonly dev?: boolean;
  readonly via?: boolean;
  readonly protocol?: boolean;
  readonly scope?: boolean;
  readonly src?: boolean;
  readonly metric?: boolean;
  readonly type?: boolean;
  readonly tos?: boolean;
  readonly realm?: boolean;
}

/** One route as `ip route` prints it; `hidden` fields are left out. Ends with a line feed. */
export function routeEntry(tool: IpTool, route: Route, hidden: RouteView = {}, deleted = false): Entry {
  const entry = new Entry();
  const { details = false } = tool.options;
  const six = route.to.includes(":");
  const extras = routeExtras(tool.namespace, route);
  if (deleted) entry.put("deleted", true, "Deleted ");
  const type = tool.options.numeric ? String(RTN.indexOf(route.type)) : route.type;
  if (route.type !== "unicast" || details) entry.put("type", type, `${type} `);
  const to = printDestination(route.to);
  entry.put("dst", to, paint(tool.options, to === "default" ? undefined : familyColour(route.to), `${to} `));
  if (route.tos && !hidden.tos) entry.put("tos", hex(route.tos), `tos ${hex(route.tos)} `);
  if (route.nexthops === undefined) putHop(entry, tool, { hop: route, six }, hidden);
  if ((route.table !== 254 || details) && !hidden.table) {
    const table = tableWord(tool, route.table);
    entry.put("table", table, `table ${table} `);
  }
  putOrigin(entry, tool, route, hidden);
  if ((route.metric !== 0 || (six && route.table === 255)) && !hidden.metric) {
    entry.put("metric", route.metric, `metric ${route.metric} `);
  }
  putFlags(entry, route);
  if (!hidden.realm) putRealm(entry, extras);
  putMetrics(entry, route, extras);
  const { pref = "medium" } = extras;
  if (six) entry.put("pref", pref, `pref ${pref}`);
  if (route.nexthops !== undefined) putNextHops(entry, tool, { hops: route.nexthops, six }, hidden);
  return entry.say("\n");
}

/** A table's name, with -N its number. */
export function tableWord(tool: IpTool, table: number): string {
  return tool.options.numeric ? String(table) : wordOf(routeTables(tool.process.files), table);
}

/** `realm 5` of the destination, `realms 5/6` of source and destination. */
export function putRealm(entry: Entry, { realm }: RouteExtras): void {
  if (realm === undefined) return;
  const [from, to] = realm;
  if (from !== 0) entry.put("flow_from", String(from), `realms ${from}/${to} `);
  else entry.put("flow_to", String(to), `realm ${to} `);
}

function hex(value: number): string {
  return `0x${value.toString(16).padStart(2, "0")}`;
}

function putHop(
  entry: Entry,
  tool: IpTool,
  { hop, six }: { readonly hop: { readonly via?: string; readonly dev?: number }; readonly six: boolean },
  hidden: RouteView,
): void {
  if (hop.via !== undefined && !hidden.via) {
    const foreign = hop.via.includes(":") && !six;
    if (foreign) {
      entry.put("via", { family: "inet6", host: hop.via }, `via inet6 ${paint(tool.options, "inet6", `${hop.via} `)}`);
    } else entry.put("gateway", hop.via, `via ${paint(tool.options, familyColour(hop.via), `${hop.via} `)}`);
  }
  if (hop.dev && !hidden.dev) {
    const name = tool.name(hop.dev);
    entry.put("dev", name, `dev ${paint(tool.options, "ifname", `${name} `)}`);
  }
}

function putOrigin(entry: Entry, tool: IpTool, route: Route, view: RouteView): void {
  const { details = false, numeric = false } = tool.options;
  const word = (names: ReadonlyMap<number, string>, number: number) => numeric ? String(number) : wordOf(names, number);
  const protocol = word(PROTOCOLS, route.protocol);
  const reach = route.to.includes(":") ? 0 : route.scope;
  const scope = word(SCOPES, reach);
  if ((route.protocol !== 3 || details) && !view.protocol) entry.put("protocol", protocol, `proto ${protocol} `);
  if ((reach !== 0 || details) && !view.scope) entry.put("scope", scope, `scope ${scope} `);
  if (route.src !== undefined && !view.src) {
    entry.put("prefsrc", route.src, `src ${paint(tool.options, familyColour(route.src), `${route.src} `)}`);
  }
}

function hopFlags(hop: { readonly onlink?: boolean; readonly dead?: boolean; readonly linkdown?: boolean }): string[] {
  const flags = [hop.dead ? "dead" : "", hop.onlink ? "onlink" : "", hop.linkdown ? "linkdown" : ""];
  return flags.filter((flag) => flag !== "");
}

function putFlags(entry: Entry, route: Route): void {
  const flags = route.nexthops === undefined ? hopFlags(route) : [];
  entry.put("flags", flags, flags.map((flag) => `${flag} `).join(""));
}

/** What a route's metrics are, those that packets feel among them. */
export function putMetrics(
  entry: Entry,
  { mtu, advmss }: { readonly mtu?: number; readonly advmss?: number },
  { metrics }: RouteExtras,
): void {
  const values = { ...metrics?.values, ...(mtu && { mtu }), ...(advmss && { advmss }) };
  const { text, fields } = printMetrics({ values, locked: metrics?.locked ?? [] });
  if (text !== "") entry.put("metrics", [fields], text);
}

/** A leg by a device that is down is dead, one without carrier has its link down. */
function legFlags(tool: IpTool, { dev, onlink = false }: NextHop): string[] {
  const link = tool.links().find(({ index }) => index === dev);
  const dead = link !== undefined && !link.up;
  return hopFlags({ onlink, dead, linkdown: dead || (link !== undefined && !link.carrier) });
}

function putNextHops(
  entry: Entry,
  tool: IpTool,
  { hops, six }: { readonly hops: readonly NextHop[]; readonly six: boolean },
  hidden: RouteView,
): void {
  const entries = hops.map((hop) => {
    const one = new Entry().say("nexthop ");
    putHop(one, tool, { hop, six }, { ...hidden, dev: false, via: false });
    one.put("weight", hop.weight, `weight ${hop.weight} `);
    const flags = legFlags(tool, hop);
    return one.put("flags", flags, flags.map((flag) => `${flag} `).join(""));
  });
  entry.put("nexthops", entries.map((one) => one.json), entries.map((one) => `${tool.feed}\t${one.text}`).join(""));
}
