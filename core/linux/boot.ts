import type { Link, Ns, PlaneApi } from "../../wasm/mod.ts";
import type { Machine } from "./machine.ts";
import type { Namespace } from "./namespace.ts";
import { netfilterOf } from "./netfilter/mod.ts";
import { loadSysctlConf } from "./sysctl/conf.ts";
import { resetSysctls } from "./sysctl/store.ts";
import { forgetQdiscs } from "./tc/qdiscs.ts";

/**
 * What is left of a machine's network after the power was off: links that somebody else plugged in, down and bare. Named
 * namespaces, devices the machine made itself, addresses, routes, rules, neighbours, packet filters and sysctls are gone.
 */
export function powerCycle(machine: Machine): void {
  const { plane, ns } = machine;
  const own = new Set([ns.id, ...Array.from(machine.namespaces.values(), (namespace) => namespace.id)]);
  for (const namespace of machine.namespaces.values()) plane.removeNamespace(namespace.id);
  machine.namespaces.clear();
  forgetFilters(ns);
  for (const link of plane.links(ns.id)) unplug(plane, ns.id, link, own);
  forgetRouting(plane, ns.id);
  forgetQdiscs(ns);
  ns.clear();
  resetSysctls(ns);
}

/** What the kernel and init do before anything else runs: loopback up, `/etc/sysctl.conf` applied. */
export function startUp(machine: Machine): void {
  const loopback = machine.plane.links(machine.ns.id).find((link) => link.name === "lo");
  if (loopback !== undefined) machine.plane.setLink(machine.ns.id, loopback.index, { up: true });
  loadSysctlConf(machine.files);
}

function forgetFilters(ns: Namespace): void {
  for (const family of [4, 6] as const) {
    for (const variant of ["legacy", "nft"] as const) netfilterOf(ns, family, variant).reset();
  }
  netfilterOf(ns).sets.destroy();
}

function unplug(plane: PlaneApi, ns: Ns, link: Link, own: ReadonlySet<Ns>): void {
  if (!plane.links(ns).some((one) => one.index === link.index)) return;
  const plugged = link.kind === "" || link.kind === "tun" || (link.kind === "veth" && !own.has(link.linkNs));
  if (!plugged) {
    plane.removeLink(ns, link.index);
    return;
  }
  if (link.master !== 0) plane.setLink(ns, link.index, { master: 0 });
  for (const { dev, address } of plane.addresses(ns)) if (dev === link.index) plane.removeAddress(ns, dev, address);
  plane.setLink(ns, link.index, { up: false });
}

function forgetRouting(plane: PlaneApi, ns: Ns): void {
  for (const entry of plane.neighbours(ns)) plane.removeNeighbour(ns, entry.dev, entry.ip);
  for (const family of [4, 6] as const) {
    for (const route of plane.routes(ns, family)) plane.removeRoute(ns, route);
    const standard = new Set([0, 32766, 32767]);
    for (const rule of plane.rules(ns, family)) if (!standard.has(rule.priority ?? 0)) plane.removeRule(ns, rule);
  }
}
