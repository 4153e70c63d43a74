import type { Route } from "../../../wasm/mod.ts";
import { netmask, requireCidr } from "../../base/mod.ts";
import { routeExtras } from "../iproute/route_extras.ts";
import { namespaceOf } from "../namespace.ts";
import { deviceNames } from "../files/proc_net_tables.ts";
import type { Process } from "../process.ts";
import { routeReferences } from "./fib6_references.ts";
import { nameOf } from "./hosts.ts";

/** What the headers of a segment take of its MTU. */
const HEADERS = 40;

const HEADS = [
  "Destination     Gateway         Genmask         Flags Metric Ref    Use Iface",
  "Destination     Gateway         Genmask         Flags   MSS Window  irtt Iface",
  "Destination     Gateway         Genmask         Flags Metric Ref    Use Iface    MSS   Window irtt",
];

/** The IPv4 main table as `route` (extended 0 or 2) and `netstat -r` (1) print it. */
export function printRouteTable(process: Process, extended: number, numeric: boolean): string {
  const names = deviceNames(process.machine.plane, process.ns);
  const level = Math.min(extended, 2);
  const lines = process.machine.plane.routes(process.ns, 4).filter((route) =>
    route.table === 254 && route.type !== "throw"
  )
    .map((route) => line(process, route, { names, level, numeric }));
  return ["Kernel IP routing table", HEADS[level] ?? "", ...lines].map((text) => `${text}\n`).join("");
}

interface Look {
  readonly names: ReadonlyMap<number, string>;
  /** 0: plain, 1: with MSS, 2: with everything. */
  readonly level: number;
  readonly numeric: boolean;
}

function line(process: Process, route: Route, { names, level, numeric }: Look): string {
  const { ip: _ip, length } = requireCidr(route.to);
  const hop = route.nexthops?.[0] ?? route;
  const reject = route.type === "unreachable" || route.type === "prohibit";
  const address = route.to.split("/")[0] ?? "";
  const host = (text: string): string => (numeric ? text : nameOf(process.files, text) ?? text);
  const target = length === 0 && !numeric ? "default" : length === 0 ? "0.0.0.0" : host(address);
  const gateway = reject ? "-" : hop.via === undefined ? "0.0.0.0" : host(hop.via);
  const flags = (reject ? "!" : "U") + (hop.via === undefined ? "" : "G") + (length === 32 ? "H" : "");
  const device = reject ? "-" : names.get(hop.dev ?? 0) ?? "*";
  const front = `${target.padEnd(15)} ${gateway.padEnd(15)} ${netmask(length).padEnd(15)} ${flags.padEnd(5)}`;
  const { window = 0, rtt = 0 } = routeExtras(
    namespaceOf(process.machine.plane, process.ns),
    route,
  ).metrics?.values ?? {};
  const mss = route.advmss === undefined ? 0 : route.advmss + HEADERS;
  if (level === 1) {
    return reject
      ? `${front}     - -          - ${device}`
      : `${front} ${String(mss).padStart(5)} ${String(window).padEnd(6)} ${String(rtt).padStart(5)} ${device}`;
  }
  const middle = `${front} ${String(route.metric).padEnd(6)} ${reject ? "-" : "0"}        0 `;
  if (level === 0) return middle + device;
  const metrics = reject ? "-     -      -" : `${String(mss).padEnd(5)} ${String(window).padEnd(6)} ${rtt}`;
  return `${middle}${device.padEnd(8)} ${metrics}`;
}

interface Row6 {
  readonly to: string;
  readonly via: string;
  readonly flags: string;
  readonly metric: number;
  readonly references: number;
  readonly device: string;
}

function line6({ to, via, flags, metric, references, device }: Row6): string {
  const numbers = `${String(metric).padEnd(3)} ${String(references).padEnd(3)} ${"0".padStart(4)}`;
  return `${to.padEnd(30)} ${via.padEnd(26)} ${flags.padEnd(4)} ${numbers} ${device}`;
}

/** The IPv6 tables as `route -6` and `netstat -6r` print them: main, then local, with the kernel's null routes. */
export function printRouteTable6(process: Process, numeric: boolean): string {
  const names = deviceNames(process.machine.plane, process.ns);
  const routes = process.machine.plane.routes(process.ns, 6);
  const any = numeric ? "::" : "[::]";
  const rows = (table: number): string[] => {
    const shown = routes.filter((route) => route.table === table);
    const references = routeReferences(shown);
    return shown.map((route) => {
      const hop = route.nexthops?.[0] ?? route;
      const local = route.type === "local";
      const reject = route.type === "unreachable" || route.type === "prohibit" || route.type === "blackhole";
      return line6({
        to: route.to === "::/0" ? `${any}/0` : route.to,
        via: hop.via ?? any,
        flags: reject ? "!n" : local ? "Un" : "U" + (hop.via === undefined ? "" : "G"),
        metric: local ? 0 : route.metric,
        references: references.get(route) ?? 1,
        device: names.get(hop.dev ?? 0) ?? "lo",
      });
    });
  };
  const none = line6({ to: `${any}/0`, via: any, flags: "!n", metric: -1, references: 1, device: "lo" });
  const head = "Destination                    Next Hop                   Flag Met Ref  Use If";
  const lines = ["Kernel IPv6 routing table", head, ...rows(254), none, ...rows(255), none];
  return lines.map((text) => `${text}\n`).join("");
}
