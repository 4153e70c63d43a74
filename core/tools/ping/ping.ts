/** ping of iputils 20221126. */
import { ERRNO, type Failure, isFailure, isIp, printIp, strerror } from "../../base/mod.ts";
import type { IfIndex, SocketError, SocketOptions } from "../../../wasm/mod.ts";
import { gaiFailed, getaddrinfo, nameOfAddress, numericAddress } from "../../dns/mod.ts";
import type { DatagramSocket, Process, Received } from "../../linux/mod.ts";
import { deviceIndex, deviceName, splitScope, watchSignals } from "../place.ts";
import { echoRequest, echoSequence, icmp6Text, icmpText, isEchoReply } from "./icmp.ts";
import { type PingOptions, pingOptions } from "./options.ts";
import { countReply, newCounts, type PingCounts, statisticsText, tripText } from "./statistics.ts";

const SIGINT = 2;
/** Where the address is tried out for a route and a source: any port will do. */
const PROBE_PORT = 1025;
/** Probes with less than that carry no time, so none is shown. */
const TIMED_SIZE = 16;
/** Flood's and adaptive's longest wait for an answer. */
const FLOOD_INTERVAL = 10;

/** The program. */
export async function ping(process: Process): Promise<number> {
  const options = pingOptions(process.argv.slice(1), process.argv[0] ?? "ping");
  if ("exit" in options) {
    process.out(options.out ?? "");
    process.err(options.err ?? "");
    return options.exit;
  }
  process.err(options.warnings);
  const { scope } = splitScope(options.target);
  if (scope !== undefined && deviceIndex(process, scope) === undefined) {
    return complain(process, `${options.target}: Name or service not known`);
  }
  const info = await getaddrinfo(process, options.target, { family: options.family });
  if (gaiFailed(info)) return complain(process, `${options.target}: ${info.text}`);
  const found = info.addresses[0] as string;
  // Nobody's address is this host's.
  const target = found === "0.0.0.0" ? "127.0.0.1" : found;
  for (const name of options.unmodelled) {
    const meant = target.includes(":") === (name === "N");
    if (meant) process.err(`ping: option -${name} is not modelled and has no effect\n`);
  }
  if (options.verbose) tellSockets(process, target, info.canonical);
  const opened = open(process, target, options);
  if (typeof opened === "string") return complain(process, opened);
  const literal = numericAddress(options.target) !== undefined;
  const host = literal ? options.target : info.canonical;
  return await new Pinger(process, { ...options, numeric: options.numeric || literal }, { ...opened, host, target })
    .run();
}

function complain(process: Process, text: string): number {
  process.err(`${process.argv[0]}: ${text}\n`);
  return 2;
}

function tellSockets(process: Process, target: string, canonical: string): void {
  const family = target.includes(":") ? "AF_INET6" : "AF_INET";
  process.err(
    "ping: sock4.fd: 3 (socktype: SOCK_RAW), sock6.fd: 4 (socktype: SOCK_RAW), hints.ai_family: AF_UNSPEC\n\n",
  );
  process.out(`ai->ai_family: ${family}, ai->ai_canonname: '${canonical}'\n`);
}

/** A socket ready to send. */
interface Opened {
  readonly socket: DatagramSocket;
  readonly family: 4 | 6;
  readonly source: string;
  /** Where probes go, without its scope. */
  readonly address: string;
  readonly device?: string;
}

/** Opens the socket the way ping does, or gives its complaint. */
function open(process: Process, target: string, options: PingOptions): Opened | string {
  const { address, scope } = splitScope(target);
  const family = address.includes(":") ? 6 : 4;
  const fromAddress = options.from !== undefined && isIp(options.from) ? options.from : undefined;
  const device = fromAddress === undefined ? options.from : undefined;
  const via = device ?? scope;
  const index = via === undefined ? undefined : deviceIndex(process, via);
  if (device !== undefined && index === undefined) {
    return family === 6 ? `unknown iface: ${device}` : `SO_BINDTODEVICE ${device}: No such device`;
  }
  const common: SocketOptions = {
    ...(index === undefined ? {} : { device: index }),
    ...(options.mark === undefined ? {} : { mark: options.mark }),
  };
  // What is only there on the link is not tried out: its source is open until it is sent.
  const near = (device !== undefined || scope === undefined) && /^(fe[89ab]|ff.2)/i.test(address);
  const routed = fromAddress ??
    (near ? "::" : probe(process, { address, family, common, broadcast: options.broadcast }));
  if (typeof routed !== "string") return routed.complaint;
  if (device !== undefined && !ownsAddress(process, index, routed)) {
    process.err(`${process.argv[0]}: Warning: source address might be selected on device other than: ${device}\n`);
  }
  const socket = process.net.ping(family, common);
  const bound = fromAddress === undefined ? undefined : socket.bind(fromAddress, 0);
  if (bound !== undefined && isFailure(bound)) {
    return `bind${family === 6 ? " icmp socket" : ""}: ${strerror(bound.errno)}`;
  }
  const problem = configure(socket, options);
  if (problem !== undefined) return problem;
  return { socket, family, source: routed, address, ...(device === undefined ? {} : { device }) };
}

function ownsAddress(process: Process, device: IfIndex | undefined, address: string): boolean {
  return process.machine.plane.addresses(process.ns).some((one) => {
    return one.dev === device && one.address.split("/")[0] === address;
  });
}

interface Probe {
  readonly address: string;
  readonly family: 4 | 6;
  readonly common: SocketOptions;
  readonly broadcast: boolean;
}

/** Finds the source address by connecting a UDP socket, as ping does. */
function probe(
  process: Process,
  { address, family, common, broadcast }: Probe,
): string | { readonly complaint: string } {
  const socket = process.net.udp(family, common);
  try {
    let connected: unknown = socket.connect(address, PROBE_PORT);
    if (isFailure(connected) && connected.errno === "EACCES" && family === 4) {
      if (!broadcast) {
        return { complaint: "Do you want to ping broadcast? Then -b. If not, check your local firewall rules" };
      }
      process.err("WARNING: pinging broadcast address\n");
      socket.set({ broadcast: true });
      connected = socket.connect(address, PROBE_PORT);
    }
    return isFailure(connected) ? { complaint: `connect: ${strerror(connected.errno)}` } : socket.local.address;
  } finally {
    socket.close();
  }
}

function configure(socket: DatagramSocket, options: PingOptions): string | undefined {
  if (options.ttl === 0) return `cannot set unicast time-to-live: ${ERRNO.EINVAL[1]}`;
  socket.set({
    ...(options.ttl === undefined ? {} : { ttl: options.ttl }),
    ...(options.tos === undefined ? {} : { tos: options.tos }),
    ...(options.dontFragment === undefined ? {} : { dontFragment: options.dontFragment }),
    ...(options.broadcast ? { broadcast: true } : {}),
  });
  return undefined;
}

/** What one run sends to. */
interface Target extends Opened {
  /** As the first and last lines call it. */
  readonly host: string;
  readonly target: string;
}

/** One run: sends, waits, counts. */
/** ICMP's redirect (RFC 792). */
const REDIRECT = 5;

class Pinger {
  readonly #counts: PingCounts;
  /** When each probe was sent, by sequence number. */
  readonly #sent = new Map<number, number>();
  readonly #answered = new Set<number>();
  readonly #names = new Map<string, string>();
  readonly #seen: { signal: number | undefined };
  readonly #started: number;
  #next: number;
  #end: number | undefined;

  constructor(readonly process: Process, readonly options: PingOptions, readonly to: Target) {
    this.#started = this.#next = process.clock.now();
    this.#counts = newCounts(this.#started);
    this.#seen = watchSignals(process, [SIGINT]);
    if (options.deadline !== undefined) this.#end = this.#started + options.deadline;
  }

  async run(): Promise<number> {
    const { process, options } = this;
    process.out(this.#header());
    while (!this.#over()) {
      if (this.#maySend() && this.#now() >= this.#next) await this.#send();
      else await this.#wait();
    }
    this.to.socket.close();
    if (this.#seen.signal !== undefined && this.#seen.signal !== SIGINT) return 1;
    const timing = options.size >= TIMED_SIZE;
    process.out(statisticsText(this.to.host, this.#counts, { timing, paced: options.interval === 0 }));
    const short = options.deadline !== undefined && this.#counts.received < (options.count ?? 0);
    return this.#counts.received === 0 || short ? 1 : 0;
  }

  #now(): number {
    return this.process.clock.now();
  }

  #header(): string {
    const { options, to } = this;
    const pattern = options.pattern === undefined ? "" : `PATTERN: 0x${options.pattern}\n`;
    const from = options.from === undefined && !options.keepSource ? "" : ` from ${to.source} ${to.device ?? ""}:`;
    if (to.family === 4) {
      return `${pattern}PING ${to.host} (${to.target})${from} ${options.size}(${options.size + 28}) bytes of data.\n`;
    }
    const shown = to.host === to.target || options.numeric ? to.target : `${to.host} (${to.target})`;
    const flow = options.flow === undefined ? "" : `, flow 0x${options.flow.toString(16).padStart(5, "0")},`;
    return `${pattern}PING ${to.host}(${shown})${from} ${flow}${flow && " "}${options.size} data bytes\n`;
  }

  #over(): boolean {
    const { sent, received, errors } = this.#counts;
    const { count, deadline } = this.options;
    if (this.#seen.signal !== undefined) return true;
    if (count !== undefined && received + errors >= count) return true;
    if (deadline !== undefined && errors > 0) return true;
    if (this.#end === undefined && count !== undefined && sent >= count) this.#end = this.#now() + this.#linger();
    return this.#end !== undefined && this.#now() >= this.#end;
  }

  /** How long the last answers are waited for: twice the longest trip, but at least an interval; `-W` where nothing came at all. */
  #linger(): number {
    if (this.#counts.received === 0) return this.options.linger;
    return Math.max(2 * Math.max(...this.#counts.trips), this.options.interval, 1);
  }

  #maySend(): boolean {
    const { count, deadline } = this.options;
    return count === undefined || deadline !== undefined || this.#counts.sent < count;
  }

  async #send(): Promise<void> {
    const { options, to } = this;
    if (options.outstanding) this.#tellOutstanding();
    const sequence = (this.#counts.sent + 1) & 0xffff;
    const sent = to.socket.sendTo(echoRequest(to.family, sequence, this.#data()), to.address, 0);
    this.#counts.sent++;
    this.#counts.last = this.#now();
    this.#sent.set(sequence, this.#now());
    this.#answered.delete(sequence);
    const rush = this.#counts.sent < options.preload;
    this.#next = this.#now() + (rush ? 0 : options.interval === 0 ? FLOOD_INTERVAL : options.interval);
    if (isFailure(sent)) await this.#sendFailed();
    else if (options.flood && !options.quiet) this.process.out(".");
  }

  /**
   * The kernel's local error, where it queued one; without one the real ping keeps silent too. A probe that did not leave is waited
   * for like one that did.
   */
  async #sendFailed(): Promise<void> {
    const queued = await this.to.socket.receive(0);
    if (queued === undefined) return;
    await this.#take(queued);
    const got = await this.to.socket.receive(this.options.interval);
    if (got !== undefined) await this.#take(got);
  }

  #tellOutstanding(): void {
    const last = this.#counts.sent & 0xffff;
    if (this.#counts.sent === 0 || this.#answered.has(last)) return;
    this.process.out(`${this.#stamp()}no answer yet for icmp_seq=${last}\n`);
  }

  #data(): Uint8Array {
    const { pattern, size } = this.options;
    const bytes = (pattern ?? "").match(/../g)?.map((pair) => parseInt(pair, 16)) ?? [];
    return Uint8Array.from({ length: size }, (_, i) => bytes.length > 0 ? bytes[i % bytes.length] as number : i & 255);
  }

  async #wait(): Promise<void> {
    const until = Math.min(this.#maySend() ? this.#next : Infinity, this.#end ?? Infinity);
    const got = await this.to.socket.receive(Math.max(0, until - this.#now()));
    if (got !== undefined) await this.#take(got);
  }

  async #take(got: Received): Promise<void> {
    if ("error" in got) return await this.#error(got.error);
    const { data, from, ttl, dev } = got.datagram;
    const sequence = echoSequence(data);
    const sent = sequence === undefined ? undefined : this.#sent.get(sequence);
    if (sequence === undefined || sent === undefined || !isEchoReply(this.to.family, data)) return;
    const trip = this.#now() - sent;
    const duplicate = this.#answered.has(sequence);
    this.#acknowledge(sequence);
    countReply(this.#counts, trip, duplicate);
    if (this.options.interval === 0) this.#next = this.#now();
    if (this.options.quiet) return;
    if (this.options.flood) return this.process.out("\b \b");
    const scoped = /^fe[89ab]/i.test(from) ? `${from}%${deviceName(this.process, dev)}` : from;
    const time = this.options.size < TIMED_SIZE ? "" : ` time=${tripText(trip)} ms`;
    const ident = this.options.verbose ? ` ident=${this.to.socket.local.port}` : "";
    this.process.out(
      `${this.#stamp()}${data.length} bytes from ${await this.#name(
        scoped,
      )}: icmp_seq=${sequence}${ident} ttl=${ttl}${time}` +
        `${duplicate ? " (DUP!)" : ""}${this.options.audible ? "\x07" : ""}\n`,
    );
  }

  #acknowledge(sequence: number): void {
    this.#answered.add(sequence);
    const behind = (this.#counts.sent - sequence) & 0xffff;
    if (behind <= 0x7fff) this.#counts.pipe = Math.max(this.#counts.pipe, behind + 1);
  }

  async #error(error: Extract<Received, { error: unknown }>["error"]): Promise<void> {
    const redirect = error.origin === "icmp" && error.type === REDIRECT;
    if (redirect) return await this.#redirect(error);
    this.#counts.errors++;
    if (error.origin === "local") return this.#localError(error.errno as Failure["errno"], error.info);
    const sequence = echoSequence(error.data) ?? this.#counts.sent;
    this.#acknowledge(sequence);
    if (this.options.quiet) return;
    if (this.options.flood) return this.process.out("\bE");
    const text = (error.origin === "icmp" ? icmpText : icmp6Text)(error.type, error.code, error.info);
    const from = await this.#name(error.offender ?? "");
    this.process.out(`${this.#stamp()}From ${from} icmp_seq=${sequence} ${text}\n`);
  }

  /** A shorter way is told of: no error, the answer still comes. */
  async #redirect(error: SocketError): Promise<void> {
    if (this.options.quiet || this.options.flood) return;
    const sequence = echoSequence(error.data) ?? this.#counts.sent;
    const to = await this.#name(printIp({ family: 4, value: BigInt(error.info) }));
    const text = `${icmpText(error.type, error.code, 0)}(New nexthop: ${to})`;
    this.process.out(`${this.#stamp()}From ${await this.#name(error.offender ?? "")}: icmp_seq=${sequence} ${text}\n`);
  }

  #localError(errno: Failure["errno"], mtu: number): void {
    if (this.options.quiet) return;
    const colon = this.to.family === 6 ? ": " : "=";
    const text = errno === "EMSGSIZE" ? `message too long, mtu${colon}${mtu}` : strerror(errno);
    this.process.err(`${this.process.argv[0]}: local error: ${text}\n`);
  }

  #stamp(): string {
    if (!this.options.timestamps) return "";
    const [whole, part] = [Math.floor(this.#now() / 1000), Math.round((this.#now() % 1000) * 1000)];
    return `[${whole}.${String(part).padStart(6, "0")}] `;
  }

  /** `web (10.0.1.2)`, or the address alone; asked for once per address. */
  async #name(address: string): Promise<string> {
    if (this.options.numeric) return address;
    const known = this.#names.get(address) ?? `${await nameOfAddress(this.process, address) ?? address} (${address})`;
    this.#names.set(address, known);
    return known;
  }
}
