/** Which NetworkPolicies stand behind a rule of Felix's that dropped a packet. */
import type { Namespace, NetworkPolicy, Pod, Store } from "../../../kube/mod.ts";
import { type Direction, isolating, type PolicyRules, policyView } from "../../policy/mod.ts";
import { interfaceName } from "./names.ts";

/** The end of a tier in an endpoint's chain: `cali-fw-` is what leaves the pod, `cali-tw-` what comes to it. */
const END_OF_TIER = /^-A cali-([ft])w-(cali\S+) .*"End of tier /;

/** A pod that policies isolate, and those policies: none of them allows the packet. */
export interface Isolation {
  readonly pod: { readonly namespace: string; readonly name: string };
  readonly direction: Direction;
  /** By name in order; never empty. */
  readonly policies: readonly PolicyRules[];
}

/** What a rule says of policies; undefined for any other rule. */
export function isolationBehind(rule: string, store: Store): Isolation | undefined {
  const [, way, device] = END_OF_TIER.exec(rule) ?? [];
  if (device === undefined) return undefined;
  const view = policyView({
    policies: store.list("NetworkPolicy") as NetworkPolicy[],
    namespaces: store.list("Namespace") as Namespace[],
    pods: store.list("Pod") as Pod[],
  });
  const pod = view.pods.find(({ namespace, name }) => interfaceName(namespace, name) === device);
  if (pod === undefined) return undefined;
  const direction = way === "f" ? "Egress" : "Ingress";
  const policies = isolating(view, pod, direction);
  return policies.length === 0 ? undefined : { pod, direction, policies };
}
