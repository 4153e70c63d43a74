/**
 * The column `Ref` of IPv6 routes. The kernel's tables are radix trees; where two branches part at a place without a route of its
 * own, that place holds the route that was there first (fib6_add_1 in net/ipv6/ip6_fib.c):
 *
 *     fe80::/64 alone           then fd00:1::/64       then fd00:2::/64
 *     * fe80 (1)                o holds fe80 (2)       o holds fe80 (2)
 *                              / \                    / \
 *                     fd00:1 (1)  fe80      fd00:1 (2) o  fe80
 *                                                     / \
 *                                            fd00:1      fd00:2 (1)
 *
 * An address holds its own route as well. Routes come here in the order in which machines get them: what a device brings with it,
 * then the rest. References by cached routes of sockets, and traces of routes that were deleted, are not modelled.
 */
import type { Route } from "../../../wasm/mod.ts";
import { requireCidr } from "../../base/mod.ts";

/** A place in the tree, named by the bits that lead to it. */
interface Place {
  readonly bits: string;
  readonly leaf: Route | undefined;
  /** Where the next bit is 0, and where it is 1. */
  readonly sides: [Place?, Place?];
}

/** References to each route of one table. */
export function routeReferences(routes: readonly Route[]): ReadonlyMap<Route, number> {
  const held = new Map(routes.map((route) => [route, isOwn(route) ? 2 : 1]));
  const root: Place = { bits: "", leaf: undefined, sides: [] };
  for (const route of [...routes].sort((a, b) => age(a) - age(b))) {
    const { ip, length } = requireCidr(route.to);
    const bits = ip.value.toString(2).padStart(128, "0").slice(0, length);
    const kept = length === 0 ? undefined : insert(root, { bits, leaf: route, sides: [] });
    if (kept !== undefined) held.set(kept, (held.get(kept) ?? 0) + 1);
  }
  return held;
}

/** Addresses hold their routes. */
const isOwn = ({ type }: Route): boolean => type === "local";

/** 0: there before devices come up; 1: comes with a device; 2: with its link-local address; 3: later. */
function age({ to, type }: Route): number {
  if (to === "::1/128") return 0;
  if (!to.startsWith("fe80") && !to.startsWith("ff00")) return 3;
  return type === "local" ? 2 : 1;
}

/** Puts a place below another and says which route the parting above it holds, where one had to be made. */
function insert(above: Place, place: Place): Route | undefined {
  const side = Number(place.bits[above.bits.length]);
  const old = above.sides[side];
  if (old === undefined) {
    above.sides[side] = place;
    return undefined;
  }
  const common = shared(old.bits, place.bits);
  if (common === old.bits.length) return common === place.bits.length ? undefined : insert(old, place);
  const whole = common === place.bits.length;
  const parting: Place = whole ? place : { bits: place.bits.slice(0, common), leaf: old.leaf, sides: [] };
  parting.sides[Number(old.bits[common])] = old;
  if (!whole) parting.sides[Number(place.bits[common])] = place;
  above.sides[side] = parting;
  return whole ? undefined : old.leaf;
}

/** How many bits two places begin with alike. */
function shared(a: string, b: string): number {
  let count = 0;
  while (count < a.length && a[count] === b[count]) count++;
  return count;
}
