/** What Felix works on: policies as ordered rules over selectors, and the endpoints that they apply to. */
import type { CalicoSelector } from "./selector.ts";

type Labels = Readonly<Record<string, string>>;

/** A policy's name in full. */
export interface PolicyId {
  /** `KubernetesNetworkPolicy`, `NetworkPolicy` (Calico's own), `GlobalNetworkPolicy`. */
  readonly kind: string;
  /** Empty for policies of no namespace. */
  readonly namespace: string;
  readonly name: string;
}

/** A policy. */
export interface FelixPolicy {
  readonly id: PolicyId;
  readonly selector: CalicoSelector;
  /** Undefined where the policy says nothing about that direction. */
  readonly ingress: readonly FelixRule[] | undefined;
  readonly egress: readonly FelixRule[] | undefined;
}

/** Policies that are asked one after the other, before the next tier's. */
export interface FelixTier {
  readonly name: string;
  /** What becomes of packets that policies of the tier apply to and none decides. */
  readonly endsWith: "deny" | "pass";
  /** In the order they are asked. */
  readonly policies: readonly FelixPolicy[];
}

/** A rule: packets of that protocol from there to there. */
export interface FelixRule {
  readonly action: "allow" | "deny" | "pass" | "log";
  /** A protocol's name in small letters, or its number. */
  readonly protocol?: string | number;
  readonly notProtocol?: string | number;
  /** Of one family only. */
  readonly family?: 4 | 6;
  readonly icmp?: { readonly type: number; readonly code?: number };
  readonly source: Entity;
  readonly destination: Entity;
}

/** One side of a rule; what is left out or empty matches everything. */
export interface Entity {
  readonly nets: readonly string[];
  readonly notNets: readonly string[];
  readonly selector?: CalicoSelector;
  readonly notSelector?: CalicoSelector;
  readonly ports: readonly PortSpan[];
  readonly namedPorts: readonly string[];
  readonly notPorts: readonly PortSpan[];
}

/** Ports by number, both ends included. */
export interface PortSpan {
  readonly first: number;
  readonly last: number;
}

/** A side that matches everything. */
export const ANY: Entity = { nets: [], notNets: [], ports: [], namedPorts: [], notPorts: [] };

/** What selectors select from: endpoints, and networks that somebody gave labels. */
export interface Labelled {
  /** Its own labels, and those that Calico adds. */
  readonly labels: Labels;
  /** Addresses, or networks. */
  readonly addresses: readonly string[];
  readonly ports: readonly { readonly name: string; readonly protocol: string; readonly port: number }[];
}

/** A pod's interface, anywhere in the cluster. */
export interface FelixEndpoint extends Labelled {
  readonly interface: string;
  /** The pod's. */
  readonly name: string;
  readonly node: string;
  /** Profiles by name: what applies where no policy does. */
  readonly profiles: readonly string[];
}
