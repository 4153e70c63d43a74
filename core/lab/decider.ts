/** Whose rule it is: kube-proxy and the pod networks say so in their rules' comments. */
import type { DecidedBy } from "./answers.ts";
import type { Cluster } from "./cluster.ts";

/** `ns/name:port has no endpoints`, `ns/name:port has no local endpoints`, `ns/name:port traffic not accepted by KUBE-FW-...`. */
const SERVICE = /--comment "?([a-z0-9-]+)\/([a-z0-9-]+)(?::[a-z0-9-]+)?[ "]/;

/** The object behind a rule: the Service its comment names, or the machine that has it. */
export function decider(rule: string, place: string, cluster: Cluster | undefined): DecidedBy {
  const [, namespace, name] = cluster === undefined ? [] : SERVICE.exec(rule) ?? [];
  if (namespace !== undefined && name !== undefined && cluster?.hasService(namespace, name)) {
    return { kind: "Service", namespace, name, rule };
  }
  const [kind = "machine", ...path] = place.split("/");
  const [owner = "", ...rest] = path.reverse();
  return {
    kind: kind === "node" ? "Node" : kind === "pod" ? "Pod" : "Machine",
    namespace: rest[0] ?? "",
    name: owner,
    rule,
  };
}
