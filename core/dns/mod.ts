/** DNS: names, records, messages, and how a place resolves. Asks through whatever network its host hands it. */
export * from "./fit.ts";
export * from "./message.ts";
export * from "./name.ts";
export * from "./numbers.ts";
export { canonicalAddress, isRdata } from "./rdata.ts";
export * from "./record.ts";
export * from "./resolver/attempt.ts";
export * from "./resolver/exchange.ts";
export * from "./resolver/getaddrinfo.ts";
export * from "./resolver/glibc.ts";
export * from "./resolver/host.ts";
export * from "./resolver/hosts.ts";
export * from "./resolver/musl.ts";
export * from "./resolver/nsswitch.ts";
export * from "./resolver/resolv_conf.ts";
export * from "./resolver/search.ts";
export * from "./strings.ts";
export * from "./zone_file.ts";
