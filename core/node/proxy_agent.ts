/** kube-proxy on one node: the view of all Services, brought about in its mode; health check node ports served. */
import type { KubeObject, Store } from "../kube/mod.ts";
import type { Machine, Task } from "../linux/mod.ts";
import { startAgent } from "./agent.ts";
import { HealthServers } from "./proxy_modes/health.ts";
import type { ProxyMode } from "./proxy_modes/mode.ts";
import { type ModeName, startMode } from "./proxy_modes/table.ts";
import {
  healthAnswers,
  leavesProxied,
  parseGoDuration,
  PortMemo,
  type ProxyConfig,
  type ProxyNode,
  ServiceTables,
  viewsOf,
} from "./proxy/mod.ts";

/** What kube-proxy is started with. */
export interface ProxyAgentOptions {
  readonly machine: Machine;
  readonly node: string;
  readonly store: Store;
  readonly config: ProxyConfig;
  /** Where ClusterIPs come from, if no ServiceCIDR object says so. */
  readonly serviceCIDRs?: readonly string[];
}

const KINDS = ["Service", "EndpointSlice", "Node", "ServiceCIDR"];
/** kube-proxy does not sync more often than this (minSyncPeriod). */
const MIN_SYNC = "1s";

/** A kube-proxy that runs. */
export interface ProxyAgent {
  stop(): void;
}

/** Starts it; it follows Services, EndpointSlices and its Node from now on. */
export function startProxyAgent(options: ProxyAgentOptions): ProxyAgent {
  const { machine, node, store, config } = options;
  const proxy = new Proxy(options);
  const own = config.mode === "nftables" ? config.nftables : config.iptables;
  const stop = startAgent({
    name: `kube-proxy on ${node}`,
    store,
    runner: machine.runner,
    period: parseGoDuration(own?.minSyncPeriod ?? MIN_SYNC),
    kinds: KINDS,
    concerns: ({ object }) => object.kind !== "Node" || object.metadata.name === node,
    sync: (task) => proxy.sync(task),
  });
  return {
    stop: () => {
      stop();
      proxy.stop();
    },
  };
}

class Proxy {
  readonly #options: ProxyAgentOptions;
  readonly #health: HealthServers;
  readonly #memo = new PortMemo();
  #mode: ProxyMode | undefined;
  #stopped = false;

  constructor(options: ProxyAgentOptions) {
    this.#options = options;
    this.#health = new HealthServers(options.machine);
  }

  async sync(task: Task): Promise<void> {
    const { store, config, machine } = this.#options;
    const node = this.#proxyNode();
    if (node === undefined || this.#stopped) return;
    const name: ModeName = config.mode ?? "iptables";
    this.#mode ??= await startMode(task, name, { machine, config });
    const tables = ServiceTables.of(store, leavesProxied(config));
    const views = viewsOf(tables, { node, config, serviceCIDRs: this.#serviceCIDRs() }, this.#memo);
    await this.#mode.sync(task, views);
    this.#health.serve(new Map([...healthAnswers(views[1]), ...healthAnswers(views[0])]));
  }

  /** Its servers end; its rules stay, as those of a kube-proxy that was killed. */
  stop(): void {
    this.#stopped = true;
    this.#mode?.stop?.();
    this.#health.serve(new Map());
  }

  #serviceCIDRs(): readonly string[] {
    const { store, serviceCIDRs = [] } = this.#options;
    const objects = store.list(
      "ServiceCIDR",
    ) as readonly (KubeObject & { readonly spec?: { readonly cidrs?: string[] } })[];
    const said = objects.flatMap(({ spec }) => spec?.cidrs ?? []);
    return said.length > 0 ? said : serviceCIDRs;
  }

  #proxyNode(): ProxyNode | undefined {
    const { store, node, machine } = this.#options;
    const object = store.get("Node", node);
    if (object === undefined) return undefined;
    const { plane, ns } = machine;
    const addresses = plane.addresses(ns.id);
    return {
      name: node,
      zone: object.metadata.labels?.["topology.kubernetes.io/zone"] ?? "",
      addresses: (object.status.addresses ?? []).filter(({ type }) => type === "InternalIP").map(({ address }) =>
        address
      ),
      podCIDRs: object.spec.podCIDRs ?? [],
      interfaces: plane.links(ns.id).map(({ index, name }) => ({
        name,
        addresses: addresses.filter(({ dev }) => dev === index).map(({ address }) => address),
      })),
      // The plane has no nfnetlink_acct: kube-proxy finds out and leaves its counting rules away.
      nfacct: false,
    };
  }
}
