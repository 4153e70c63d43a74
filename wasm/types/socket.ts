/** Sockets: what programs hold. */
import type { IfIndex } from "./link.ts";

/** A socket's number in the plane. */
export type SocketId = number;

/** What a socket is: `icmp` is the ping socket (echo id = port); `raw` sees every packet of its protocol; `packet` every frame of a device. */
export type SocketKind = "tcp" | "udp" | "icmp" | "raw";

/** Options of setsockopt(2) and friends; absent ones stay. */
export interface SocketOptions {
  readonly ttl?: number;
  readonly tos?: number;
  readonly mark?: number;
  readonly device?: IfIndex;
  readonly dontFragment?: boolean;
  readonly reuseAddress?: boolean;
  readonly broadcast?: boolean;
  readonly noDelay?: boolean;
  readonly keepAlive?: boolean;
  readonly transparent?: boolean;
  /** RFC 3542 hop of answers wanted; errors queue (IP_RECVERR) is always on. */
  readonly uid?: number;
  /** SO_LINGER 0: close sends RST. */
  readonly abort?: boolean;
  /** IPV6_V6ONLY: `::` stands for IPv6 peers alone. */
  readonly v6Only?: boolean;
}

/** A datagram or an ICMP message that arrived. */
export interface Datagram {
  readonly from: string;
  readonly fromPort: number;
  /** The address it was sent to (IP_PKTINFO). */
  readonly to: string;
  readonly dev: IfIndex;
  readonly ttl: number;
  readonly tos: number;
  /** ICMP sockets: the message's type and code. */
  readonly type?: number;
  readonly code?: number;
  readonly data: Uint8Array;
}

/** An entry of the socket's error queue (IP_RECVERR). */
export interface SocketError {
  readonly errno: string;
  /** local 1, icmp 2, icmp6 3 (SO_EE_ORIGIN_*). */
  readonly origin: "local" | "icmp" | "icmp6";
  readonly type: number;
  readonly code: number;
  /** PMTU for fragmentation needed. */
  readonly info: number;
  /** Who sent the ICMP error. */
  readonly offender?: string;
  /** The datagram's destination. */
  readonly dst: string;
  readonly dport: number;
  readonly data: Uint8Array;
}

/** What a socket can do right now, and where it is bound; for poll and `ss`. */
export interface SocketView {
  readonly id: SocketId;
  readonly family: number;
  readonly v6Only: boolean;
  readonly kind: SocketKind;
  /** TCP state by ss's name (`LISTEN`, `ESTAB`, `TIME-WAIT` ...); `UNCONN` for datagram sockets. */
  readonly state: string;
  readonly local: string;
  readonly localPort: number;
  readonly remote: string;
  readonly remotePort: number;
  readonly readable: boolean;
  readonly writable: boolean;
  /** The pending SO_ERROR's errno name, if any (reading a view does not clear it). */
  readonly error?: string;
  readonly recvQueue: number;
  readonly sendQueue: number;
  /** End of stream was received. */
  readonly eof: boolean;
  readonly uid: number;
  readonly mark: number;
  /** SO_BINDTODEVICE; 0 for any. */
  readonly dev: IfIndex;
  /** TCP: the pending timer as inet_diag numbers them (0 none, 1 on, 2 keepalive, 3 timewait, 4 persist). */
  readonly timer: number;
  /** Virtual milliseconds until it is due, and how often it already was. */
  readonly expires: number;
  readonly retries: number;
  readonly tos: number;
}
