/** kube-proxy on one node: the view of all Services, printed, loaded, and stale flows deleted. */
import { isFailure } from "../base/mod.ts";
import type { Store } from "../kube/mod.ts";
import type { Listener, Machine, Process, Task } from "../linux/mod.ts";
import { mustRun, runIn, startAgent } from "./agent.ts";
import {
  type Ensured,
  ensuredJumps,
  flowsDue,
  type HealthAnswer,
  healthAnswers,
  parseGoDuration,
  type ProxyConfig,
  type ProxyNode,
  proxySysctls,
  type ServiceView,
  serviceViews,
  staleFlows,
  type Synced,
  syncIptables,
  ViewMemo,
} from "./proxy/mod.ts";

/** What kube-proxy is started with. */
export interface ProxyAgentOptions {
  readonly machine: Machine;
  readonly node: string;
  readonly store: Store;
  readonly config: ProxyConfig;
}

const KINDS = new Set(["Service", "EndpointSlice", "Node"]);
/** kube-proxy does not sync more often than this (iptables.minSyncPeriod). */
const MIN_SYNC = "1s";
const FAMILIES = [4, 6] as const;

/** Starts it; it follows Services, EndpointSlices and its Node from now on. */
export function startProxyAgent(options: ProxyAgentOptions): () => void {
  const { machine, node, store, config } = options;
  const proxy = new IptablesProxy(options);
  return startAgent({
    name: `kube-proxy on ${node}`,
    store,
    runner: machine.runner,
    period: parseGoDuration(config.iptables?.minSyncPeriod ?? MIN_SYNC),
    concerns: ({ object }) => KINDS.has(object.kind),
    sync: (task) => proxy.sync(task),
  });
}

/** What one kube-proxy remembers between syncs. */
class IptablesProxy {
  readonly #options: ProxyAgentOptions;
  readonly #synced = new Map<4 | 6, Synced>();
  readonly #memo = new ViewMemo();
  readonly #health = new Map<number, HealthServer>();

  constructor(options: ProxyAgentOptions) {
    this.#options = options;
  }

  async sync(task: Task): Promise<void> {
    const { store, config } = this.#options;
    const node = this.#proxyNode();
    if (node === undefined) return;
    const views = serviceViews({
      services: store.list("Service"),
      endpointSlices: store.list("EndpointSlice"),
      node,
      config,
      memo: this.#memo,
    });
    for (const [i, family] of FAMILIES.entries()) await this.#syncFamily(task, views[i] as ServiceView, family);
    this.#serveHealth(new Map([...healthAnswers(views[1]), ...healthAnswers(views[0])]));
  }

  async #syncFamily(task: Task, view: ServiceView, family: 4 | 6): Promise<void> {
    const { machine } = this.#options;
    const tool = family === 4 ? "iptables" : "ip6tables";
    const before = this.#synced.get(family);
    const { text, full, synced } = syncIptables(view, before, { now: machine.runner.clock.now() });
    if (full) {
      for (const [key, value] of Object.entries(proxySysctls(view, this.#options.config))) {
        await mustRun(task, machine, `sysctl -qw ${key}=${value}`);
      }
      for (const each of ensuredJumps()) await ensure(task, machine, tool, each);
    }
    await mustRun(task, machine, `${tool}-restore --noflush --counters`, text);
    this.#synced.set(family, synced);
    if (!flowsDue(before?.view, view)) return;
    const stale = staleFlows(view);
    machine.plane.removeFlows(machine.ns.id, (flow) => !stale(flow));
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

  /** One listener for every health check node port; its answer is the latest. */
  #serveHealth(answers: ReadonlyMap<number, HealthAnswer>): void {
    for (const [port, server] of this.#health) {
      if (answers.has(port)) continue;
      server.stop();
      this.#health.delete(port);
    }
    for (const [port, answer] of answers) {
      const server = this.#health.get(port) ?? new HealthServer(this.#options.machine, port);
      server.answer = answer;
      this.#health.set(port, server);
    }
  }
}

/** Answers every request on a health check node port. */
class HealthServer {
  answer: HealthAnswer | undefined;
  readonly #process: ReturnType<Machine["startProgram"]>;

  constructor(machine: Machine, port: number) {
    this.#process = machine.startProgram((process) => this.#serve(process, port), ["kube-proxy", `:${port}`]);
  }

  stop(): void {
    this.#process.kill(15);
  }

  async #serve({ net }: Process, port: number): Promise<number> {
    const listener = net.listen("0.0.0.0", port);
    if (isFailure(listener)) return 1;
    for (;;) {
      const stream = await (listener as Listener).accept();
      if (stream === undefined) return 0;
      await stream.read(1000);
      await stream.write(printAnswer(this.answer as HealthAnswer));
      stream.close();
    }
  }
}

function printAnswer({ status, headers, body }: HealthAnswer): string {
  const reason = status === 200 ? "OK" : "Service Unavailable";
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${reason}\r\n${lines.join("")}\r\n${body}`;
}

/** A chain that must exist, a rule that must stand in its chain. */
async function ensure(
  task: Task,
  machine: Machine,
  tool: string,
  { table, chain, rule, place }: Ensured,
): Promise<void> {
  if (rule === undefined) {
    await runIn(task, machine, `${tool} -w -t ${table} -N ${chain}`);
    return;
  }
  const { exit } = await runIn(task, machine, `${tool} -w -t ${table} -C ${chain} ${rule}`);
  if (exit !== 0) {
    await mustRun(task, machine, `${tool} -w -t ${table} ${place === "append" ? "-A" : "-I"} ${chain} ${rule}`);
  }
}
