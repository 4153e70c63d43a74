/**
 * A place's view of DNS for clients outside the lab: their messages go, octet by octet, as packets from the place to the
 * name servers of its resolv.conf, and what comes back is theirs. Messages that wait together travel together.
 */
import { isFailure } from "../base/mod.ts";
import { framed, FrameReader, resolverSettings } from "../dns/mod.ts";
import type { Datagram } from "../../wasm/mod.ts";
import type { Machine, Process } from "../linux/mod.ts";

const PORT = 53;
const HEADER = 12;
const MOST_IDS = 65536;

/** A message under way; `bytes` carry an id of ours, `id` is the asker's. */
interface Asked {
  readonly bytes: Uint8Array;
  readonly id: number;
  readonly tcp: boolean;
  reply: Uint8Array | undefined;
  readonly answer: (reply: Uint8Array | undefined) => void;
}

/** Name servers and patience, as the place's resolv.conf has them. */
type Settings = ReturnType<typeof resolverSettings>;

/** Carries DNS messages into a lab and back. Asking moves the lab's time, but is no call that a snapshot remembers. */
export class DnsGate {
  readonly #machine: Machine;
  readonly #turn: () => Promise<void>;
  #waiting: Asked[] = [];
  #carrying: Promise<void> | undefined;

  constructor(machine: Machine, turn: () => Promise<void>) {
    this.#machine = machine;
    this.#turn = turn;
  }

  /**
   * The reply to a message, whose octets the gate keeps; undefined where nobody answers, or where it is none that a server would
   * answer.
   */
  ask(bytes: Uint8Array, proto: "udp" | "tcp"): Promise<Uint8Array | undefined> {
    const response = ((bytes[2] ?? 0) & 0x80) !== 0;
    if (bytes.length < HEADER || response) return Promise.resolve(undefined);
    return new Promise((answer) => {
      this.#waiting.push({ bytes, id: idOf(bytes), tcp: proto === "tcp", reply: undefined, answer });
      this.#carrying ??= this.#carry();
    });
  }

  /** Settles when nothing is under way. */
  get idle(): Promise<void> {
    return this.#carrying ?? Promise.resolve();
  }

  async #carry(): Promise<void> {
    try {
      while (this.#waiting.length > 0) {
        // Whoever asks in the same turn of the host travels along.
        await this.#turn();
        const batch = this.#waiting.splice(0, MOST_IDS);
        const trip = this.#machine.startProgram((process) => travel(process, batch), ["dns"]);
        await this.#machine.runner.run(trip.finished);
        // Not before everybody is back: whoever has an answer may close the lab.
        for (const { answer, reply } of batch) answer(reply);
      }
    } finally {
      this.#carrying = undefined;
    }
  }
}

async function travel(process: Process, batch: readonly Asked[]): Promise<number> {
  const settings = resolverSettings(process.files);
  const overUdp = batch.filter(({ tcp }) => !tcp);
  const streams = batch.filter(({ tcp }) => tcp).map((asked) => overTcp(process, settings, asked));
  let left = new Map(overUdp.map((asked, id) => [id, asked]));
  for (let i = 0; i < settings.attempts && left.size > 0; i++) {
    for (const server of settings.nameservers) {
      if (left.size > 0) left = await exchange(process, { server, timeout: settings.timeout }, left);
    }
  }
  await Promise.all(streams);
  return 0;
}

/** Puts messages to one server, each under an id of its own; gives those that it left unanswered. */
async function exchange(
  process: Process,
  { server, timeout }: { readonly server: string; readonly timeout: number },
  messages: ReadonlyMap<number, Asked>,
): Promise<Map<number, Asked>> {
  const left = new Map(messages);
  const socket = process.net.udp(server.includes(":") ? 6 : 4);
  try {
    if (isFailure(socket.connect(server, PORT))) return left;
    for (const [id, { bytes }] of messages) socket.send(withId(bytes, id));
    const deadline = process.clock.now() + timeout;
    while (left.size > 0) {
      const got = await socket.receive(Math.max(0, deadline - process.clock.now()));
      if (got === undefined || "error" in got) break;
      let datagram: Datagram | undefined = got.datagram;
      for (; datagram !== undefined; datagram = socket.receiveNow()) handOver(datagram.data, left);
    }
    return left;
  } finally {
    socket.close();
  }
}

/** Hands a reply to who asked. */
function handOver(reply: Uint8Array, left: Map<number, Asked>): void {
  const id = idOf(reply);
  const asked = left.get(id);
  if (asked === undefined) return;
  left.delete(id);
  asked.reply = withId(reply, asked.id);
}

async function overTcp(process: Process, { nameservers, timeout }: Settings, asked: Asked): Promise<void> {
  for (const server of nameservers) {
    const stream = await process.net.connect(server, PORT, { timeout });
    if (stream === undefined || isFailure(stream)) continue;
    const frames = new FrameReader();
    const deadline = process.clock.now() + timeout;
    await stream.write(framed(asked.bytes));
    for (let frame = frames.next();; frame = frames.next()) {
      if (frame !== undefined) {
        asked.reply = frame;
        break;
      }
      const chunk = await stream.read(Math.max(0, deadline - process.clock.now()));
      if (!(chunk instanceof Uint8Array)) break;
      frames.push(chunk);
    }
    return stream.close();
  }
}

function idOf(bytes: Uint8Array): number {
  return ((bytes[0] as number) << 8) | (bytes[1] as number);
}

/** The same octets with an id written over theirs. */
function withId(bytes: Uint8Array, id: number): Uint8Array {
  bytes[0] = id >> 8;
  bytes[1] = id & 255;
  return bytes;
}
