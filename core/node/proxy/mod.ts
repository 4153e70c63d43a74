/** kube-proxy: a small value first ({@link ServiceView}), then a printer for each mode. */
export * from "./config.ts";
export * from "./conntrack.ts";
export * from "./health.ts";
export * from "./iptables/jumps.ts";
export * from "./iptables/print.ts";
export { printProbability } from "./iptables/rules.ts";
export * from "./iptables/sync.ts";
export { IPVS_CHAINS, IPVS_JUMPS, ipvsSysctls, printIpvsRules } from "./ipvs/rules.ts";
export { IPVS_DEVICE, ipvsAddresses, virtualServers } from "./ipvs/servers.ts";
export { ipvsSets, isIpvsSet, printIpvsSets, setsOfView } from "./ipvs/sets.ts";
export * from "./metrics.ts";
export * from "./names.ts";
export { nftHash } from "./nftables/names.ts";
export { type NftPrinted, printNftables, PROXY_TABLE } from "./nftables/print.ts";
export * from "./nftables/sync.ts";
export * from "./service_views.ts";
export * from "./sysctls.ts";
export * from "./view.ts";
