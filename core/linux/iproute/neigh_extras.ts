import type { IfIndex, Neighbour } from "../../../wasm/mod.ts";
import type { Namespace, StateKey } from "../namespace.ts";

/** What `ip neigh` sets on an entry that no packet ever feels. */
export interface NeighExtras {
  /** Who made it (rtm_protocol). */
  readonly protocol?: number;
  readonly externLearn?: boolean;
}

const NEIGHBOURS: StateKey<Map<string, NeighExtras>> = { label: "neighbour extras" };
const keyOf = (dev: IfIndex, ip: string): string => `${dev} ${ip}`;

/** The extras of an entry. */
export function neighExtras(ns: Namespace, { dev, ip }: Pick<Neighbour, "dev" | "ip">): NeighExtras {
  return ns.state(NEIGHBOURS, () => new Map()).get(keyOf(dev, ip)) ?? {};
}

/** Sets an entry's extras; none forgets them. */
export function setNeighExtras(ns: Namespace, { dev, ip }: Pick<Neighbour, "dev" | "ip">, extras: NeighExtras): void {
  const all = ns.state(NEIGHBOURS, () => new Map());
  if (Object.keys(extras).length === 0) all.delete(keyOf(dev, ip));
  else all.set(keyOf(dev, ip), extras);
}
