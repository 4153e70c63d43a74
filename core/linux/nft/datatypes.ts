/**
 * Types of values in nft's language: how a value is read and printed, and which number it is. The order of numbers is the order in
 * which sets are listed.
 */
import { cidrSize, network, parseCidr, parseIp, parseMac, printIp, printMac } from "../../base/mod.ts";
import { protocolName, protocolNumber, servicePort } from "../netfilter/names.ts";
import { unquoted } from "./words.ts";

/** One type. */
export interface Datatype {
  /** Bytes in a key. */
  readonly size: number;
  /** Whether its bytes lie the host's way (little endian) in a key. */
  readonly host: boolean;
  /** Whether a list with commas is a mask of flags. */
  readonly flags?: boolean;
  /** The number of one value, or why there is none. */
  number(text: string): bigint | NoNumber;
  /** The canonical text of a number. */
  print(number: bigint): string;
}

/** Why a text is no value. */
export interface NoNumber {
  readonly problem: string;
}

/** What a type is called where a text is none of its values. */
const CALLED: Readonly<Record<string, string>> = {
  ct_state: "conntrack state",
  ct_status: "conntrack status",
  ct_dir: "conntrack direction",
  fib_addrtype: "fib_addrtype",
  icmp_type: "ICMP type",
  icmpv6_type: "ICMPv6 type",
  icmp_code: "icmp code",
  icmpv6_code: "icmpv6 code",
  tcp_flag: "TCP flag",
  pkt_type: "packet type",
  nf_proto: "netfilter protocol",
  dscp: "Differentiated Services Code Point",
  mark: "packet mark",
  ether_type: "Ethernet protocol",
  boolean: "boolean type",
};

function symbols(names: readonly (readonly [string, number])[], size: number, more: Partial<Datatype> = {}): Datatype {
  const numbers = new Map(names);
  const texts = new Map(names.map(([name, number]) => [number, name]));
  return {
    size,
    host: false,
    number: (text) => {
      const known = numbers.get(text) ?? plainNumber(text);
      return known === undefined ? { problem: "" } : BigInt(known);
    },
    print: (number) => texts.get(Number(number)) ?? printUnknown(number, more.flags ?? false),
    ...more,
  };
}

function printUnknown(number: bigint, flags: boolean): string {
  return flags ? `0x${number.toString(16)}` : String(number);
}

function plainNumber(text: string): number | undefined {
  return /^(0x[0-9a-f]+|\d+)$/i.test(text) ? Number(text) : undefined;
}

function integer(size: number, host = false): Datatype {
  return {
    size,
    host,
    number: (text) => {
      const value = plainNumber(text);
      if (value === undefined) return { problem: "Can't parse symbolic invalid expressions" };
      if (value < 2 ** (8 * size)) return BigInt(value);
      return { problem: `Value ${value} exceeds valid range 0-${2 ** (8 * size) - 1}` };
    },
    print: String,
  };
}

function address(family: 4 | 6): Datatype {
  return {
    size: family === 4 ? 4 : 16,
    host: false,
    number: (text) => {
      const ip = parseIp(text);
      if (ip?.family === family) return ip.value;
      const other = ip !== undefined;
      return { problem: `Could not resolve hostname: ${other ? OTHER_FAMILY : "Name or service not known"}` };
    },
    print: (value) => printIp({ family, value }),
  };
}

const OTHER_FAMILY = "Address family for hostname not supported";

const SERVICE: Datatype = {
  size: 2,
  host: false,
  number: (text) => {
    const port = plainNumber(text) ?? servicePort(text, "tcp") ?? servicePort(text, "");
    if (port === undefined) return { problem: "Could not resolve service: Servname not supported for ai_socktype" };
    return port > 65_535 ? { problem: "Service out of range" } : BigInt(port);
  },
  print: String,
};

/** Protocols whose names nft prints otherwise than getprotobynumber(3) has them: none but this. */
const PROTOCOL: Datatype = {
  size: 1,
  host: false,
  number: (text) => {
    const known = protocolNumber(text) ?? (text === "icmpv6" ? 58 : plainNumber(text));
    if (known === undefined) return { problem: "Could not resolve protocol name" };
    return known > 255 ? { problem: "Protocol out of range" } : BigInt(known);
  },
  print: (number) => protocolName(Number(number)) ?? String(number),
};

const MARK: Datatype = {
  ...integer(4, true),
  number: (text) => {
    const value = plainNumber(text);
    return value === undefined ? { problem: "" } : BigInt(value);
  },
  print: (number) => `0x${number.toString(16).padStart(8, "0")}`,
};

const NAME_BYTES = 16;

/** A device's name; `eth*` is all that begin so. */
const IFNAME: Datatype = {
  size: NAME_BYTES,
  host: true,
  number: (text) => {
    const name = unquoted(text);
    if (name.length >= NAME_BYTES) return { problem: "String exceeds maximum length of 16" };
    return [...name].reduceRight((sum, letter) => (sum << 8n) | BigInt(letter.charCodeAt(0)), 0n);
  },
  print: (number) => {
    let name = "";
    for (let left = number; left > 0n; left >>= 8n) name += String.fromCharCode(Number(left & 255n));
    return `"${name}"`;
  },
};

const ETHER: Datatype = {
  size: 6,
  host: false,
  number: (text) => {
    const mac = parseMac(text);
    return mac === undefined ? { problem: "Invalid LL address" } : BigInt(`0x${printMac(mac).replaceAll(":", "")}`);
  },
  print: (number) => number.toString(16).padStart(12, "0").replace(/(..)(?=.)/g, "$1:"),
};

/** Names with numbers from 0 on, a comma between; an empty one leaves its number out. */
function counted(names: string): [string, number][] {
  return names.split(",").map((name, i): [string, number] => [name, i]).filter(([name]) => name !== "");
}

const bits = (names: string): [string, number][] => counted(names).map(([name, i]) => [name, 2 ** i]);
const pairs = (text: string): [string, number][] =>
  text.split(" ").map((pair) => {
    const [name = "", number] = pair.split("=");
    return [name, Number(number)];
  });

const DSCP =
  "cs0=0 cs1=8 cs2=16 cs3=24 cs4=32 cs5=40 cs6=48 cs7=56 df=0 be=0 lephb=1 af11=10 af12=12 af13=14 af21=18 af22=20 " +
  "af23=22 af31=26 af32=28 af33=30 af41=34 af42=36 af43=38 va=44 ef=46";
const ICMP =
  "echo-reply=0 destination-unreachable=3 source-quench=4 redirect=5 echo-request=8 router-advertisement=9 " +
  "router-solicitation=10 time-exceeded=11 parameter-problem=12 timestamp-request=13 timestamp-reply=14 info-request=15 " +
  "info-reply=16 address-mask-request=17 address-mask-reply=18";
const ICMPV6 =
  "destination-unreachable=1 packet-too-big=2 time-exceeded=3 parameter-problem=4 echo-request=128 echo-reply=129 " +
  "mld-listener-query=130 mld-listener-report=131 mld-listener-done=132 mld-listener-reduction=132 nd-router-solicit=133 " +
  "nd-router-advert=134 nd-neighbor-solicit=135 nd-neighbor-advert=136 nd-redirect=137 router-renumbering=138 " +
  "ind-neighbor-solicit=141 ind-neighbor-advert=142 mld2-listener-report=143";
const ICMP_CODE =
  "net-unreachable=0 host-unreachable=1 prot-unreachable=2 port-unreachable=3 frag-needed=4 net-prohibited=9 " +
  "host-prohibited=10 admin-prohibited=13";
const ICMPV6_CODE = "no-route=0 admin-prohibited=1 addr-unreachable=3 port-unreachable=4 policy-fail=5 reject-route=6";
const ETHER_TYPE = "ip=2048 arp=2054 ip6=34525 8021q=33024 8021ad=34984 vlan=33024";

/** The last of equal numbers' names is not the printed one: the first is. */
function first(names: readonly [string, number][]): [string, number][] {
  return [...names].reverse();
}

const TYPES: Readonly<Record<string, Datatype>> = {
  ipv4_addr: address(4),
  ipv6_addr: address(6),
  inet_service: SERVICE,
  inet_proto: PROTOCOL,
  mark: MARK,
  ifname: IFNAME,
  ether_addr: ETHER,
  ether_type: symbols(first(pairs(ETHER_TYPE)), 2),
  // an index is kept by the name it was given by
  iface_index: IFNAME,
  integer8: integer(1),
  integer16: integer(2),
  integer32: integer(4),
  host_integer: integer(4, true),
  ct_state: symbols([...bits("invalid,established,related,new"), ["untracked", 64]], 4, { host: true, flags: true }),
  ct_status: symbols(
    [...bits("expected,seen-reply,assured,confirmed,snat,dnat"), ["dying", 512]],
    4,
    { host: true, flags: true },
  ),
  ct_dir: symbols(counted("original,reply"), 1),
  fib_addrtype: symbols(
    counted("unspec,unicast,local,broadcast,anycast,multicast,blackhole,unreachable,prohibit"),
    4,
    { host: true },
  ),
  icmp_type: symbols(pairs(ICMP), 1),
  icmpv6_type: symbols(first(pairs(ICMPV6)), 1),
  icmp_code: symbols(pairs(ICMP_CODE), 1),
  icmpv6_code: symbols(pairs(ICMPV6_CODE), 1),
  tcp_flag: symbols(bits("fin,syn,rst,psh,ack,urg,ecn,cwr"), 1, { flags: true }),
  pkt_type: symbols(first([...counted("host,broadcast,multicast,other"), ["unicast", 0]]), 1),
  nf_proto: symbols([["ipv4", 2], ["ipv6", 10]], 1),
  dscp: symbols(first(pairs(DSCP)), 1),
  uid: { ...integer(4, true), number: userNumber },
  gid: { ...integer(4, true), number: userNumber },
  boolean: symbols([["missing", 0], ["exists", 1]], 1),
};

/** All types by nft's names for them. */
export const DATATYPES: Readonly<Record<string, Datatype>> = Object.fromEntries(
  Object.entries(TYPES).map(([name, type]) => [name, named(type, CALLED[name])]),
);

/** A type that says its own name where a text is none of its values. */
function named(type: Datatype, called: string | undefined): Datatype {
  if (called === undefined) return type;
  return {
    ...type,
    number: (text) => {
      const value = type.number(text);
      return typeof value === "bigint" || value.problem !== "" ? value : { problem: `Could not parse ${called}` };
    },
  };
}

/** The names a Debian machine's /etc/passwd begins with. */
const USERS = counted("root,daemon,bin,sys,sync,games,man,lp,mail,news,uucp");

function userNumber(text: string): bigint | NoNumber {
  const number = plainNumber(text) ?? new Map(USERS).get(text);
  return number === undefined ? { problem: "User does not exist" } : BigInt(number);
}

/** A value's numbers from its first to its last: one value, a prefix, a range or a mask of flags. */
export interface Span {
  readonly from: bigint;
  readonly to: bigint;
}

/** Reads a value of a type: `10.0.0.0/8`, `1-9`, `new,established`. */
export function spanOf(text: string, type: Datatype): Span | NoNumber {
  if (type.flags && text.includes(",")) {
    const parts = text.split(",").map((part) => type.number(part));
    const bad = parts.find((part) => typeof part !== "bigint");
    if (bad !== undefined) return bad as NoNumber;
    const all = (parts as bigint[]).reduce((sum, bit) => sum | bit, 0n);
    return { from: all, to: all };
  }
  if (text.includes("/")) return prefixSpan(text, type);
  const dash = type === IFNAME ? -1 : rangeDash(text);
  if (dash > 0) {
    const [from, to] = [type.number(text.slice(0, dash)), type.number(text.slice(dash + 1))];
    if (typeof from === "bigint" && typeof to === "bigint") {
      return from > to ? { problem: "Range has zero or negative size" } : { from, to };
    }
  }
  const number = type.number(text);
  return typeof number === "bigint" ? { from: number, to: number } : number;
}

/** Where the dash of a range is; names of types and codes have dashes, too. */
function rangeDash(text: string): number {
  return /^[0-9a-f.:x]+-[0-9a-f.:x]+$/i.test(text) ? text.indexOf("-") : -1;
}

function prefixSpan(text: string, type: Datatype): Span | NoNumber {
  const cidr = parseCidr(text);
  if (cidr !== undefined && type.size === (cidr.ip.family === 4 ? 4 : 16)) {
    const from = network(cidr).ip.value;
    return { from, to: from + cidrSize(cidr) - 1n };
  }
  const [value = "", length = ""] = text.split("/");
  const [number, bits] = [type.number(value), 8 * type.size];
  if (typeof number !== "bigint") return number;
  if (!/^\d+$/.test(length) || Number(length) > bits) return { problem: `Prefix length ${length} is invalid for type` };
  const size = 1n << BigInt(bits - Number(length));
  return { from: number - number % size, to: number - number % size + size - 1n };
}

/** The canonical text of a value: prefixes without host bits, a prefix of one address plain, flags in order. */
export function printSpan({ from, to }: Span, type: Datatype, written: string): string {
  if (type === IFNAME) return `"${unquoted(written)}"`;
  if (from === to) return type.flags ? printFlags(from, type) : type.print(from);
  if (!written.includes("/")) return `${type.print(from)}-${type.print(to)}`;
  return `${type.print(from)}/${8 * type.size - ((to - from).toString(2).length)}`;
}

/** A range as a prefix where it is one, else as `A-B`. */
export function printMerged({ from, to }: Span, type: Datatype): string {
  if (from === to) return type.print(from);
  const size = to - from + 1n;
  const isPrefix = type.size >= 4 && (size & (size - 1n)) === 0n && from % size === 0n;
  if (!isPrefix) return `${type.print(from)}-${type.print(to)}`;
  return `${type.print(from)}/${8 * type.size - (size.toString(2).length - 1)}`;
}

function printFlags(number: bigint, type: Datatype): string {
  const parts: string[] = [];
  for (let bit = 1n; bit <= number; bit <<= 1n) if (number & bit) parts.push(type.print(bit));
  return parts.length === 0 ? type.print(0n) : parts.join(",");
}
