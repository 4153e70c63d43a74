/** traceroute: who answers when the time to live runs out, hop by hop. */
import { isFailure, strerror } from "../../base/mod.ts";
import { gaiFailed, getaddrinfo, nameOfAddress, numericAddress } from "../../dns/mod.ts";
import type { DatagramSocket, Process, Received } from "../../linux/mod.ts";
import { deviceIndex } from "../place.ts";
import { type TraceOptions, traceOptions } from "./options.ts";

/** One probe's fate. */
interface Answer {
  readonly address: string;
  readonly milliseconds: number;
  /** `!H`, `!N`, `!X` ... behind the time; empty where nothing is wrong. */
  readonly mark: string;
  readonly last: boolean;
}

/** ICMP's reasons for not delivering, as traceroute marks them (RFC 792 code to letter). */
const MARKS: Readonly<Record<number, string>> = {
  0: "!N",
  1: "!H",
  2: "!P",
  4: "!F",
  5: "!S",
  6: "!U",
  7: "!W",
  8: "!I",
  9: "!A",
  10: "!Z",
  13: "!X",
  14: "!V",
  15: "!C",
};
const HEADERS = { default: 28, udp: 28, icmp: 28, tcp: 60, raw: 20 } as const;
/** Bytes that IPv6 headers are longer by; probes are too. */
const LONGER6 = 20;

/** The program. */
export async function traceroute(process: Process): Promise<number> {
  const options = traceOptions(process.argv.slice(1));
  if ("problem" in options) {
    process.err(options.problem);
    return options.exit;
  }
  const six = process.argv[0] === "traceroute6" ? 6 : 0;
  const literal = numericAddress(options.host)?.includes(":") ? 6 : 4;
  const info = await getaddrinfo(process, options.host, { family: options.family || six || literal });
  if (gaiFailed(info)) {
    process.err(
      `${options.host}: ${info.text}\nCannot handle "host" cmdline arg \`${options.host}' on position 1 (argc ${options.hostAt})\n`,
    );
    return 2;
  }
  const target = info.addresses[0] as string;
  const size = options.size ?? (target.includes(":") ? 60 + LONGER6 : 60);
  process.out(`traceroute to ${options.host} (${target}), ${options.maxTtl} hops max, ${size} byte packets\n`);
  return await new Trace(process, { ...options, size }, target).run();
}

class Trace {
  readonly #names = new Map<string, string>();
  #sent = 0;

  constructor(
    readonly process: Process,
    readonly options: TraceOptions & { readonly size: number },
    readonly target: string,
  ) {}

  async run(): Promise<number> {
    for (let ttl = this.options.firstTtl; ttl <= this.options.maxTtl; ttl++) {
      const answers: (Answer | undefined)[] = [];
      for (let i = 0; i < this.options.queries; i++) {
        if (this.options.pause > 0) await this.process.clock.sleep(this.options.pause);
        const answer = await this.#probe(ttl);
        if (typeof answer === "string") {
          this.process.err(`\n${answer}\n`);
          return 1;
        }
        answers.push(answer);
      }
      this.process.out(`${String(ttl).padStart(2)} ${await this.#hop(answers)}\n`);
      if (answers.some((answer) => answer?.last)) return 0;
    }
    return 0;
  }

  /** The line of a hop: a name wherever the answerer changes, a time for each answer, a star for none. */
  async #hop(answers: readonly (Answer | undefined)[]): Promise<string> {
    const parts: string[] = [];
    let before: string | undefined;
    for (const answer of answers) {
      if (answer === undefined) {
        parts.push(" *");
        continue;
      }
      if (answer.address !== before) parts.push(` ${await this.#name(answer.address)}`);
      before = answer.address;
      parts.push(`  ${answer.milliseconds.toFixed(3)} ms${answer.mark === "" ? "" : ` ${answer.mark}`}`);
    }
    return parts.join("");
  }

  async #name(address: string): Promise<string> {
    if (this.options.numeric) return address;
    const known = this.#names.get(address) ?? `${await nameOfAddress(this.process, address) ?? address} (${address})`;
    this.#names.set(address, known);
    return known;
  }

  /** Sends one probe and waits for what comes of it; a text is why it could not be sent. */
  async #probe(ttl: number): Promise<Answer | undefined | string> {
    const began = this.process.clock.now();
    if (this.options.method === "tcp") return await this.#knock(ttl, began);
    const socket = this.#open(ttl);
    if (typeof socket === "string") return socket;
    if (this.options.direct && !this.#isNear()) {
      socket.close();
      return "connect: Network is unreachable";
    }
    const port = this.options.port + (this.options.method === "default" ? this.#sent++ : 0);
    const sent = this.options.method === "icmp"
      ? socket.sendTo(this.#echo(), this.target, 0)
      : socket.sendTo(this.#filler(), this.target, port & 0xffff);
    if (isFailure(sent) && sent.errno !== "EHOSTUNREACH") {
      socket.close();
      // Where there is no way, connect(2) says so before anything is sent.
      return `${sent.errno === "EPERM" ? "send" : "connect"}: ${strerror(sent.errno)}`;
    }
    const received = await socket.receive(this.options.wait);
    socket.close();
    return received === undefined ? undefined : this.#read(received, this.process.clock.now() - began);
  }

  #open(ttl: number): DatagramSocket | string {
    const { device, source, method } = this.options;
    const index = device === undefined ? undefined : deviceIndex(this.process, device);
    if (device !== undefined && index === undefined) return `setsockopt SO_BINDTODEVICE: No such device`;
    const family = this.target.includes(":") ? 6 : 4;
    const { tos, mark, sourcePort, protocol } = this.options;
    const options = { ttl, tos, mark, ...(index === undefined ? {} : { device: index }) };
    const { net } = this.process;
    const socket = method === "icmp"
      ? net.ping(family, options)
      : method === "raw"
      ? net.raw(family, protocol, options)
      : net.udp(family, options);
    const wants = source !== undefined || sourcePort !== undefined;
    const bound = wants ? socket.bind(source ?? (family === 4 ? "0.0.0.0" : "::"), sourcePort ?? 0) : undefined;
    return isFailure(bound) ? `bind: ${strerror(bound.errno)}` : socket;
  }

  /** -r: the host is on a network that a device is attached to. */
  #isNear(): boolean {
    const { plane } = this.process.machine;
    const route = plane.routeGet(this.process.ns, { to: this.target });
    return !isFailure(route) && route.via === undefined;
  }

  #filler(): Uint8Array {
    const longer = this.target.includes(":") ? LONGER6 : 0;
    const length = Math.max(0, this.options.size - HEADERS[this.options.method] - longer);
    return Uint8Array.from({ length }, (_, i) => 0x40 + (i & 0x3f));
  }

  #echo(): Uint8Array {
    const type = this.target.includes(":") ? 128 : 8;
    return Uint8Array.from([type, 0, 0, 0, 0, 0, 0, ++this.#sent, ...this.#filler()]);
  }

  #read(received: Received, milliseconds: number): Answer | undefined {
    if ("datagram" in received) return { address: received.datagram.from, milliseconds, mark: "", last: true };
    const { offender, type, code, origin } = received.error;
    if (offender === undefined) {
      return origin === "local" ? { address: "", milliseconds, mark: "!H", last: true } : undefined;
    }
    const unreachable = origin === "icmp" ? type === 3 : type === 1;
    const arrived = unreachable && (origin === "icmp" ? code === 3 : code === 4);
    const mark = !unreachable || arrived ? "" : MARKS[code] ?? `!<${code}>`;
    return { address: offender, milliseconds, mark, last: unreachable };
  }

  /** -T: a SYN to the port; SYN+ACK and RST both mean it arrived. */
  async #knock(ttl: number, began: number): Promise<Answer | undefined> {
    let heard: Received | undefined;
    const stream = await this.process.net.connect(this.target, this.options.port, {
      ttl,
      timeout: this.options.wait,
      heard: (error) => heard = { error },
    });
    const milliseconds = this.process.clock.now() - began;
    if (stream === undefined) return undefined;
    if (!isFailure(stream)) {
      stream.abort();
      return { address: this.target, milliseconds, mark: "", last: true };
    }
    if (heard !== undefined) return this.#read(heard, milliseconds);
    return stream.errno === "ECONNREFUSED" ? { address: this.target, milliseconds, mark: "", last: true } : undefined;
  }
}
