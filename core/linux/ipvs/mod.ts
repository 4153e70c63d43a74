/** IPVS: virtual servers of a namespace, and ipvsadm. */
export { type Ipvs, type IpvsLoad, ipvsOf, type IpvsRefusal } from "./ipvs.ts";
export { ipvsadm } from "./program.ts";
export * from "./types.ts";
