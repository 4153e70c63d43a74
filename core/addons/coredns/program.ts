import { type Failure, isFailure, strerror } from "../../base/mod.ts";
import { printMessage, queryMessage } from "../../dns/mod.ts";
import type { DatagramSocket, Endpoint, Listener, Process, Program, Stream } from "../../linux/mod.ts";
import { type Configuration, configure, DEFAULT_COREFILE, GO_VERSION } from "./configuration.ts";
import { CorefileError } from "./corefile/token.ts";
import { framed, FrameReader } from "./frames.ts";
import { serveHttp } from "./http.ts";
import { COREDNS_VERSION } from "./order.ts";
import { goLookup } from "./go_resolver.ts";
import { printGoDuration } from "./go_values.ts";
import type { ClusterView, Host, Instance, RunningServer } from "./plugin.ts";
import { serve, serveStream } from "./server.ts";

/** What a CoreDNS process is given besides its files. */
export interface CoreDnsOptions {
  /** The cluster's objects, in reality asked of the API server; undefined where it cannot be reached. */
  readonly cluster: ClusterView | undefined;
  readonly version?: string;
  /** Told of plugins in the Corefile that are read but not simulated. */
  readonly warn?: (plugins: readonly string[]) => void;
}

const SIGTERM = 15;
const TCP_IDLE = 10_000;
const MOST_PORT = 65_535;

/** The program of `registry.k8s.io/coredns/coredns`: `coredns -conf FILE`, Corefile in the working directory by default. */
export function coreDns(options: CoreDnsOptions): Program {
  return (process) => new CoreDns(process, options).main();
}

/** One running CoreDNS. */
class CoreDns {
  readonly #sockets = new Map<string, readonly [DatagramSocket, Listener]>();
  readonly #http = new Map<string, Listener>();
  readonly #host: Host;
  #configuration: Configuration | undefined;
  /** Read, but not in effect yet. */
  #loaded: Configuration | undefined;
  #generation = 0;
  /** It has ended: what is still under way says and does nothing any more. */
  #dead = false;
  #end: (exit: number) => void = () => {};
  #fail: (error: unknown) => void = () => {};

  constructor(readonly process: Process, readonly options: CoreDnsOptions) {
    this.#host = this.#makeHost();
  }

  async main(): Promise<number> {
    const { process } = this;
    const asked = new Promise<void>((resolve) => process.handle(SIGTERM, resolve));
    const ended = new Promise<number>((resolve, reject) => [this.#end, this.#fail] = [resolve, reject]);
    const loading = this.#load() ?? this.#settle();
    // No turn is lost where nothing is waited for: what starts beside CoreDNS finds it listening.
    const wrong = loading instanceof Promise ? await loading : loading;
    if (wrong !== undefined) {
      process.out(`${wrong}\n`);
      return 1;
    }
    const refused = this.#listen();
    if (refused !== undefined) {
      process.out(`${refused}\n`);
      return 1;
    }
    for (const line of this.#current().banner) process.out(`${line}\n`);
    this.#start();
    process.out(`CoreDNS-${this.options.version ?? COREDNS_VERSION}\nlinux/amd64, ${GO_VERSION}, \n`);
    const exit = await Promise.race([ended, asked.then(() => this.#shutDown()), process.killed.then(() => 0)]);
    this.#dead = true;
    return exit;
  }

  /** Goes on serving for as long as plugins ask for it. */
  async #shutDown(): Promise<number> {
    this.process.out("[INFO] SIGTERM: Shutting down servers then terminating\n");
    const instances = this.#current().blocks.flatMap((block) => block.instances);
    for (const [name, { lameduck = 0 }] of instances) {
      if (lameduck <= 0) continue;
      this.process.out(`[INFO] plugin/${name}: Going into lameduck mode for ${printGoDuration(lameduck)}\n`);
      await this.process.clock.sleep(lameduck);
    }
    return 0;
  }

  #makeHost(): Host {
    const { clock, net, random, env, files, machine } = this.process;
    const absolute = (path: string) => (path.startsWith("/") ? path : `${directory(this.process)}${path}`);
    const sleep = async (milliseconds: number) => !this.#dead && await clock.sleep(milliseconds) && !this.#dead;
    const host: Host = {
      clock: { now: () => clock.now(), sleep },
      net,
      random,
      env,
      addresses: ownAddresses(this.process),
      hostname: machine.name,
      interfaces: () => interfacesOf(this.process),
      readFile: (path) => files.read(absolute(path)),
      listFolder: (path) => files.list(absolute(path)),
      log: (line) => {
        if (!this.#dead) this.process.out(`${line}\n`);
      },
      background: (job) => void job().catch((error: unknown) => this.#fail(error)),
      fatal: (line) => {
        this.#dead = true;
        this.process.out(`${line}\n`);
        this.#end(1);
      },
      resolve: (name) => goLookup(host, name),
    };
    return host;
  }

  /** Reads the Corefile; what CoreDNS says where it cannot. */
  #load(): string | undefined {
    try {
      this.#loaded = this.#read();
      return undefined;
    } catch (error) {
      if (!(error instanceof CorefileError)) throw error;
      for (const line of error.warnings) this.#host.log(line);
      return error.startup;
    }
  }

  /** Lets plugins do what takes time, then puts what was read into effect; their complaint where that fails. */
  #settle(): Promise<string | undefined> | undefined {
    const loaded = this.#loaded as Configuration;
    const jobs = loaded.blocks.flatMap(({ instances }) => instances.filter(([, { prepare }]) => prepare !== undefined));
    if (jobs.length > 0) return prepared(jobs).then((wrong) => wrong ?? this.#take(loaded));
    return this.#take(loaded);
  }

  #take(loaded: Configuration): undefined {
    this.#configuration = loaded;
    this.#generation++;
    this.options.warn?.(loaded.unsimulated);
  }

  #read(): Configuration {
    const file = configurationFile(this.process);
    const { version, cluster } = this.options;
    const text = this.#host.readFile(file) ?? DEFAULT_COREFILE;
    const source = { text, file, host: this.#host, cluster, ...(version === undefined ? {} : { version }) };
    return configure(source);
  }

  /** Opens what is not open yet; the message CoreDNS ends with where a port is taken. */
  #listen(): string | undefined {
    for (const { host, port } of this.#current().sockets) {
      const key = `${host}:${port}`;
      if (this.#sockets.has(key)) continue;
      if (Number(port) < 0 || Number(port) > MOST_PORT) return `address ${port}: invalid port`;
      const listener = this.process.net.listen(host || "0.0.0.0", Number(port));
      if (isFailure(listener)) return `Listen: listen tcp ${key}: bind: ${reason(listener)}`;
      const socket = this.process.net.udp(host.includes(":") ? 6 : 4);
      const bound = socket.bind(host || "0.0.0.0", Number(port));
      if (isFailure(bound)) return `Listen: listen udp ${key}: bind: ${reason(bound)}`;
      this.#sockets.set(key, [socket, listener]);
      this.#host.background(() => this.#receive(socket));
      this.#host.background(() => this.#accept(listener));
    }
    return undefined;
  }

  #current(): Configuration {
    if (this.#configuration === undefined) throw new Error("CoreDNS serves before it is configured");
    return this.#configuration;
  }

  #start(): void {
    const configuration = this.#current();
    for (const block of configuration.blocks) {
      const server = this.#running(configuration, block.addresses[0]?.port ?? "53");
      for (const [, instance] of block.instances) {
        if (instance.http !== undefined) this.#listenHttp(instance.http.address);
        instance.start?.(server);
      }
    }
  }

  #running(configuration: Configuration, port: string): RunningServer {
    const generation = this.#generation;
    return {
      port: `:${port}`,
      ask: (name, type) => this.#askMyself(name, type, Number(port)),
      running: () => this.#generation === generation,
      notReady: () => notReady(configuration),
      reload: () => this.#reload(),
    };
  }

  async #reload(): Promise<boolean> {
    this.#host.log("[INFO] Reloading");
    const wrong = this.#load() ?? await this.#settle();
    if (wrong !== undefined) {
      this.#host.log(`[ERROR] Restart failed: ${wrong}`);
      const lead =
        "[ERROR] plugin/reload: Corefile changed but reload failed: starting with listener file descriptors: ";
      this.#host.log(lead + wrong);
      return false;
    }
    this.#listen();
    this.#start();
    this.#host.log("[INFO] Reloading complete");
    return true;
  }

  /** A query from 127.0.0.1 to the server itself: what loop sends. */
  async #askMyself(name: string, type: string, port: number): Promise<boolean> {
    if (this.#dead) return false;
    const socket = this.process.net.udp(4);
    const id = this.process.random.below(65536);
    if (isFailure(socket.connect("127.0.0.1", port))) return false;
    socket.send(printMessage(queryMessage(id, { name, type, class: "IN" }), false));
    const got = await socket.receive(2000);
    socket.close();
    return got !== undefined && "datagram" in got;
  }

  async #receive(socket: DatagramSocket): Promise<void> {
    const own = socket.local;
    const wildcard = /^(0\.0\.0\.0|::)$/.test(own.address);
    const port = own.port;
    for (;;) {
      const got = await socket.receive();
      if (got === undefined) return;
      let datagram = "datagram" in got ? got.datagram : undefined;
      for (; datagram !== undefined; datagram = socket.receiveNow()) {
        const { data, from, fromPort, to } = datagram;
        const client = { address: from, port: fromPort };
        const arrival = { proto: "udp" as const, client, local: { address: to, port }, wildcard };
        this.#host.background(async () => {
          const bytes = await serve(this.#current(), this.#host, { bytes: data, arrival });
          if (bytes !== undefined) socket.sendTo(bytes, from, fromPort, to);
        });
      }
    }
  }

  async #accept(listener: Listener): Promise<void> {
    for (;;) {
      const stream = await listener.accept();
      if (stream === undefined) return;
      this.#host.background(() => this.#converse(stream));
    }
  }

  async #converse(stream: Stream): Promise<void> {
    const frames = new FrameReader(stream, this.#host.clock);
    for (;;) {
      const bytes = await frames.next(TCP_IDLE);
      if (typeof bytes === "string") break;
      const arrival: { proto: "tcp"; client: Endpoint; local: Endpoint } = {
        proto: "tcp",
        client: stream.remote,
        local: stream.local,
      };
      for (const reply of await serveStream(this.#current(), this.#host, { bytes, arrival })) {
        await stream.write(framed(reply));
      }
    }
    stream.close();
  }

  /** Blocks that name the same address share one server; the plugin of the first block answers. */
  #listenHttp(address: string): void {
    if (this.#http.has(address)) return;
    const [host, port] = [address.slice(0, address.lastIndexOf(":")), address.slice(address.lastIndexOf(":") + 1)];
    const listener = this.process.net.listen(host === "localhost" ? "127.0.0.1" : host || "0.0.0.0", Number(port));
    if (isFailure(listener)) {
      this.#host.log(`[ERROR] plugin: listen tcp ${address}: bind: address already in use`);
      return;
    }
    this.#http.set(address, listener);
    const answer = (path: string) => {
      const services = this.#current().blocks.flatMap((block) => block.instances.map(([, instance]) => instance.http));
      return services.find((service) => service?.address === address)?.answer(path);
    };
    this.#host.background(() => serveHttp(listener, this.#host, answer));
  }
}

async function prepared(jobs: readonly (readonly [string, Instance])[]): Promise<string | undefined> {
  for (const [name, instance] of jobs) {
    const wrong = await instance.prepare?.();
    if (wrong !== undefined) return `plugin/${name}: ${wrong}`;
  }
  return undefined;
}

/** Go's words for what bind(2) failed with. */
function reason({ errno }: Failure): string {
  return strerror(errno).toLowerCase();
}

function ownAddresses({ machine, ns }: Process): string[] {
  const addresses = machine.plane.addresses(ns).map(({ address }) => address.split("/")[0] as string);
  return addresses.filter((address) => !/^(127\.|::1$|fe80:)/.test(address));
}

function interfacesOf({ machine, ns }: Process): Record<string, string[]> {
  const links = machine.plane.links(ns);
  return Object.fromEntries(links.map(({ name, index }) => {
    const own = machine.plane.addresses(ns).filter((entry) => entry.dev === index);
    return [name, own.map(({ address }) => address.split("/")[0] as string)];
  }));
}

function notReady(configuration: Configuration): string[] {
  const all = configuration.blocks.flatMap((block) => block.instances);
  return [...new Set(all.filter(([, instance]) => instance.ready?.() === false).map(([name]) => name))];
}

/** The file after `-conf`. */
function configurationFile(process: Process): string {
  const at = process.argv.findIndex((word) => word === "-conf" || word === "--conf");
  return process.argv[at + 1] && at > 0 ? process.argv[at + 1] as string : "Corefile";
}

function directory(process: Process): string {
  return process.cwd.endsWith("/") ? process.cwd : `${process.cwd}/`;
}
