/** tracepath of iputils 20221126: the way and its MTU, by UDP datagrams that may not be cut. */
import { isFailure, strerror } from "../../base/mod.ts";
import { gaiFailed, getaddrinfo, nameOfAddress, numericAddress } from "../../dns/mod.ts";
import type { DatagramSocket, Process } from "../../linux/mod.ts";
import { getopt, has, type Option, valueOf } from "../getopt.ts";

const USAGE = `
Usage
  tracepath [options] <destination>

Options:
  -4             use IPv4
  -6             use IPv6
  -b             print both name and ip
  -l <length>    use packet <length>
  -m <hops>      use maximum <hops>
  -n             no dns name resolution
  -p <port>      use destination <port>
  -V             print version and exit
  <destination>  dns name or ip address

For more details see tracepath(8).
`;
const VERSION = "tracepath from iputils 20221126\n" +
  "libcap: yes, IDN: yes, NLS: no, error.h: yes, getrandom(): yes, __fpending(): yes\n";
const BASE_PORT = 44444;
const TRIES = 3;
const WAIT = 1000;
const OVERHEAD = { 4: 28, 6: 48 } as const;
/** Where a hop's time begins; its whole milliseconds take three columns. */
const TIME_COLUMN = 57;

/** The program. */
export async function tracepath(process: Process): Promise<number> {
  const parsed = getopt(process.argv.slice(1), { short: "46bhl:m:np:V" });
  if ("problem" in parsed) return (process.err(`tracepath: ${parsed.problem}\n${USAGE}`), 255);
  const { options, operands } = parsed;
  if (has(options, "V")) return (process.out(VERSION), 0);
  for (const { name, value } of options) {
    const problem = "lmp".includes(name) ? badNumber(name, value) : undefined;
    if (problem !== undefined) return (process.err(`tracepath: ${problem}\n`), 1);
  }
  const [place] = operands;
  if (place === undefined || operands.length > 1) return (process.err(USAGE), 255);
  const [host = "", port] = numericAddress(place) === undefined ? place.split("/") : [place];
  const family = has(options, "6") ? 6 : has(options, "4") ? 4 : 0;
  const info = await getaddrinfo(process, host, { family });
  if (gaiFailed(info)) return (process.err(`tracepath: ${host}: ${info.text}\n`), 1);
  const base = Number(valueOf(options, "p") ?? port ?? BASE_PORT);
  return await new Path(process, options, { target: info.addresses[0] as string, base }).run();
}

/** What is wrong with a number of an option (strtol_or_err, and the bounds of the packet). */
function badNumber(name: string, value: string): string | undefined {
  if (!/^[+-]?\d+$/.test(value)) return `invalid argument: '${value}'`;
  const most = name === "l" ? 0x7fff_ffff : name === "m" ? 255 : 65535;
  if (Number(value) < 0 || Number(value) > most) {
    return `invalid argument: '${value}': out of range: 0 <= value <= ${most}`;
  }
  return name === "l" && Number(value) <= 28 ? "pktlen must be within: 28 < value <= 2147483647" : undefined;
}

/** What came of a probe: go on to the next hop, ask again, or stop. */
type Verdict = "next" | "again" | "silent" | "done";

class Path {
  readonly #socket: DatagramSocket;
  readonly #family: 4 | 6;
  #mtu: number;
  #sent = 0;
  #narrowed = false;
  #hops = -1;
  #back = -1;

  constructor(
    readonly process: Process,
    readonly options: readonly Option[],
    readonly to: { readonly target: string; readonly base: number },
  ) {
    this.#family = to.target.includes(":") ? 6 : 4;
    this.#mtu = Number(valueOf(options, "l") ?? (this.#family === 6 ? 128000 : 65535));
    this.#socket = process.net.udp(this.#family, { dontFragment: true });
  }

  async run(): Promise<number> {
    const { process } = this;
    const last = Number(valueOf(this.options, "m") ?? 30);
    const routed = this.#route();
    if (routed !== undefined) return (process.err(`tracepath: ${routed}\n`), 1);
    for (let ttl = 1; ttl <= last; ttl++) {
      const verdict = await this.#hop(ttl);
      // Where this host's own device was too narrow for the first datagram, the hop is asked once more.
      const again = ttl === 1 && this.#narrowed && this.#hops < 0 ? await this.#hop(ttl) : verdict;
      if (verdict === "done" || again === "done") return this.#resume("");
    }
    return this.#resume(`     Too many hops: pmtu ${this.#mtu}\n`);
  }

  /** Why there is no way at all, tried out by a socket of its own: a connected one would not hear of other ports. */
  #route(): string | undefined {
    const socket = this.process.net.udp(this.#family);
    const connected = socket.connect(this.to.target, this.to.base);
    socket.close();
    return isFailure(connected) ? strerror(connected.errno) : undefined;
  }

  #resume(before: string): number {
    const way = this.#hops < 0 ? "" : `hops ${this.#hops} back ${this.#back} `;
    this.process.out(`${before}     Resume: pmtu ${this.#mtu} ${way}\n`);
    this.#socket.close();
    return 0;
  }

  async #hop(ttl: number): Promise<Verdict> {
    for (let tries = 0; tries < TRIES;) {
      const verdict = await this.#probe(ttl);
      if (verdict === "next" || verdict === "done") return verdict;
      if (verdict === "silent") tries++;
    }
    this.process.out(`${String(ttl).padStart(2)}:  no reply\n`);
    return "next";
  }

  async #probe(ttl: number): Promise<Verdict> {
    const { process } = this;
    this.#socket.set({ ttl });
    const started = process.clock.now();
    const size = Math.max(0, Math.min(this.#mtu - OVERHEAD[this.#family], 65507));
    const sent = this.#socket.sendTo(new Uint8Array(size), this.to.target, this.to.base + this.#sent++);
    if (isFailure(sent) && sent.errno !== "EMSGSIZE") return "silent";
    const got = await this.#socket.receive(WAIT);
    if (got === undefined) return "silent";
    if ("datagram" in got) {
      return await this.#line(ttl, got.datagram.from, { took: process.clock.now() - started, ending: "reached" });
    }
    const { error } = got;
    if (error.origin === "local") return this.#local(ttl, error.errno, error.info);
    const took = process.clock.now() - started;
    const from = error.offender ?? this.to.target;
    if (isTooBig(error)) {
      this.#mtu = error.info;
      await this.#line(ttl, from, { took, ending: `pmtu ${error.info}` });
      return "again";
    }
    if (isExceeded(error)) return await this.#line(ttl, from, { took, ending: "" });
    const ending = endingOf(error);
    if (ending === "reached") [this.#hops, this.#back] = [ttl, ttl];
    await this.#line(ttl, from, { took, ending });
    return "done";
  }

  #local(ttl: number, errno: string, mtu: number): Verdict {
    if (errno !== "EMSGSIZE" || mtu >= this.#mtu) return "silent";
    this.#mtu = mtu;
    this.#narrowed = true;
    this.process.out(`${String(ttl).padStart(2)}?: ${"[LOCALHOST]".padEnd(33)}pmtu ${mtu}\n`);
    return "again";
  }

  async #line(
    ttl: number,
    address: string,
    { took, ending }: { readonly took: number; readonly ending: string },
  ): Promise<Verdict> {
    const head = `${String(ttl).padStart(2)}:  ${await this.#name(address)}`.padEnd(TIME_COLUMN);
    this.process.out(`${head}${took.toFixed(3).padStart(7)}ms ${ending}\n`);
    if (ending === "reached") [this.#hops, this.#back] = [ttl, ttl];
    return ending === "reached" ? "done" : "next";
  }

  async #name(address: string): Promise<string> {
    if (has(this.options, "n")) return address;
    let dead = false;
    const watch = ({ failure }: { readonly failure?: unknown }) => dead ||= failure !== undefined;
    const name = await nameOfAddress(this.process, address, { watch }) ?? (dead ? "???" : address);
    return has(this.options, "b") ? `${name} (${address})` : name;
  }
}

interface Icmp {
  readonly origin: string;
  readonly type: number;
  readonly code: number;
}

const isTooBig = ({ origin, type, code }: Icmp) => origin === "icmp" ? type === 3 && code === 4 : type === 2;
const isExceeded = ({ origin, type, code }: Icmp) => code === 0 && type === (origin === "icmp" ? 11 : 3);

/** How the line of a final answer ends. */
function endingOf({ origin, type, code }: Icmp): string {
  if (origin === "icmp6") return type === 1 && code === 4 ? "reached" : type === 1 && code === 1 ? "!A" : "!H";
  if (type !== 3) return `!<${type},${code}>`;
  if (code === 3) return "reached";
  return { 0: "!N", 1: "!H", 2: "!P", 13: "!H" }[code] ?? `!<${code}>`;
}
