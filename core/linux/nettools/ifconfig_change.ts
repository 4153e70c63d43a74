import type { Address, Link, LinkChange } from "../../../wasm/mod.ts";
import {
  cidrSize,
  isFailure,
  isMac,
  lastIp,
  netmask,
  parseCidr,
  printIp,
  requireCidr,
  strerror,
} from "../../base/mod.ts";
import { linkNamed } from "../iproute/altnames.ts";
import { linkExtras, type LinkLooks } from "../iproute/extras.ts";
import { namespaceOf } from "../namespace.ts";
import type { Process } from "../process.ts";
import { addressOf, lookupProblem } from "./hosts.ts";
import { maskLength } from "./route.ts";
import { NETTOOLS_USAGE } from "./usage.ts";

const isFour = (address: Address): boolean => !address.address.includes(":");

function usage(process: Process): number {
  process.err(NETTOOLS_USAGE["ifconfig"] ?? "");
  return 3;
}

function fail(process: Process, text: string, status: number): number {
  process.err(text);
  return status;
}

/** What `ifconfig NAME WORDS` is to do. */
interface Change {
  readonly link: { -readonly [K in keyof LinkChange]: LinkChange[K] };
  address?: string;
  mask?: string;
  broadcast?: string;
  peer?: string;
  readonly add: string[];
  readonly remove: string[];
  readonly looks: { -readonly [K in keyof LinkLooks]: LinkLooks[K] };
}

/** `ifconfig NAME WORDS`: sets addresses, flags, MTU and hardware address. */
export function configure(process: Process, name: string, words: readonly string[]): number {
  const { plane } = process.machine;
  const link = linkNamed(namespaceOf(plane, process.ns), name.split(":")[0] ?? "");
  const change = takeChange(process, [...words]);
  if (typeof change === "number") return change;
  if (link !== undefined && name.includes(":") && change.link.up === false) return removeAlias(process, link, name);
  if (link === undefined) {
    const address = change.address === undefined ? "" : "SIOCSIFADDR: No such device\n";
    return fail(process, `${address}${name}: ERROR while getting interface flags: No such device\n`, 255);
  }
  if (
    change.address !== undefined || change.mask !== undefined || change.broadcast !== undefined ||
    change.peer !== undefined
  ) {
    const status = setAddress(process, link, name, change);
    if (status !== 0) return status;
  }
  const up = change.address !== undefined && change.address !== "0.0.0.0" ? { up: true } : {};
  const wanted = { ...up, ...change.link };
  const refused = Object.keys(wanted).length > 0 ? plane.setLink(process.ns, link.index, wanted) : null;
  if (isFailure(refused)) {
    const call = wanted.mtu !== undefined ? "SIOCSIFMTU" : wanted.mac !== undefined ? "SIOCSIFHWADDR" : "SIOCSIFFLAGS";
    return fail(process, `${call}: ${strerror(refused.errno)}\n`, 1);
  }
  const extras = linkExtras(namespaceOf(plane, process.ns), link.index);
  if (Object.keys(change.looks).length > 0) extras.looks = { ...extras.looks, ...change.looks };
  for (const address of change.add) {
    const failed = plane.addAddress(process.ns, link.index, { address });
    if (failed !== null) return fail(process, `SIOCSIFADDR: ${strerror(failed.errno)}\n`, 1);
  }
  for (const address of change.remove) {
    const failed = plane.removeAddress(process.ns, link.index, address);
    if (failed !== null) return fail(process, `SIOCDIFADDR: ${strerror(failed.errno)}\n`, 1);
  }
  return 0;
}

/** `ifconfig eth0:1 down`: the address with that label goes, the device stays up. */
function removeAlias({ machine, ns }: Process, link: Link, name: string): number {
  for (const one of machine.plane.addresses(ns)) {
    if (one.dev === link.index && one.label === name) machine.plane.removeAddress(ns, link.index, one.address);
  }
  return 0;
}

function setAddress(process: Process, link: Link, name: string, change: Change): number {
  const { plane } = process.machine;
  const old = plane.addresses(process.ns).find((one) => {
    return one.dev === link.index && isFour(one) && (one.label ?? link.name) === name;
  });
  const ip = change.address ?? old?.address.split("/")[0];
  if (ip === undefined) return fail(process, `SIOCSIFNETMASK: ${strerror("EADDRNOTAVAIL")}\n`, 1);
  if (old !== undefined) plane.removeAddress(process.ns, link.index, old.address);
  if (ip === "0.0.0.0") return 0;
  const length = change.mask !== undefined
    ? maskLength(change.mask)
    : change.address === undefined
    ? lengthOf(old)
    : classLength(ip);
  const cidr = parseCidr(`${ip}/${length}`);
  if (cidr === undefined) return fail(process, `SIOCSIFNETMASK: ${strerror("EINVAL")}\n`, 1);
  const kept = change.address === undefined && change.mask === undefined ? old?.broadcast : undefined;
  const broadcast = change.broadcast ?? kept ?? (cidrSize(cidr) > 2n ? printIp(lastIp(cidr)) : undefined);
  const label = name.includes(":") ? { label: name } : {};
  const refused = plane.addAddress(process.ns, link.index, {
    address: `${ip}/${length}`,
    ...(broadcast && { broadcast }),
    ...(change.peer && { peer: change.peer }),
    ...label,
  });
  return isFailure(refused) ? fail(process, `SIOCSIFADDR: ${strerror(refused.errno)}\n`, 1) : 0;
}

function lengthOf(address: Address | undefined): number {
  return address === undefined ? 24 : requireCidr(address.address).length;
}

/** The prefix length of an address' old class. */
function classLength(ip: string): number {
  const first = Number(ip.split(".")[0]);
  return first < 128 ? 8 : first < 192 ? 16 : 24;
}

function takeChange(process: Process, words: string[]): Change | number {
  const change: Change = { link: {}, add: [], remove: [], looks: {} };
  const { link } = change;
  while (words.length > 0) {
    const word = words.shift() as string;
    if (word === "up" || word === "down") link.up = word === "up";
    else if (word === "arp" || word === "-arp") link.arp = word === "arp";
    else if (word === "promisc" || word === "-promisc") link.promisc = word === "promisc";
    else if (FLAG.test(word)) {
      const name = word.replace("-", "") as "allmulti" | "multicast" | "trailers" | "dynamic";
      change.looks[name] = !word.startsWith("-");
    } else if (word === "-broadcast" || word === "media") continue;
    else if (TAKES_VALUE.has(word)) {
      const status = takeValue(process, [word, words], change);
      if (status !== undefined) return status;
    } else {
      const status = takeAddress(process, word, change);
      if (status !== undefined) return status;
    }
  }
  return change;
}

/** Flags that no packet feels. */
const FLAG = /^-?(allmulti|multicast|trailers|dynamic)$/;

const TAKES_VALUE = new Set([
  "netmask",
  "broadcast",
  "mtu",
  "hw",
  "txqueuelen",
  "add",
  "del",
  "mem_start",
  "io_addr",
  "irq",
  "tunnel",
  "pointopoint",
  "dstaddr",
  "inet",
  "inet6",
]);

/** Settings of hardware that no virtual device has. */
const MAP_WORDS = new Set(["mem_start", "io_addr", "irq"]);

function takePeer(process: Process, value: string, change: Change): number | undefined {
  const address = addressOf(process.files, value);
  if (address === undefined) return fail(process, `${value}: ${lookupProblem(value)}\n`, 1);
  change.peer = address;
  return undefined;
}

function takeValue(
  process: Process,
  [word, words]: readonly [string, string[]],
  change: Change,
): number | undefined {
  const { link } = change;
  const value = words.shift();
  if (value === undefined) return usage(process);
  if (MAP_WORDS.has(word)) return fail(process, `${word}: SIOCSIFMAP: ${strerror("EOPNOTSUPP")}\n`, 1);
  if (word === "pointopoint" || word === "dstaddr") return takePeer(process, value, change);
  if (word === "mtu") link.mtu = Number(value);
  else if (word === "txqueuelen") link.txqlen = Number(value);
  else if (word === "add") change.add.push(value);
  else if (word === "del") change.remove.push(value);
  else if (word === "inet" || word === "inet6") words.unshift(value);
  else if (word === "hw") {
    const mac = value === "ether" ? words.shift() : undefined;
    if (mac === undefined) return usage(process);
    if (!isMac(mac)) return fail(process, `${mac}: invalid ether address.\n`, 1);
    link.mac = mac.toLowerCase();
  } else if (word === "netmask" || word === "broadcast") {
    const address = addressOf(process.files, value);
    if (address === undefined) return fail(process, `${value}: ${lookupProblem(value)}\n`, 1);
    if (word === "netmask") change.mask = address;
    else change.broadcast = address;
  }
  return undefined;
}

function takeAddress(process: Process, word: string, change: Change): number | undefined {
  const [name = "", length] = word.split("/");
  const address = addressOf(process.files, name);
  if (address === undefined) {
    return fail(process, `${name}: ${lookupProblem(name)}\nifconfig: \`--help' gives usage information.\n`, 1);
  }
  change.address = address;
  if (length !== undefined) change.mask = netmask(Number(length));
  return undefined;
}
