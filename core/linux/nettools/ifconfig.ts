import type { Address, Link } from "../../../wasm/mod.ts";
import { netmask, printIp, requireCidr } from "../../base/mod.ts";
import { linkFlags, linkType } from "../iproute/link_flags.ts";
import { type Namespace, namespaceOf } from "../namespace.ts";
import type { Process, Program } from "../process.ts";
import { configure } from "./ifconfig_change.ts";
import { help } from "./usage.ts";

/** Flags in net-tools' order with their bits of linux/if.h. */
const FLAGS: readonly (readonly [string, number])[] = [
  ["UP", 0x1],
  ["BROADCAST", 0x2],
  ["DEBUG", 0x4],
  ["LOOPBACK", 0x8],
  ["POINTOPOINT", 0x10],
  ["RUNNING", 0x40],
  ["NOARP", 0x80],
  ["PROMISC", 0x100],
  ["ALLMULTI", 0x200],
  ["MULTICAST", 0x1000],
];
const HEAD = "Iface      MTU    RX-OK RX-ERR RX-DRP RX-OVR    TX-OK TX-ERR TX-DRP TX-OVR Flg\n";
const LETTERS: Readonly<Record<string, string>> = {
  LOOPBACK: "L",
  BROADCAST: "B",
  MULTICAST: "M",
  NOARP: "O",
  PROMISC: "P",
  POINTOPOINT: "P",
  RUNNING: "R",
  UP: "U",
};
const LETTER_ORDER = ["BROADCAST", "LOOPBACK", "MULTICAST", "NOARP", "PROMISC", "POINTOPOINT", "RUNNING", "UP"];

/** What `ifconfig` shows as one interface: a device, or an address whose label is an alias of it. */
interface Interface {
  readonly name: string;
  readonly link: Link;
  readonly alias: boolean;
  readonly addresses: readonly Address[];
  readonly flags: readonly string[];
}

/** `ifconfig` of net-tools 2.10. */
export const ifconfig: Program = (process) => Promise.resolve(run(process));

function run(process: Process): number {
  const words = process.argv.slice(1);
  let all = false;
  let short = false;
  while (words[0]?.startsWith("-") && words[0] !== "-arp") {
    const word = words.shift() as string;
    if (word === "-a") all = true;
    else if (word === "-s") short = true;
    else if (word === "-V" || word === "--version") return print(process, "net-tools 2.10\n");
    else if (word === "-h" || word === "-?" || word === "--help") return help(process, "ifconfig");
    else if (word !== "-v") {
      process.err(`ifconfig: option \`${word}' not recognised.\nifconfig: \`--help' gives usage information.\n`);
      return 1;
    }
  }
  const [name, ...changes] = words;
  if (name !== undefined && changes.length > 0) return configure(process, name, changes);
  return show(process, { all, short, ...(name !== undefined && { name }) });
}

function print(process: Process, text: string): number {
  process.out(text);
  return 0;
}

function show(process: Process, { all, short, name }: { all: boolean; short: boolean; name?: string }): number {
  const shown = interfaces(process).filter((one) => (name === undefined ? all || one.link.up : one.name === name));
  if (name !== undefined && shown.length === 0) shown.push(...unlabelled(process, name));
  if (name !== undefined && shown.length === 0) {
    process.err(`${name}: error fetching interface information: Device not found\n`);
    return 1;
  }
  if (short) {
    return print(process, printInterfaceTable(shown, HEAD));
  }
  return print(process, shown.map((one) => `${block(one)}\n`).join(""));
}

/** An alias that no address has: its device without one. */
function unlabelled(process: Process, name: string): Interface[] {
  const [device, label] = name.split(":");
  if (label === undefined) return [];
  const base = interfaces(process).filter((one) => !one.alias && one.name === device);
  return base.map((one) => ({ ...one, name, alias: true, addresses: [] }));
}

/** Devices and their aliases, sorted by name as net-tools keeps its list. */
export function interfaces(process: Process): Interface[] {
  const { plane } = process.machine;
  const addresses = plane.addresses(process.ns);
  const found = plane.links(process.ns).flatMap((link): Interface[] => {
    const own = addresses.filter((address) => address.dev === link.index);
    const labels = new Set(
      own.map((address) => address.label).filter((label) => label !== undefined && label !== link.name),
    );
    const flags = flagsOf(namespaceOf(plane, process.ns), link);
    const aliases = [...labels].map((label) => ({
      name: label as string,
      link,
      alias: true,
      flags,
      addresses: own.filter((address) => address.label === label),
    }));
    const main = own.filter((address) => address.label === undefined || address.label === link.name);
    return [{ name: link.name, link, alias: false, addresses: main, flags }, ...aliases];
  });
  return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function flagsOf(ns: Namespace, link: Link): string[] {
  const set = new Set(linkFlags(ns, link));
  if (link.up && link.carrier) set.add("RUNNING");
  return FLAGS.filter(([flag]) => set.has(flag)).map(([flag]) => flag);
}

function block({ name, link, alias, addresses, flags }: Interface): string {
  const bits = FLAGS.filter(([flag]) => flags.includes(flag)).reduce((sum, [, bit]) => sum | bit, 0);
  const lines = [`${name}: flags=${bits}<${flags.join(",")}>  mtu ${link.mtu}`];
  lines.push(
    ...addresses.slice(0, 1).filter(isFour).map((address) => `        ${inet(address, flags.includes("POINTOPOINT"))}`),
  );
  if (!alias) {
    lines.push(...addresses.filter((address) => !isFour(address)).map((address) => `        ${inet6(address)}`));
  }
  lines.push(`        ${hardware(link)}`);
  if (!alias) lines.push(...counters(link));
  return lines.map((line) => `${line}\n`).join("");
}

const isFour = (address: Address): boolean => !address.address.includes(":");

function inet(address: Address, pointed: boolean): string {
  const cidr = requireCidr(address.address);
  const base = `inet ${printIp(cidr.ip)}  netmask ${netmask(cidr.length)}`;
  if (pointed && address.peer !== undefined && address.peer.split("/")[0] !== printIp(cidr.ip)) {
    return `${base}  destination ${address.peer.split("/")[0]}`;
  }
  const loopback = cidr.ip.value >> 24n === 127n;
  return loopback ? base : `${base}  broadcast ${address.broadcast ?? "0.0.0.0"}`;
}

const SCOPES: Readonly<Record<number, string>> = {
  0: "0x0<global>",
  253: "0x20<link>",
  254: "0x10<host>",
  200: "0x40<site>",
};

function inet6(address: Address): string {
  const cidr = requireCidr(address.address);
  return `inet6 ${printIp(cidr.ip)}  prefixlen ${cidr.length}  scopeid ${SCOPES[address.scope] ?? "0x0<global>"}`;
}

function hardware(link: Link): string {
  const type = linkType(link);
  if (type === "loopback") return `loop  txqueuelen ${link.txqlen}  (Local Loopback)`;
  if (type === "none") {
    return `unspec 00-00-00-00-00-00-00-00-00-00-00-00-00-00-00-00  txqueuelen ${link.txqlen}  (UNSPEC)`;
  }
  if (type === "ipip") return `tunnel   txqueuelen ${link.txqlen}  (IPIP Tunnel)`;
  return `ether ${link.mac}  txqueuelen ${link.txqlen}  (Ethernet)`;
}

function counters({ rx, tx }: Link): string[] {
  const indent = "        ";
  return [
    `${indent}RX packets ${rx.packets}  bytes ${rx.bytes} (${humanBytes(rx.bytes)})`,
    `${indent}RX errors ${rx.errors}  dropped ${rx.dropped}  overruns 0  frame 0`,
    `${indent}TX packets ${tx.packets}  bytes ${tx.bytes} (${humanBytes(tx.bytes)})`,
    `${indent}TX errors ${tx.errors}  dropped ${tx.dropped} overruns 0  carrier 0  collisions 0`,
  ];
}

/** `90.0 B`, `1.2 KiB`: one digit behind the point. */
function humanBytes(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  const power = bytes < 1024 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10));
  return `${(Math.floor((bytes / 1024 ** power) * 10) / 10).toFixed(1)} ${units[power]}`;
}

/** `ifconfig -s` and `netstat -i`: a line a device, after `head`. */
export function printInterfaceTable(
  rows: readonly Omit<Interface, "addresses">[],
  head: string,
): string {
  const lines = rows.map(({ name, link, alias, flags }) => {
    const set = new Set(flags);
    const letters = LETTER_ORDER.filter((flag) => set.has(flag)).map((flag) => LETTERS[flag] ?? "").join("");
    const front = `${name.padEnd(15)} ${String(link.mtu).padStart(5)}`;
    if (alias) return `${front}      - no statistics available -                        ${letters}\n`;
    const side = (stats: Link["rx"], overruns: string): string => {
      const [ok, bad, lost] = [stats.packets, stats.errors, stats.dropped].map(String);
      return `${ok?.padStart(8)} ${bad?.padStart(6)} ${lost?.padStart(6)} ${overruns}`;
    };
    return `${front} ${side(link.rx, "0".padEnd(6))} ${side(link.tx, "0".padStart(6))} ${letters}\n`;
  });
  return head + lines.join("");
}
