import type { Ns } from "../../../wasm/mod.ts";
import type { Machine } from "../machine.ts";
import { namespaceOf, type StateKey } from "../namespace.ts";
import type { Mount } from "./mount.ts";
import { printArp, printDev, printIfInet6, printRoute } from "./proc_net_tables.ts";
import { printSockets } from "./proc_net_sockets.ts";

/** Files of `/proc/net` that rooms above add to a namespace (`nf_conntrack`, `ip_tables_names`, `xt_recent/NAME`), by their path below it. */
export const PROC_NET_FILES: StateKey<Map<string, () => string | undefined>> = { label: "proc/net" };

/** `/proc/net`: the kernel's tables as text, made when read. */
export function procNet(machine: Machine, ns: Ns): Mount {
  const { plane } = machine;
  const added = () => namespaceOf(plane, ns).state(PROC_NET_FILES, () => new Map());
  const files: Readonly<Record<string, () => string>> = {
    arp: () => printArp(plane, ns),
    dev: () => printDev(plane.links(ns)),
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

function firstParts(paths: Iterable<string>): string[] {
  return Array.from(paths, (path) => path.split("/")[0] as string);
}
