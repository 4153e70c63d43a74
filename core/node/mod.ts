/** Where intent meets mechanism: what runs on every node. */
export { ClusterNode, type ClusterNodeParts } from "./cluster_node.ts";
export * from "./calico/mod.ts";
export * from "./kubelet/mod.ts";
export * from "./network/mod.ts";
export * from "./policy/mod.ts";
export * from "./proxy/mod.ts";
export { type ProxyAgent, type ProxyAgentOptions, startProxyAgent } from "./proxy_agent.ts";
export { type ModeName, MODES } from "./proxy_modes/table.ts";
