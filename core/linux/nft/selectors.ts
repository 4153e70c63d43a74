/** What a packet can be asked for, with the type of the answer. */
import { type Datatype, DATATYPES } from "./datatypes.ts";
import type { WordReader } from "./words.ts";

const named = (type: string, names: string): [string, string][] => names.split(",").map((name) => [name, type]);

/** Selectors as nft lists them, and their types. */
const TYPES: ReadonlyMap<string, string> = new Map([
  ...named(
    "ipv4_addr",
    "ip saddr,ip daddr,ct original ip saddr,ct original ip daddr,ct reply ip saddr,ct reply ip daddr",
  ),
  ...named("ipv4_addr", "arp saddr ip,arp daddr ip,icmp gateway"),
  ...named(
    "ipv6_addr",
    "ip6 saddr,ip6 daddr,ct original ip6 saddr,ct original ip6 daddr,ct reply ip6 saddr,ct reply ip6 daddr",
  ),
  ...named("inet_proto", "ip protocol,ip6 nexthdr,meta l4proto,ct protocol"),
  ...named("inet_service", "tcp sport,tcp dport,udp sport,udp dport,sctp sport,sctp dport,dccp sport,dccp dport"),
  ...named("inet_service", "udplite sport,udplite dport,th sport,th dport"),
  ...named("inet_service", "ct original proto-src,ct original proto-dst,ct reply proto-src,ct reply proto-dst"),
  ...named("mark", "meta mark,ct mark,socket mark"),
  ...named("ifname", "iifname,oifname,meta ibrname,meta obrname"),
  ...named("iface_index", "iif,oif"),
  ...named("ether_addr", "ether saddr,ether daddr,arp saddr ether,arp daddr ether"),
  ...named("ether_type", "ether type,meta protocol,vlan type"),
  ...named("ct_state", "ct state"),
  ...named("ct_status", "ct status"),
  ...named("ct_dir", "ct direction"),
  ...named("nf_proto", "meta nfproto,ct l3proto"),
  ...named("pkt_type", "meta pkttype"),
  ...named("uid", "meta skuid"),
  ...named("gid", "meta skgid"),
  ...named("icmp_type", "icmp type"),
  ...named("icmp_code", "icmp code"),
  ...named("icmpv6_type", "icmpv6 type"),
  ...named("icmpv6_code", "icmpv6 code"),
  ...named("tcp_flag", "tcp flags"),
  ...named("dscp", "ip dscp,ip6 dscp"),
  ...named("integer8", "ip ttl,ip version,ip hdrlength,ip ecn,ip6 hoplimit,ip6 version,tcp doff,icmp mtu,meta nftrace"),
  ...named(
    "integer16",
    "ip length,ip id,ip frag-off,ip checksum,ip6 length,tcp window,tcp checksum,tcp urgptr,udp length",
  ),
  ...named(
    "integer16",
    "udp checksum,icmp id,icmp sequence,icmp checksum,icmpv6 id,icmpv6 sequence,ct zone,vlan id,arp operation",
  ),
  ...named("integer32", "tcp sequence,tcp ackseq,ip6 flowlabel,sctp vtag,sctp checksum"),
  ...named(
    "host_integer",
    "meta length,meta cgroup,meta cpu,meta rtclassid,meta iifgroup,meta oifgroup,socket transparent",
  ),
  ...named("host_integer", "socket wildcard,meta iiftype,meta oiftype,ct id,ct bytes,ct packets,ct avgpkt"),
  ...named("time", "ct expiration"),
  ...named("date", "meta time,meta day,meta hour"),
  ...named("classid", "meta priority"),
  ...named("helper", "ct helper"),
]);

/** How else they may be written. */
const ALIASES: ReadonlyMap<string, string> = new Map(Object.entries({
  "meta iifname": "iifname",
  "meta oifname": "oifname",
  "meta iif": "iif",
  "meta oif": "oif",
  "mark": "meta mark",
  "skuid": "meta skuid",
  "skgid": "meta skgid",
  "pkttype": "meta pkttype",
  "nftrace": "meta nftrace",
  "cgroup": "meta cgroup",
  "cpu": "meta cpu",
  "rtclassid": "meta rtclassid",
  "iifgroup": "meta iifgroup",
  "oifgroup": "meta oifgroup",
  "ct original saddr": "ct original ip saddr",
  "ct original daddr": "ct original ip daddr",
  "ct reply saddr": "ct reply ip saddr",
  "ct reply daddr": "ct reply ip daddr",
}));

const LONGEST = 4;

/** Takes a selector, in its canonical words; undefined where none begins. */
export function readSelector(words: WordReader): string | undefined {
  const drawn = words.attempt(readDrawn) ?? words.attempt(readFib);
  if (drawn !== undefined) return drawn;
  for (let length = LONGEST; length > 0; length--) {
    const text = Array.from({ length }, (_, i) => words.peek(i) ?? "").join(" ");
    const name = ALIASES.get(text) ?? text;
    if (TYPES.has(name) && words.skip(text)) return name;
  }
  return undefined;
}

/** Several with points between. */
export function readSelectors(words: WordReader): string[] | undefined {
  const found: string[] = [];
  do {
    const selector = readSelector(words);
    if (selector === undefined) return undefined;
    found.push(selector);
  } while (words.skip("."));
  return found;
}

/** `numgen (random|inc) mod N [offset N]`, `jhash SELECTOR [. SELECTOR] mod N [seed N] [offset N]`, `symhash mod N` */
function readDrawn(words: WordReader): string | undefined {
  let text = words.take();
  if (text === "numgen") text += ` ${words.take()}`;
  else if (text === "jhash") text += ` ${(readSelectors(words) ?? [""]).join(" . ")}`;
  else if (text !== "symhash") return undefined;
  for (const word of ["mod", "seed", "offset"]) {
    if (!words.skip(word)) continue;
    const number = words.take();
    if (word !== "offset" || number !== "0") text += ` ${word} ${number}`;
  }
  return text;
}

const FIB_KEYS = ["saddr", "daddr", "mark", "iif", "oif"];
const FIB_RESULTS = ["type", "oif", "oifname"];

/** `fib KEY [. KEY]... RESULT` */
function readFib(words: WordReader): string | undefined {
  if (!words.skip("fib")) return undefined;
  const keys: string[] = [];
  do keys.push(words.take()); while (words.skip("."));
  const result = words.take();
  const known = keys.every((key) => FIB_KEYS.includes(key)) && FIB_RESULTS.includes(result);
  return known ? `fib ${keys.join(" . ")} ${result}` : undefined;
}

/** The name of a selector's type. */
export function typeOf(selector: string): string {
  if (selector.startsWith("fib ")) return selector.endsWith(" type") ? "fib_addrtype" : "fib";
  if (/^(numgen|jhash|symhash) /.test(selector)) return "host_integer";
  return TYPES.get(selector) ?? "";
}

/** The type of a selector's values; undefined where they stay texts. */
export function datatypeOf(selector: string): Datatype | undefined {
  return DATATYPES[typeOf(selector)];
}
