/** What kube-proxy is started with: fields of KubeProxyConfiguration v1alpha1; what is absent has kube-proxy's default. */
export interface ProxyConfig {
  readonly mode?: "iptables" | "nftables" | "ipvs" | "userspace";
  /** One prefix, or one of each family with a comma between. */
  readonly clusterCIDR?: string;
  readonly detectLocalMode?: "ClusterCIDR" | "NodeCIDR" | "BridgeInterface" | "InterfaceNamePrefix";
  readonly detectLocal?: { readonly bridgeInterface?: string; readonly interfaceNamePrefix?: string };
  /** Prefixes, or the one word `primary`. */
  readonly nodePortAddresses?: readonly string[];
  /** Of iptables mode; what is masqueraded is said here for ipvs mode as well. */
  readonly iptables?: {
    readonly masqueradeAll?: boolean;
    readonly masqueradeBit?: number;
    readonly localhostNodePorts?: boolean;
    /** Go duration; `1s` by default. */
    readonly minSyncPeriod?: string;
    /** Go duration; `30s` by default. */
    readonly syncPeriod?: string;
  };
  readonly nftables?: {
    readonly masqueradeAll?: boolean;
    readonly masqueradeBit?: number;
    /** Go duration; `1s` by default. */
    readonly minSyncPeriod?: string;
    /** Go duration; `30s` by default. */
    readonly syncPeriod?: string;
  };
  readonly ipvs?: {
    /** `rr` by default. */
    readonly scheduler?: string;
    readonly strictARP?: boolean;
  };
  /** Gates that are on in this version and can be turned off here. */
  readonly featureGates?: { readonly LoadBalancerIPMode?: boolean };
  readonly conntrack?: {
    readonly tcpBeLiberal?: boolean;
    readonly tcpEstablishedTimeout?: string;
    readonly tcpCloseWaitTimeout?: string;
    readonly udpTimeout?: string;
    readonly udpStreamTimeout?: string;
  };
}

/** The node kube-proxy runs on. */
export interface ProxyNode {
  readonly name: string;
  /** `topology.kubernetes.io/zone`; empty where the label is missing. */
  readonly zone: string;
  /** Its InternalIPs. */
  readonly addresses: readonly string[];
  readonly podCIDRs: readonly string[];
  /** Addresses with prefix length of every interface, lo included. */
  readonly interfaces: readonly { readonly name: string; readonly addresses: readonly string[] }[];
  /** Whether its kernel has nfnetlink_acct: kube-proxy counts with it where it is there. */
  readonly nfacct?: boolean;
}

/** Milliseconds of a Go duration (`1h0m30s`, `45s`, `500ms`); throws a RangeError on anything else. */
export function parseGoDuration(text: string): number {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|h|m|s)/g)];
  if (text !== "0" && (parts.length === 0 || parts.map((part) => part[0]).join("") !== text)) {
    throw new RangeError(`time: invalid duration "${text}"`);
  }
  const unit: Record<string, number> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 };
  return parts.reduce((sum, [, value, name]) => sum + Number(value) * (unit[name as string] as number), 0);
}
