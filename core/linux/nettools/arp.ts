import type { Link, Neighbour } from "../../../wasm/mod.ts";
import { ipFamily, isFailure, isMac, strerror } from "../../base/mod.ts";
import { linkNamed } from "../iproute/altnames.ts";
import { namespaceOf } from "../namespace.ts";
import type { Process, Program } from "../process.ts";
import { getopt, type Grammar } from "./getopt.ts";
import { addressOf, lookupProblem, nameOf } from "./hosts.ts";
import { help, NETTOOLS_USAGE, printVersion } from "./usage.ts";

const GRAMMAR: Grammar = {
  short: "A:H:adfp:nsei:t:vh?DNV",
  long: {
    verbose: "v",
    version: "V",
    all: "a",
    delete: "d",
    file: "f",
    numeric: "n",
    set: "s",
    "protocol:": "A",
    "hw-type:": "H",
    "device:": "i",
    help: "h",
    "use-device": "D",
    symbolic: "N",
  },
};

const HEAD = "Address                  HWtype  HWaddress           Flags Mask            Iface\n";
const HARDWARE = new Set([
  "ether",
  "loop",
  "infiniband",
  "ash",
  "ax25",
  "netrom",
  "rose",
  "arcnet",
  "dlci",
  "fddi",
  "hippi",
]);

interface Request {
  numeric: boolean;
  bsd: boolean;
  verbose: boolean;
  useDevice: boolean;
  device?: string;
  action: "show" | "set" | "delete" | "file";
}

/** `arp` of net-tools 2.10. */
export const arp: Program = (process) => Promise.resolve(run(process));

function run(process: Process): number {
  const { options, operands, problem } = getopt(process.argv.slice(1), GRAMMAR);
  if (problem !== undefined) {
    process.err(`arp: ${problem}\n${NETTOOLS_USAGE["arp"]}`);
    return 3;
  }
  const request: Request = { numeric: false, bsd: false, verbose: false, useDevice: false, action: "show" };
  for (const { name, value } of options) {
    if (name === "n") request.numeric = true;
    else if (name === "a") request.bsd = true;
    else if (name === "v") request.verbose = true;
    else if (name === "D") request.useDevice = true;
    else if (name === "s") request.action = "set";
    else if (name === "d") request.action = "delete";
    else if (name === "f") request.action = "file";
    else if (name === "i" && value !== undefined) request.device = value;
    else if (name === "h" || name === "?") return help(process, "arp");
    else if (name === "V") {
      process.out(printVersion("+I18N +SELINUX", "(inet)", "HW: (ether)"));
      return 0;
    } else if (name === "A" && value !== "inet") {
      process.err(`arp: ${value}: unknown address family.\n`);
      return 255;
    } else if ((name === "H" || name === "t") && !HARDWARE.has(value ?? "")) {
      process.err(`arp: ${value}: unknown hardware type.\n`);
      return 255;
    }
  }
  if (request.action === "set") return set(process, request, operands);
  if (request.action === "delete") return remove(process, request, operands);
  if (request.action === "file") return file(process, request, operands);
  return show(process, request, operands);
}

/** IPv4 neighbours as SIOCGARP knows them, entries of a proxy last. */
function table(process: Process): Neighbour[] {
  const all = process.machine.plane.neighbours(process.ns).filter((entry) => {
    return ipFamily(entry.ip) === 4 && (entry.proxy || entry.state !== "NOARP");
  });
  return [...all.filter((entry) => !entry.proxy), ...all.filter((entry) => entry.proxy)];
}

function show(process: Process, request: Request, operands: readonly string[]): number {
  const host = operands[0];
  const address = host === undefined ? undefined : addressOf(process.files, host);
  if (host !== undefined && address === undefined) {
    process.err(`${host}: ${lookupProblem(host)}\n`);
    return 255;
  }
  const all = table(process);
  const links = process.machine.plane.links(process.ns);
  const name = (entry: Neighbour): string => links.find((link) => link.index === entry.dev)?.name ?? "";
  const shown = all.filter((entry) => {
    return (request.device === undefined || name(entry) === request.device) &&
      (address === undefined || entry.ip === address);
  });
  if (shown.length > 0 && !request.bsd) process.out(HEAD);
  for (const entry of shown) {
    process.out(
      request.bsd ? bsdLine(process, request, entry, name(entry)) : line(process, request, entry, name(entry)),
    );
  }
  if (request.verbose) {
    process.out(`Entries: ${all.length}\tSkipped: ${all.length - shown.length}\tFound: ${shown.length}\n`);
  }
  if (shown.length > 0) return 0;
  if (host !== undefined && !request.bsd) process.out(`${host} (${address}) -- no entry\n`);
  else if ((host !== undefined || request.device !== undefined) && all.length > 0) {
    process.out(`arp: in ${all.length} entries no match found.\n`);
  }
  return 0;
}

const known = (entry: Neighbour): boolean => entry.state !== "INCOMPLETE" && entry.state !== "FAILED";

function line(process: Process, request: Request, entry: Neighbour, device: string): string {
  const host = (request.numeric ? undefined : nameOf(process.files, entry.ip)) ?? entry.ip;
  const head = host.slice(0, 23).padEnd(23) + "  ";
  if (entry.proxy) {
    return `${head}${"*".padEnd(8)}${"<from_interface>".padEnd(20)}${"MP".padEnd(6)}${"".padEnd(16)}${device}\n`;
  }
  if (!known(entry)) return `${head}${"".padEnd(8)}${"(incomplete)".padEnd(20)}${"".padEnd(22)}${device}\n`;
  const flags = entry.state === "PERMANENT" ? "CM" : "C";
  return `${head}${"ether".padEnd(8)}${(entry.mac ?? "").padEnd(20)}${flags.padEnd(6)}${"".padEnd(16)}${device}\n`;
}

function bsdLine(process: Process, request: Request, entry: Neighbour, device: string): string {
  const host = (request.numeric ? undefined : nameOf(process.files, entry.ip)) ?? "?";
  if (entry.proxy) return `${host} (${entry.ip}) at <from_interface> PERM PUB on ${device}\n`;
  if (!known(entry)) return `${host} (${entry.ip}) at <incomplete> on ${device}\n`;
  const permanent = entry.state === "PERMANENT" ? " PERM" : "";
  return `${host} (${entry.ip}) at ${entry.mac} [ether]${permanent} on ${device}\n`;
}

function fail(process: Process, text: string): number {
  process.err(`${text}\n`);
  return 255;
}

function set(process: Process, request: Request, operands: readonly string[]): number {
  const [host, hardware, ...flags] = operands;
  if (host === undefined) return fail(process, "arp: need host name");
  const address = addressOf(process.files, host);
  if (address === undefined) return fail(process, `${host}: ${lookupProblem(host)}`);
  if (hardware === undefined) return fail(process, "arp: need hardware address");
  const mac = request.useDevice ? find(process, hardware)?.mac : hardware.toLowerCase();
  if (mac === undefined || !isMac(mac)) return fail(process, "arp: invalid hardware address");
  if (!areFlags(flags)) {
    process.err(NETTOOLS_USAGE["arp"] ?? "");
    return 3;
  }
  if (flags.includes("dontpub")) return fail(process, `SIOCSARP: ${strerror("EINVAL")}`);
  if (flags.includes("pub") && request.device === undefined && !request.useDevice && !flags.includes("dev")) {
    return fail(process, `SIOCSARP: ${strerror("ENODEV")}`);
  }
  const device = deviceFor(process, request.useDevice ? hardware : request.device ?? after(flags, "dev"), address);
  if (device === undefined) return fail(process, `SIOCSARP: ${strerror("ENETUNREACH")}`);
  const proxy = flags.includes("pub");
  const state = flags.includes("temp") ? "REACHABLE" : "PERMANENT";
  const entry = { ip: address, dev: device.index, mac, state, ...(proxy && { proxy }) } as const;
  const refused = process.machine.plane.addNeighbour(process.ns, entry, "replace");
  return isFailure(refused) ? fail(process, `SIOCSARP: ${strerror(refused.errno)}`) : 0;
}

/** Words behind the addresses of an entry; those of `VALUED` have one more behind them. */
const FLAGS = new Set(["temp", "perm", "pub", "priv", "trail", "dontpub", "auto", "dev", "netmask"]);
const VALUED = new Set(["dev", "netmask"]);

function areFlags(words: readonly string[]): boolean {
  return words.every((word, at) => FLAGS.has(word) || VALUED.has(words[at - 1] ?? ""));
}

function after(words: readonly string[], word: string): string | undefined {
  const at = words.indexOf(word);
  return at < 0 ? undefined : words[at + 1];
}

function find(process: Process, name: string): Link | undefined {
  return linkNamed(namespaceOf(process.machine.plane, process.ns), name);
}

/** The device given, or the one that the route to the address leaves by. */
function deviceFor(process: Process, name: string | undefined, address: string): Link | undefined {
  const { plane } = process.machine;
  if (name !== undefined) return find(process, name);
  const route = plane.routeGet(process.ns, { to: address });
  if (isFailure(route) || route.type !== "unicast" || route.via !== undefined) return undefined;
  return plane.links(process.ns).find((link) => link.index === route.dev);
}

function remove(process: Process, request: Request, operands: readonly string[]): number {
  const [host, ...rest] = operands;
  if (host === undefined) return fail(process, "arp: need host name");
  const address = addressOf(process.files, host);
  if (address === undefined) return fail(process, `${host}: ${lookupProblem(host)}`);
  const device = request.device ?? after(rest, "dev");
  if (device !== undefined && find(process, device) === undefined) {
    return fail(process, "SIOCDARP(dontpub): No such device");
  }
  const entries = table(process).filter((entry) => {
    return entry.ip === address && (device === undefined || find(process, device)?.index === entry.dev);
  });
  if (entries.length === 0) {
    process.out(`No ARP entry for ${host}\n`);
    return 255;
  }
  for (const entry of entries) process.machine.plane.removeNeighbour(process.ns, entry.dev, entry.ip);
  return 0;
}

/** `arp -f`: a line an entry, host and hardware address, by default out of `/etc/ethers`. */
function file(process: Process, request: Request, operands: readonly string[]): number {
  const path = operands[0] ?? "/etc/ethers";
  const text = process.files.read(path);
  if (text === undefined) return fail(process, `arp: cannot open etherfile ${path} !`);
  let status = 0;
  for (const [index, raw] of text.split("\n").entries()) {
    const words = raw.replace(/#.*/, "").trim().split(/\s+/);
    if (words[0] === "") continue;
    if (words.length < 2) {
      process.err(`arp: format error on line ${index + 1} of etherfile ${path} !\n`);
      continue;
    }
    status = set(process, request, words) || status;
  }
  return status;
}
