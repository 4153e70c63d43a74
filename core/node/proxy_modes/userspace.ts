/** userspace mode at work: a proxy socket for every Service port, whose connections are spliced to an endpoint's. */
import { isFailure } from "../../base/mod.ts";
import type { Datagram } from "../../../wasm/mod.ts";
import type { DatagramSocket, Machine, Process, Stream, Task } from "../../linux/mod.ts";
import { mustRun } from "../agent.ts";
import {
  Balancer,
  printUserspaceRules,
  proxyKey,
  type ServicePort,
  type ServiceView,
  USERSPACE_CHAINS,
  USERSPACE_JUMPS,
} from "../proxy/mod.ts";
import { ensure, unlink } from "./ensure.ts";
import { toolOf } from "./iptables.ts";
import type { ModeHost, ProxyMode } from "./mode.ts";

/** How long each try to reach an endpoint may take; behind the last the connection is closed. Virtual ms. */
const DIALS = [250, 500, 1000, 2000];
/** A client that sends no datagram for so long is forgotten (--udp-timeout). */
const UDP_IDLE = 250;
/** Where proxy sockets' ports are taken from: the ephemeral ports. */
const FIRST_PORT = 32_768;

/** kube-proxy's userspace mode. */
export class UserspaceMode implements ProxyMode {
  readonly #host: ModeHost;
  readonly #proxies = new Map<string, ServiceProxy>();
  #lastPort = FIRST_PORT;
  #linked = false;

  constructor(host: ModeHost) {
    this.#host = host;
  }

  async sync(task: Task, views: readonly [ServiceView, ServiceView]): Promise<void> {
    const wanted = new Map(
      views.flatMap((view) => view.ports.map((port) => [`${view.family} ${proxyKey(port)}`, port])),
    );
    for (const [key, proxy] of this.#proxies) {
      if (wanted.has(key)) continue;
      proxy.stop();
      this.#proxies.delete(key);
    }
    for (const [key, port] of wanted) this.#proxy(key, port);
    for (const view of views) await this.#syncRules(task, view);
    this.#linked = true;
  }

  /** SCTP has no proxy here: such ports have no rules. */
  #proxy(key: string, port: ServicePort): void {
    if (port.protocol === "sctp") return;
    const known = this.#proxies.get(key);
    if (known === undefined) this.#proxies.set(key, new ServiceProxy(this.#host.machine, port, ++this.#lastPort));
    else known.balancer.update(port);
  }

  async #syncRules(task: Task, view: ServiceView): Promise<void> {
    const { machine } = this.#host;
    const tool = toolOf(view.family);
    if (!this.#linked) {
      for (const each of USERSPACE_CHAINS) await ensure(task, { machine, tool }, each);
      for (const each of USERSPACE_JUMPS) await ensure(task, { machine, tool }, each);
    }
    const sockets = new Map(view.ports.flatMap((port) => {
      const proxy = this.#proxies.get(`${view.family} ${proxyKey(port)}`);
      return proxy === undefined ? [] : [[proxyKey(port), proxy.port] as const];
    }));
    await mustRun(task, machine, `${tool}-restore --noflush --counters`, printUserspaceRules(view, sockets));
  }

  async cleanUp(task: Task): Promise<void> {
    const { machine } = this.#host;
    for (const family of [4, 6] as const) {
      await unlink(task, { machine, tool: toolOf(family) }, { jumps: USERSPACE_JUMPS, chains: USERSPACE_CHAINS });
    }
  }

  /** Its sockets close. */
  stop(): void {
    for (const proxy of this.#proxies.values()) proxy.stop();
    this.#proxies.clear();
  }
}

/** The proxy socket of one Service port. */
class ServiceProxy {
  readonly balancer: Balancer;
  readonly #process: ReturnType<Machine["startProgram"]>;

  constructor(machine: Machine, service: ServicePort, readonly port: number) {
    this.balancer = new Balancer(service);
    const family = service.clusterIP.includes(":") ? 6 : 4;
    const serve = service.protocol === "udp" ? this.#serveUdp : this.#serveTcp;
    this.#process = machine.startProgram((process) => serve.call(this, process, family), ["kube-proxy", service.name]);
  }

  stop(): void {
    this.#process.kill(15);
  }

  async #serveTcp(process: Process, family: 4 | 6): Promise<number> {
    const listener = process.net.listen(family === 4 ? "0.0.0.0" : "::", this.port);
    if (isFailure(listener)) return 1;
    for (let client = await listener.accept(); client !== undefined; client = await listener.accept()) {
      void this.#splice(process, client);
    }
    return 0;
  }

  async #splice(process: Process, client: Stream): Promise<void> {
    const backend = await this.#dial(process, client.remote.address);
    if (backend === undefined) {
      client.close();
      return;
    }
    await Promise.all([copy(client, backend), copy(backend, client)]);
    client.close();
    backend.close();
  }

  async #dial(process: Process, client: string): Promise<Stream | undefined> {
    for (const [i, timeout] of DIALS.entries()) {
      const endpoint = this.balancer.choose(client, { now: process.clock.now(), anew: i > 0 });
      if (endpoint === undefined) return undefined;
      const stream = await process.net.connect(endpoint.ip, endpoint.port, { timeout });
      if (stream !== undefined && !isFailure(stream)) return stream;
    }
    return undefined;
  }

  async #serveUdp(process: Process, family: 4 | 6): Promise<number> {
    const socket = process.net.udp(family);
    if (isFailure(socket.bind(family === 4 ? "0.0.0.0" : "::", this.port))) return 1;
    const clients = new Map<string, DatagramSocket>();
    for (let got = await socket.receive(); got !== undefined; got = await socket.receive()) {
      if ("error" in got) continue;
      const { from, fromPort, data } = got.datagram;
      const known = clients.get(`${from} ${fromPort}`);
      const backend = known ?? this.#backendOf(process, from, family);
      if (backend === undefined) continue;
      if (known === undefined) {
        clients.set(`${from} ${fromPort}`, backend);
        void answer(backend, { socket, datagram: got.datagram }).then(() => clients.delete(`${from} ${fromPort}`));
      }
      backend.send(data);
    }
    return 0;
  }

  #backendOf(process: Process, client: string, family: 4 | 6): DatagramSocket | undefined {
    const endpoint = this.balancer.choose(client, { now: process.clock.now() });
    if (endpoint === undefined) return undefined;
    const backend = process.net.udp(family);
    backend.connect(endpoint.ip, endpoint.port);
    return backend;
  }
}

/** Passes a backend's answers on to its client until there are none for a while. */
async function answer(
  backend: DatagramSocket,
  { socket, datagram }: { readonly socket: DatagramSocket; readonly datagram: Datagram },
): Promise<void> {
  for (let got = await backend.receive(UDP_IDLE); got !== undefined; got = await backend.receive(UDP_IDLE)) {
    if ("datagram" in got) socket.sendTo(got.datagram.data, datagram.from, datagram.fromPort, datagram.to);
  }
  backend.close();
}

/** Bytes from one connection to the other until its end, which is passed on. */
async function copy(from: Stream, to: Stream): Promise<void> {
  for (;;) {
    const bytes = await from.read();
    if (bytes === undefined || bytes === null || isFailure(bytes)) break;
    await to.write(bytes);
  }
  to.end();
}
