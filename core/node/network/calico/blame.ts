/** Which policies stand behind a rule of Felix's that dropped a packet. */
import type { Store } from "../../../kube/mod.ts";
import { chainName, interfaceName } from "./names.ts";
import { policyKey, WAYS } from "./endpoint_chains.ts";
import type { FelixEndpoint, FelixTier, PolicyId } from "./model.ts";
import { NAMESPACE, selects } from "./selector.ts";
import { felixView } from "./view.ts";

/** A drop, and the policies whose work it is. */
export interface Isolation {
  readonly direction: "Ingress" | "Egress";
  /** In the order they are asked; never empty. */
  readonly policies: readonly PolicyId[];
  /** The pod that they isolate, since none of them allows the packet; undefined where a policy's own rule denies it. */
  readonly pod: { readonly namespace: string; readonly name: string } | undefined;
}

/** The end of a tier in an endpoint's chain: `cali-fw-` is what leaves the pod, `cali-tw-` what comes to it. */
const END_OF_TIER = /^-A cali-([ft])w-(cali\S+) .*"End of tier (\S+)\. /;
/** A policy's own rule: `cali-pi-` of ingress, `cali-po-` of egress. */
const OWN_RULE = /^-A (cali-p([io])-\S+) .*-j DROP$/;

/** What a rule says of policies; undefined for any other rule. */
export function isolationBehind(rule: string, store: Store): Isolation | undefined {
  if (!END_OF_TIER.test(rule) && !OWN_RULE.test(rule)) return undefined;
  const { endpoints, tiers } = felixView(store, { node: "", device: "", mtu: 0, hostAddresses: [] });
  return endOfTier(rule, endpoints, tiers) ?? ownRule(rule, tiers);
}

function endOfTier(
  rule: string,
  endpoints: readonly FelixEndpoint[],
  tiers: readonly FelixTier[],
): Isolation | undefined {
  const [, letter, device, name] = END_OF_TIER.exec(rule) ?? [];
  const endpoint = endpoints.find((each) => each.interface === device);
  const tier = tiers.find((each) => each.name === name);
  if (endpoint === undefined || tier === undefined) return undefined;
  const direction = letter === "f" ? "egress" : "ingress";
  const policies = tier.policies.filter((policy) =>
    policy[direction] !== undefined && selects(policy.selector, endpoint.labels)
  ).map(({ id }) => id);
  const pod = { namespace: endpoint.labels[NAMESPACE] ?? "", name: endpoint.name };
  if (policies.length === 0 || interfaceName(pod.namespace, pod.name) !== device) return undefined;
  return { direction: direction === "egress" ? "Egress" : "Ingress", policies, pod };
}

function ownRule(rule: string, tiers: readonly FelixTier[]): Isolation | undefined {
  const [, chain, letter] = OWN_RULE.exec(rule) ?? [];
  const way = WAYS.find(({ direction }) => direction === (letter === "o" ? "egress" : "ingress"));
  const all = tiers.flatMap(({ policies }) => policies);
  const policy = all.find(({ id }) => way !== undefined && chainName(way.policy, policyKey(id)) === chain);
  if (policy === undefined) return undefined;
  return { direction: letter === "o" ? "Egress" : "Ingress", policies: [policy.id], pod: undefined };
}
