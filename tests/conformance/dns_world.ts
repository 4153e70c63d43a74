/** The world of a podwire-dns/1 case: a pod that runs CoreDNS, and behind its wire every client and name server. */
import { setImmediate } from "node:timers";
import { parseAllDocuments } from "yaml";
import { isFailure, Random, VirtualClock } from "../../core/base/mod.ts";
import { coreDns } from "../../core/addons/coredns/mod.ts";
import { type KubeObject, Store } from "../../core/kube/mod.ts";
import { LINUX_PROGRAMS, Machine, type Process, Runner, type RunningProcess } from "../../core/linux/mod.ts";
import { planeBytes } from "../../wasm/bytes.ts";
import { Plane } from "../../wasm/mod.ts";
import { type DnsCase, type DnsChange, type DnsStep, isChange } from "./dns_format.ts";
import { Upstream } from "./dns_upstream.ts";

const START = Date.UTC(2026, 0, 1);
const HOSTNAME = "coredns-5dd5756b68-x7k2p";
const OWN = "10.244.0.5";
const GATEWAY = "169.254.1.1";
/** The client that asks where a question names none. */
export const CLIENT = "10.244.1.10";
/** Milliseconds in which CoreDNS hears of a changed object. */
const NEWS = 250;

/** What a question came to: octets (several messages for a zone transfer), or why there are none. */
export type Reply = { readonly messages: readonly Uint8Array[]; readonly took: number } | {
  readonly failed: "timeout" | "refused" | "closed";
};

/** How a question is sent. */
export interface Sending {
  readonly bytes: Uint8Array;
  readonly proto: "udp" | "tcp";
  readonly from: string;
  readonly fromPort: number;
  readonly to: string;
  readonly port: number;
  /** Virtual milliseconds. */
  readonly timeout: number;
  /** Reads messages until it says that this was the last. */
  readonly last: (messages: readonly Uint8Array[]) => boolean;
}

/** A running world. */
export class DnsWorld {
  readonly runner: Runner;
  readonly machine: Machine;
  readonly upstreams: ReadonlyMap<string, Upstream>;
  readonly store = new Store();
  #process: RunningProcess | undefined;
  #outside = 0;

  constructor(readonly given: DnsCase) {
    const plane = Plane.open(planeBytes(), { seed: 1 });
    this.runner = new Runner({ plane, clock: new VirtualClock(START), turn });
    this.machine = new Machine({
      name: HOSTNAME,
      plane,
      runner: this.runner,
      random: new Random(1),
      programs: LINUX_PROGRAMS,
      files: filesOf(given),
    });
    this.upstreams = new Map(
      Object.entries(given.upstreams ?? {}).map(([address, spec]) => [address, new Upstream(address, spec)]),
    );
    for (const object of objectsIn(given.objects ?? "")) this.store.put(object);
  }

  /** The CoreDNS process. */
  get process(): RunningProcess {
    if (this.#process === undefined) throw new Error("the world was not started");
    return this.#process;
  }

  /** Wires the pod, starts the name servers and CoreDNS. */
  async start(): Promise<void> {
    const lines = [
      "ip netns add outside",
      "ip link add eth0 type veth peer name pod netns outside",
      `ip addr add ${OWN}/32 dev eth0`,
      "ip link set lo up",
      "ip link set eth0 up",
      `ip route add ${GATEWAY} dev eth0 scope link`,
      `ip route add default via ${GATEWAY} dev eth0 onlink`,
    ];
    const outside = [
      "ip link set lo up",
      "ip link set pod up",
      // Recorded on one machine's loopback, where errors are not rate limited.
      "sysctl -qw net.ipv4.icmp_ratelimit=0",
      `ip addr add ${GATEWAY}/32 dev pod`,
      `ip route add ${OWN} dev pod`,
      ...addressesOf(this.given).map((address) => `ip addr add ${address}/32 dev lo`),
    ];
    for (const line of lines) await this.#must(line);
    this.#outside = this.machine.findNs("outside") ?? 0;
    for (const line of outside) await this.#must(line, this.#outside);
    for (const [address, upstream] of this.upstreams) {
      this.machine.startProgram((process) => upstream.serve(process), [`upstream ${address}`], { ns: this.#outside });
    }
    await this.runner.settle();
    const program = coreDns({ cluster: this.given.api === "down" ? undefined : this.store });
    const env = { ...this.machine.env, ...this.given.env };
    this.#process = this.machine.startProgram(program, ["coredns", "-conf", "Corefile"], { cwd: "/etc/coredns", env });
  }

  /** Brings a change about, with the waits around it. */
  async change(change: DnsChange): Promise<void> {
    switch (change.do) {
      case "apply":
        for (const object of objectsIn(change.objects)) this.store.put(object);
        break;
      case "delete":
        this.store.remove(change.kind, change.object, change.namespace);
        break;
      case "write":
        this.machine.files.write(pathOf(change.file), change.text);
        break;
      case "upstream": {
        const upstream = this.upstreams.get(change.addr);
        if (upstream !== undefined) upstream.mode = change.mode;
        break;
      }
      case "pause":
    }
    await this.runner.advance((change.do === "apply" || change.do === "delete" ? NEWS : 0) + (change.wait ?? 0) * 1000);
  }

  /** Sends a question and waits for what comes back. A question to loopback is asked in the pod itself. */
  async ask(sending: Sending): Promise<Reply> {
    const inside = sending.to.startsWith("127.");
    if (inside) await this.#must(`ip addr add ${sending.from}/32 dev lo`);
    const reply = await this.inside(
      (process) => sending.proto === "udp" ? overUdp(process, sending) : overTcp(process, sending),
      inside,
    );
    if (inside) await this.#must(`ip addr del ${sending.from}/32 dev lo`);
    return reply;
  }

  /** Runs a job as a process beside CoreDNS (`pod`), or out where the clients are. */
  async inside<T>(job: (process: Process) => Promise<T>, pod = false): Promise<T> {
    let value: { readonly of: T } | undefined;
    const ns = pod ? this.machine.ns.id : this.#outside;
    const one = this.machine.startProgram(async (own) => (value = { of: await job(own) }, 0), ["client"], { ns });
    await this.runner.run(one.finished);
    if (value === undefined) throw new Error("a client of the world never ended");
    return value.of;
  }

  async #must(line: string, ns = this.machine.ns.id): Promise<void> {
    const left = await this.machine.run(line, { ns });
    if (left.exit !== 0) throw new Error(`${line}: ${left.stderr}`);
  }
}

async function overUdp(process: Process, sending: Sending): Promise<Reply> {
  const socket = process.net.udp(4);
  const began = process.clock.now();
  try {
    if (isFailure(socket.bind(sending.from, sending.fromPort))) throw new Error(`${sending.from} is no address here`);
    socket.connect(sending.to, sending.port);
    socket.send(sending.bytes);
    const got = await socket.receive(sending.timeout);
    if (got === undefined) return { failed: "timeout" };
    if ("error" in got) return { failed: "refused" };
    return { messages: [got.datagram.data], took: process.clock.now() - began };
  } finally {
    socket.close();
  }
}

async function overTcp(process: Process, sending: Sending): Promise<Reply> {
  const { bytes, from, fromPort, timeout } = sending;
  const began = process.clock.now();
  const stream = await process.net.connect(sending.to, sending.port, { from, fromPort, timeout });
  if (stream === undefined) return { failed: "timeout" };
  if (isFailure(stream)) return { failed: "refused" };
  try {
    await stream.write(Uint8Array.of(bytes.length >> 8, bytes.length & 255, ...bytes));
    const messages: Uint8Array[] = [];
    let buffer = new Uint8Array();
    for (;;) {
      const size = buffer.length < 2 ? Infinity : 2 + (buffer[0] as number) * 256 + (buffer[1] as number);
      if (buffer.length >= size) {
        messages.push(buffer.slice(2, size));
        buffer = buffer.slice(size);
        if (sending.last(messages)) return { messages, took: process.clock.now() - began };
        continue;
      }
      const more = await stream.read(Math.max(0, began + timeout - process.clock.now()));
      if (more === undefined) return { failed: "timeout" };
      if (!(more instanceof Uint8Array)) return { failed: "closed" };
      buffer = Uint8Array.of(...buffer, ...more);
    }
  } finally {
    stream.close();
  }
}

function pathOf(file: string): string {
  return file.startsWith("/") ? file : `/etc/coredns/${file}`;
}

function filesOf({ corefile, files = {} }: DnsCase): Record<string, string> {
  const own = Object.fromEntries(Object.entries(files).map(([file, text]) => [pathOf(file), text]));
  return {
    "/etc/resolv.conf": "nameserver 10.99.0.1\n",
    "/etc/hosts": `127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n${OWN} ${HOSTNAME}\n`,
    "/etc/coredns/Corefile": corefile,
    ...own,
  };
}

function objectsIn(yaml: string): KubeObject[] {
  return parseAllDocuments(yaml).map((document) => document.toJS() as KubeObject | null).filter((object) =>
    object !== null
  );
}

/** Every address the case speaks of, besides CoreDNS's own and loopback's: all exist outside. */
function addressesOf({ corefile, files, upstreams, queries }: DnsCase): string[] {
  const texts = [corefile, ...Object.values(files ?? {}), ...queries.map(textOf)].join("\n");
  const named = texts.match(/\b10\.99\.\d{1,3}\.\d{1,3}\b/g) ?? [];
  const clients = queries.flatMap((step) => isChange(step) ? [] : [step.from ?? CLIENT, step.to ?? CLIENT]);
  const all = new Set([CLIENT, "10.99.0.1", ...named, ...clients, ...Object.keys(upstreams ?? {})]);
  return [...all].filter((address) => address !== OWN && !address.startsWith("127."));
}

function textOf(step: DnsStep): string {
  return isChange(step) && step.do === "write" ? step.text : "";
}

/** One macrotask of the host: in Deno a message channel's is none. */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
