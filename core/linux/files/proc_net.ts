import type { Ns, PlaneApi } from "../../../wasm/mod.ts";
import type { Machine } from "../machine.ts";
import { namespaceOf, type StateKey } from "../namespace.ts";
import { printFlow } from "../netfilter/conntrack/print.ts";
import { netfilterOf } from "../netfilter/netfilter.ts";
import type { Mount } from "./mount.ts";
import { printArp, printDev, printIfInet6, printRoute } from "./proc_net_tables.ts";
import { printSockets } from "./proc_net_sockets.ts";

/** Files of `/proc/net` that others add to a namespace (`xt_recent/NAME`), by their path below it. */
export const PROC_NET_FILES: StateKey<Map<string, () => string | undefined>> = { label: "proc/net" };

/** `/proc/net`: the kernel's tables as text, made when read. */
export function procNet(machine: Machine, ns: Ns): Mount {
  const { plane } = machine;
  const added = () => namespaceOf(plane, ns).state(PROC_NET_FILES, () => new Map());
  const files: Readonly<Record<string, () => string>> = {
    arp: () => printArp(plane, ns),
    dev: () => printDev(plane.links(ns)),
    ip_tables_names: () => netfilterOf(namespaceOf(plane, ns), 4).tables.map((table) => `${table}\n`).join(""),
    ip6_tables_names: () => netfilterOf(namespaceOf(plane, ns), 6).tables.map((table) => `${table}\n`).join(""),
    nf_conntrack: () => printConntrack(plane, ns),
    if_inet6: () => printIfInet6(plane, ns),
    route: () => printRoute(plane, ns),
    tcp: () => printSockets(plane.sockets(ns), "tcp", 4),
    tcp6: () => printSockets(plane.sockets(ns), "tcp", 6),
    udp: () => printSockets(plane.sockets(ns), "udp", 4),
    udp6: () => printSockets(plane.sockets(ns), "udp", 6),
  };
  return {
    read: (path) => (files[path] ?? added().get(path))?.(),
    list: (path) => {
      if (path === "") return [...new Set([...Object.keys(files), ...firstParts(added().keys())])];
      const below = [...added().keys()].filter((name) => name.startsWith(path + "/"));
      return below.length > 0 ? firstParts(below.map((name) => name.slice(path.length + 1))) : undefined;
    },
  };
}

/** `/proc/net/nf_conntrack`: conntrack's lines with layer 3 protocol, zone and the reader's own reference. */
function printConntrack(plane: PlaneApi, ns: Ns): string {
  const counters = plane.sysctl(ns, "net.netfilter.nf_conntrack_acct") === 1;
  const line = /(?:zone=\d+ )?((?:helper=\S+ )?)use=1\n$/;
  return plane.flows(ns).map((flow) => {
    return printFlow(flow, { extended: true, counters }).replace(line, `$1zone=${flow.zone} use=2\n`);
  }).join("");
}

function firstParts(paths: Iterable<string>): string[] {
  return Array.from(paths, (path) => path.split("/")[0] as string);
}
