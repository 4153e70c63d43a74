/**
 * A node for flows of suite `kube-proxy`: kube-proxy itself runs on it, and packets come in and go out of two ports.
 *
 *     pods (10.0.0.0/8) --[pods]-- node --[eth0]-- everything else
 */
import { setImmediate } from "node:timers";
import { isFailure, parseIp, printIp, Random, VirtualClock } from "../../core/base/mod.ts";
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

  /** Gives a port a packet; what comes out of both, by port. */
  exchange(port: string, bytes: Uint8Array): (readonly [string, Uint8Array])[] {
    const { plane, ns } = this.machine;
    plane.inject(ns.id, this.#ports.get(port) as number, bytes);
    const names = new Map([...this.#ports].map(([name, dev]) => [dev, name]));
    return plane.takeOut().map((frame) => [names.get(frame.dev) ?? "", frame.bytes] as const);
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

  /**
   * Opens a connection, or sends a datagram, and lets the node's programs do their work: the first packets of others that left
   * because of it, as destination and source.
   */
  async open(packet: FlowPacket): Promise<readonly Left[]> {
    const { plane, ns, runner } = this.machine;
    const family = packet.src.includes(":") ? 6 : 4;
    plane.takeOut();
    if (this.#isLocal(packet.src)) {
      const socket = plane.socket(ns.id, packet.protocol === "UDP" ? "udp" : "tcp", family);
      plane.bind(socket, packet.src, packet.sport);
      plane.connect(socket, packet.dst, packet.dport);
      if (packet.protocol === "UDP") plane.send(socket, new Uint8Array(4));
      await runner.advance(1);
      const left = firsts(plane.takeOut(), packet);
      plane.setSocket(socket, { abort: true });
      plane.close(socket);
      return left;
    }
    const dev = this.#ports.get(this.#fromPod(packet.src) ? "pods" : "eth0") as number;
    const protocol = PROTOCOLS[packet.protocol] as number;
    plane.inject(ns.id, dev, ipPacket(packet, protocol));
    const answered = plane.takeOut();
    const accepted = answered.map(({ bytes }) => acknowledgement(bytes)).find((number) => number !== undefined);
    if (accepted !== undefined) plane.inject(ns.id, dev, ipPacket(packet, protocol, accepted));
    await runner.advance(1);
    return firsts([...answered, ...plane.takeOut()], packet);
  }

  #fromPod(address: string): boolean {
    return address.startsWith("10.") || address.startsWith("fd00:10:");
  }
}

/** A packet that left the node. */
export interface Left {
  readonly src: string;
  readonly dst: string;
  readonly dport: number;
}

/** Packets that begin something, other than answers to the client: SYNs, datagrams, INITs. */
function firsts(frames: readonly { readonly bytes: Uint8Array }[], { src, sport }: FlowPacket): Left[] {
  return frames.flatMap(({ bytes }) => {
    const six = (bytes[0] ?? 0) >> 4 === 6;
    const [at, proto] = [six ? 40 : ((bytes[0] ?? 0) & 15) * 4, six ? bytes[6] : bytes[9]];
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    const address = (from: number) => {
      const words = Array.from({ length: six ? 4 : 1 }, (_, i) => BigInt(view.getUint32(from + 4 * i)));
      return printIp({ family: six ? 6 : 4, value: words.reduce((sum, word) => (sum << 32n) | word, 0n) });
    };
    const left = { src: address(six ? 8 : 12), dst: address(six ? 24 : 16), dport: view.getUint16(at + 2) };
    const begins = proto === 6 ? (bytes[at + 13] ?? 0) === 2 : proto === 17 || proto === 132;
    return begins && !(left.dst === src && left.dport === sport) ? [left] : [];
  });
}

/** The number a SYN-ACK is answered with; undefined for anything else. */
function acknowledgement(bytes: Uint8Array): number | undefined {
  const six = (bytes[0] ?? 0) >> 4 === 6;
  const [at, proto] = [six ? 40 : ((bytes[0] ?? 0) & 15) * 4, six ? bytes[6] : bytes[9]];
  if (proto !== 6 || bytes[at + 13] !== 0x12) return undefined;
  return (new DataView(bytes.buffer, bytes.byteOffset).getUint32(at + 4) + 1) >>> 0;
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
