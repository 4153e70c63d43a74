/** Virtual servers: what `ipvsadm` adds, edits and lists. */

/** Protocols a virtual server can have. */
export type IpvsProtocol = "tcp" | "udp" | "sctp";

/** Schedulers by ipvsadm's words. */
export const SCHEDULERS = [
  "rr",
  "wrr",
  "lc",
  "wlc",
  "lblc",
  "lblcr",
  "dh",
  "sh",
  "sed",
  "nq",
  "fo",
  "ovf",
  "mh",
] as const;

/** One of {@link SCHEDULERS}. */
export type Scheduler = (typeof SCHEDULERS)[number];

/** How packets get to a real server: masquerading is the one that is modelled. */
export type Forwarding = "Masq" | "Route" | "Tunnel";

/** A virtual server's address. */
export interface VirtualAddress {
  readonly protocol: IpvsProtocol;
  readonly address: string;
  readonly port: number;
}

/** A virtual server. */
export interface VirtualServer extends VirtualAddress {
  readonly scheduler: Scheduler;
  /** Seconds a client keeps its real server; undefined without persistence. */
  readonly persistent?: number;
  readonly servers: readonly RealServer[];
}

/** A real server behind it. */
export interface RealServer {
  readonly address: string;
  readonly port: number;
  readonly forward: Forwarding;
  /** 0: no new connections. */
  readonly weight: number;
}

/** `10.96.0.1:443`, `[fd00::1]:443`. */
export function socketText({ address, port }: { readonly address: string; readonly port: number }): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}

/** What a virtual server is known by. */
export function serverKey({ protocol, address, port }: VirtualAddress): string {
  return `${protocol} ${socketText({ address, port })}`;
}
