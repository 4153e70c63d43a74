import type { core } from "../object.ts";

/** What the server makes of a Node's addresses for pods: `podCIDR` is the first of `podCIDRs`, and the one that counts. */
export function defaultNode({ spec }: { spec: core.NodeSpec }): void {
  const cidrs = spec.podCIDRs ?? [];
  if (spec.podCIDR) spec.podCIDRs = [spec.podCIDR, ...cidrs.slice(1)];
  else if (cidrs[0] !== undefined) spec.podCIDR = cidrs[0];
}
