/** Netfilter: flows, counters, tables. */
import type { Ns } from "./link.ts";

/** One line of `conntrack -L`. */
export interface Flow {
  readonly id: number;
  readonly family: 4 | 6;
  readonly proto: number;
  /** TCP or SCTP state by conntrack's name (`ESTABLISHED`), else absent. */
  readonly state?: string;
  /** Seconds until it goes. */
  readonly timeout: number;
  readonly original: FlowSide;
  readonly reply: FlowSide;
  readonly mark: number;
  readonly zone: number;
  readonly replied: boolean;
  readonly assured: boolean;
  readonly confirmed: boolean;
  readonly snat: boolean;
  readonly dnat: boolean;
  readonly helper?: string;
}

/** One direction of a flow with its counters. */
export interface FlowSide {
  readonly src: string;
  readonly dst: string;
  readonly sport: number;
  readonly dport: number;
  /** ICMP only. */
  readonly type?: number;
  readonly code?: number;
  readonly id?: number;
  readonly packets: number;
  readonly bytes: number;
}

/** An endpoint pair; ICMP: `sport` is the id, `dport` is type * 256 + code. */
export interface FlowTuple {
  readonly src: string;
  readonly dst: string;
  readonly sport: number;
  readonly dport: number;
}

/** What ctnetlink is told of an entry; `state` is the protocol's number, `status` IPS_* bits to add, `timeout` seconds. */
export interface FlowChange {
  readonly proto: number;
  readonly zone: number;
  readonly original: FlowTuple;
  readonly reply: FlowTuple;
  readonly timeout?: number;
  readonly mark?: number;
  readonly state?: number;
  readonly status: number;
}

/** Counters of `conntrack -S`. */
export interface FlowStatistics {
  readonly found: number;
  readonly invalid: number;
  readonly insert: number;
  readonly insertFailed: number;
  readonly drop: number;
  readonly earlyDrop: number;
  readonly clashResolve: number;
}

/** A conntrack event, as `conntrack -E` prints it. */
export interface FlowEvent {
  readonly ns: Ns;
  readonly event: "NEW" | "UPDATE" | "DESTROY";
  readonly flow: Flow;
}

/** Packets and bytes of one rule. */
export interface Count {
  readonly packets: number;
  readonly bytes: number;
}

/** iptables' four modelled tables plus security, in the order `/proc/net/ip_tables_names` may hold them. */
export type Table = "raw" | "mangle" | "nat" | "filter" | "security";

/** A table of iptables by its name, or one of nftables by its number in the plane, from `PROGRAM.NFT` on. */
export type TableRef = Table | number;
