/** A name server's sockets: queries in over UDP and TCP, replies out; what it answers is its caller's. */
import { isFailure } from "../../base/mod.ts";
import {
  fit,
  framed,
  FrameReader,
  isMalformed,
  type Message,
  NO_FLAGS,
  parseMessage,
  printMessage,
  replyTo,
  udpLimit,
} from "../../dns/mod.ts";
import type { DatagramSocket, Listener, Process, Stream } from "../../linux/mod.ts";

/** Where a query came in. */
export interface Source {
  readonly proto: "udp" | "tcp";
  readonly client: string;
}

/** The reply to a query, in several messages for a transfer; none where silence is meant. */
export type Answerer = (query: Message, source: Source) => Promise<readonly Message[]> | readonly Message[];

/** What such servers offer in EDNS. */
const EDNS = { version: 0, udpSize: 1232, dnssecOk: false, options: [] };

/** Listens at addresses and answers until the process is killed; the address that was taken already, if one was. */
export async function serveNames(
  process: Process,
  { addresses, port, answer }: {
    readonly addresses: readonly string[];
    readonly port: number;
    readonly answer: Answerer;
  },
): Promise<string | undefined> {
  const jobs: Promise<void>[] = [];
  for (const address of addresses) {
    const socket = process.net.udp(address.includes(":") ? 6 : 4);
    const listener = process.net.listen(address, port);
    if (isFailure(socket.bind(address, port)) || isFailure(listener)) return address;
    jobs.push(datagrams(socket, answer), streams(listener, answer));
  }
  await Promise.all(jobs);
  return undefined;
}

async function datagrams(socket: DatagramSocket, answer: Answerer): Promise<void> {
  for (;;) {
    const got = await socket.receive();
    if (got === undefined) return;
    if ("error" in got) continue;
    const { data, from, fromPort, to } = got.datagram;
    void respond(data, answer, { proto: "udp", client: from }).then((replies) => {
      for (const bytes of replies) socket.sendTo(bytes, from, fromPort, to);
    });
  }
}

async function streams(listener: Listener, answer: Answerer): Promise<void> {
  for (;;) {
    const stream = await listener.accept();
    if (stream === undefined) return;
    void converse(stream, answer);
  }
}

async function converse(stream: Stream, answer: Answerer): Promise<void> {
  const frames = new FrameReader();
  for (;;) {
    const chunk = await stream.read();
    if (!(chunk instanceof Uint8Array)) break;
    frames.push(chunk);
    for (let frame = frames.next(); frame !== undefined; frame = frames.next()) {
      const replies = await respond(frame, answer, { proto: "tcp", client: stream.remote.address });
      for (const bytes of replies) await stream.write(framed(bytes));
    }
  }
  stream.close();
}

async function respond(bytes: Uint8Array, answer: Answerer, source: Source): Promise<Uint8Array[]> {
  const query = parseMessage(bytes);
  if (isMalformed(query)) return query.id === undefined ? [] : [refusal(query.id)];
  if (query.flags.qr) return [];
  const replies = (query.edns?.version ?? 0) === 0 ? await answer(query, source) : [replyTo(query, "BADVERS")];
  return replies.map((reply) => {
    const { edns: _edns, ...bare } = reply;
    const whole = query.edns === undefined ? bare : { ...bare, edns: EDNS };
    return source.proto === "tcp" ? printMessage(whole, true) : compact(whole, udpLimit(query));
  });
}

/** Compressed; cut where even that does not fit. */
function compact(message: Message, limit: number): Uint8Array {
  const bytes = printMessage(message, true);
  return bytes.length <= limit ? bytes : fit(message, limit).bytes;
}

function refusal(id: number): Uint8Array {
  return printMessage({
    id,
    opcode: "QUERY",
    rcode: "FORMERR",
    flags: { ...NO_FLAGS, qr: true },
    questions: [],
    answers: [],
    authorities: [],
    additionals: [],
  });
}
