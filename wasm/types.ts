/**
 * What crosses the joint between TypeScript and the plane: the plane is the kernel, this is its system call table.
 * Addresses are texts (`10.0.0.1`, `fd00::1`), prefixes `10.0.0.0/24`, MACs `02:00:00:00:00:01`, times virtual milliseconds.
 * The kernel's refusals come back as {@link Failure} values; a call that makes no sense to the plane itself throws.
 */
import type { Failure, Result } from "../core/base/mod.ts";

/** A network namespace's number in the plane. */
export type Ns = number;

/** An interface index within its namespace, as `ip link` numbers them (`lo` is 1). */
export type IfIndex = number;

/** Device kinds by rtnetlink's names; `""` is a device without kind (lo). `tun` is a port held by the outside ({@link PlaneApi.inject}). */
export type LinkKind = "" | "veth" | "bridge" | "vxlan" | "dummy" | "tun" | "vlan" | "macvlan" | "ipvlan" | "ipip";

/** What `ip link add` says. */
export interface LinkSpec {
  readonly kind: LinkKind;
  readonly name: string;
  readonly mac?: string;
  readonly mtu?: number;
  /** veth: the other end; `ns` is where it is born (the same namespace by default). */
  readonly peer?: { readonly name: string; readonly ns?: Ns; readonly mac?: string; readonly mtu?: number };
  readonly vxlan?: {
    readonly id: number;
    readonly local?: string;
    readonly remote?: string;
    readonly dev?: IfIndex;
    readonly port?: number;
    readonly learning?: boolean;
    readonly ttl?: number;
  };
  /** vlan, macvlan, ipvlan: the device underneath and the mode or tag. */
  readonly lower?: IfIndex;
  readonly vlanId?: number;
  readonly mode?: string;
}

/** What `ip link set` changes; absent fields stay. `master: 0` is nomaster. */
export interface LinkChange {
  readonly up?: boolean;
  readonly name?: string;
  readonly mac?: string;
  readonly mtu?: number;
  readonly master?: IfIndex;
  readonly ns?: Ns;
  readonly arp?: boolean;
  readonly promisc?: boolean;
  readonly txqlen?: number;
  /** Bridge port flags (`bridge link set`, `type bridge_slave`). */
  readonly hairpin?: boolean;
  readonly learning?: boolean;
  readonly flood?: boolean;
  readonly isolated?: boolean;
  /** Bridge options (`type bridge ...`). */
  readonly ageing?: number;
  readonly mcastSnooping?: boolean;
  readonly stp?: boolean;
  readonly vlanFiltering?: boolean;
}

/** One line pair of `ip -s link show`. */
export interface Link {
  readonly index: IfIndex;
  readonly name: string;
  readonly kind: LinkKind;
  readonly mac: string;
  readonly mtu: number;
  readonly txqlen: number;
  /** IFF_UP: administratively up. */
  readonly up: boolean;
  /** Lower layer up: the peer, or a bridge's port, is up too. */
  readonly carrier: boolean;
  readonly arp: boolean;
  readonly promisc: boolean;
  readonly operstate: "UNKNOWN" | "DOWN" | "UP" | "LOWERLAYERDOWN";
  readonly master: IfIndex;
  /** veth: the peer's index; vxlan, vlan, macvlan: the device underneath; 0 for none. */
  readonly link: IfIndex;
  /** The namespace {@link link} is in. */
  readonly linkNs: Ns;
  readonly hairpin: boolean;
  readonly learning: boolean;
  readonly flood: boolean;
  readonly isolated: boolean;
  readonly stp: boolean;
  readonly vlanFiltering: boolean;
  readonly mcastSnooping: boolean;
  readonly ageing: number;
  readonly vxlan?: {
    readonly id: number;
    readonly local: string;
    readonly remote: string;
    readonly dev: IfIndex;
    readonly port: number;
    readonly learning: boolean;
  };
  readonly rx: LinkStats;
  readonly tx: LinkStats;
}

/** Counters of one direction of a device. */
export interface LinkStats {
  readonly bytes: number;
  readonly packets: number;
  readonly errors: number;
  readonly dropped: number;
}

/** Route, address and rule scopes and tables are numbers as rtnetlink has them (global 0, link 253, host 254; main 254, local 255). */
export interface AddressSpec {
  /** Address with prefix length: `192.168.1.10/24`. */
  readonly address: string;
  readonly peer?: string;
  readonly broadcast?: string;
  readonly label?: string;
  readonly scope?: number;
  /** `noprefixroute`: no connected route. */
  readonly noPrefixRoute?: boolean;
}

/** One `inet` or `inet6` line of `ip addr show`. */
export interface Address extends AddressSpec {
  readonly dev: IfIndex;
  readonly scope: number;
  readonly secondary: boolean;
  readonly tentative: boolean;
}

/** rtm_type by name. */
export type RouteType =
  | "unicast"
  | "local"
  | "broadcast"
  | "multicast"
  | "blackhole"
  | "unreachable"
  | "prohibit"
  | "throw";

/** What `ip route add` says; `to` is a prefix (`0.0.0.0/0` for default). */
export interface RouteSpec {
  readonly to: string;
  readonly type?: RouteType;
  readonly table?: number;
  readonly metric?: number;
  readonly tos?: number;
  readonly via?: string;
  readonly dev?: IfIndex;
  readonly src?: string;
  readonly scope?: number;
  /** rtm_protocol: 2 kernel, 3 boot (the default), 4 static. */
  readonly protocol?: number;
  readonly onlink?: boolean;
  readonly mtu?: number;
  readonly advmss?: number;
  readonly nexthops?: readonly NextHop[];
}

/** One leg of a multipath route; `weight` counts from 1. */
export interface NextHop {
  readonly via?: string;
  readonly dev?: IfIndex;
  readonly weight: number;
  readonly onlink?: boolean;
}

/** One line of `ip route show table all`. */
export interface Route extends RouteSpec {
  readonly type: RouteType;
  readonly table: number;
  readonly scope: number;
  readonly protocol: number;
  readonly metric: number;
  readonly linkdown: boolean;
  readonly dead: boolean;
}

/** What `ip route get` asks. */
export interface RouteQuery {
  readonly to: string;
  readonly from?: string;
  readonly iif?: IfIndex;
  readonly oif?: IfIndex;
  readonly mark?: number;
  readonly tos?: number;
  readonly proto?: number;
  readonly sport?: number;
  readonly dport?: number;
}

/** What `ip route get` is told. */
export interface RouteAnswer {
  readonly type: RouteType;
  readonly to: string;
  readonly via?: string;
  readonly dev: IfIndex;
  readonly src: string;
  readonly table: number;
  readonly mtu?: number;
}

/** A policy rule; prefixes absent mean all. */
export interface RuleSpec {
  readonly family: 4 | 6;
  readonly priority?: number;
  readonly not?: boolean;
  readonly from?: string;
  readonly to?: string;
  readonly iif?: string;
  readonly oif?: string;
  readonly mark?: number;
  readonly mask?: number;
  readonly tos?: number;
  readonly proto?: number;
  readonly sport?: readonly [number, number];
  readonly dport?: readonly [number, number];
  readonly table?: number;
  readonly action?: "lookup" | "blackhole" | "unreachable" | "prohibit" | "goto" | "nop";
  readonly goto?: number;
  readonly suppressPrefixLength?: number;
}

/** A neighbour entry's state by iproute2's name. */
export type NeighbourState =
  | "INCOMPLETE"
  | "REACHABLE"
  | "STALE"
  | "DELAY"
  | "PROBE"
  | "FAILED"
  | "NOARP"
  | "PERMANENT";

/** One line of `ip neigh show`. */
export interface Neighbour {
  readonly ip: string;
  readonly dev: IfIndex;
  readonly mac?: string;
  readonly state: NeighbourState;
  readonly proxy?: boolean;
  readonly router?: boolean;
}

/** One line of `bridge fdb show`: a learned or static address on a port, or a vxlan destination. */
export interface FdbEntry {
  readonly mac: string;
  /** The port, or the vxlan device. */
  readonly dev: IfIndex;
  readonly master: IfIndex;
  /** vxlan: the far VTEP. */
  readonly dst?: string;
  readonly vlan?: number;
  readonly permanent: boolean;
  readonly static: boolean;
  readonly self: boolean;
  /** Virtual milliseconds since it was last seen. */
  readonly age: number;
}

/** One line of `conntrack -L`. */
export interface Flow {
  readonly id: number;
  readonly family: 4 | 6;
  readonly proto: number;
  /** TCP or SCTP state by conntrack's name (`ESTABLISHED`), else absent. */
  readonly state?: string;
  /** Seconds until it goes. */
  readonly timeout: number;
  readonly original: FlowSide;
  readonly reply: FlowSide;
  readonly mark: number;
  readonly zone: number;
  readonly replied: boolean;
  readonly assured: boolean;
  readonly confirmed: boolean;
  readonly snat: boolean;
  readonly dnat: boolean;
  readonly helper?: string;
}

/** One direction of a flow with its counters. */
export interface FlowSide {
  readonly src: string;
  readonly dst: string;
  readonly sport: number;
  readonly dport: number;
  /** ICMP only. */
  readonly type?: number;
  readonly code?: number;
  readonly id?: number;
  readonly packets: number;
  readonly bytes: number;
}

/** A conntrack event, as `conntrack -E` prints it. */
export interface FlowEvent {
  readonly ns: Ns;
  readonly event: "NEW" | "UPDATE" | "DESTROY";
  readonly flow: Flow;
}

/** Packets and bytes of one rule. */
export interface Count {
  readonly packets: number;
  readonly bytes: number;
}

/** iptables' four modelled tables plus security, in the order `/proc/net/ip_tables_names` may hold them. */
export type Table = "raw" | "mangle" | "nat" | "filter" | "security";

// ------------------------------------------------------------------------------------------------ sockets

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
}

// ------------------------------------------------------------------------------------------------ evidence

/** One thing that happened to a traced packet, in order. Names of devices and rules are resolved by `core/linux/trace`. */
export interface TraceRecord {
  readonly time: number;
  /** Which walk this belongs to, as {@link PlaneApi.trace} numbers them; answers share it. */
  readonly trace: number;
  readonly ns: Ns;
  readonly dev: IfIndex;
  readonly layer: "socket" | "link" | "bridge" | "arp" | "route" | "hook" | "nat" | "conntrack" | "tunnel" | "local";
  /** A word of the table in `wasm/src/trace.rs`, such as `sent`, `received`, `matched`, `translated`, `forwarded`, `delivered`, `dropped`. */
  readonly action: string;
  /** Why, for drops and refusals: `no-route`, `rp-filter`, `policy`, `rule`, `ttl`, `no-socket`, `neighbour-failed` ... */
  readonly reason?: string;
  /** hook records: family, table, rule number in the table's program; counters moved. */
  readonly table?: Table;
  readonly hook?: "PREROUTING" | "INPUT" | "FORWARD" | "OUTPUT" | "POSTROUTING";
  readonly rule?: number;
  readonly family?: 4 | 6;
  /** The packet after this step. */
  readonly packet: PacketView;
  /** route records: the route taken. */
  readonly via?: string;
  readonly oif?: IfIndex;
  readonly routeTable?: number;
}

/** A packet's fields, for people. */
export interface PacketView {
  readonly family: 4 | 6;
  readonly proto: number;
  readonly src: string;
  readonly dst: string;
  readonly sport: number;
  readonly dport: number;
  readonly ttl: number;
  readonly mark: number;
  /** TCP flags as `SA`; ICMP `type/code`. */
  readonly flags?: string;
  readonly type?: number;
  readonly code?: number;
  readonly length: number;
  readonly ethSrc?: string;
  readonly ethDst?: string;
}

/** A frame seen on a captured device. */
export interface CapturedFrame {
  readonly time: number;
  readonly ns: Ns;
  readonly dev: IfIndex;
  readonly outgoing: boolean;
  /** The frame from its Ethernet header on (tun devices: from the IP header on). */
  readonly bytes: Uint8Array;
}

/** A link, address, route or neighbour change: what `ip monitor` listens to. */
export interface KernelEvent {
  readonly ns: Ns;
  readonly what: "link" | "address" | "route" | "neighbour" | "rule" | "netns";
  readonly deleted: boolean;
  readonly value: Link | Address | Route | Neighbour;
}

// ------------------------------------------------------------------------------------------------ the call table

/** Every call the plane answers. `Plane` in `mod.ts` is the one implementation. */
export interface PlaneApi {
  // namespaces
  addNamespace(): Ns;
  removeNamespace(ns: Ns): void;

  // devices
  addLink(ns: Ns, spec: LinkSpec): Result<IfIndex>;
  setLink(ns: Ns, dev: IfIndex, change: LinkChange): Failure | null;
  removeLink(ns: Ns, dev: IfIndex): Failure | null;
  links(ns: Ns): Link[];
  /** netem on a device's egress: milliseconds, fractions of 1, bits a second. */
  setNetem(
    ns: Ns,
    dev: IfIndex,
    netem: {
      delay?: number;
      jitter?: number;
      loss?: number;
      rate?: number;
      duplicate?: number;
      corrupt?: number;
      reorder?: number;
    } | null,
  ): Failure | null;

  // addresses, neighbours, fdb
  addAddress(ns: Ns, dev: IfIndex, spec: AddressSpec): Failure | null;
  removeAddress(ns: Ns, dev: IfIndex, address: string): Failure | null;
  addresses(ns: Ns): Address[];
  /** `mode` as in `ip neigh add|change|replace`. */
  addNeighbour(ns: Ns, entry: Neighbour, mode: "add" | "change" | "replace"): Failure | null;
  removeNeighbour(ns: Ns, dev: IfIndex, ip: string): Failure | null;
  neighbours(ns: Ns): Neighbour[];
  addFdb(ns: Ns, entry: Omit<FdbEntry, "age">, mode: "add" | "append" | "replace"): Failure | null;
  removeFdb(ns: Ns, entry: { mac: string; dev: IfIndex; dst?: string; vlan?: number }): Failure | null;
  fdb(ns: Ns): FdbEntry[];

  // routes and rules
  addRoute(ns: Ns, route: RouteSpec, mode: "add" | "append" | "prepend" | "replace" | "change"): Failure | null;
  removeRoute(ns: Ns, route: RouteSpec): Failure | null;
  routes(ns: Ns, family: 4 | 6): Route[];
  routeGet(ns: Ns, query: RouteQuery): Result<RouteAnswer>;
  addRule(ns: Ns, rule: RuleSpec): Failure | null;
  removeRule(ns: Ns, rule: RuleSpec): Failure | null;
  rules(ns: Ns, family: 4 | 6): RuleSpec[];

  // sysctls that the plane obeys (`SYSCTLS` in `abi.ts`); `dev` for conf/DEV ones, "all" and "default" included
  setSysctl(ns: Ns, key: string, value: number): Failure | null;
  sysctl(ns: Ns, key: string): number | undefined;

  // netfilter
  /** Replaces a table by a compiled program (see `wasm/src/filter/program.rs`); counters start at those given in it. */
  loadTable(ns: Ns, family: 4 | 6, table: Table, program: Uint32Array): Failure | null;
  /** Takes the table away, as if its module had never been loaded. */
  dropTable(ns: Ns, family: 4 | 6, table: Table): void;
  /** Counters of every rule and policy, in program order: packets, bytes, packets, bytes ... */
  counters(ns: Ns, family: 4 | 6, table: Table): Float64Array;
  /** Sets by program order as well: compiled set definitions and members. */
  loadSet(ns: Ns, id: number, program: Uint32Array): Failure | null;
  dropSet(ns: Ns, id: number): Failure | null;
  setMembers(ns: Ns, id: number): Uint32Array;
  flows(ns: Ns): Flow[];
  removeFlows(ns: Ns, keep: (flow: Flow) => boolean): Flow[];
  /** Conntrack events since the last call; off until `on`. */
  watchFlows(on: boolean): void;
  takeFlowEvents(): FlowEvent[];

  // sockets: never block; look with `socketView`, wait for `takeWakeups`
  socket(ns: Ns, kind: SocketKind, family: 4 | 6, protocol?: number): SocketId;
  setSocket(id: SocketId, options: SocketOptions): Failure | null;
  bind(id: SocketId, address: string, port: number): Failure | null;
  listen(id: SocketId, backlog: number): Failure | null;
  /** TCP starts the handshake (EINPROGRESS is null here); datagram sockets fix their peer. */
  connect(id: SocketId, address: string, port: number): Failure | null;
  accept(id: SocketId): Result<SocketId>;
  /** Bytes taken, or a failure; TCP may take fewer than offered. */
  send(id: SocketId, data: Uint8Array): Result<number>;
  /** ICMP sockets: `data` is the message from its type byte on (the plane fills id and checksum). Raw sockets: the payload after IP. */
  sendTo(id: SocketId, data: Uint8Array, address: string, port: number, from?: string): Result<number>;
  /** TCP bytes; an empty array at end of stream, EAGAIN when there is nothing yet. */
  receive(id: SocketId, limit: number): Result<Uint8Array>;
  receiveFrom(id: SocketId): Result<Datagram>;
  takeError(id: SocketId): SocketError | undefined;
  shutdown(id: SocketId): Failure | null;
  close(id: SocketId): void;
  socketView(id: SocketId): SocketView;
  sockets(ns: Ns): SocketView[];
  /** Sockets whose view changed since the last call, in order, each once. */
  takeWakeups(): SocketId[];

  // packets from and to the outside: tun devices
  inject(ns: Ns, dev: IfIndex, bytes: Uint8Array): void;
  takeOut(): CapturedFrame[];

  // time
  /** Virtual milliseconds since the plane began. */
  now(): number;
  /** When the next event is due, or Infinity. Walks already under way are never pending: calls that send run them to their end. */
  nextEvent(): number;
  /** Runs every event due by then and moves time there. */
  run(until: number): void;

  // evidence
  /** Starts tracing what the socket sends next, or what a tun device is given next; the number marks the records. Answers share it. */
  trace(socket: SocketId): number;
  takeTrace(): TraceRecord[];
  capture(ns: Ns, dev: IfIndex, on: boolean): void;
  takeFrames(): CapturedFrame[];
  watchKernel(on: boolean): void;
  takeKernelEvents(): KernelEvent[];
}
