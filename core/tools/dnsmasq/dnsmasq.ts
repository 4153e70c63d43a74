/** dnsmasq as a name server of a lab: it answers from its own options, and from `--server`s for the rest. DHCP and TFTP are not modelled. */
import { isFailure, type Result } from "../../base/mod.ts";
import {
  type Edns,
  type EdnsOption,
  fit,
  isMalformed,
  type Message,
  parseMessage,
  printMessage,
  replyTo,
  udpLimit,
} from "../../dns/mod.ts";
import type { DatagramSocket, Listener, Process, Stream } from "../../linux/mod.ts";
import { type Book, lookUp, readBook } from "./book.ts";

const UPSTREAM_TIMEOUT = 5_000;
/** What dnsmasq 2.89 offers in EDNS. */
const EDNS: Edns = { version: 0, udpSize: 1232, dnssecOk: false, options: [] };
/** Extended error 14, Not Ready (RFC 8914): nobody to ask. */
const NOT_READY: EdnsOption = { code: 15, data: Uint8Array.of(0, 14) };

/** Options that need something podwire does not model, by name. */
const UNMODELLED = ["dhcp-range", "dhcp-host", "enable-tftp", "dnssec", "auth-server", "conf-dir", "addn-hosts"];

/** The program. It stays in the foreground whatever it is told: a lab's machine starts it with `&`. */
export async function dnsmasq(process: Process): Promise<number> {
  const args = joinValues(process.argv.slice(1));
  const unmodelled = UNMODELLED.find((name) => args.some((arg) => arg.startsWith(`--${name}`)));
  if (unmodelled !== undefined) process.err(`dnsmasq: --${unmodelled} is not modelled\n`);
  const port = Number(valueOf(args, "port") ?? 53);
  const addresses = args.flatMap((arg) => (arg.startsWith("--listen-address=") ? arg.slice(17).split(",") : []));
  const server = new Server(process, readBook(args), serversOf(args));
  for (const address of addresses.length === 0 ? ["0.0.0.0"] : addresses) {
    const refused = server.listen(address, port);
    if (refused !== undefined) {
      process.err(
        `\ndnsmasq: failed to create listening socket for ${
          address === "0.0.0.0" ? `port ${port}` : address
        }: ${refused}\n`,
      );
      return 2;
    }
  }
  return await server.serve();
}

/** Single letters take their value from the next word: `-p 53` becomes `--port=53`. */
function joinValues(args: readonly string[]): string[] {
  const long: Readonly<Record<string, string>> = {
    p: "port",
    a: "listen-address",
    A: "address",
    S: "server",
    i: "interface",
    u: "user",
  };
  const joined: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] as string;
    const name = /^-[A-Za-z]$/.test(arg) ? long[arg.slice(1)] : undefined;
    joined.push(name === undefined ? arg : `--${name}=${args[++i] ?? ""}`);
  }
  return joined;
}

function valueOf(args: readonly string[], name: string): string | undefined {
  return args.findLast((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3);
}

/** Plain `--server=ADDRESS` lines; those for one domain are not asked for others. */
function serversOf(args: readonly string[]): string[] {
  return args.flatMap((
    arg,
  ) => (arg.startsWith("--server=") && !arg.includes("/") ? [arg.slice(9).split("#")[0] as string] : []));
}

/** Compressed but for names in rdata; cut where it does not fit. */
function datagram(message: Message, limit: number): Uint8Array {
  const bytes = printMessage(message, "owners");
  return bytes.length <= limit ? bytes : fit(message, limit).bytes;
}

/** The sockets and the book behind them. */
class Server {
  readonly #jobs: Promise<unknown>[] = [];

  constructor(readonly process: Process, readonly book: Book, readonly servers: readonly string[]) {}

  /** Opens UDP and TCP; the kernel's refusal in words, if it refuses. */
  listen(address: string, port: number): string | undefined {
    const { net } = this.process;
    const udp = net.udp(address.includes(":") ? 6 : 4);
    const bound = udp.bind(address, port);
    const tcp: Result<Listener> = net.listen(address, port);
    if (isFailure(bound) || isFailure(tcp)) return "Address already in use";
    this.#jobs.push(this.#answerDatagrams(udp), this.#answerStreams(tcp));
    return undefined;
  }

  async serve(): Promise<number> {
    await Promise.all(this.#jobs);
    return 0;
  }

  async #answerDatagrams(udp: DatagramSocket): Promise<void> {
    for (let received = await udp.receive(); received !== undefined; received = await udp.receive()) {
      if (!("datagram" in received)) continue;
      const { data, from, fromPort, to } = received.datagram;
      const query = parseMessage(data);
      if (isMalformed(query)) continue;
      udp.sendTo(datagram(await this.#answer(query), udpLimit(query)), from, fromPort, to);
    }
  }

  async #answerStreams(listener: Listener): Promise<void> {
    for (let stream = await listener.accept(); stream !== undefined; stream = await listener.accept()) {
      await this.#answerStream(stream);
    }
  }

  async #answerStream(stream: Stream): Promise<void> {
    const frame = await stream.read(UPSTREAM_TIMEOUT);
    const query = frame instanceof Uint8Array && frame.length > 2 ? parseMessage(frame.subarray(2)) : undefined;
    if (query !== undefined && !isMalformed(query)) {
      const bytes = printMessage(await this.#answer(query), "owners");
      await stream.write(Uint8Array.from([bytes.length >> 8, bytes.length & 255, ...bytes]));
    }
    stream.close();
  }

  async #answer(query: Message): Promise<Message> {
    const [question] = query.questions;
    if (question === undefined) return replyTo(query, "FORMERR");
    const { rcode, answers, authoritative } = lookUp(this.book, question);
    const asked = rcode === "REFUSED" ? await this.#ask(query) : undefined;
    if (asked !== undefined) return { ...asked, id: query.id };
    const reply = replyTo(query, rcode);
    const options = rcode === "REFUSED" ? [NOT_READY] : [];
    const edns = query.edns === undefined ? {} : { edns: { ...EDNS, options } };
    return { ...reply, flags: { ...reply.flags, aa: authoritative, ra: true }, answers, ...edns };
  }

  /** Asks the upstream servers one after the other; undefined when there are none or none answers. */
  async #ask(query: Message): Promise<Message | undefined> {
    for (const server of this.servers) {
      const socket = this.process.net.udp(server.includes(":") ? 6 : 4);
      socket.sendTo(printMessage(query), server, 53);
      const received = await socket.receive(UPSTREAM_TIMEOUT);
      socket.close();
      const reply = received !== undefined && "datagram" in received ? parseMessage(received.datagram.data) : undefined;
      if (reply !== undefined && !isMalformed(reply)) return reply;
    }
    return undefined;
  }
}
