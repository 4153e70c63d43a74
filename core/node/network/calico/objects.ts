/** Calico's own objects, as far as they are read here: of crd.projectcalico.org/v1, or of projectcalico.org/v3. */
import type { KubeObject, Node, Store } from "../../../kube/mod.ts";

/** A pool of pod addresses. */
export interface IPPool extends KubeObject {
  spec: {
    readonly cidr: string;
    readonly blockSize?: number;
    readonly natOutgoing?: boolean;
    readonly ipipMode?: TunnelMode;
    readonly vxlanMode?: TunnelMode;
    readonly disabled?: boolean;
    readonly nodeSelector?: string;
    readonly allowedUses?: readonly string[];
    readonly assignmentMode?: "Automatic" | "Manual";
  };
}

/** When packets are tunnelled. */
export type TunnelMode = "Always" | "CrossSubnet" | "Never";

/** A block of a pool: whose it is, and who has its addresses. */
export interface IPAMBlock extends KubeObject {
  spec: BlockSpec;
}

/** `allocations` has one entry per address: null, or the index of its attributes. `unallocated` is a queue of ordinals. */
export interface BlockSpec {
  readonly cidr: string;
  /** `host:NODE` */
  readonly affinity?: string | null;
  readonly strictAffinity?: boolean;
  readonly allocations: readonly (number | null)[];
  readonly unallocated: readonly number[];
  readonly attributes: readonly BlockAttributes[];
  readonly deleted?: boolean;
  readonly sequenceNumber?: number;
  readonly sequenceNumberForAllocation?: Readonly<Record<string, number>>;
}

/** What is known of an allocation. */
export interface BlockAttributes {
  readonly handle_id?: string;
  readonly secondary?: Readonly<Record<string, string>>;
  /** Nobody has it any more since then, and nobody gets it before it has cooled down. An RFC 3339 time. */
  readonly releasedAt?: string;
}

/** Felix's settings of the whole cluster. */
export interface FelixConfiguration extends KubeObject {
  spec: {
    readonly defaultEndpointToHostAction?: string;
    readonly iptablesFilterAllowAction?: string;
    readonly iptablesMangleAllowAction?: string;
    readonly logPrefix?: string;
  };
}

/** Networks under labels: NetworkSet and GlobalNetworkSet. */
export interface NetworkSet extends KubeObject {
  spec: { readonly nets?: readonly string[] };
}

/** The groups that Calico's objects may be of. */
export const GROUPS = ["crd.projectcalico.org", "projectcalico.org"];

/** Objects of one of Calico's kinds, by name in order. */
export function calicoObjects<T extends KubeObject>(store: Store, kind: string): T[] {
  return GROUPS.flatMap((group) => store.list(`${kind}.${group}`) as unknown as T[]);
}

/** A node as Calico sees it: what calico-node wrote on its Node object. */
export interface CalicoNode {
  readonly name: string;
  /** `192.168.10.11/24` */
  readonly address: string;
  readonly tunnel?: Tunnel;
}

/** The end of a tunnel: the device's address and MAC. */
export interface Tunnel {
  readonly address: string;
  readonly mac: string;
}

/** The annotations of calico-node, by family. */
export const NODE_ANNOTATIONS = {
  4: {
    address: "projectcalico.org/IPv4Address",
    tunnel: "projectcalico.org/IPv4VXLANTunnelAddr",
    mac: "projectcalico.org/VXLANTunnelMACAddr",
  },
  6: {
    address: "projectcalico.org/IPv6Address",
    tunnel: "projectcalico.org/IPv6VXLANTunnelAddr",
    mac: "projectcalico.org/VXLANTunnelMACAddrV6",
  },
} as const;

/** A node's own words in one family; undefined before calico-node has run there. */
export function calicoNode({ metadata }: Node, family: 4 | 6): CalicoNode | undefined {
  const names = NODE_ANNOTATIONS[family];
  const said = metadata.annotations ?? {};
  const [address, tunnel, mac] = [said[names.address], said[names.tunnel], said[names.mac]];
  if (address === undefined) return undefined;
  return {
    name: metadata.name,
    address,
    ...(tunnel === undefined || mac === undefined ? {} : { tunnel: { address: tunnel, mac } }),
  };
}
