/** Kubernetes' objects as Felix sees them (libcalico-go's conversion). */
import type { Peer, PolicyPod, PolicyRule, PolicyRules, PolicyView, PortRange } from "../../policy/mod.ts";
import { interfaceName } from "./names.ts";
import { ANY, type Entity, type FelixEndpoint, type FelixPolicy, type FelixRule, type PortSpan } from "./model.ts";
import {
  both,
  inNamespace,
  NAMESPACE,
  NAMESPACE_PREFIX,
  namespaceSelector,
  ORCHESTRATOR,
  podSelector,
} from "./selector.ts";

/** A NetworkPolicy: it isolates by being there, and its rules allow. */
export function felixPolicy(policy: PolicyRules): FelixPolicy {
  const { namespace, name, pods, ingress, egress } = policy;
  return {
    id: { kind: "KubernetesNetworkPolicy", namespace, name },
    selector: both(podSelector(pods), inNamespace(namespace)),
    ingress: ingress?.flatMap((rule) => felixRules(rule, namespace, "source")),
    egress: egress?.flatMap((rule) => felixRules(rule, namespace, "destination")),
  };
}

/** One rule per protocol and peer, protocols by name. */
function felixRules(rule: PolicyRule, namespace: string, peerSide: "source" | "destination"): FelixRule[] {
  const peers = rule.peers.length === 0 ? [ANY] : rule.peers.map((peer) => entity(peer, namespace));
  return [...portsByProtocol(rule.ports)].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([protocol, ports]) =>
    peers.map((peer): FelixRule => ({
      action: "allow",
      ...(protocol === "" ? {} : { protocol }),
      source: peerSide === "source" ? peer : ANY,
      destination: { ...(peerSide === "source" ? ANY : peer), ...simplify(ports) },
    }))
  );
}

/** A protocol without a port takes all its ports, whatever else is listed. */
function portsByProtocol(ports: readonly PortRange[]): Map<string, PortRange[]> {
  if (ports.length === 0) return new Map([["", []]]);
  const found = new Map<string, PortRange[]>();
  for (const range of ports) {
    const protocol = range.protocol.toLowerCase();
    const known = found.get(protocol);
    if (range.port === undefined) found.set(protocol, []);
    else if (known === undefined) found.set(protocol, [range]);
    else if (known.length > 0) known.push(range);
  }
  return found;
}

/** Numbers in order, neighbours and duplicates joined to ranges where there are two ports by number or more. */
function simplify(ranges: readonly PortRange[]): Pick<Entity, "ports" | "namedPorts"> {
  const namedPorts = ranges.flatMap(({ port }) => typeof port === "string" ? [port] : []);
  const numbers = ranges.flatMap(({ port }) => typeof port === "object" ? [port] : []);
  const ports: { first: number; last: number }[] = [];
  for (const { first, last } of [...numbers].sort((a: PortSpan, b: PortSpan) => a.first - b.first)) {
    const open = ports.at(-1);
    if (open !== undefined && first <= open.last + 1) open.last = Math.max(open.last, last);
    else ports.push({ first, last });
  }
  return { ports, namedPorts };
}

function entity(peer: Peer, namespace: string): Entity {
  if (peer.kind === "block") return { ...ANY, nets: [peer.cidr], notNets: peer.except };
  const space = peer.namespaces === undefined ? inNamespace(namespace) : namespaceSelector(peer.namespaces);
  return { ...ANY, selector: both(space, podSelector(peer.pods)) };
}

/** What Calico adds to the labels of whatever is in a namespace. */
export function inNamespaceLabels(namespace: string, { namespaces }: PolicyView): Readonly<Record<string, string>> {
  const space = Object.entries(namespaces.get(namespace) ?? {}).map(([key, value]) => [NAMESPACE_PREFIX + key, value]);
  return {
    ...Object.fromEntries(space),
    [`${NAMESPACE_PREFIX}projectcalico.org/name`]: namespace,
    [NAMESPACE]: namespace,
  };
}

/** A pod. */
export function endpoint(pod: PolicyPod, view: PolicyView): FelixEndpoint {
  const { namespace, name, node, serviceAccount, addresses, ports } = pod;
  const inherited = inNamespaceLabels(namespace, view);
  return {
    interface: interfaceName(namespace, name),
    name,
    node,
    addresses,
    labels: {
      ...inherited,
      ...pod.labels,
      [NAMESPACE]: namespace,
      [ORCHESTRATOR]: "k8s",
      ...(serviceAccount === undefined ? {} : { "projectcalico.org/serviceaccount": serviceAccount }),
    },
    ports: ports.map(({ protocol, ...port }) => ({ ...port, protocol: protocol.toLowerCase() })),
    profiles: [`kns.${namespace}`, ...serviceAccount === undefined ? [] : [`ksa.${namespace}.${serviceAccount}`]],
  };
}
