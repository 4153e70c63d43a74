/** arping of Debian's arping package: ARP requests (or echo requests to a MAC address), one a second, and who answers. */
import { cidrHas } from "../../base/mod.ts";
import { gaiFailed, getaddrinfo } from "../../dns/mod.ts";
import { framesOf, linkNamed, namespaceOf, type Process } from "../../linux/mod.ts";
import type { Link } from "../../../wasm/mod.ts";
import { printArpFrame, printEchoFrame, readArpReply, readEchoReply } from "./frames.ts";
import { type ArpingOptions, arpingOptions, isMac } from "./options.ts";

const BROADCAST = "ff:ff:ff:ff:ff:ff";
const NOBODY = "00:00:00:00:00:00";
/** What a frame of an answer is counted as. */
const REPLY_SIZE = 42;
const ECHO_SIZE = 62;

/** The program. */
export async function arping(process: Process): Promise<number> {
  const options = arpingOptions(process.argv.slice(1));
  if ("exit" in options) {
    process.out(options.out);
    process.err(options.err);
    return options.exit;
  }
  const mac = isMac(options.target);
  const address = mac ? options.through ?? "255.255.255.255" : await addressOf(process, options.target);
  if (address === undefined) return fail(process, `Can't resolve ${options.target}`);
  const device = deviceFor(process, options, address);
  if (typeof device === "string") return fail(process, device);
  return await new Pinger(process, options, { address, mac, device }).run();
}

function fail(process: Process, text: string): number {
  process.err(`arping: ${text}\n`);
  return 1;
}

async function addressOf(process: Process, host: string): Promise<string | undefined> {
  const info = await getaddrinfo(process, host, { family: 4 });
  return gaiFailed(info) ? undefined : info.addresses[0];
}

/** The device asked for, the one whose network has the address, or a guess; a text is why there is none. */
function deviceFor(process: Process, { device, look }: ArpingOptions, address: string): Link | string {
  const { plane } = process.machine;
  const links = plane.links(process.ns);
  const named = (name: string) => linkNamed(namespaceOf(plane, process.ns), name, links);
  if (device !== undefined) {
    return named(device) ?? `libnet_init(LIBNET_LINK, ${device}): libnet_check_iface() ioctl: No such device`;
  }
  const own = plane.addresses(process.ns).filter((one) => !one.address.includes(":"));
  const near = own.find((one) => cidrHas(one.address, address));
  const found = links.find((link) => link.index === near?.dev && link.up);
  if (found !== undefined) {
    if (look.verbose) process.err(`arping: Autodetected interface ${found.name}\n`);
    return found;
  }
  process.err(
    "arping: lookup dev: No matching interface found using getifaddrs().\n" +
      "arping: Unable to automatically find interface to use. Is it on the local LAN?\n",
  );
  const guess = links.find((link) => link.kind !== "" && link.up);
  if (guess === undefined) return "Gave up looking for interface to use: No such device";
  process.err(`arping: Use -i to manually specify interface. Guessing interface ${guess.name}.\n`);
  return guess;
}

/** Where the requests go. */
interface Aim {
  readonly address: string;
  readonly mac: boolean;
  readonly device: Link;
}

class Pinger {
  readonly #times: number[] = [];
  readonly #answerers = new Set<string>();
  readonly #id: number;
  #sent = 0;
  #sentAt = 0;
  #answered = false;

  constructor(readonly process: Process, readonly options: ArpingOptions, readonly aim: Aim) {
    this.#id = process.random.below(65536);
  }

  /** What is pinged: a host by its address. */
  get #shown(): string {
    return this.aim.mac ? this.options.target : this.aim.address;
  }

  async run(): Promise<number> {
    const { process, options, aim } = this;
    const { quiet, raw, rawOther, dots } = options.look;
    const plain = !quiet && !raw && !rawOther && !dots;
    if (options.look.verbose) process.out(this.#thisBox());
    if (plain) process.out(`ARPING ${this.#shown}\n`);
    const stop = framesOf(process.machine.runner, process.machine.plane).watch(
      process.ns,
      aim.device.index,
      ({ outgoing, bytes }) => {
        if (!outgoing) this.#read(bytes);
      },
    );
    const end = process.clock.now() + options.deadline;
    for (let alive = true; alive && this.#sent < options.count;) {
      this.#answered = false;
      this.#send();
      // Time is only looked at once a request is out.
      if (process.clock.now() >= end) break;
      alive = await this.#listen(end);
      if (alive && !this.#answered) process.out(quiet || raw || rawOther ? "" : dots ? "." : "Timeout\n");
    }
    stop();
    if (!quiet && !raw && !rawOther) {
      process.out(dots ? `\t${this.#loss()} packet loss ${this.#extra()}\n` : this.#statistics());
    }
    const twice = options.look.duplicates && this.#answerers.size > 1;
    return this.#times.length === 0 || twice ? 1 : 0;
  }

  /** Waits until the next request is due; false when enough answers came or the process ended. */
  async #listen(end: number): Promise<boolean> {
    const next = Math.min(this.#sentAt + this.options.wait, end);
    while (this.process.clock.now() < next) {
      const step = Math.min(10, next - this.process.clock.now());
      if (!(await this.process.clock.sleep(step))) return false;
      if (this.#times.length >= this.options.replies) return false;
    }
    return true;
  }

  get #source(): { readonly mac: string; readonly ip: string } {
    const { options, aim, process } = this;
    const own = process.machine.plane.addresses(process.ns).find((one) =>
      one.dev === aim.device.index && !one.address.includes(":")
    );
    return { mac: options.sourceMac ?? aim.device.mac, ip: options.source ?? own?.address.split("/")[0] ?? "0.0.0.0" };
  }

  #send(): void {
    const { options, aim, process } = this;
    const from = this.#source;
    const { unsolicited, answer } = options.look;
    const frame = aim.mac
      ? printEchoFrame({ from, to: { mac: options.target, ip: aim.address }, id: this.#id, sequence: this.#sent })
      : printArpFrame({
        operation: answer ? 2 : 1,
        from,
        to: { mac: unsolicited ? BROADCAST : NOBODY, ip: aim.address },
        destination: options.targetMac ?? BROADCAST,
        ...(options.vlan !== undefined && { vlan: options.vlan }),
      });
    this.#sentAt = process.clock.now();
    this.#sent++;
    process.machine.plane.inject(process.ns, aim.device.index, frame);
  }

  #read(frame: Uint8Array): void {
    const { options, aim } = this;
    if (aim.mac) {
      const echo = readEchoReply(frame, this.#id);
      if (echo !== undefined) {
        this.#count(echo, `${ECHO_SIZE} bytes from ${echo.ip} (${echo.mac}): icmp_seq=${echo.sequence}`);
      }
      return;
    }
    const reply = readArpReply(frame);
    if (reply === undefined || reply.ip !== aim.address) return;
    const index = this.#times.length + (options.look.sent ? `/${this.#sent - 1}` : "");
    this.#count(reply, `${REPLY_SIZE} bytes from ${reply.mac} (${reply.ip}): index=${index}`);
  }

  #count({ mac, ip }: { readonly mac: string; readonly ip: string }, line: string): void {
    const { process } = this;
    const { quiet, raw, rawOther, dots } = this.options.look;
    const took = process.clock.now() - this.#sentAt;
    this.#times.push(took);
    this.#answerers.add(mac);
    this.#answered = true;
    if (quiet) return;
    const [here, other] = this.aim.mac ? [ip, mac] : [mac, ip];
    if (raw || rawOther) process.out(`${[...(raw ? [here] : []), ...(rawOther ? [other] : [])].join(" ")}\n`);
    else process.out(dots ? "!" : `${line} time=${time(took)}\n`);
  }

  #thisBox(): string {
    const { mac, ip } = this.#source;
    return `This box:   Interface: ${this.aim.device.name}  IP: ${ip}   MAC address: ${mac}\n`;
  }

  #loss(): string {
    const lost = this.#sent === 0 ? NaN : 100 - Math.min(100, Math.floor(100 * this.#times.length / this.#sent));
    return `${Number.isNaN(lost) ? "-nan" : String(lost).padStart(3)}%`;
  }

  #extra(): string {
    return `(${Math.max(0, this.#times.length - this.#sent)} extra)`;
  }

  #statistics(): string {
    const n = this.#times.length;
    const mean = this.#times.reduce((sum, one) => sum + one, 0) / n;
    const deviation = Math.sqrt(this.#times.reduce((sum, one) => sum + (one - mean) ** 2, 0) / n);
    const values = [Math.min(...this.#times), mean, Math.max(...this.#times), deviation];
    const rtt = n === 0 ? "" : `rtt min/avg/max/std-dev = ${values.map((one) => one.toFixed(3)).join("/")} ms`;
    return `\n--- ${this.#shown} statistics ---\n${this.#sent} packets transmitted, ${n} packets received, ` +
      `${this.#loss()} unanswered ${this.#extra()}\n${rtt}\n`;
  }
}

/** A time in the unit that suits it, three places behind the point. */
function time(milliseconds: number): string {
  if (milliseconds < 1) return `${(milliseconds * 1000).toFixed(3)} usec`;
  return milliseconds < 1000 ? `${milliseconds.toFixed(3)} msec` : `${(milliseconds / 1000).toFixed(3)} sec`;
}
