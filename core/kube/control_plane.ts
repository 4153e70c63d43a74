import type { Clock, Random } from "../base/mod.ts";

/** A node as the lab lists it. */
export interface NodeSpec {
  readonly name: string;
  /** InternalIP; with a second one of the other family on a dual-stack cluster. */
  readonly addresses: readonly string[];
  readonly zone?: string;
  readonly region?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly taints?: readonly { readonly key: string; readonly value?: string; readonly effect: string }[];
}

/** What a kubeadm cluster is made with. CIDRs may be `v4,v6` pairs. */
export interface ControlPlaneOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly nodes: readonly NodeSpec[];
  /** `10.96.0.0/12` */
  readonly serviceCIDR?: string;
  /** `10.244.0.0/16`; each node gets a /24 (IPv6: /64) of it. */
  readonly podCIDR?: string;
  /** `30000-32767` */
  readonly nodePortRange?: string;
  /** Addresses handed to Services of type LoadBalancer, none when left out (they stay pending). */
  readonly loadBalancerCIDR?: string;
  /** `cluster.local` */
  readonly clusterDomain?: string;
  /** `v1.36.3` */
  readonly version?: string;
  /** Whether the coredns Deployment and its ConfigMap are there from the start (kubeadm's): true. */
  readonly coredns?: boolean;
}
