/** One node of a cluster: its kubelet, its kube-proxy and its part of the pod network, on one machine. */
import type { Random } from "../base/mod.ts";
import type { Api, Pod } from "../kube/mod.ts";
import type { Machine, Namespace } from "../linux/mod.ts";
import { mustRun } from "./agent.ts";
import { calicoPlugins, startCalicoNode } from "./calico/mod.ts";
import { type ClusterDns, type ContainerRuntime, Kubelet } from "./kubelet/mod.ts";
import { startNetworkAgent } from "./network_agent.ts";
import { type ProxyAgent, startProxyAgent } from "./proxy_agent.ts";
import type { ModeName } from "./proxy_modes/table.ts";

/** The network that is no agent of `NETWORKS`: it has one of its own. */
const CALICO = "calico";
/** Virtual milliseconds until calico-node, a pod, is up: its rules go before those of kube-proxy, which has begun by then. */
const CALICO_START = 1_000;
/** And until it has written its CNI configuration: a node without one is not ready, and gets no pods. */
const CALICO_FIRST_SYNC = 100;
/** And what Calico's CNI plugins take with their calls of the API: Felix knows the pod by then. */
const CALICO_PLUGIN_TIME = 150;

/** What a node is made of. */
export interface ClusterNodeParts {
  readonly name: string;
  readonly address: string;
  readonly machine: Machine;
  readonly api: Api;
  readonly runtime: ContainerRuntime;
  readonly random: Random;
  readonly dns: ClusterDns;
  /** A name of the networks table, or `calico`. */
  readonly network: string;
  readonly clusterCIDR: string;
  readonly serviceCIDR: string;
  readonly proxy: ModeName | "none";
  /** The device with the node's address, and its MTU. */
  readonly device: string;
  readonly mtu: number;
}

/** The node. */
export class ClusterNode {
  readonly name: string;
  readonly machine: Machine;
  readonly kubelet: Kubelet;
  readonly #parts: ClusterNodeParts;
  #proxy: ProxyAgent | undefined;

  constructor(parts: ClusterNodeParts) {
    this.#parts = parts;
    this.name = parts.name;
    this.machine = parts.machine;
    const { name: node, address: nodeIP, machine, api, runtime, random, dns } = parts;
    const own = parts.network === CALICO ? { plugins: calicoPlugins(api, node), pluginTime: CALICO_PLUGIN_TIME } : {};
    this.kubelet = new Kubelet({ node, nodeIP, machine, api, runtime, random: random.split("kubelet"), dns, ...own });
  }

  /** Starts all agents; they go on whenever the runner runs. */
  start(): void {
    const { name: node, machine, api, network, clusterCIDR, device, mtu, random, proxy } = this.#parts;
    const vtepMac = tunnelMac(random.split("vtep"));
    const vtepMac6 = tunnelMac(random.split("vtep6"));
    machine.runner.spawn(`node ${node}`, async (task) => {
      const run = (line: string, stdin?: string) => mustRun(task, machine, line, stdin);
      await run("sysctl -qw net.ipv4.ip_forward=1");
      if (clusterCIDR.includes(":")) await run("sysctl -qw net.ipv6.conf.all.forwarding=1");
      if (network !== CALICO) {
        startNetworkAgent({ machine, node, api, network, clusterCIDR, device, mtu, vtepMac, vtepMac6 });
      }
      this.setProxy(proxy);
      if (network === CALICO) {
        await task.sleep(CALICO_START);
        startCalicoNode({ machine, node, api, clusterCIDR, device, mtu });
        await task.sleep(CALICO_FIRST_SYNC);
      }
      await this.kubelet.start(run);
    });
  }

  /** Runs kube-proxy in this mode from now on; the one before ends, and the new one cleans up after it. */
  setProxy(mode: ModeName | "none"): void {
    const { name: node, machine, api, clusterCIDR, serviceCIDR } = this.#parts;
    this.#proxy?.stop();
    this.#proxy = mode === "none" ? undefined : startProxyAgent({
      machine,
      node,
      store: api.store,
      config: { mode, clusterCIDR },
      serviceCIDRs: [serviceCIDR],
      tell: (about, happening) => api.event(about, { ...happening, host: node }),
    });
  }

  /** The network namespace of a pod of this node. */
  namespaceOf(pod: Pod): Namespace | undefined {
    return this.kubelet.worker(pod)?.sandbox?.ns;
  }
}

/** A locally administered unicast address, as Linux makes them for new devices. */
function tunnelMac(random: Random): string {
  const bytes = Array.from({ length: 6 }, () => random.below(256));
  bytes[0] = ((bytes[0] as number) & 0xfe) | 0x02;
  return bytes.map((byte) => byte.toString(16).padStart(2, "0")).join(":");
}
