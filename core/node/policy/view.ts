/**
 * What NetworkPolicies (networking.k8s.io/v1) say of a cluster, as a small value: who is isolated, and what is let through.
 * It is computed from objects, judged by {@link decide}, and printed by pod networks that enforce policies.
 */
import { order } from "../../base/mod.ts";
import type { LabelSelector, Namespace, networking, NetworkPolicy, Pod } from "../../kube/mod.ts";

/** A direction as `policyTypes` names it. */
export type Direction = "Ingress" | "Egress";
/** Transport protocols that policies know. */
export type PolicyProtocol = "TCP" | "UDP" | "SCTP";
type Labels = Readonly<Record<string, string>>;

/** The policies of a cluster, and what their selectors look at. */
export interface PolicyView {
  /** By namespace and name in order. */
  readonly policies: readonly PolicyRules[];
  /** Labels of the namespaces, by name. */
  readonly namespaces: ReadonlyMap<string, Labels>;
  /** Pods that policies apply to: those with an address of their own that have not ended. */
  readonly pods: readonly PolicyPod[];
}

/** One policy, all defaults filled in. */
export interface PolicyRules {
  readonly namespace: string;
  readonly name: string;
  /** The pods of its namespace that it isolates. */
  readonly pods: LabelSelector;
  /** What may come in; undefined where it does not isolate that direction. */
  readonly ingress: readonly PolicyRule[] | undefined;
  /** What may go out; undefined where it does not isolate that direction. */
  readonly egress: readonly PolicyRule[] | undefined;
}

/** Any of these peers by any of these ports; an empty list is everything. */
export interface PolicyRule {
  readonly peers: readonly Peer[];
  readonly ports: readonly PortRange[];
}

/** Pods by their labels and their namespace's (no namespace selector: the policy's own namespace), or addresses. */
export type Peer =
  | { readonly kind: "pods"; readonly pods?: LabelSelector; readonly namespaces?: LabelSelector }
  | { readonly kind: "block"; readonly cidr: string; readonly except: readonly string[] };

/** Ports of a protocol: all, a named one, or a range of numbers. */
export interface PortRange {
  readonly protocol: PolicyProtocol;
  readonly port?: string | { readonly first: number; readonly last: number };
}

/** A pod as policies see it. */
export interface PolicyPod {
  readonly namespace: string;
  readonly name: string;
  readonly node: string;
  readonly serviceAccount: string | undefined;
  readonly labels: Labels;
  readonly addresses: readonly string[];
  readonly ports: readonly { readonly name: string; readonly protocol: PolicyProtocol; readonly port: number }[];
}

/** The objects that policies are made of. */
export interface PolicyObjects {
  readonly policies: readonly NetworkPolicy[];
  readonly namespaces: readonly Namespace[];
  readonly pods: readonly Pod[];
}

/** The view of a cluster's objects. */
export function policyView({ policies, namespaces, pods }: PolicyObjects): PolicyView {
  return {
    policies: policies.map(rulesOf).sort(byNamespaceAndName),
    namespaces: new Map(namespaces.map(({ metadata }) => [metadata.name, metadata.labels ?? {}])),
    pods: pods.flatMap((pod) => {
      const addresses = addressesOf(pod);
      return addresses.length === 0 ? [] : policyPod(pod, addresses) ?? [];
    }),
  };
}

function byNamespaceAndName(a: PolicyRules, b: PolicyRules): number {
  return order(a.namespace, b.namespace) || order(a.name, b.name);
}

function rulesOf({ metadata, spec }: NetworkPolicy): PolicyRules {
  const types = spec.policyTypes ?? defaultTypes(spec);
  return {
    namespace: metadata.namespace ?? "",
    name: metadata.name,
    pods: spec.podSelector ?? {},
    ingress: types.includes("Ingress")
      ? (spec.ingress ?? []).map(({ from, ports }) => ruleOf(from ?? [], ports ?? []))
      : undefined,
    egress: types.includes("Egress")
      ? (spec.egress ?? []).map(({ to, ports }) => ruleOf(to ?? [], ports ?? []))
      : undefined,
  };
}

/** Ingress always, Egress where there are egress rules: what the API server fills in. */
function defaultTypes({ egress }: networking.NetworkPolicySpec): string[] {
  return (egress ?? []).length > 0 ? ["Ingress", "Egress"] : ["Ingress"];
}

function ruleOf(
  peers: readonly networking.NetworkPolicyPeer[],
  ports: readonly networking.NetworkPolicyPort[],
): PolicyRule {
  return { peers: peers.map(peerOf), ports: ports.map(portOf) };
}

function peerOf({ ipBlock, podSelector, namespaceSelector }: networking.NetworkPolicyPeer): Peer {
  if (ipBlock !== undefined) return { kind: "block", cidr: ipBlock.cidr, except: ipBlock.except ?? [] };
  return {
    kind: "pods",
    ...(podSelector === undefined ? {} : { pods: podSelector }),
    ...(namespaceSelector === undefined ? {} : { namespaces: namespaceSelector }),
  };
}

function portOf({ protocol, port, endPort }: networking.NetworkPolicyPort): PortRange {
  const of = { protocol: (protocol ?? "TCP") as PolicyProtocol };
  if (port === undefined || port === null) return of;
  const text = String(port);
  if (!/^\d+$/.test(text)) return { ...of, port: text };
  return { ...of, port: { first: Number(text), last: endPort ?? Number(text) } };
}

/** The addresses that a pod's status tells. */
export function addressesOf({ status }: Pod): string[] {
  const all = (status?.podIPs ?? []).flatMap(({ ip }) => ip ?? []);
  return all.length > 0 ? all : [status?.podIP ?? ""].filter((ip) => ip !== "");
}

/** A pod with these addresses; undefined for one of the host's network, without a node, or that has ended. */
export function policyPod({ metadata, spec, status }: Pod, addresses: readonly string[]): PolicyPod | undefined {
  const ended = status?.phase === "Succeeded" || status?.phase === "Failed";
  if (spec.hostNetwork === true || ended || spec.nodeName === undefined) return undefined;
  return {
    namespace: metadata.namespace ?? "",
    name: metadata.name,
    node: spec.nodeName,
    serviceAccount: spec.serviceAccountName,
    labels: metadata.labels ?? {},
    addresses,
    ports: spec.containers.flatMap(({ ports = [] }) =>
      ports.flatMap(({ name, protocol, containerPort }) =>
        name === undefined ? [] : [{ name, protocol: (protocol ?? "TCP") as PolicyProtocol, port: containerPort }]
      )
    ),
  };
}
