/** Devices, addresses, neighbours, forwarding tables: what `ip link`, `ip addr`, `ip neigh` and `bridge fdb` say and show. */
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
  readonly tunnel?: Tunnel;
  /** vlan, macvlan, ipvlan: the device underneath, in this namespace unless `lowerNs` says another. */
  readonly lower?: IfIndex;
  readonly lowerNs?: Ns;
  /** vlan: the id, with bits of `TAG`. */
  readonly tag?: number;
  readonly mode?: LinkMode;
  readonly flag?: LinkMode;
}

/** macvlan: private, vepa, bridge, passthru. ipvlan: l2, l3, l3s, and as its flag bridge, private or vepa. */
export type LinkMode = "bridge" | "private" | "vepa" | "passthru" | "l2" | "l3" | "l3s";

/** The data of a vxlan (all but the last two) or ipip device (ends, device, and from `ttl` on). */
export interface Tunnel {
  /** vxlan: the VNI; 0 else. */
  readonly id: number;
  readonly local?: string;
  readonly remote?: string;
  readonly dev?: IfIndex;
  readonly port?: number;
  readonly learning?: boolean;
  /** 0 is inherit, for vxlan the default. */
  readonly ttl?: number;
  /** 1 is inherit. */
  readonly tos?: number;
  readonly pmtudisc?: boolean;
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
  /** Bridge options (`type bridge ...`); `ageing` in hundredths of a second. */
  readonly ageing?: number;
  readonly mcastSnooping?: boolean;
  readonly stp?: boolean;
  readonly vlanFiltering?: boolean;
  readonly defaultPvid?: number;
  /** All VLANs of a bridge or port from now on: ids with bits of `PORTVLAN`. */
  readonly vlans?: readonly number[];
  /** macvlan, ipvlan. */
  readonly mode?: LinkMode;
  readonly flag?: LinkMode;
  /** ipip: its data from now on. */
  readonly tunnel?: Tunnel;
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
  readonly defaultPvid: number;
  /** Of a bridge or port: ids with bits of `PORTVLAN`, ascending. */
  readonly vlans: readonly number[];
  /** vlan: the id with bits of `TAG`; 0 else. */
  readonly tag: number;
  readonly mode?: LinkMode;
  readonly flag?: LinkMode;
  readonly tunnel?: Tunnel;
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
  /** IPv6: `nodad`, nobody is asked whether he has it; `optimistic`, packets come from it while others are asked. */
  readonly noDad?: boolean;
  readonly optimistic?: boolean;
}

/** One `inet` or `inet6` line of `ip addr show`. */
export interface Address extends AddressSpec {
  readonly dev: IfIndex;
  readonly scope: number;
  readonly secondary: boolean;
  /** IPv6: not ours yet, and not to be: somebody else has it. */
  readonly tentative: boolean;
  readonly dadFailed: boolean;
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
