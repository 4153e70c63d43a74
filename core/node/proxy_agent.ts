/** kube-proxy on one node: the view of all Services, brought about in its mode; health check node ports served. */
import type { Change, EndpointSlice, Happening, KubeObject, Store } from "../kube/mod.ts";
import { type Machine, nftOf, type Task } from "../linux/mod.ts";
import { startAgent } from "./agent.ts";
import { HealthServers } from "./proxy_modes/health.ts";
import type { ProxyMode } from "./proxy_modes/mode.ts";
import { type ModeName, startMode } from "./proxy_modes/table.ts";
import {
  healthAnswers,
  leavesProxied,
  type LogLine,
  parseGoDuration,
  portlessLines,
  PortMemo,
  printLogLine,
  PROXY_TABLE,
  type ProxyConfig,
  type ProxyNode,
  ServiceTables,
  startLog,
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
  /** Hears of its Event: that it starts. */
  readonly tell?: (about: KubeObject, happening: Happening) => void;
}

/** Where the lines of its log go. */
const LOG = "/var/log/kube-proxy.log";

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
  #started = false;
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
    this.#start(node);
    this.#mode ??= await startMode(task, name, { machine, config });
    const tables = ServiceTables.of(store, leavesProxied(config));
    const views = viewsOf(tables, { node, config, serviceCIDRs: this.#serviceCIDRs() }, this.#memo);
    await this.#mode.sync(task, views);
    this.#health.serve(new Map([...healthAnswers(views[1]), ...healthAnswers(views[0])]));
  }

  /** The Event of a start, and what its log says. */
  #start(node: ProxyNode): void {
    if (this.#started) return;
    this.#started = true;
    const { store, config, machine, tell } = this.#options;
    const about = store.get("Node", node.name);
    if (about !== undefined) {
      tell?.(about, { type: "Normal", reason: "Starting", message: "", component: "kube-proxy" });
    }
    const fresh = nftOf(machine.ns).tables.find("ip", PROXY_TABLE) === undefined;
    this.#log(startLog({ config, node, endpointSlices: store.list("EndpointSlice"), fresh }));
  }

  /** Complains of slices that change. */
  hear({ type, object }: Change): void {
    if (this.#started && type !== "DELETED" && object.kind === "EndpointSlice") {
      this.#log(portlessLines(object as EndpointSlice));
    }
  }

  #log(lines: readonly LogLine[]): void {
    if (lines.length === 0) return;
    const { files, runner } = this.#options.machine;
    const text = lines.map((line) => printLogLine(line, runner.clock.now())).join("");
    files.put(LOG, `${files.read(LOG) ?? ""}${text}`);
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
