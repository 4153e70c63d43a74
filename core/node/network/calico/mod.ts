/** Calico's node agent, Felix, in its iptables mode; its IPAM and CNI plugins. */
export * from "./blame.ts";
export { policyProblems } from "./calico_policies.ts";
export * from "./convert.ts";
export * from "./endpoint_chains.ts";
export * from "./ipam/ipam.ts";
export { utilization } from "./ipam/utilization.ts";
export { blockWalk } from "./ipam/walk.ts";
export * from "./model.ts";
export * from "./names.ts";
export * from "./objects.ts";
export * from "./routes.ts";
export { ChainMemo } from "./rule_text.ts";
export { selects } from "./selector.ts";
export { parseCalicoSelector } from "./selector_text.ts";
export * from "./tables.ts";
export * from "./view.ts";
