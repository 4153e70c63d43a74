/** ping of busybox. */
import { isFailure, strerror } from "../../base/mod.ts";
import type { SocketOptions } from "../../../wasm/mod.ts";
import { gaiFailed, getaddrinfo, libcOf, numericAddress } from "../../dns/mod.ts";
import type { DatagramSocket, Process, Received } from "../../linux/mod.ts";
import { busyboxNumber, busyboxUsage } from "../busybox.ts";
import { getopt, has, valueOf } from "../getopt.ts";
import { deviceIndex, watchSignals } from "../place.ts";
import { echoRequest, echoSequence, isEchoReply } from "./icmp.ts";

const SIGINT = 2;
const USAGE = `Usage: ping [OPTIONS] HOST

Send ICMP ECHO_REQUESTs to HOST

	-4,-6		Force IP or IPv6 name resolution
	-c CNT		Send only CNT pings
	-s SIZE		Send SIZE data bytes in packets (default 56)
	-i SECS		Interval
	-A		Ping as soon as reply is received
	-t TTL		Set TTL
	-I IFACE/IP	Source interface or IP address
	-W SEC		Seconds to wait for the first response (default 10)
			(after all -c CNT packets are sent)
	-w SEC		Seconds until ping exits (default:infinite)
			(can exit earlier with -c CNT)
	-q		Quiet, only display output at start/finish
	-p HEXBYTE	Payload pattern
`;

interface Asked {
  readonly host: string;
  readonly family: 0 | 4 | 6;
  readonly count: number;
  readonly size: number;
  readonly interval: number;
  readonly adaptive: boolean;
  readonly ttl: number | undefined;
  readonly from: string | undefined;
  readonly linger: number;
  readonly deadline: number;
  readonly quiet: boolean;
}

/** The program. */
export async function busyboxPing(process: Process): Promise<number> {
  const asked = read(process);
  if (typeof asked === "number") return asked;
  const info = await getaddrinfo(process, asked.host, { family: asked.family });
  if (gaiFailed(info)) return die(process, `bad address '${asked.host}'`);
  const target = info.addresses.find((each) => !each.includes(":")) ?? info.addresses[0] as string;
  const fromAddress = asked.from !== undefined && numericAddress(asked.from) !== undefined ? asked.from : undefined;
  const device = fromAddress === undefined && asked.from !== undefined ? deviceIndex(process, asked.from) : undefined;
  if (asked.from !== undefined && fromAddress === undefined && device === undefined) {
    return die(process, `bad address '${asked.from}'`);
  }
  const options: SocketOptions = {
    ...(device === undefined ? {} : { device }),
    ...(asked.ttl === undefined ? {} : { ttl: asked.ttl }),
    broadcast: true,
  };
  const socket = process.net.ping(target.includes(":") ? 6 : 4, options);
  const from = fromAddress === undefined ? "" : ` from ${fromAddress}`;
  process.out(`PING ${asked.host} (${target})${from}: ${asked.size} data bytes\n`);
  if (fromAddress !== undefined && isFailure(socket.bind(fromAddress, 0))) {
    return die(process, "can't set multicast source interface");
  }
  return await new BusyboxPinger(process, asked, { socket, target }).run();
}

function die(process: Process, text: string): number {
  process.err(`ping: ${text}\n`);
  return 1;
}

function read(process: Process): Asked | number {
  const parsed = getopt(process.argv.slice(1), {
    short: "46c:s:i:At:I:W:w:qp:",
    musl: libcOf(process.files) === "musl",
  });
  if ("problem" in parsed) return busyboxUsage(process, USAGE, parsed.problem);
  const { options, operands } = parsed;
  if (operands.length !== 1) return busyboxUsage(process, USAGE);
  const number = (name: string, otherwise: number) => {
    const value = valueOf(options, name);
    return value === undefined ? otherwise : busyboxNumber(process, value);
  };
  const values = [number("c", 0), number("s", 56), number("i", 1), number("t", -1), number("W", 10), number("w", 0)];
  if (values.includes(undefined)) return 1;
  const [count, size, interval, ttl, linger, deadline] = values as [number, number, number, number, number, number];
  return {
    host: operands[0] as string,
    family: has(options, "6") || process.argv[0] === "ping6" ? 6 : has(options, "4") ? 4 : 0,
    count,
    size,
    interval: interval * 1000,
    adaptive: has(options, "A"),
    ttl: ttl < 0 ? undefined : ttl,
    from: valueOf(options, "I"),
    linger: linger * 1000,
    deadline: deadline * 1000,
    quiet: has(options, "q"),
  };
}

class BusyboxPinger {
  #sent = 0;
  #received = 0;
  #repeated = 0;
  readonly #trips: number[] = [];
  readonly #times = new Map<number, number>();
  readonly #answered = new Set<number>();
  readonly #seen: { signal: number | undefined };
  #end: number;

  constructor(
    readonly process: Process,
    readonly asked: Asked,
    readonly to: { readonly socket: DatagramSocket; readonly target: string },
  ) {
    this.#seen = watchSignals(process, [SIGINT]);
    this.#end = asked.deadline > 0 ? process.clock.now() + asked.deadline : Infinity;
  }

  async run(): Promise<number> {
    const { process, asked } = this;
    for (let next = process.clock.now(); !this.#over();) {
      const sending = asked.count === 0 || this.#sent < asked.count;
      if (sending && process.clock.now() >= next) {
        const failed = this.#send();
        if (failed !== undefined) return die(process, `sendto: ${failed}`);
        next = process.clock.now() + asked.interval;
        if (asked.count > 0 && this.#sent === asked.count) this.#setEnd();
        continue;
      }
      const until = Math.min(sending ? next : Infinity, this.#end);
      const got = await this.to.socket.receive(until - process.clock.now());
      if (got !== undefined && this.#take(got) && asked.adaptive) next = process.clock.now();
    }
    return this.#statistics();
  }

  #over(): boolean {
    const { asked } = this;
    if (this.#seen.signal !== undefined) return true;
    return (asked.count > 0 && this.#received >= asked.count) || this.process.clock.now() >= this.#end;
  }

  /** After the last probe: twice the longest trip, or `-W` where nothing came yet. */
  #setEnd(): void {
    const longest = Math.max(0, ...this.#trips);
    const wait = this.#received > 0 ? Math.max(longest * 2, 1000) : this.asked.linger;
    this.#end = Math.min(this.#end, this.process.clock.now() + wait);
  }

  #send(): string | undefined {
    const sequence = this.#sent & 0xffff;
    const message = echoRequest(this.to.target.includes(":") ? 6 : 4, sequence, new Uint8Array(this.asked.size));
    const sent = this.to.socket.sendTo(message, this.to.target, 0);
    this.#sent++;
    this.#times.set(sequence, this.process.clock.now());
    this.#answered.delete(sequence);
    return isFailure(sent) ? strerror(sent.errno) : undefined;
  }

  #take(got: Received): boolean {
    if ("error" in got) return false;
    const { data, from, ttl } = got.datagram;
    const sequence = echoSequence(data);
    const sent = sequence === undefined ? undefined : this.#times.get(sequence);
    if (sequence === undefined || sent === undefined || !isEchoReply(from.includes(":") ? 6 : 4, data)) return false;
    const repeated = this.#answered.has(sequence);
    this.#answered.add(sequence);
    if (repeated) this.#repeated++;
    else this.#received++;
    const trip = this.process.clock.now() - sent;
    const timed = this.asked.size >= 4;
    if (timed) this.#trips.push(trip);
    if (this.asked.quiet) return true;
    const time = timed ? ` time=${trip.toFixed(3)} ms` : "";
    this.process.out(
      `${data.length} bytes from ${from}: seq=${sequence} ttl=${ttl}${time}${repeated ? " (DUP!)" : ""}\n`,
    );
    return true;
  }

  #statistics(): number {
    const [sent, received] = [this.#sent, this.#received];
    const repeated = this.#repeated > 0 ? `${this.#repeated} duplicates, ` : "";
    const loss = sent > 0 ? `${Math.trunc(((sent - received) * 100) / sent)}% packet loss` : "";
    this.process.out(
      `\n--- ${this.asked.host} ping statistics ---\n` +
        `${sent} packets transmitted, ${received} packets received, ${repeated}${loss}\n`,
    );
    if (this.#trips.length > 0) {
      const mean = this.#trips.reduce((sum, trip) => sum + trip, 0) / this.#trips.length;
      const three = [Math.min(...this.#trips), mean, Math.max(...this.#trips)].map((value) => value.toFixed(3));
      this.process.out(`round-trip min/avg/max = ${three.join("/")} ms\n`);
    }
    return received === 0 || (this.asked.count > 0 && received < this.asked.count) ? 1 : 0;
  }
}
