import type { NextHop, Route } from "../../../wasm/mod.ts";
import { Entry } from "./entry.ts";
import type { Json } from "./json.ts";
import { PROTOCOLS, routeTables, SCOPES, wordOf } from "./names.ts";
import { printDestination } from "./prefix.ts";
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
}

/** One route as `ip route` prints it; `hidden` fields are left out. Ends with a line feed. */
export function routeEntry(tool: IpTool, route: Route, hidden: RouteView = {}, deleted = false): Entry {
  const entry = new Entry();
  const { details = false } = tool.options;
  const six = route.to.includes(":");
  if (deleted) entry.put("deleted", true, "Deleted ");
  if (route.type !== "unicast" || details) entry.put("type", route.type, `${route.type} `);
  entry.put("dst", printDestination(route.to), `${printDestination(route.to)} `);
  if (route.tos && !hidden.tos) entry.put("tos", hex(route.tos), `tos ${hex(route.tos)} `);
  if (route.nexthops === undefined) putHop(entry, tool, route, hidden);
  if (route.table !== 254 && !hidden.table) {
    const table = wordOf(routeTables(tool.process.files), route.table);
    entry.put("table", table, `table ${table} `);
  }
  putOrigin(entry, route, { ...hidden, details });
  if ((route.metric !== 0 || (six && route.table === 255)) && !hidden.metric) {
    entry.put("metric", route.metric, `metric ${route.metric} `);
  }
  putFlags(entry, route);
  putMetrics(entry, route);
  if (six) entry.put("pref", "medium", "pref medium");
  if (route.nexthops !== undefined) putNextHops(entry, tool, route.nexthops, hidden);
  return entry.say("\n");
}

function hex(value: number): string {
  return `0x${value.toString(16).padStart(2, "0")}`;
}

function putHop(
  entry: Entry,
  tool: IpTool,
  hop: { readonly via?: string; readonly dev?: number },
  hidden: RouteView,
): void {
  if (hop.via !== undefined && !hidden.via) {
    const foreign = hop.via.includes(":") && !String(entry.json["dst"]).includes(":") &&
      entry.json["dst"] !== "default";
    if (foreign) entry.put("via", { family: "inet6", host: hop.via }, `via inet6 ${hop.via} `);
    else entry.put("gateway", hop.via, `via ${hop.via} `);
  }
  if (hop.dev && !hidden.dev) entry.put("dev", tool.name(hop.dev), `dev ${tool.name(hop.dev)} `);
}

function putOrigin(entry: Entry, route: Route, view: RouteView & { readonly details: boolean }): void {
  const protocol = wordOf(PROTOCOLS, route.protocol);
  const scope = wordOf(SCOPES, route.to.includes(":") ? 0 : route.scope);
  if ((route.protocol !== 3 || view.details) && !view.protocol) entry.put("protocol", protocol, `proto ${protocol} `);
  if ((scope !== "global" || view.details) && !view.scope) entry.put("scope", scope, `scope ${scope} `);
  if (route.src !== undefined && !view.src) entry.put("prefsrc", route.src, `src ${route.src} `);
}

function hopFlags(hop: { readonly onlink?: boolean; readonly dead?: boolean; readonly linkdown?: boolean }): string[] {
  const flags = [hop.dead ? "dead" : "", hop.onlink ? "onlink" : "", hop.linkdown ? "linkdown" : ""];
  return flags.filter((flag) => flag !== "");
}

function putFlags(entry: Entry, route: Route): void {
  const flags = route.nexthops === undefined ? hopFlags(route) : [];
  entry.put("flags", flags, flags.map((flag) => `${flag} `).join(""));
}

function putMetrics(entry: Entry, route: Route): void {
  const metrics: Record<string, Json> = {};
  if (route.mtu) metrics["mtu"] = route.mtu;
  if (route.advmss) metrics["advmss"] = route.advmss;
  const text = Object.entries(metrics).map(([name, value]) => `${name} ${value} `).join("");
  if (text !== "") entry.put("metrics", [metrics], text);
}

function putNextHops(entry: Entry, tool: IpTool, hops: readonly NextHop[], hidden: RouteView): void {
  const entries = hops.map((hop) => {
    const one = new Entry().say("nexthop ");
    putHop(one, tool, hop, { ...hidden, dev: false, via: false });
    one.put("weight", hop.weight, `weight ${hop.weight} `);
    const flags = hopFlags(hop);
    return one.put("flags", flags, flags.map((flag) => `${flag} `).join(""));
  });
  entry.put("nexthops", entries.map((one) => one.json), entries.map((one) => `${tool.feed}\t${one.text}`).join(""));
}
