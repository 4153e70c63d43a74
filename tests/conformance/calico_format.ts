/** What `podwire-calico/1` holds. */
import type { KubeObject } from "../../core/kube/mod.ts";

/** A file of recordings. */
export interface CalicoFile {
  readonly felix: readonly FelixWorld[];
  readonly cni: readonly FelixWorld[];
  readonly ipam: readonly IpamSequence[];
  readonly ipam_starts: readonly IpamStart[];
}

/** Nodes with Felix, and what became of their state step by step. */
export interface FelixWorld {
  readonly name: string;
  readonly nodes: readonly FelixNode[];
  readonly before: readonly KubeObject[];
  readonly config: KubeObject;
  readonly env?: Readonly<Record<string, string>>;
  readonly felix_on: readonly string[];
  readonly steps: readonly FelixStep[];
}

/** One node of a world. */
export interface FelixNode {
  readonly name: string;
  readonly subnet: number;
  readonly v6: boolean;
  readonly object: KubeObject;
}

/** A step, and the fields of the nodes' states that it changed. */
export interface FelixStep {
  readonly do: string;
  readonly objects?: readonly KubeObject[];
  readonly nodes?: Readonly<Record<string, Partial<FelixNodeState>>>;
  /** Of a CNI call: where, whose pod, what with, and what came of it. */
  readonly node?: string;
  readonly pod?: string;
  readonly namespace?: string;
  readonly command?: "ADD" | "DEL";
  readonly conf?: Readonly<Record<string, unknown>>;
  readonly object?: boolean;
  readonly rc?: number;
  readonly result?: Readonly<Record<string, unknown>> | null;
  readonly stderr?: string;
  readonly pod_state?: RecordedPod;
  readonly host_interface?: Readonly<Record<string, unknown>>;
  readonly pod_annotations?: Readonly<Record<string, string>> | null;
  readonly blocks?: Readonly<Record<string, unknown>>;
  /** Of probes: who tried what, and how it went. */
  readonly results?: readonly RecordedProbe[];
}

/** A pod's own network. */
export interface RecordedPod {
  readonly mtu: number;
  readonly address: string;
  readonly addrs: readonly { readonly family: string; readonly local: string; readonly prefixlen: number }[];
  readonly routes: readonly RecordedRoute[];
}

/** One attempt. */
export interface RecordedProbe {
  readonly from: string;
  readonly to: string;
  readonly address: string;
  readonly protocol: "icmp" | "udp" | "tcp";
  readonly answer: boolean;
  readonly ttl?: number;
  readonly source_seen?: string;
}

/** A node's state. */
export interface FelixNodeState {
  readonly iptables: readonly string[];
  readonly ip6tables: readonly string[];
  readonly ipsets: Readonly<Record<string, RecordedSet>>;
  readonly links: readonly RecordedLink[];
  readonly addrs: readonly { readonly ifname: string; readonly local: string; readonly prefixlen: number }[];
  readonly routes: readonly RecordedRoute[];
  readonly routes6: readonly RecordedRoute[];
  readonly fdb: readonly { readonly mac: string; readonly ifname: string; readonly dst?: string }[];
  readonly neigh: readonly { readonly dst: string; readonly dev: string; readonly lladdr: string }[];
  readonly sysctls: readonly string[];
}

/** A set. */
export interface RecordedSet {
  readonly type: string;
  readonly family: string;
  readonly maxelem: number;
  readonly members: readonly string[];
}

/** A link, as `ip -j -d link` has it. */
export type RecordedLink = Readonly<Record<string, unknown>> & { readonly ifname: string };
/** A route, as `ip -j route` has it. */
export type RecordedRoute = Readonly<Record<string, unknown>> & { readonly dst: string };

/** Calls of the IPAM library one after the other. */
export interface IpamSequence {
  readonly name: string;
  readonly pools: readonly KubeObject[];
  readonly objects?: readonly KubeObject[];
  readonly hosts: readonly string[];
  readonly labels?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly steps: readonly IpamStep[];
  readonly varies?: readonly number[];
}

/** A call and what came of it. */
export interface IpamStep {
  readonly call: { readonly op: string } & Readonly<Record<string, unknown>>;
  readonly result: unknown;
  readonly error?: string;
  readonly state: Readonly<Record<string, unknown>>;
}

/** The block that a host takes first. */
export interface IpamStart {
  readonly pool: string;
  readonly blockSize: number;
  readonly host: string;
  readonly block: string;
  readonly address: readonly string[];
}
