import type { core } from "../object.ts";

/** What the server makes of a Node's addresses for pods: `podCIDR` is the first of `podCIDRs`, and the one that counts. */
export function defaultNode({ spec }: { spec: core.NodeSpec }): void {
  const first = spec.podCIDRs?.[0];
  if (spec.podCIDR && spec.podCIDR !== first) spec.podCIDRs = [spec.podCIDR];
  else if (first !== undefined) spec.podCIDR = first;
}
