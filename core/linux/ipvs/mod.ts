/** IPVS: virtual servers of a namespace, and ipvsadm. */
export { IPVS_TABLE } from "./compile.ts";
export { type Ipvs, type IpvsLoad, ipvsOf, type IpvsRefusal } from "./ipvs.ts";
export { ipvsadm } from "./program.ts";
export * from "./types.ts";
