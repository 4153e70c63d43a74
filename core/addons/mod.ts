/** What clusters run in pods and podwire brings along: CoreDNS. */
export * from "./coredns/mod.ts";
