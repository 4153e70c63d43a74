/** The plane's nonblocking sockets as promises of one process ({@link Net}). A wait is a counted wait of the process's task. */
import type { Datagram, Ns, SocketId, SocketOptions } from "../../wasm/mod.ts";
import { type Failure, ipFamily, isFailure, type Result } from "../base/mod.ts";
import type { Life } from "./life.ts";
import type {
  ConnectOptions,
  DatagramSocket,
  Endpoint,
  Listener,
  ListenOptions,
  Net,
  Received,
  Stream,
} from "./process.ts";

const CHUNK = 65536;
const CLOSED = Symbol("closed");
const again = (value: unknown): boolean => isFailure(value) && value.errno === "EAGAIN";

/** Sockets of one namespace, owned by one process: whatever is still open when it ends is closed. */
export class ProcessNet implements Net {
  constructor(readonly life: Life, readonly ns: Ns) {}

  async connect(address: string, port: number, options: ConnectOptions = {}): Promise<Result<Stream> | undefined> {
    const { plane } = this.life;
    const id = this.#open("tcp", ipFamily(unscoped(address)) ?? 4, options);
    const refused = this.#bindFor(id, options) ?? this.connectTo(id, address, port);
    if (refused !== null) return this.#give(id, refused);
    const settled = await this.when(id, () => {
      const view = plane.socketView(id);
      if (view.error !== undefined) return { errno: view.error } as Failure;
      return view.state === "SYN-SENT" ? undefined : true as const;
    }, options.timeout);
    if (settled === undefined) return this.#give(id, undefined);
    if (settled === true) return new PlaneStream(this, id);
    const error = plane.takeError(id);
    if (error !== undefined) options.heard?.(error);
    return this.#give(id, settled);
  }

  listen(address: string, port: number, options: ListenOptions = {}): Result<Listener> {
    const { plane } = this.life;
    const id = this.#open("tcp", ipFamily(unscoped(address)) ?? 4, { reuseAddress: true, ...options });
    const refused = plane.bind(id, unscoped(address), port) ?? plane.listen(id, options.backlog ?? 128);
    return refused !== null ? this.#give(id, refused) : new PlaneListener(this, id);
  }

  udp(family: 4 | 6, options: SocketOptions = {}): DatagramSocket {
    return new PlaneDatagram(this, this.#open("udp", family, options));
  }

  ping(family: 4 | 6, options: SocketOptions = {}): DatagramSocket {
    return new PlaneDatagram(this, this.#open("icmp", family, options));
  }

  raw(family: 4 | 6, protocol: number, options: SocketOptions = {}): DatagramSocket {
    return new PlaneDatagram(this, this.#open("raw", family, options, protocol));
  }

  /** Waits until `ready` gives something; undefined when the time (virtual ms) runs out, the socket is closed or the process killed. */
  async when<T>(id: SocketId, ready: () => T | undefined, timeout?: number): Promise<T | undefined> {
    const look = (): T | typeof CLOSED | undefined => (this.life.sockets.has(id) ? ready() : CLOSED);
    const got = await this.life.wait(look, (again) => this.life.runner.onSocket(id, again), timeout);
    return got === CLOSED ? undefined : got;
  }

  /** Takes on a socket that the kernel made (accept). */
  adopt(id: SocketId): SocketId {
    this.life.sockets.add(id);
    return id;
  }

  close(id: SocketId): void {
    if (!this.life.sockets.delete(id)) return;
    this.life.plane.close(id);
    this.life.runner.poke(id);
  }

  /** connect(2): `%eth0` behind a link-local address binds the socket to that link. */
  connectTo(id: SocketId, address: string, port: number): Failure | null {
    const [ip = "", link] = address.split("%");
    const found = link === undefined
      ? undefined
      : this.life.plane.links(this.ns).find(({ name, index }) => name === link || `${index}` === link);
    if (found !== undefined) this.life.plane.setSocket(id, { device: found.index });
    return this.life.plane.connect(id, ip, port);
  }

  #open(kind: "tcp" | "udp" | "icmp" | "raw", family: 4 | 6, options: SocketOptions, protocol?: number): SocketId {
    const { plane } = this.life;
    const id = this.adopt(plane.socket(this.ns, kind, family, protocol));
    const { timeout: _t, from: _f, fromPort: _p, backlog: _b, heard: _h, ...set } = options as
      & ConnectOptions
      & ListenOptions;
    plane.setSocket(id, { uid: this.life.uid, ...set });
    return id;
  }

  #bindFor(id: SocketId, options: ConnectOptions): Failure | null {
    if (options.from === undefined && options.fromPort === undefined) return null;
    const any = this.life.plane.socketView(id).local.includes(":") ? "::" : "0.0.0.0";
    return this.life.plane.bind(id, options.from ?? any, options.fromPort ?? 0);
  }

  #give<T>(id: SocketId, value: T): T {
    this.close(id);
    return value;
  }
}

/** Where a socket is bound, as getsockname(2) says. */
function localEnd(net: ProcessNet, id: SocketId): Endpoint {
  const view = net.life.plane.socketView(id);
  return { address: view.local, port: view.localPort };
}

class PlaneStream implements Stream {
  readonly local: Endpoint;
  readonly remote: Endpoint;

  constructor(readonly net: ProcessNet, readonly id: SocketId) {
    const view = net.life.plane.socketView(id);
    this.local = { address: view.local, port: view.localPort };
    this.remote = { address: view.remote, port: view.remotePort };
  }

  async read(timeout?: number): Promise<Result<Uint8Array> | null | undefined> {
    const { plane } = this.net.life;
    const got = await this.net.when(this.id, () => {
      const bytes = plane.receive(this.id, CHUNK);
      return again(bytes) ? undefined : bytes;
    }, timeout);
    return got === undefined || isFailure(got) || got.length > 0 ? got : null;
  }

  async write(data: Uint8Array | string): Promise<Result<number>> {
    const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
    for (let sent = 0; sent < bytes.length;) {
      const took = await this.net.when(this.id, () => this.#push(bytes.subarray(sent)));
      if (took === undefined) return { errno: "EINTR" };
      if (isFailure(took)) return took;
      sent += took;
    }
    return bytes.length;
  }

  end(): void {
    this.net.life.plane.shutdown(this.id);
  }

  close(): void {
    this.net.close(this.id);
  }

  abort(): void {
    this.net.life.plane.setSocket(this.id, { abort: true });
    this.close();
  }

  #push(bytes: Uint8Array): Result<number> | undefined {
    const took = this.net.life.plane.send(this.id, bytes);
    return again(took) || took === 0 ? undefined : took;
  }
}

class PlaneListener implements Listener {
  readonly local: Endpoint;

  constructor(readonly net: ProcessNet, readonly id: SocketId) {
    this.local = localEnd(net, id);
  }

  async accept(timeout?: number): Promise<Stream | undefined> {
    const got = await this.net.when(this.id, () => {
      const connection = this.net.life.plane.accept(this.id);
      return again(connection) ? undefined : connection;
    }, timeout);
    if (got === undefined || isFailure(got)) return undefined;
    return new PlaneStream(this.net, this.net.adopt(got));
  }

  close(): void {
    this.net.close(this.id);
  }
}

/** An address without `%eth0`: which link is meant the socket's device says. */
function unscoped(address: string): string {
  return address.replace(/%.*/, "");
}

class PlaneDatagram implements DatagramSocket {
  constructor(readonly net: ProcessNet, readonly id: SocketId) {}

  get local(): Endpoint {
    return localEnd(this.net, this.id);
  }

  bind(address: string, port: number): Result<Endpoint> {
    return this.net.life.plane.bind(this.id, unscoped(address), port) ?? this.local;
  }

  connect(address: string, port: number): Result<Endpoint> {
    return this.net.connectTo(this.id, address, port) ?? this.local;
  }

  set(options: SocketOptions): void {
    this.net.life.plane.setSocket(this.id, options);
  }

  send(data: Uint8Array): Result<number> {
    return this.net.life.plane.send(this.id, data);
  }

  sendTo(data: Uint8Array, address: string, port: number, from?: string): Result<number> {
    return this.net.life.plane.sendTo(this.id, data, address, port, from);
  }

  async receive(timeout?: number): Promise<Received | undefined> {
    return await this.net.when(this.id, () => this.#take(), timeout);
  }

  receiveNow(): Datagram | undefined {
    if (!this.net.life.sockets.has(this.id)) return undefined;
    const datagram = this.net.life.plane.receiveFrom(this.id);
    return isFailure(datagram) ? undefined : datagram;
  }

  close(): void {
    this.net.close(this.id);
  }

  #take(): Received | undefined {
    const { plane } = this.net.life;
    const error = plane.takeError(this.id);
    if (error !== undefined) return { error };
    const datagram = plane.receiveFrom(this.id);
    return isFailure(datagram) ? undefined : { datagram };
  }
}
