/** Asking one server as bind's tools do: UDP with retries, TCP where the answer was cut, words for what went wrong. */
import { type Failure, ipFamily, isFailure } from "../../base/mod.ts";
import {
  answers,
  askStream,
  type Edns,
  isMalformed,
  type Message,
  parseMessage,
  printMessage,
  queryMessage,
  type Question,
} from "../../dns/mod.ts";
import type { Process } from "../../linux/mod.ts";

/** How to ask. Times are milliseconds. */
export interface AskOptions {
  readonly port: number;
  readonly timeout: number;
  readonly tries: number;
  readonly tcp: boolean;
  readonly recurse: boolean;
  readonly edns: Edns | undefined;
  /** Whether a cut answer is left as it is. */
  readonly ignoreCut: boolean;
  /** An address to ask from, with a port or without: `10.0.0.1#4000`. */
  readonly from?: string;
}

/** An answer: what was said, by whom, how long and how big. */
export interface Answered {
  readonly message: Message;
  readonly server: string;
  readonly port: number;
  readonly tcp: boolean;
  readonly size: number;
  readonly milliseconds: number;
}

/** What dig and nslookup print before anything else. */
export interface Asking {
  readonly answered: Answered | undefined;
  /** Lines of failed tries, `;; communications error to ...`. */
  readonly complaints: readonly string[];
}

/** Asks the servers in turn, every one once a round; `accept` turns down answers to go on with the next server. */
export async function ask(
  process: Process,
  servers: readonly string[],
  question: Question,
  options: AskOptions,
): Promise<Asking> {
  const complaints: string[] = [];
  let last: Answered | undefined;
  for (let round = 0; round < options.tries; round++) {
    for (const server of servers) {
      const answered = await askOnce(process, server, question, options);
      if (typeof answered === "string") {
        complaints.push(`;; communications error to ${server}#${options.port}: ${answered}`);
      } else if (answered.message.rcode === "SERVFAIL" && server !== servers.at(-1)) last = answered;
      else return { answered, complaints };
    }
    if (last !== undefined) break;
  }
  return { answered: last, complaints };
}

async function askOnce(
  process: Process,
  server: string,
  question: Question,
  options: AskOptions,
): Promise<Answered | string> {
  const query = buildQuery(process, question, options);
  const began = process.clock.now();
  const udp = options.tcp ? undefined : await askDatagram(process, server, query, options);
  if (typeof udp === "string") return udp;
  const done = (message: Message, size: number, tcp: boolean): Answered => ({
    message,
    size,
    tcp,
    server,
    port: options.port,
    milliseconds: process.clock.now() - began,
  });
  if (udp !== undefined && (!udp.message.flags.tc || options.ignoreCut)) return done(udp.message, udp.size, false);
  const stream = await askStream(process, { address: server, port: options.port }, query, options.timeout);
  if (stream === "eof") return "end of file";
  if (stream === "timeout") return "timed out";
  return "errno" in stream ? words(stream) : done(stream.message, stream.size, true);
}

function buildQuery(process: Process, question: Question, { recurse, edns }: AskOptions): Message {
  const query = queryMessage(process.random.below(65536), question, edns);
  return { ...query, flags: { ...query.flags, rd: recurse, ad: true } };
}

async function askDatagram(
  process: Process,
  server: string,
  query: Message,
  { port, timeout, from }: AskOptions,
): Promise<{ readonly message: Message; readonly size: number } | string> {
  const socket = process.net.udp(ipFamily(server) ?? 4);
  try {
    const [address, local] = from?.split("#") ?? [];
    if (address !== undefined) socket.bind(address, Number(local ?? 0));
    const connected = socket.connect(server, port);
    if (isFailure(connected)) return words(connected);
    const sent = socket.send(printMessage(query));
    if (isFailure(sent)) return words(sent);
    const until = process.clock.now() + timeout;
    for (;;) {
      const received = await socket.receive(until - process.clock.now());
      if (received === undefined) return "timed out";
      if ("error" in received) return words({ errno: received.error.errno as Failure["errno"] });
      const message = parseMessage(received.datagram.data);
      if (!isMalformed(message) && answers(query, message)) return { message, size: received.datagram.data.length };
    }
  } finally {
    socket.close();
  }
}

/** The kernel's refusals in isc_result's words. */
function words({ errno }: Failure): string {
  return RESULTS[errno] ?? "unexpected error";
}

const RESULTS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused",
  ENETUNREACH: "network unreachable",
  EHOSTUNREACH: "host unreachable",
  ECONNRESET: "connection reset",
  ETIMEDOUT: "timed out",
  EACCES: "permission denied",
  EADDRNOTAVAIL: "address not available",
};
