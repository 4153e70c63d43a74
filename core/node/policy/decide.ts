/** Whether a PolicyView lets a connection through, and which policies say so. */
import { cidrHas } from "../../base/mod.ts";
import { matches, selectorOf } from "../../kube/mod.ts";
import type {
  Direction,
  Peer,
  PolicyPod,
  PolicyProtocol,
  PolicyRule,
  PolicyRules,
  PolicyView,
  PortRange,
} from "./view.ts";

/** One end of a connection: an address, and the pod that has it, if one has. */
export interface Party {
  readonly address: string;
  readonly pod: PolicyPod | undefined;
}

/** A connection's first packet. */
export interface Attempt {
  readonly from: Party;
  readonly to: Party;
  readonly protocol: PolicyProtocol;
  /** Where it goes to. */
  readonly port: number;
}

/** What one end's policies say. */
export interface Side {
  readonly allowed: boolean;
  /** The policies that isolate this end; none: everything is allowed. */
  readonly isolatedBy: readonly PolicyRules[];
  /** Those of them that allow the connection. */
  readonly allowedBy: readonly PolicyRules[];
}

/** What policies say of a connection: it needs its source's leave to go out, and its target's to come in. */
export interface Decision {
  readonly allowed: boolean;
  readonly egress: Side;
  readonly ingress: Side;
}

/** The policies that isolate a pod in a direction, by name in order. */
export function isolating(view: PolicyView, pod: PolicyPod, direction: Direction): PolicyRules[] {
  return view.policies.filter((policy) =>
    policy.namespace === pod.namespace && rulesFor(policy, direction) !== undefined &&
    matches(selectorOf(policy.pods), pod.labels)
  );
}

/** Judges a connection as NetworkPolicy v1 has it: policies add up, and a pod's talk with itself is not theirs. */
export function decide(view: PolicyView, attempt: Attempt): Decision {
  const self = attempt.from.pod !== undefined && attempt.from.pod === attempt.to.pod;
  const egress = self ? FREE : side(view, attempt, "Egress");
  const ingress = self ? FREE : side(view, attempt, "Ingress");
  return { allowed: egress.allowed && ingress.allowed, egress, ingress };
}

const FREE: Side = { allowed: true, isolatedBy: [], allowedBy: [] };

function side(view: PolicyView, attempt: Attempt, direction: Direction): Side {
  const [own, other] = direction === "Egress" ? [attempt.from, attempt.to] : [attempt.to, attempt.from];
  const isolatedBy = own.pod === undefined ? [] : isolating(view, own.pod, direction);
  if (isolatedBy.length === 0) return FREE;
  const allowedBy = isolatedBy.filter((policy) =>
    (rulesFor(policy, direction) ?? []).some((rule) =>
      meetsPorts(rule, attempt) && meetsPeers(rule, other, { namespaces: view.namespaces, own: policy.namespace })
    )
  );
  return { allowed: allowedBy.length > 0, isolatedBy, allowedBy };
}

function rulesFor(policy: PolicyRules, direction: Direction): readonly PolicyRule[] | undefined {
  return direction === "Egress" ? policy.egress : policy.ingress;
}

function meetsPorts({ ports }: PolicyRule, attempt: Attempt): boolean {
  return ports.length === 0 || ports.some((port) => meetsPort(port, attempt));
}

/** A named port is what the target pod calls so. */
function meetsPort({ protocol, port }: PortRange, attempt: Attempt): boolean {
  if (protocol !== attempt.protocol) return false;
  if (port === undefined) return true;
  if (typeof port !== "string") return attempt.port >= port.first && attempt.port <= port.last;
  return (attempt.to.pod?.ports ?? []).some((one) =>
    one.name === port && one.protocol === protocol && one.port === attempt.port
  );
}

/** Where peers are looked for: labels of namespaces, and the policy's own namespace. */
interface Scope {
  readonly namespaces: PolicyView["namespaces"];
  readonly own: string;
}

function meetsPeers({ peers }: PolicyRule, party: Party, scope: Scope): boolean {
  return peers.length === 0 || peers.some((peer) => meetsPeer(peer, party, scope));
}

function meetsPeer(peer: Peer, { address, pod }: Party, { namespaces, own }: Scope): boolean {
  if (peer.kind === "block") return cidrHas(peer.cidr, address) && !peer.except.some((cidr) => cidrHas(cidr, address));
  if (pod === undefined) return false;
  const space = peer.namespaces === undefined
    ? pod.namespace === own
    : matches(selectorOf(peer.namespaces), namespaces.get(pod.namespace));
  return space && (peer.pods === undefined || matches(selectorOf(peer.pods), pod.labels));
}
