import type { IfIndex, Route, RouteSpec } from "../../../wasm/mod.ts";
import type { Namespace, StateKey } from "../namespace.ts";
import type { RouteMetrics } from "./route_metrics.ts";

/** What `ip route` sets on a route that no packet ever feels. */
export interface RouteExtras {
  /** Metrics beyond `mtu` and `advmss`, and which are locked. */
  readonly metrics?: RouteMetrics;
  readonly pref?: "low" | "high";
  /** The realm of the destination, and of the source: `5`, `5/6`. */
  readonly realm?: readonly [number, number];
}

const ROUTES: StateKey<Map<string, RouteExtras>> = { label: "route extras" };

/** The extras of a route. */
export function routeExtras(ns: Namespace, route: Route): RouteExtras {
  return ns.state(ROUTES, () => new Map()).get(keyOf(route)) ?? {};
}

/** Two routes with one key are one route to the kernel. */
function keyOf({ to, type, table, metric, tos = 0, protocol, via, dev, nexthops }: Route): string {
  return JSON.stringify([to, type, table, metric, tos, protocol, via, dev, nexthops]);
}

/** Adds a route by `add`, and keeps its extras; those of a route that it took the place of go. */
export function addWithExtras(ns: Namespace, asked: RouteSpec, extras: RouteExtras, add: () => void): void {
  const known = ns.state(ROUTES, () => new Map());
  const bare = Object.keys(extras).length === 0;
  if (bare && known.size === 0) return add();
  const family = asked.to.includes(":") ? 6 : 4;
  const routes = () => ns.plane.routes(ns.id, family);
  const before = new Set(routes().map(keyOf));
  add();
  const after = routes();
  const made = after.find((route) => !before.has(keyOf(route))) ?? after.find((route) => isAsked(route, asked));
  if (made === undefined) return;
  if (bare) known.delete(keyOf(made));
  else known.set(keyOf(made), extras);
}

function isAsked(route: Route, asked: RouteSpec): boolean {
  const same = (mine: string | IfIndex | undefined, said: string | IfIndex | undefined) =>
    said === undefined || mine === said;
  return route.to === asked.to && route.table === (asked.table ?? 254) && same(route.metric, asked.metric) &&
    same(route.via, asked.via) && same(route.dev, asked.dev);
}
