/** The format podwire-parity/1: scenarios with what the real kernel made of their probes. */
import type { Variant } from "../../core/linux/mod.ts";

/** A link line of a scenario; `veth` where no type is given. */
export type LinkLine =
  | {
    readonly type?: "veth";
    readonly a: string;
    readonly b: string;
    readonly mac_a?: string;
    readonly mac_b?: string;
    readonly mtu?: number;
  }
  | {
    readonly type: "bridge";
    readonly ns: string;
    readonly name: string;
    readonly ports?: readonly string[];
    readonly hairpin?: number;
    readonly promisc?: number;
    readonly mac?: string;
    readonly opts?: string;
  }
  | { readonly type: "tun"; readonly ns: string; readonly name: string }
  | { readonly type: "raw"; readonly ns: string; readonly raw: string };

/** A socket that waits in a namespace: TCP accepts, UDP answers. */
export interface ListenerLine {
  readonly ns: string;
  readonly proto: "tcp" | "udp";
  readonly port: number;
  readonly addr?: string;
  /** 6 for a socket of IPv6, which takes IPv4 as well unless `v6only` is 1; 4 where nothing is said. */
  readonly family?: 4 | 6;
  readonly v6only?: 0 | 1;
}

/** A probe sent through a socket. */
export interface SocketProbe {
  readonly from: string;
  readonly proto: "tcp" | "udp" | "icmp";
  readonly src?: string;
  readonly sport?: number;
  readonly dst: string;
  readonly dport: number;
  readonly ttl?: number;
  readonly mark?: number;
  readonly id?: number;
  readonly seq?: number;
  readonly payload?: string;
  readonly count?: number;
}

/** A probe given to a tun port as a packet. */
export interface PacketProbe {
  readonly inject: string;
  readonly src: string;
  readonly dst: string;
  readonly proto: string | number;
  readonly sport?: number;
  readonly dport?: number;
  readonly flags?: string;
  readonly seq?: number;
  readonly ack?: number;
  readonly type?: number;
  readonly code?: number;
  readonly id?: number;
  readonly ipid?: number;
  readonly df?: boolean | number;
  readonly ttl?: number;
  readonly tos?: number;
  readonly payload?: string;
  readonly count?: number;
  /** The whole packet in hex, where it is none that the other fields could say. */
  readonly bytes?: string;
}

/** Either kind. */
export type Probe = SocketProbe | PacketProbe;

/** A world and what is sent through it. */
export interface Scenario {
  readonly name: string;
  readonly namespaces: readonly string[];
  readonly links?: readonly LinkLine[];
  readonly addresses?: Readonly<Record<string, string | readonly string[]>>;
  readonly routes?: Readonly<Record<string, readonly string[]>>;
  readonly ip?: Readonly<Record<string, readonly string[]>>;
  readonly sysctls?: Readonly<Record<string, Readonly<Record<string, number | string>>>>;
  readonly cmds?: Readonly<Record<string, readonly string[]>>;
  readonly ipset?: Readonly<Record<string, string>>;
  readonly iptables?: Readonly<Record<string, string | readonly string[]>>;
  /** The same for ip6tables; `ipv6` must be there. */
  readonly ip6tables?: Readonly<Record<string, string | readonly string[]>>;
  /** Which variant of the tools loads the tables; legacy where nothing is said. */
  readonly variant?: Variant;
  /** Namespaces speak IPv6, without duplicate address detection and limits on errors; `-6` before a line of `ip` is that of `ip -6`. */
  readonly ipv6?: true;
  readonly listeners?: readonly ListenerLine[];
  readonly probes: readonly Probe[];
}

/** One end of a conntrack entry as it is written down. */
export type TupleRecord = Readonly<Record<string, string | number>>;

/** A conntrack entry made or changed by a probe. */
export interface FlowRecord {
  readonly orig: TupleRecord;
  readonly reply: TupleRecord;
  readonly status: readonly string[];
  readonly mark?: number;
  readonly tcp_state?: string;
  readonly sctp_state?: string;
  readonly destroyed?: boolean;
}

/** What became of a probe; fields that say nothing are absent. */
export interface ProbeResult {
  outcome: string;
  received_by?: string;
  seen_src?: string;
  seen_dst?: string;
  client_sees?: string;
  errno?: string;
  icmp?: readonly [number, number];
  icmp_from?: string;
  rules?: Readonly<Record<string, number>>;
  conntrack?: Readonly<Record<string, readonly FlowRecord[]>>;
  out?: readonly string[];
  /** What came out of tun ports, as it was: port and hex. Not compared; {@link shapes} are, where both sides have them. */
  wire?: readonly (readonly [port: string, hex: string])[];
  shapes?: readonly string[];
}

/** A file of recordings. */
export interface Recording {
  readonly format: "podwire-parity/1";
  readonly cases: readonly { readonly scenario: Scenario; readonly results: readonly ProbeResult[] }[];
}

/** The probes one by one, those with a count repeated. */
export function eachProbe(scenario: Scenario): Probe[] {
  return scenario.probes.flatMap((probe) => Array.from({ length: probe.count ?? 1 }, () => probe));
}

/** The recordings in a text; throws when it is another format. */
export function parseRecording(text: string, file: string): Recording {
  const value = JSON.parse(text) as Partial<Recording>;
  if (value.format !== "podwire-parity/1" || !Array.isArray(value.cases)) {
    throw new TypeError(`${file} is not a podwire-parity/1 recording`);
  }
  return value as Recording;
}
