/** Pod networks: each a pure function from the cluster's view to the texts of one node. */
import type { NetworkDesired, NetworkView } from "./view.ts";
import { plainBridge } from "./bridge.ts";
import { flannel } from "./flannel/flannel.ts";

export * from "./calico/mod.ts";
export { publishedMac } from "./flannel/flannel.ts";
export type { NetworkDesired, NetworkNode, NetworkView } from "./view.ts";

/** Whether NetworkPolicies have an effect on a network: flannel and plain bridges know nothing of them. */
export function enforcesPolicies(network: string): boolean {
  return network === "calico";
}

/** The networks a lab can choose that are nothing but texts, by `network` and flannel's backend. */
export const NETWORKS: Readonly<Record<string, (view: NetworkView) => NetworkDesired>> = {
  "flannel": (view) => flannel(view, "vxlan"),
  "flannel/host-gw": (view) => flannel(view, "host-gw"),
  "bridge": plainBridge,
};
