/** Routes and rules: what `ip route` and `ip rule` say and show. */
import type { IfIndex } from "./link.ts";

/** rtm_type by name. */
export type RouteType =
  | "unicast"
  | "local"
  | "broadcast"
  | "multicast"
  | "blackhole"
  | "unreachable"
  | "prohibit"
  | "throw";

/** What `ip route add` says; `to` is a prefix (`0.0.0.0/0` for default). */
export interface RouteSpec {
  readonly to: string;
  readonly type?: RouteType;
  readonly table?: number;
  readonly metric?: number;
  readonly tos?: number;
  readonly via?: string;
  readonly dev?: IfIndex;
  readonly src?: string;
  readonly scope?: number;
  /** rtm_protocol: 2 kernel, 3 boot (the default), 4 static. */
  readonly protocol?: number;
  readonly onlink?: boolean;
  readonly mtu?: number;
  readonly advmss?: number;
  readonly nexthops?: readonly NextHop[];
  /** {@link PlaneApi.removeRoute}: a learned route is meant. */
  readonly expires?: number;
}

/** One leg of a multipath route; `weight` counts from 1. */
export interface NextHop {
  readonly via?: string;
  readonly dev?: IfIndex;
  readonly weight: number;
  readonly onlink?: boolean;
}

/** One line of `ip route show table all`. */
export interface Route extends RouteSpec {
  readonly type: RouteType;
  readonly table: number;
  readonly scope: number;
  readonly protocol: number;
  readonly metric: number;
  readonly linkdown: boolean;
  readonly dead: boolean;
  /** Seconds left of what was learned about one destination: "packet too big", redirects ({@link PlaneApi.learnedRoutes}). */
  readonly expires?: number;
}

/** What `ip route get` asks. */
export interface RouteQuery {
  readonly to: string;
  readonly from?: string;
  readonly iif?: IfIndex;
  readonly oif?: IfIndex;
  readonly mark?: number;
  readonly tos?: number;
  readonly proto?: number;
  readonly sport?: number;
  readonly dport?: number;
}

/** What `ip route get` is told. */
export interface RouteAnswer {
  readonly type: RouteType;
  readonly to: string;
  readonly via?: string;
  readonly dev: IfIndex;
  readonly src: string;
  readonly table: number;
  readonly mtu?: number;
  /** Seconds until what was learned about the destination is forgotten. */
  readonly expires?: number;
}

/** A policy rule; prefixes absent mean all. */
export interface RuleSpec {
  readonly family: 4 | 6;
  readonly priority?: number;
  readonly not?: boolean;
  readonly from?: string;
  readonly to?: string;
  readonly iif?: string;
  readonly oif?: string;
  readonly mark?: number;
  readonly mask?: number;
  readonly tos?: number;
  readonly proto?: number;
  readonly sport?: readonly [number, number];
  readonly dport?: readonly [number, number];
  readonly table?: number;
  readonly action?: "lookup" | "blackhole" | "unreachable" | "prohibit" | "goto" | "nop";
  readonly goto?: number;
  readonly suppressPrefixLength?: number;
}
