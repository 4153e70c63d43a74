/** One question and its answer over one transport: the bricks of every resolver and of dig. */
import { type Failure, isFailure } from "../../base/mod.ts";
import { isMalformed, type Message, parseMessage, printMessage } from "../message.ts";
import { sameName } from "../name.ts";
import type { DnsHost, DnsStream } from "./host.ts";

/** Whether a message answers a query: its id, and its question where it has one. */
export function answers(query: Message, reply: Message): boolean {
  if (reply.id !== query.id || !reply.flags.qr) return false;
  const [asked, said] = [query.questions[0], reply.questions[0]];
  if (asked === undefined || said === undefined) return true;
  return asked.type === said.type && asked.class === said.class && sameName(asked.name, said.name);
}

/** A reply that came: the message and how many octets it measured. */
export interface Reply {
  readonly message: Message;
  readonly size: number;
}

/** How asking over TCP ended: a reply, the kernel's refusal, an end of the stream, or nothing in time. */
export type StreamOutcome = Reply | Failure | "eof" | "timeout";

/** Asks one query over TCP: two octets of length before each message (RFC 1035 4.2.2). */
export async function askStream(
  host: DnsHost,
  server: { readonly address: string; readonly port: number; readonly from?: string },
  query: Message,
  timeout: number,
): Promise<StreamOutcome> {
  const until = host.clock.now() + timeout;
  const stream = await host.net.connect(server.address, server.port, {
    timeout,
    ...(server.from === undefined ? {} : { from: server.from }),
  });
  if (stream === undefined) return "timeout";
  if (isFailure(stream)) return stream;
  try {
    const sent = await stream.write(framed(printMessage(query)));
    if (isFailure(sent)) return sent;
    return await readReply(host, stream, query, until);
  } finally {
    stream.close();
  }
}

/** A message behind its length. */
export function framed(bytes: Uint8Array): Uint8Array {
  const whole = new Uint8Array(bytes.length + 2);
  whole.set([bytes.length >> 8, bytes.length & 255]);
  whole.set(bytes, 2);
  return whole;
}

async function readReply(host: DnsHost, stream: DnsStream, query: Message, until: number): Promise<StreamOutcome> {
  const frames = new FrameReader();
  for (;;) {
    const frame = frames.next();
    if (frame !== undefined) {
      const message = parseMessage(frame);
      if (!isMalformed(message) && answers(query, message)) return { message, size: frame.length };
      continue;
    }
    const chunk = await stream.read(Math.max(0, until - host.clock.now()));
    if (chunk === undefined) return "timeout";
    if (chunk === null) return "eof";
    if (!(chunk instanceof Uint8Array)) return chunk;
    frames.push(chunk);
  }
}

/** Puts a TCP stream's pieces together into messages; servers use it too. */
export class FrameReader {
  #buffer = new Uint8Array();

  push(chunk: Uint8Array): void {
    const joined = new Uint8Array(this.#buffer.length + chunk.length);
    joined.set(this.#buffer);
    joined.set(chunk, this.#buffer.length);
    this.#buffer = joined;
  }

  /** The next whole message's octets, or undefined while some are missing. */
  next(): Uint8Array | undefined {
    const [high, low] = this.#buffer;
    if (high === undefined || low === undefined) return undefined;
    const length = (high << 8) | low;
    if (this.#buffer.length < length + 2) return undefined;
    const frame = this.#buffer.slice(2, 2 + length);
    this.#buffer = this.#buffer.slice(2 + length);
    return frame;
  }
}
