/** CoreDNS: its Corefile, its plugins in their release's order, and the program that serves them in a pod. */
export { type Advice, adviseCorefile } from "./advice/advice.ts";
export { CorefileError, type Token } from "./corefile/token.ts";
export { type Corefile, parseCorefile, printCorefile } from "./corefile/parser.ts";
export { type Configuration, configure, readCorefile } from "./configuration.ts";
export { COREDNS_BY_KUBERNETES, COREDNS_VERSION, COREDNS_VERSIONS, corednsFor, pluginOrder } from "./order.ts";
export type { ClusterView, DnsPlugin, DnsQuery, Host, Instance, Outcome } from "./plugin.ts";
export { coreDns, type CoreDnsOptions } from "./program.ts";
export { PLUGINS } from "./plugins/mod.ts";
export { serve } from "./server.ts";
