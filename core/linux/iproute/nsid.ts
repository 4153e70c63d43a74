import type { Ns } from "../../../wasm/mod.ts";
import type { Machine } from "../machine.ts";
import { isGuest, type Namespace, namespaceOf, type StateKey } from "../namespace.ts";

/** What a namespace calls other namespaces: its nsids by namespace number, given out from 0 when a link first needs one. */
const NSIDS: StateKey<Map<Ns, number>> = { label: "nsids" };
const nsids = (ns: Namespace): Map<Ns, number> => ns.state(NSIDS, () => new Map());

/** The nsid of another namespace, given out when it has none. */
export function nsidOf(ns: Namespace, other: Ns): number {
  const known = nsids(ns);
  const old = known.get(other);
  if (old !== undefined) return old;
  const taken = new Set(known.values());
  let free = 0;
  while (taken.has(free)) free++;
  known.set(other, free);
  return free;
}

/** The nsid if one was given out. */
export function knownNsid(ns: Namespace, other: Ns): number | undefined {
  return nsids(ns).get(other);
}

/** `ip netns set`: false where the namespace has one, or the number is taken. */
export function setNsid(ns: Namespace, other: Ns, id: number): boolean {
  const known = nsids(ns);
  if (known.has(other) || [...known.values()].includes(id)) return false;
  known.set(other, id);
  return true;
}

/**
 * Whether a machine can tell that a device's other end is in another namespace. The far end of a cable to a switch or to
 * another machine is out of its sight, as a network card's is.
 */
export function seesNamespace(machine: Machine, other: Ns): boolean {
  if (isGuest(machine.ns) || machine.ns.id === other || isGuest(namespaceOf(machine.plane, other))) return true;
  return [...machine.namespaces.values()].some((namespace) => namespace.id === other);
}

/** Gives out the nsids that the links of these namespaces need, as the kernel does when it announces a link. */
export function nameLinkNamespaces(machine: Machine, namespaces: readonly Ns[]): void {
  for (const id of namespaces) {
    const ns = namespaceOf(machine.plane, id);
    for (const link of machine.plane.links(id)) {
      if (link.link !== 0 && link.kind !== "vxlan" && link.linkNs !== id && seesNamespace(machine, link.linkNs)) {
        nsidOf(ns, link.linkNs);
      }
    }
  }
}

/** Forgets a namespace that is going, wherever the machine knows it. */
export function forgetNsid(machine: Machine, gone: Ns): void {
  for (const ns of [machine.ns, ...machine.namespaces.values()]) nsids(ns).delete(gone);
}
