import { type Clock, nthIp, printIp, type Random, requireCidr } from "../base/mod.ts";
import type { Api } from "./api/api.ts";
import { applyDraft } from "./api/apply.ts";
import type { Metrics } from "./api/metrics.ts";
import { ApiServer } from "./api/server.ts";
import type { Status } from "./api/types.ts";
import { API_PORT, bootstrap } from "./bootstrap.ts";
import { ControllerManager } from "./controllers/manager.ts";
import { CONTROLLERS } from "./controllers/table.ts";
import type { Draft, KubeObject } from "./objects/object.ts";
import { createMirrorPods, type StaticPodOptions } from "./static_pods.ts";
import { Store } from "./store/store.ts";

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
  /** `1.14.7` */
  readonly coreDnsVersion?: string;
  /** Whether the control plane's own pods are shown, as kubeadm's are: false. */
  readonly mirrorPods?: boolean;
  /** Who measures what pods and nodes use; nobody, when left out: there is no metrics.k8s.io then. */
  readonly metrics?: Metrics;
  /** Objects to start from instead of a fresh cluster's: the store of a fork or a snapshot. */
  readonly store?: Store;
}

/** What applying one object came to; `status` is the server's refusal. */
export type ApplyAnswer =
  | {
    readonly outcome: "created" | "configured" | "unchanged";
    readonly object: KubeObject;
    readonly warnings: readonly string[];
  }
  | { readonly outcome: "refused"; readonly status: Status };

/** The control plane of one cluster: its store, its API server, its controllers. Everything follows from options and seed. */
export class ControlPlane {
  readonly store: Store;
  readonly api: Api;
  /** Address of the Service `kube-dns`: the tenth of the service CIDR. */
  readonly dnsAddress: string;
  readonly clusterDomain: string;
  readonly #server: ApiServer;
  readonly #manager: ControllerManager;

  constructor(options: ControlPlaneOptions) {
    const serviceCIDRs = (options.serviceCIDR ?? "10.96.0.0/12").split(",");
    const first = requireCidr(serviceCIDRs[0] as string);
    const version = options.version ?? "v1.36.3";
    this.store = options.store ?? new Store();
    this.clusterDomain = options.clusterDomain ?? "cluster.local";
    this.dnsAddress = printIp(nthIp(first, 10));
    this.#server = new ApiServer({
      store: this.store,
      clock: options.clock,
      random: options.random,
      serviceCIDRs,
      nodePorts: parseRange(options.nodePortRange ?? "30000-32767"),
      admission: { serviceAccount: true },
      version,
      ...(options.metrics === undefined ? {} : { metrics: options.metrics }),
      address: `https://${options.nodes[0]?.addresses[0] ?? "127.0.0.1"}:${API_PORT}`,
    });
    this.api = this.#server;
    this.#manager = new ControllerManager(this.#server, {
      podCIDRs: (options.podCIDR ?? "10.244.0.0/16").split(",").map(requireCidr),
      ...(options.loadBalancerCIDR === undefined ? {} : { loadBalancer: requireCidr(options.loadBalancerCIDR) }),
    }, Object.values(CONTROLLERS));
    if (options.store === undefined) {
      bootstrap(this.#server, {
        nodes: options.nodes,
        version,
        clusterDomain: this.clusterDomain,
        dnsAddress: this.dnsAddress,
        apiAddress: printIp(nthIp(first, 1)),
        coredns: options.coredns ?? true,
        coreDnsVersion: options.coreDnsVersion ?? "1.14.7",
      });
      const [node] = options.nodes;
      if (options.mirrorPods && node !== undefined) {
        createMirrorPods(this.#server, staticOptions(options, node), this.#server.now());
      }
      this.settle();
    }
  }

  /**
   * Applies objects in order, as `kubectl apply` does; one that leaves the store as it was is unchanged, however it was
   * written; a kind nobody defined is kept and listed. Ask {@link settle} for what follows.
   */
  apply(drafts: readonly Draft[]): ApplyAnswer[] {
    return drafts.map((draft) => this.#applyOne(draft));
  }

  #applyOne(draft: Draft): ApplyAnswer {
    const { registry } = this.#server;
    const { apiVersion, kind, metadata } = draft;
    const resource = registry.ofKind(apiVersion, kind) ?? registry.keep(apiVersion, kind, true);
    const namespace = resource.namespaced ? { namespace: metadata.namespace ?? "default" } : {};
    const placed = { ...draft, metadata: { ...metadata, ...namespace } };
    const before = this.store.version;
    const answer = applyDraft((request) => this.#server.handle(request), resource, placed);
    if (!("outcome" in answer)) return { outcome: "refused", status: answer };
    return this.store.version === before ? { ...answer, outcome: "unchanged" } : answer;
  }

  /** Whether a kind is only kept and listed: podwire gives it no effect on the network. */
  isKept(apiVersion: string, kind: string): boolean {
    return this.#server.registry.isKept(apiVersion, kind);
  }

  /** Runs all controllers until nothing is left to do at the current virtual time. */
  settle(): void {
    this.#manager.settle();
  }
}

/** What the control plane's own manifests say of a cluster. */
export function staticOptions(options: ControlPlaneOptions, { name, addresses }: NodeSpec): StaticPodOptions {
  return {
    node: name,
    address: addresses[0] ?? "",
    version: options.version ?? "v1.36.3",
    serviceCIDR: options.serviceCIDR ?? "10.96.0.0/12",
    podCIDR: options.podCIDR ?? "10.244.0.0/16",
  };
}

function parseRange(text: string): [number, number] {
  const [from = 0, to = 0] = text.split("-").map(Number);
  return [from, to];
}
