/**
 * A node for flows of suite `kube-proxy`: kube-proxy itself runs on it, and packets come in and go out of two ports.
 *
 *     pods (10.0.0.0/8) --[pods]-- node --[eth0]-- everything else
 */
import { setImmediate } from "node:timers";
import { isFailure, parseIp, Random, VirtualClock } from "../../core/base/mod.ts";
import { type EndpointSlice, type Service, Store } from "../../core/kube/mod.ts";
import { LINUX_PROGRAMS, Machine, NETFILTER_PROGRAMS, Runner } from "../../core/linux/mod.ts";
import { type ProxyAgent, type ProxyConfig, startProxyAgent } from "../../core/node/mod.ts";
import { planeBytes } from "../../wasm/bytes.ts";
import { Plane, type TraceRecord } from "../../wasm/mod.ts";
import { type FlowGroup, objectsOf, primary } from "./kube_proxy_flow_file.ts";
import { ipPacket, transport } from "./kube_proxy_packet.ts";

const SERVICE_CIDRS = ["172.30.0.0/16", "fd00:172:30::/112"];
const POD_CIDRS = ["10.0.0.0/8", "fd00:10::/32"];
const START = Date.UTC(2026, 0, 1);
/** Long enough for the first sync and whatever it starts. */
const SETTLED = 3_000;
const PROTOCOLS: Readonly<Record<string, number>> = { TCP: 6, UDP: 17, SCTP: 132 };
const META = { uid: "", resourceVersion: "", creationTimestamp: "2026-01-01T00:00:00Z" };
/** What keeps answers from being limited, and redirects out of the way. */
const SYSCTLS = [
  "net.ipv4.ip_forward=1",
  "net.ipv6.conf.all.forwarding=1",
  "net.ipv4.icmp_ratemask=0",
  "net.ipv4.conf.all.send_redirects=0",
  "net.ipv4.conf.default.send_redirects=0",
  "net.ipv4.conf.all.rp_filter=0",
  "net.ipv4.conf.default.rp_filter=0",
];

/** What a node is made of. */
export interface FlowNodeOptions {
  readonly name: string;
  /** Its InternalIPs. */
  readonly addresses: readonly string[];
  /** Every address that is its own. */
  readonly localIPs: readonly string[];
  readonly podCIDRs: readonly string[];
  readonly serviceCIDRs: readonly string[];
  readonly config: ProxyConfig;
  readonly services: readonly Service[];
  readonly endpointSlices: readonly EndpointSlice[];
}

/** A packet to send; from the node itself where the source is one of its addresses. */
export interface FlowPacket {
  readonly src: string;
  readonly sport: number;
  readonly dst: string;
  readonly dport: number;
  readonly protocol: "TCP" | "UDP" | "SCTP";
}

/** A node with kube-proxy in some mode, its first sync done. */
export class FlowNode {
  readonly machine: Machine;
  readonly store: Store;
  /** The kube-proxy it began with. */
  proxy: ProxyAgent = { stop: () => {} };
  readonly #options: FlowNodeOptions;
  readonly #ports = new Map<string, number>();

  private constructor(machine: Machine, options: FlowNodeOptions) {
    this.machine = machine;
    this.#options = options;
    this.store = this.#objects();
  }

  /** The node of a group of flows, with kube-proxy as `config` says. */
  static of(group: FlowGroup, config: ProxyConfig): Promise<FlowNode> {
    return FlowNode.start({
      name: "test-node",
      addresses: primary(group),
      localIPs: group.localIPs,
      podCIDRs: POD_CIDRS,
      serviceCIDRs: SERVICE_CIDRS,
      config,
      ...objectsOf(group),
    });
  }

  /** Builds it and lets kube-proxy do its work. */
  static async start(options: FlowNodeOptions): Promise<FlowNode> {
    const plane = Plane.open(planeBytes(), { seed: 1 });
    const runner = new Runner({ plane, clock: new VirtualClock(START), turn });
    const programs = new Map([...LINUX_PROGRAMS, ...NETFILTER_PROGRAMS]);
    const machine = new Machine({ name: options.name, plane, runner, random: new Random(1), programs });
    const node = new FlowNode(machine, options);
    await node.#wire();
    node.proxy = startProxyAgent({ machine, node: options.name, store: node.store, config: options.config });
    await runner.advance(SETTLED);
    return node;
  }

  async #wire(): Promise<void> {
    const { machine } = this;
    await this.#must(`ip link set lo up`);
    for (const each of SYSCTLS) await this.#must(`sysctl -qw ${each}`);
    for (const name of ["pods", "eth0"]) {
      const dev = machine.plane.addLink(machine.ns.id, { kind: "tun", name });
      if (isFailure(dev)) throw new Error(`${name}: ${dev.errno}`);
      this.#ports.set(name, dev);
      await this.#must(`ip link set ${name} up`);
    }
    for (const address of this.#options.localIPs) {
      if (address === "127.0.0.1" || address === "::1") continue;
      await this.#must(`ip addr add ${address}/${address.includes(":") ? 128 : 32} dev eth0`);
    }
    for (const cidr of this.#options.podCIDRs) {
      await this.#must(`ip addr add ${firstOf(cidr)} dev pods`);
      await this.#must(`ip ${cidr.includes(":") ? "-6 " : ""}route add ${cidr} dev pods`);
    }
    for (const family of ["-4", "-6"]) await this.#must(`ip ${family} route add default dev eth0`);
  }

  async #must(line: string): Promise<void> {
    const { exit, stderr } = await this.machine.run(line);
    if (exit !== 0) throw new Error(`${line}: ${stderr}`);
  }

  #objects(): Store {
    const { name, addresses, podCIDRs, serviceCIDRs, services, endpointSlices } = this.#options;
    const store = new Store();
    store.put({
      apiVersion: "v1",
      kind: "Node",
      metadata: { ...META, name },
      spec: { podCIDR: podCIDRs[0], podCIDRs },
      status: { addresses: addresses.map((address) => ({ type: "InternalIP", address })) },
    });
    store.put({
      apiVersion: "networking.k8s.io/v1",
      kind: "ServiceCIDR",
      metadata: { ...META, name: "kubernetes" },
      spec: { cidrs: serviceCIDRs },
    });
    for (const object of [...services, ...endpointSlices]) store.put(object);
    return store;
  }

  /** Sends a packet and gives what happened to it and to its answers. */
  send(packet: FlowPacket): readonly TraceRecord[] {
    return this.#isLocal(packet.src) ? this.#sendOwn(packet) : this.#sendIn(packet);
  }

  /** Whether an address is the node's. */
  #isLocal(address: string): boolean {
    return this.#options.localIPs.includes(address);
  }

  #sendIn(packet: FlowPacket): readonly TraceRecord[] {
    const { plane, ns } = this.machine;
    const dev = this.#ports.get(this.#fromPod(packet.src) ? "pods" : "eth0") as number;
    plane.takeTrace();
    plane.traceDevice(ns.id, dev, true);
    plane.inject(ns.id, dev, ipPacket(packet, PROTOCOLS[packet.protocol] as number));
    plane.traceDevice(ns.id, dev, false);
    plane.takeOut();
    return plane.takeTrace();
  }

  #sendOwn(packet: FlowPacket): readonly TraceRecord[] {
    const { plane, ns } = this.machine;
    const family = packet.src.includes(":") ? 6 : 4;
    const protocol = PROTOCOLS[packet.protocol] as number;
    const socket = plane.socket(ns.id, "raw", family, protocol);
    const refused = plane.bind(socket, packet.src, 0);
    if (isFailure(refused)) throw new Error(`bind ${packet.src}: ${refused.errno}`);
    plane.takeTrace();
    plane.trace(socket);
    plane.sendTo(socket, transport(packet, protocol), packet.dst, 0);
    plane.close(socket);
    plane.takeOut();
    return plane.takeTrace();
  }

  #fromPod(address: string): boolean {
    return address.startsWith("10.") || address.startsWith("fd00:10:");
  }
}

/** The first address of a prefix, as a single one of the node. */
function firstOf(cidr: string): string {
  const [address = ""] = cidr.split("/");
  const ip = parseIp(address);
  if (ip === undefined) throw new Error(cidr);
  return ip.family === 6 ? `${address}1/128` : `${address.replace(/0$/, "1")}/32`;
}

/** One macrotask of the host: in Deno a message channel's is none. */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
