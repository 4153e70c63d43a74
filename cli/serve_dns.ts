/** `podwire serve --dns`: a place's view of DNS on a local port, over UDP and TCP, for real clients. */
import { type DnsGate, framed, FrameReader } from "../core/lab/mod.ts";
import type { Labs } from "../http/mod.ts";
import { UsageError } from "./usage.ts";

/** Where to listen, and who asks. */
export interface DnsDoor {
  readonly hostname: string;
  readonly port: number;
  readonly place: string;
}

/** Octets of the largest datagram. */
const LARGEST = 65535;
/** Milliseconds that a TCP connection may say nothing. */
const IDLE = 10_000;

/** Reads `--dns ADDRESS:PORT` and `--as PLACE`; undefined where neither is given. */
export function readDnsDoor(dns: string | undefined, as: string | undefined): DnsDoor | undefined {
  if (dns === undefined && as === undefined) return undefined;
  if (dns === undefined || as === undefined) throw new UsageError("--dns and --as go together");
  const [, hostname, port] = /^\[?([^\]]*?)\]?:(\d{1,5})$/.exec(dns) ?? [];
  if (hostname === undefined || hostname === "" || Number(port) > 65535) {
    throw new UsageError(`--dns is ${JSON.stringify(dns)}, expected ADDRESS:PORT`);
  }
  return { hostname, port: Number(port), place: as };
}

/** Listens; the port is what the system gave where 0 was asked for. */
export function serveDns(labs: Labs, id: string, door: DnsDoor): { readonly port: number; close(): Promise<void> } {
  const carrier = new Carrier(labs, id, door.place);
  const socket = Deno.listenDatagram({ transport: "udp", hostname: door.hostname, port: door.port });
  const { port } = socket.addr as Deno.NetAddr;
  const listener = Deno.listen({ hostname: door.hostname, port });
  void receive(socket, carrier);
  void accept(listener, carrier);
  return {
    port,
    async close() {
      socket.close();
      listener.close();
      await carrier.stop();
    },
  };
}

/** Hands messages to the lab when its turn comes: those that came meanwhile go together. */
class Carrier {
  readonly #gate: DnsGate;
  #waiting: (() => Promise<void>)[] = [];
  #carrying = false;
  #stopped = false;

  constructor(readonly labs: Labs, readonly id: string, place: string) {
    this.#gate = labs.get(id).dns(place);
  }

  ask(bytes: Uint8Array, proto: "udp" | "tcp", reply: (bytes: Uint8Array | undefined) => void): void {
    this.#waiting.push(async () => reply(await this.#gate.ask(bytes, proto)));
    if (!this.#carrying) void this.#carry();
  }

  /** Takes nothing more; settles when the lab has its turn back. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.labs.on(this.id, () => {});
  }

  async #carry(): Promise<void> {
    this.#carrying = true;
    try {
      while (this.#waiting.length > 0 && !this.#stopped && this.labs.has(this.id)) {
        const batch = this.#waiting;
        this.#waiting = [];
        await this.labs.on(this.id, () => Promise.all(batch.map((ask) => ask())));
      }
    } finally {
      this.#carrying = false;
    }
  }
}

async function receive(socket: Deno.DatagramConn, carrier: Carrier): Promise<void> {
  const buffer = new Uint8Array(LARGEST);
  for (;;) {
    const got = await socket.receive(buffer).catch(() => undefined);
    if (got === undefined) return;
    const [data, from] = got;
    carrier.ask(data.slice(), "udp", (reply) => {
      // A client that is gone already needs no answer.
      if (reply !== undefined) void socket.send(reply, from).catch(() => 0);
    });
  }
}

async function accept(listener: Deno.Listener, carrier: Carrier): Promise<void> {
  for (;;) {
    const connection = await listener.accept().catch(() => undefined);
    if (connection === undefined) return;
    void converse(connection, carrier).catch(() => {}).finally(() => close(connection));
  }
}

/** One connection: message after message, until its client says no more, or something nobody answers. */
async function converse(connection: Deno.Conn, carrier: Carrier): Promise<void> {
  const frames = new FrameReader();
  const buffer = new Uint8Array(LARGEST);
  for (;;) {
    const timer = setTimeout(() => close(connection), IDLE);
    const count = await connection.read(buffer).finally(() => clearTimeout(timer));
    if (count === null) return;
    frames.push(buffer.slice(0, count));
    for (let frame = frames.next(); frame !== undefined; frame = frames.next()) {
      const bytes = frame;
      const reply = await new Promise<Uint8Array | undefined>((answer) => carrier.ask(bytes, "tcp", answer));
      if (reply === undefined) return;
      await write(connection, framed(reply));
    }
  }
}

async function write(connection: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let sent = 0; sent < bytes.length;) sent += await connection.write(bytes.subarray(sent));
}

function close(connection: Deno.Conn): void {
  try {
    connection.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BadResource)) throw error;
  }
}
