/** traceroute of busybox: one probe after the other. */
import { isFailure, strerror } from "../../base/mod.ts";
import { gaiFailed, getaddrinfo, libcOf, nameOfAddress } from "../../dns/mod.ts";
import type { DatagramSocket, Process, Received } from "../../linux/mod.ts";
import { busyboxUsage } from "../busybox.ts";
import { getopt, has, type Option, valueOf } from "../getopt.ts";
import { deviceIndex } from "../place.ts";

const USAGE = `Usage: traceroute [-46FIlnrv] [-f 1ST_TTL] [-m MAXTTL] [-q PROBES] [-p PORT]
	[-t TOS] [-w WAIT_SEC] [-s SRC_IP] [-i IFACE]
	[-z PAUSE_MSEC] HOST [BYTES]

Trace the route to HOST

	-4,-6	Force IP or IPv6 name resolution
	-F	Set don't fragment bit
	-I	Use ICMP ECHO instead of UDP datagrams
	-l	Display TTL value of the returned packet
	-n	Print numeric addresses
	-r	Bypass routing tables, send directly to HOST
	-v	Verbose
	-f N	First number of hops (default 1)
	-m N	Set max number of hops
	-q N	Number of probes per hop (default 3)
	-p N	Base UDP port number used in probes
		(default 33434)
	-s IP	Source address
	-i IFACE Source interface
	-t N	Type-of-service in probe packets (default 0)
	-w SEC	Wait for a response (default 3)
	-z MSEC	Wait before each send
`;
const DATA = 38;
const HEADERS = 8;
const MARKS: Readonly<Record<number, string>> = {
  0: " !N",
  1: " !H",
  2: " !P",
  4: " !F",
  5: " !S",
  6: " !U",
  7: " !W",
  8: " !I",
  9: " !A",
  10: " !Z",
  13: " !X",
  14: " !V",
  15: " !C",
};

interface Probe {
  readonly address: string;
  readonly took: number;
  readonly ttl: number;
  readonly mark: string;
  readonly reached: boolean;
}

/** The program. */
export async function busyboxTraceroute(process: Process): Promise<number> {
  const parsed = getopt(process.argv.slice(1), {
    short: "46FIlnrvf:m:q:p:t:w:s:i:z:",
    musl: libcOf(process.files) === "musl",
  });
  if ("problem" in parsed) return busyboxUsage(process, USAGE, parsed.problem);
  const { options, operands } = parsed;
  const [host, bytes] = operands;
  if (host === undefined) return busyboxUsage(process, USAGE);
  const family = has(options, "6") || process.argv[0] === "traceroute6" ? 6 : has(options, "4") ? 4 : 0;
  const info = await getaddrinfo(process, host, { family });
  if (gaiFailed(info)) return die(process, `bad address '${host}'`);
  const target = info.addresses.find((each) => !each.includes(":")) ?? info.addresses[0] as string;
  return await new Tracer(process, options, { host, target, size: Number(bytes ?? DATA + HEADERS) }).run();
}

function die(process: Process, text: string): number {
  process.err(`traceroute: ${text}\n`);
  return 1;
}

class Tracer {
  #sequence = 0;

  constructor(
    readonly process: Process,
    readonly options: readonly Option[],
    readonly to: { readonly host: string; readonly target: string; readonly size: number },
  ) {}

  async run(): Promise<number> {
    const { process, to } = this;
    const last = this.#number("m", 30);
    process.out(`traceroute to ${to.host} (${to.target}), ${last} hops max, ${to.size} byte packets\n`);
    for (let ttl = this.#number("f", 1); ttl <= last; ttl++) {
      process.out(String(ttl).padStart(2));
      const ended = await this.#hop(ttl);
      if (typeof ended === "string") return die(process, ended);
      process.out("\n");
      if (ended) return 0;
    }
    return 0;
  }

  #number(name: string, otherwise: number): number {
    const value = valueOf(this.options, name);
    return value === undefined ? otherwise : Number(value);
  }

  /** Prints a hop as its answers come; true at the end of the way, a text where sending failed. */
  async #hop(ttl: number): Promise<boolean | string> {
    const { process, options } = this;
    const probes = this.#number("q", 3);
    let before: string | undefined;
    let unreachable = 0;
    let reached = false;
    for (let i = 0; i < probes; i++) {
      const probe = await this.#probe(ttl);
      if (typeof probe === "string") return probe;
      if (probe === undefined) {
        process.out("  *");
        continue;
      }
      if (probe.address !== before) process.out(`  ${await this.#name(probe.address)}`);
      before = probe.address;
      process.out(`  ${probe.took.toFixed(3)} ms${has(options, "l") ? ` (${probe.ttl})` : ""}${probe.mark}`);
      reached ||= probe.reached;
      if (probe.mark !== "") unreachable++;
    }
    return reached || (unreachable > 0 && unreachable >= probes - 1);
  }

  async #name(address: string): Promise<string> {
    if (has(this.options, "n")) return address;
    return `${await nameOfAddress(this.process, address) ?? address} (${address})`;
  }

  async #probe(ttl: number): Promise<Probe | undefined | string> {
    const { process, to, options } = this;
    const socket = this.#open(ttl);
    if (typeof socket === "string") return socket;
    const started = process.clock.now();
    const data = new Uint8Array(Math.max(0, to.size - HEADERS));
    const icmp = has(options, "I");
    const sequence = this.#sequence++;
    const echo = Uint8Array.from([to.target.includes(":") ? 128 : 8, 0, 0, 0, 0, 0, 0, sequence + 1, ...data]);
    const sent = icmp
      ? socket.sendTo(echo, to.target, 0)
      : socket.sendTo(data, to.target, this.#number("p", 33434) + sequence);
    if (isFailure(sent)) return (socket.close(), `sendto: ${strerror(sent.errno)}`);
    const got = await socket.receive(this.#number("w", 3) * 1000);
    socket.close();
    return got === undefined ? undefined : read(got, process.clock.now() - started);
  }

  #open(ttl: number): DatagramSocket | string {
    const { process, options, to } = this;
    const device = valueOf(options, "i");
    const index = device === undefined ? undefined : deviceIndex(process, device);
    if (device !== undefined && index === undefined) return `can't bind to interface ${device}: No such device`;
    const family = to.target.includes(":") ? 6 : 4;
    const settings = {
      ttl,
      ...(index === undefined ? {} : { device: index }),
      ...(has(options, "F") ? { dontFragment: true } : {}),
      ...(has(options, "t") ? { tos: this.#number("t", 0) } : {}),
    };
    const socket = has(options, "I") ? process.net.ping(family, settings) : process.net.udp(family, settings);
    const source = valueOf(options, "s");
    const bound = source === undefined ? undefined : socket.bind(source, 0);
    return bound !== undefined && isFailure(bound) ? `bind: ${strerror(bound.errno)}` : socket;
  }
}

function read(got: Received, took: number): Probe | undefined {
  if ("datagram" in got) return { address: got.datagram.from, took, ttl: got.datagram.ttl, mark: "", reached: true };
  const { offender, type, code, origin } = got.error;
  if (offender === undefined) return undefined;
  const unreachable = origin === "icmp" ? type === 3 : type === 1;
  const arrived = unreachable && code === (origin === "icmp" ? 3 : 4);
  const mark = !unreachable || arrived ? "" : MARKS[code] ?? ` !<${code}>`;
  return { address: offender, took, ttl: 64, mark, reached: arrived };
}
