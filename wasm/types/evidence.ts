/** Evidence: traces, captured frames, kernel events. */
import type { Address, IfIndex, Link, Neighbour, Ns } from "./link.ts";
import type { TableRef } from "./flow.ts";
import type { Route } from "./route.ts";

/** One thing that happened to a traced packet, in order. Names of devices and rules are resolved by `core/linux/trace`. */
export interface TraceRecord {
  readonly time: number;
  /** Which walk this belongs to, as {@link PlaneApi.trace} numbers them; answers share it. */
  readonly trace: number;
  readonly ns: Ns;
  readonly dev: IfIndex;
  readonly layer: "socket" | "link" | "bridge" | "arp" | "route" | "hook" | "nat" | "conntrack" | "tunnel" | "local";
  /** A word of the table in `wasm/src/trace.rs`, such as `sent`, `received`, `matched`, `translated`, `forwarded`, `delivered`, `dropped`. */
  readonly action: string;
  /** Why, for drops and refusals: `no-route`, `rp-filter`, `policy`, `rule`, `ttl`, `no-socket`, `neighbour-failed` ... */
  readonly reason?: string;
  /** hook records: family, table, rule number in the table's program; counters moved. */
  readonly table?: TableRef;
  readonly hook?: "PREROUTING" | "INPUT" | "FORWARD" | "OUTPUT" | "POSTROUTING";
  readonly rule?: number;
  readonly family?: 4 | 6;
  /** The packet after this step. */
  readonly packet: PacketView;
  /** route records: the route taken. */
  readonly via?: string;
  readonly oif?: IfIndex;
  readonly routeTable?: number;
}

/** A packet's fields, for people. */
export interface PacketView {
  readonly family: 4 | 6;
  readonly proto: number;
  readonly src: string;
  readonly dst: string;
  readonly sport: number;
  readonly dport: number;
  readonly ttl: number;
  readonly mark: number;
  /** TCP flags as `SA`; ICMP `type/code`. */
  readonly flags?: string;
  readonly type?: number;
  readonly code?: number;
  readonly length: number;
  readonly ethSrc?: string;
  readonly ethDst?: string;
}

/** A frame seen on a captured device. */
export interface CapturedFrame {
  readonly time: number;
  readonly ns: Ns;
  readonly dev: IfIndex;
  readonly outgoing: boolean;
  /** The frame from its Ethernet header on (tun devices: from the IP header on). */
  readonly bytes: Uint8Array;
}

/** A link, address, route or neighbour change: what `ip monitor` listens to. */
export interface KernelEvent {
  readonly ns: Ns;
  readonly what: "link" | "address" | "route" | "neighbour" | "rule" | "netns";
  readonly deleted: boolean;
  readonly value: Link | Address | Route | Neighbour;
}
