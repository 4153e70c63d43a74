/** Probes sent through the plane, watched as the recorder watches the real kernel. */
import { isFailure } from "../../core/base/mod.ts";
import type { Ns, PlaneApi, SocketId } from "../../wasm/mod.ts";
import { buildPacket, checksum, describePacket, printEnd } from "./packet.ts";
import { countersMoved, readCounters, takeFlows } from "./observe.ts";
import type { PacketProbe, Probe, ProbeResult, SocketProbe } from "./scenario.ts";
import type { World } from "./world.ts";

/** Virtual milliseconds the recorder waits before it calls a probe dropped, and between two looks. */
const SETTLE = 2;
const LOOK = 0.2;
const ECHO_ID = 0x1234;

/** Sends one probe and says what became of it. */
export function runProbe(world: World, probe: Probe): ProbeResult {
  return "inject" in probe ? runPacket(world, probe) : runSocket(world, probe);
}

function runPacket(world: World, probe: PacketProbe): ProbeResult {
  const { plane } = world;
  const before = readCounters(world);
  const result: ProbeResult = { outcome: "dropped" };
  const port = world.ports.find(({ name }) => name === probe.inject);
  if (port === undefined) throw new Error(`no tun port ${probe.inject}`);
  plane.inject(port.ns, port.dev, buildPacket(probe));
  const frames = plane.takeOut();
  const out = world.ports.flatMap(({ name, ns, dev }) =>
    frames.filter((frame) => frame.ns === ns && frame.dev === dev).map((frame) => ({ name, bytes: frame.bytes }))
  );
  if (out.length > 0) result.outcome = out.some(({ name }) => name !== probe.inject) ? "forwarded" : "returned";
  result.wire = out.map(({ name, bytes }) => [name, bytes.toHex()] as const);
  result.out = out.map(({ name, bytes }) => `${name} ${describePacket(bytes)}`);
  result.rules = countersMoved(before, readCounters(world));
  result.conntrack = takeFlows(world);
  return result;
}

function runSocket(world: World, probe: SocketProbe): ProbeResult {
  const before = readCounters(world);
  const attempt = new Attempt(world, probe);
  attempt.send();
  attempt.watch();
  const { result } = attempt;
  result.rules = countersMoved(before, readCounters(world));
  result.conntrack = takeFlows(world);
  attempt.close();
  takeFlows(world);
  return result;
}

class Attempt {
  readonly result: ProbeResult = { outcome: "dropped" };
  readonly #plane: PlaneApi;
  readonly #socket: SocketId;
  readonly #accepted: SocketId[] = [];
  /** A socket of IPv6; its destination may be a mapped address. */
  readonly #six: boolean;

  constructor(readonly world: World, readonly probe: SocketProbe) {
    this.#plane = world.plane;
    const ns = world.ns.get(probe.from) as Ns;
    this.#six = probe.dst.includes(":");
    this.#socket = probe.proto === "icmp"
      ? this.#plane.socket(ns, "raw", this.#six ? 6 : 4, this.#six ? 58 : 1)
      : this.#plane.socket(ns, probe.proto, this.#six ? 6 : 4);
  }

  send(): void {
    const { probe } = this;
    const plane = this.#plane;
    plane.setSocket(this.#socket, { ttl: probe.ttl, mark: probe.mark, reuseAddress: true });
    if (probe.src !== undefined || probe.sport !== undefined) {
      this.#fail(plane.bind(this.#socket, probe.src ?? (this.#six ? "::" : "0.0.0.0"), probe.sport ?? 0));
    }
    const data = new TextEncoder().encode(probe.payload ?? "oracle");
    if (probe.proto === "icmp") this.#fail(plane.sendTo(this.#socket, this.#echo(data), probe.dst, 0));
    else if (!this.#fail(plane.connect(this.#socket, probe.dst, probe.dport)) && probe.proto === "udp") {
      this.#fail(plane.send(this.#socket, data));
    }
  }

  #echo(data: Uint8Array): Uint8Array {
    const { id = ECHO_ID, seq = 1 } = this.probe;
    const message = [this.#six ? 128 : 8, 0, 0, 0, id >> 8, id & 255, seq >> 8, seq & 255, ...data];
    // The kernel writes ICMPv6's checksum itself.
    if (this.#six) return Uint8Array.from(message);
    const sum = checksum(message);
    message[2] = sum >> 8;
    message[3] = sum & 255;
    return Uint8Array.from(message);
  }

  #fail(answer: unknown): boolean {
    if (!isFailure(answer)) return false;
    Object.assign(this.result, { outcome: "error", errno: answer.errno });
    return true;
  }

  /** Looks again and again until something happened or the time is over. */
  watch(): void {
    const end = this.#plane.now() + SETTLE;
    while (this.result.outcome === "dropped") {
      this.#look();
      if (this.result.outcome !== "dropped" || this.#plane.now() >= end) return;
      this.#plane.run(Math.min(end, this.#plane.now() + LOOK));
    }
  }

  #look(): void {
    for (const listener of this.world.listeners) {
      if (listener.proto !== this.probe.proto) continue;
      if (listener.proto === "tcp") this.#accept(listener.ns, listener.socket);
      else this.#answer(listener.ns, listener.socket, listener.port);
    }
    if (this.probe.proto === "tcp") this.#lookTcp();
    else this.#lookDatagrams();
    this.#lookErrors();
  }

  #accept(ns: string, listener: SocketId): void {
    const socket = this.#plane.accept(listener);
    if (isFailure(socket)) return;
    this.#accepted.push(socket);
    const { local, localPort, remote, remotePort } = this.#plane.socketView(socket);
    this.#delivered(ns, printEnd(remote, remotePort), printEnd(local, localPort));
  }

  #answer(ns: string, listener: SocketId, port: number): void {
    const datagram = this.#plane.receiveFrom(listener);
    if (isFailure(datagram)) return;
    const { from, fromPort, to, data } = datagram;
    this.#delivered(ns, printEnd(from, fromPort), printEnd(to, port));
    this.#plane.sendTo(listener, Uint8Array.from([0x52, ...data]), from, fromPort, this.#answerFrom(ns, to));
  }

  /** The address a datagram was sent to; where it was everybody's, the route back chooses (ipi_spec_dst). */
  #answerFrom(ns: string, to: string): string | undefined {
    const addresses = this.#plane.addresses(this.world.ns.get(ns) as Ns);
    return addresses.some(({ address }) => broadcastOf(address) === to) ? undefined : to;
  }

  #delivered(ns: string, src: string, dst: string): void {
    Object.assign(this.result, { outcome: "delivered", received_by: ns, seen_src: src, seen_dst: dst });
  }

  #lookTcp(): void {
    const view = this.#plane.socketView(this.#socket);
    if (view.error !== undefined) {
      const refused = view.error === "ECONNREFUSED";
      Object.assign(this.result, { outcome: refused ? "refused" : "unreachable", errno: view.error });
    } else if (view.writable) this.result.client_sees = "connected";
  }

  #lookDatagrams(): void {
    const datagram = this.#plane.receiveFrom(this.#socket);
    if (isFailure(datagram)) {
      if (datagram.errno !== "EAGAIN") this.result.errno = datagram.errno;
      return;
    }
    if (this.probe.proto === "udp") {
      this.result.client_sees = "reply";
      return;
    }
    const { data, from } = datagram;
    if (this.#six) return this.#lookEcho(data, from);
    const message = (data[0] ?? 0) >> 4 === 4 && data.length > 20 ? data.subarray(((data[0] ?? 0) & 15) * 4) : data;
    const id = ((message[4] ?? 0) << 8) | (message[5] ?? 0);
    if (message[0] !== 0 || id !== (this.probe.id ?? ECHO_ID)) return;
    Object.assign(this.result, { outcome: "delivered", client_sees: `reply from ${from}` });
  }

  /** A raw socket of ICMPv6 is given messages without headers; those but echo replies the recorder's filter keeps away. */
  #lookEcho(data: Uint8Array, from: string): void {
    const id = ((data[4] ?? 0) << 8) | (data[5] ?? 0);
    if (data[0] !== 129) return this.#lookDatagrams();
    if (id === (this.probe.id ?? ECHO_ID)) {
      Object.assign(this.result, { outcome: "delivered", client_sees: `reply from ${from}` });
    }
  }

  #lookErrors(): void {
    const error = this.#plane.takeError(this.#socket);
    if (error === undefined) return;
    if (error.origin === "local") {
      Object.assign(this.result, { outcome: "error", errno: error.errno });
      return;
    }
    const { type, code, offender, origin } = error;
    const [unreachable, port, exceeded] = origin === "icmp6" ? [1, 4, 3] : [3, 3, 11];
    const outcome = type === unreachable
      ? (code === port ? "refused" : "unreachable")
      : type === exceeded
      ? "ttl-exceeded"
      : "icmp-error";
    Object.assign(this.result, { outcome, icmp: [type, code], icmp_from: offender });
    // The recorder's sockets ask for IP_RECVERR: the next call fails with every error, not only with final ones.
    if (this.probe.proto !== "tcp") this.result.errno = error.errno;
    else if (this.result.client_sees !== undefined) this.#softly(error.errno);
    // connect(2) of IPv6 goes on; SO_ERROR tells what the queue has.
    else if (origin === "icmp6") this.result.errno = error.errno;
  }

  /** An error about an established connection: SO_ERROR tells it once, and that is all that comes of it. */
  #softly(errno: string): void {
    const { result } = this;
    Object.assign(result, { outcome: errno === "ECONNREFUSED" ? "refused" : "unreachable", errno });
    delete result.client_sees;
    delete result.icmp;
    delete result.icmp_from;
  }

  /** RST instead of FIN keeps TIME_WAIT out of the way. */
  close(): void {
    for (const socket of this.#accepted) {
      this.#plane.setSocket(socket, { abort: true });
      this.#plane.close(socket);
    }
    this.#plane.close(this.#socket);
  }
}

/** The last address of an IPv4 prefix: `10.0.1.255` of `10.0.1.1/24`; none of a single address. */
function broadcastOf(prefix: string): string | undefined {
  const [address = "", length = "32"] = prefix.split("/");
  if (address.includes(":") || Number(length) > 30) return undefined;
  const value = address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
  const size = 2 ** (32 - Number(length));
  const last = value - value % size + size - 1;
  return [24, 16, 8, 0].map((shift) => Math.floor(last / 2 ** shift) % 256).join(".");
}
