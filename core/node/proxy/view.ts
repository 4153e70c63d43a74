/**
 * What kube-proxy wants, before any mode prints it: which addresses must reach which endpoints under which policy.
 * One view per address family, as there is one proxier per family.
 */

/** One address and port behind a Service port. */
export interface Endpoint {
  readonly ip: string;
  readonly port: number;
  /** `ip:port`, `[ip]:port` for IPv6: what rules, comments and hashes say. */
  readonly text: string;
  readonly ready: boolean;
  readonly serving: boolean;
  readonly terminating: boolean;
  /** The node it runs on; empty where its slice does not say. */
  readonly node: string;
  readonly zoneHints: readonly string[];
  readonly nodeHints: readonly string[];
}

/** One port of one Service, in one family. */
export interface ServicePort {
  readonly namespace: string;
  readonly service: string;
  /** `namespace/name:port` */
  readonly name: string;
  readonly protocol: "tcp" | "udp" | "sctp";
  readonly clusterIP: string;
  readonly port: number;
  /** 0 for none. */
  readonly nodePort: number;
  readonly externalIPs: readonly string[];
  readonly loadBalancerIPs: readonly string[];
  /** Prefixes that may use the load balancer addresses; none means all. */
  readonly sourceRanges: readonly string[];
  readonly internalLocal: boolean;
  readonly externalLocal: boolean;
  /** Seconds a client sticks to its endpoint; undefined without session affinity. */
  readonly affinity: number | undefined;
  /** 0 for none. */
  readonly healthCheckNodePort: number;
  /** Endpoints for traffic policy Cluster. */
  readonly cluster: readonly Endpoint[];
  /** Endpoints for traffic policy Local. */
  readonly local: readonly Endpoint[];
  /** Every endpoint that traffic arriving at this node can be sent to: {@link cluster} and {@link local} together. */
  readonly reachable: readonly Endpoint[];
  /** Whether there is an endpoint anywhere, be it out of reach for this node's policy. */
  readonly any: boolean;
  /** Every endpoint the slices tell of. */
  readonly all: readonly Endpoint[];
}

/** How traffic of this node's (or the cluster's) pods is recognised. */
export type LocalTraffic =
  | { readonly by: "source"; readonly cidr: string }
  | { readonly by: "interface"; readonly pattern: string };

/** Where node ports answer: on every local address, or on these. */
export type NodePortAddresses = "all" | readonly string[];

/** Everything a printer needs for one family. */
export interface ServiceView {
  readonly family: 4 | 6;
  /** The node it is the view of. */
  readonly nodeName: string;
  /** Sorted by name. Where node and cluster agree, one value for all nodes. */
  readonly ports: readonly ServicePort[];
  /** Endpoints of UDP ports as the slices tell of them, by Service port, also of Services that others proxy. */
  readonly udpEndpoints: ReadonlyMap<string, readonly Endpoint[]>;
  /** Undefined where no detector is configured for the family: nothing counts as local then. */
  readonly localTraffic: LocalTraffic | undefined;
  readonly nodePortAddresses: NodePortAddresses;
  /** Every address of the node in this family, those of kube-ipvs0 left out. */
  readonly ownAddresses: readonly string[];
  /** Node ports on 127.0.0.1 as well (IPv4 only). */
  readonly localhostNodePorts: boolean;
  /** The node's own address in this family; the loopback address where it has none. */
  readonly nodeIP: string;
  /** Where ClusterIPs come from. */
  readonly serviceCIDRs: readonly string[];
  readonly masqueradeAll: boolean;
  /** The bit as a number, 0x4000 by default. */
  readonly masqueradeMark: number;
  readonly tcpBeLiberal: boolean;
  /** Whether the kernel counts with nfacct objects. */
  readonly nfacct: boolean;
}

/** Whether a Service port answers on anything but its ClusterIP. */
export function externallyAccessible(port: ServicePort): boolean {
  return port.nodePort !== 0 || port.loadBalancerIPs.length > 0 || port.externalIPs.length > 0;
}

/** How many endpoints all Services have: above 1,000 the real one spares comments and cleaning. */
export function totalEndpoints(view: ServiceView): number {
  return view.ports.reduce((sum, port) => sum + port.all.length, 0);
}
