/** Whose rule it is: kube-proxy and the pod networks say so in their rules' comments. */
import type { DecidedBy } from "./answers.ts";
import type { Isolation } from "../node/mod.ts";
import type { Cluster } from "./cluster.ts";

/** `ns/name:port has no endpoints`, `ns/name:port has no local endpoints`, `ns/name:port traffic not accepted by KUBE-FW-...`. */
const SERVICE = /--comment "?([a-z0-9-]+)\/([a-z0-9-]+)(?::[a-z0-9-]+)?[ "]/;

/** The object behind a rule: the Service its comment names, or the machine that has it. */
export function decider(rule: string, place: string, cluster: Cluster | undefined): DecidedBy {
  const [, namespace, name] = cluster === undefined ? [] : SERVICE.exec(rule) ?? [];
  if (namespace !== undefined && name !== undefined && cluster?.hasService(namespace, name)) {
    return { kind: "Service", namespace, name, rule };
  }
  const isolation = cluster?.isolationBehind(rule);
  if (isolation !== undefined) return isolated(rule, isolation);
  const [kind = "machine", ...path] = place.split("/");
  const [owner = "", ...rest] = path.reverse();
  return {
    kind: kind === "node" ? "Node" : kind === "pod" ? "Pod" : "Machine",
    namespace: rest[0] ?? "",
    name: owner,
    rule,
  };
}

/** Kubernetes' policies go by their kind's name; Calico's, too. */
function kindOf(kind: string): string {
  return kind === "KubernetesNetworkPolicy" ? "NetworkPolicy" : kind;
}

/** A drop at the end of all policies is each one's work: the first that was asked stands for them. */
function isolated(rule: string, { pod, direction, policies }: Isolation): DecidedBy {
  const [first, ...others] = policies.map((policy) => ({ ...policy, kind: kindOf(policy.kind) }));
  const names = policies.map(({ name }) => name).join(", ");
  return {
    kind: first?.kind ?? "",
    namespace: first?.namespace ?? "",
    name: first?.name ?? "",
    rule,
    because: pod === undefined
      ? `a rule of the policy denies it (${direction})`
      : `no policy allows it: pod ${pod.namespace}/${pod.name} is isolated (${direction}) by ${names}`,
    ...(others.length === 0 ? {} : { also: others.map(({ kind, namespace, name }) => path(kind, namespace, name)) }),
  };
}

/** `NetworkPolicy/shop/web`, `GlobalNetworkPolicy/web`. */
function path(...parts: string[]): string {
  return parts.filter((part) => part !== "").join("/");
}
