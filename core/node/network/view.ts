/** What a pod network must know of a cluster: one node's own side, and its peers. */

/** A node as pod networks see it. */
export interface NetworkNode {
  readonly name: string;
  /** InternalIP, IPv4. */
  readonly address: string;
  /** `10.244.1.0/24` */
  readonly podCIDR: string;
  /** MAC of its tunnel device, once it has published one. */
  readonly vtepMac?: string;
  /** On a dual-stack cluster: the same in IPv6. */
  readonly six?: { readonly address: string; readonly podCIDR: string; readonly vtepMac?: string };
}

/** The cluster from one node. */
export interface NetworkView {
  /** All pods: `10.244.0.0/16`. */
  readonly network: string;
  /** On a dual-stack cluster: all pods in IPv6, `fd00:244::/48`. */
  readonly network6?: string;
  /** The device with the node's address, and its MTU. */
  readonly device: string;
  readonly mtu: number;
  /** Prefix length of the nodes' own network. */
  readonly prefixLength: number;
  readonly self: NetworkNode;
  /** All other nodes that have a pod CIDR, by name in order. */
  readonly peers: readonly NetworkNode[];
}

/** What a pod network wants to stand on a node: texts for the node's own tools, and files. */
export interface NetworkDesired {
  /** Devices of its own with their addresses, as `ip` command lines without the word `ip`; run once each. */
  readonly devices: readonly string[];
  /** Routes to the peers, as arguments of `ip route replace`. */
  readonly routes: readonly string[];
  /** Neighbours, as arguments of `ip neigh replace`. */
  readonly neighbours: readonly string[];
  /** Forwarding entries, as arguments of `bridge fdb replace`. */
  readonly fdb: readonly string[];
  /** iptables-restore text, loaded with --noflush; and the jumps into its chains, as `TABLE CHAIN RULE`. */
  readonly rules: string;
  readonly jumps: readonly { readonly table: string; readonly chain: string; readonly rule: string }[];
  /** The same for ip6tables, on a dual-stack cluster. */
  readonly rules6?: string;
  readonly sysctls: Readonly<Record<string, string>>;
  readonly files: Readonly<Record<string, string>>;
  /** Annotations it puts on its Node object. */
  readonly annotations: Readonly<Record<string, string>>;
  /** MTU of the pods' devices. */
  readonly podMtu: number;
}
