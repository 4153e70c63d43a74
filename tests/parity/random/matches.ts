/** Random matches of rules, one line of the table per kind; every one says where iptables allows it. */
import { parseIp, type Random } from "../../../core/base/mod.ts";
import { chance, type Ground, not } from "./ground.ts";

/** Where a rule stands. */
export interface Place {
  readonly table: string;
  /** A built-in chain's name, or `user`. */
  readonly chain: string;
  readonly proto: string | undefined;
  /** The rule asks for a SYN. */
  readonly syn?: boolean;
  readonly family: 4 | 6;
}

interface MatchKind {
  readonly weight: number;
  readonly allowed?: (place: Place) => boolean;
  readonly text: (random: Random, ground: Ground, place: Place) => string;
}

const STATES = ["NEW", "ESTABLISHED", "RELATED", "INVALID", "UNTRACKED", "SNAT", "DNAT"];
const TYPES = ["UNICAST", "LOCAL", "BROADCAST", "MULTICAST", "UNSPEC", "BLACKHOLE"];
const TYPES6 = ["UNICAST", "LOCAL", "MULTICAST", "UNREACHABLE"];
const STATUS = ["NONE", "SEEN_REPLY", "ASSURED", "CONFIRMED"];
const FLAGS = ["SYN", "ACK", "FIN", "RST", "PSH", "URG"];
const tracked = ({ table }: Place) => table !== "raw";
const withPorts = ({ proto }: Place) => proto === "tcp" || proto === "udp";
const overTcp = ({ proto }: Place) => proto === "tcp";

const list = (random: Random, words: readonly string[], most: number) =>
  [...new Set(Array.from({ length: 1 + random.below(most) }, () => random.pick(words)))].join(",");
const v4 = ({ family }: Place) => family === 4;
const v6 = ({ family }: Place) => family === 6;
const side = (random: Random) => random.pick(["src", "dst"]);
const mask = (random: Random) => random.pick(["0x1/0x1", "0x2/0x2", "0x3", "0x0/0xff", "0x10/0xf0"]);

const KINDS: readonly MatchKind[] = [
  {
    weight: 6,
    allowed: tracked,
    text: (r) => `-m conntrack ${not(r)}--ctstate ${list(r, STATES, 3)}`,
  },
  { weight: 2, allowed: tracked, text: (r) => `-m conntrack ${not(r)}--ctstatus ${list(r, STATUS, 2)}` },
  { weight: 2, allowed: tracked, text: (r) => `-m conntrack --ctdir ${r.pick(["ORIGINAL", "REPLY"])}` },
  {
    weight: 2,
    allowed: tracked,
    text: (r, g) =>
      `-m conntrack ${not(r)}--ct${r.pick(["origsrc", "origdst", "replsrc", "repldst"])} ${
        r.pick([...g.nets, ...g.hosts])
      }`,
  },
  {
    weight: 1,
    allowed: (place) => tracked(place) && withPorts(place),
    text: (r, g, { proto }) =>
      `-m conntrack --ctproto ${proto} ${not(r)}--ct${r.pick(["origdstport", "replsrcport", "origsrcport"])} ${
        r.pick(g.ports)
      }`,
  },
  {
    weight: 1,
    allowed: tracked,
    text: (r) => `-m conntrack ${not(r)}--ctexpire ${r.pick(["1:25", "26:100", "400:5000000"])}`,
  },
  { weight: 2, allowed: tracked, text: (r) => `-m state --state ${list(r, STATES.slice(0, 5), 2)}` },
  { weight: 3, text: (r) => `-m mark ${not(r)}--mark ${mask(r)}` },
  { weight: 2, allowed: tracked, text: (r) => `-m connmark ${not(r)}--mark ${mask(r)}` },
  {
    weight: 3,
    text: (r, g) => {
      const [a, b] = [r.pick(g.hosts), r.pick(g.hosts)].sort((x, y) => Number(valueOf(x) - valueOf(y)));
      return `-m iprange ${not(r)}--${side(r)}-range ${a}-${b}`;
    },
  },
  { weight: 3, allowed: v4, text: (r) => `-m addrtype ${not(r)}--${side(r)}-type ${list(r, TYPES, 2)}` },
  { weight: 3, allowed: v6, text: (r) => `-m addrtype ${not(r)}--${side(r)}-type ${list(r, TYPES6, 2)}` },
  {
    weight: 1,
    allowed: ({ chain }) => chain === "PREROUTING" || chain === "INPUT",
    text: (r) => `-m addrtype --${side(r)}-type LOCAL --limit-iface-in`,
  },
  { weight: 2, text: (r) => `-m pkttype ${not(r)}--pkt-type ${r.pick(["unicast", "broadcast", "multicast"])}` },
  { weight: 2, allowed: v4, text: (r) => `-m ttl --ttl-${r.pick(["lt", "gt", "eq"])} ${r.pick([1, 2, 3, 63, 64])}` },
  { weight: 2, allowed: v6, text: (r) => `-m hl --hl-${r.pick(["lt", "gt", "eq"])} ${r.pick([1, 2, 3, 63, 64, 255])}` },
  { weight: 2, text: (r) => `-m length ${not(r)}--length ${r.pick(["0:39", "40", "34:60", "61:65535", "46"])}` },
  { weight: 1, text: (r) => `-m tos ${not(r)}--tos ${r.pick(["0x10", "0x10/0x10", "0x08/0xff"])}` },
  { weight: 1, text: (r) => `-m dscp ${not(r)}--dscp ${r.pick(["0x04", "0x0a", "0x00"])}` },
  {
    weight: 2,
    text: (r) => {
      const every = 2 + r.below(3);
      return `-m statistic --mode nth ${not(r)}--every ${every} --packet ${r.below(every)}`;
    },
  },
  { weight: 1, text: (r) => `-m statistic --mode random ${not(r)}--probability ${r.pick(["0", "1.00000000000"])}` },
  { weight: 1, text: (r) => `-m limit --limit 1/hour --limit-burst ${1 + r.below(4)}` },
  {
    weight: 1,
    text: (r, g) =>
      `-m hashlimit --hashlimit-${r.pick(["upto", "above"])} ${
        r.pick(["1/hour", "2/day", "3/min"])
      } --hashlimit-burst ${1 + r.below(3)}${
        r.pick([
          " --hashlimit-mode srcip",
          " --hashlimit-mode dstip",
          " --hashlimit-mode srcip,dstip",
          ...(g.family === 6 ? HASHLIMIT_MODES6 : HASHLIMIT_MODES),
        ])
      } --hashlimit-name h${r.below(1_000_000)}`,
  },
  {
    weight: 2,
    text: (r, g) =>
      `-m recent ${not(r, 0.1)}${r.pick(RECENT)} --name ${r.pick(["seen", "other"])} ${
        chance(r, 0.2) ? `--mask ${g.family === 6 ? "ffff:ffff:ffff:ffff::" : "255.255.255.0"} ` : ""
      }--${r.pick(["rsource", "rdest"])}`,
  },
  {
    weight: 1,
    allowed: tracked,
    text: (r) =>
      `-m connbytes ${not(r)}--connbytes ${r.pick(["2:5", "1", "100:2000"])} --connbytes-dir ${
        r.pick(["original", "reply", "both"])
      } --connbytes-mode ${r.pick(["packets", "bytes", "avgpkt"])}`,
  },
  { weight: 2, text: (r, g) => `-m u32 --u32 ${r.pick(g.family === 6 ? U32_6 : U32)}` },
  {
    weight: 1,
    text: (r) =>
      `-m string ${not(r)}--${
        r.pick([
          'string "oracle"',
          'string "acl"',
          'string "absent"',
          'hex-string "|6f7261|cle"',
          'string "ORA" --icase',
        ])
      } --algo ${r.pick(["bm", "kmp"])}${r.pick(["", " --from 28", " --from 30 --to 60", " --to 40"])}`,
  },
  {
    weight: 1,
    allowed: ({ table, chain }) => (table === "raw" || table === "mangle") && chain === "PREROUTING",
    text: (r) => `-m rpfilter ${r.pick(["", "--loose ", "--invert ", "--validmark ", "--accept-local "])}`,
  },
  {
    weight: 5,
    text: (r, g) => {
      if (g.sets.uses.length === 0) return "";
      const { name, dims } = r.pick(g.sets.uses);
      const ways = Array.from({ length: dims }, () => side(r)).join(",");
      const counters = name === "later"
        ? r.pick(["", " --packets-gt 1", " ! --update-counters", " --bytes-lt 100"])
        : "";
      return `-m set ${not(r)}--match-set ${name} ${ways}${counters}${r.pick(["", "", "", " --return-nomatch"])}`;
    },
  },
  {
    weight: 2,
    allowed: ({ chain }) => chain === "OUTPUT" || chain === "POSTROUTING",
    text: (r) =>
      `-m owner ${not(r)}${r.pick(["--uid-owner 0", "--gid-owner 0", "--uid-owner 7-9", "--socket-exists"])}`,
  },
  {
    weight: 4,
    text: (r, g, { chain, table }) => {
      if (g.ports_of_bridge.length === 0) return "";
      const out = (chain === "FORWARD" || chain === "POSTROUTING") && table !== "raw";
      const options = ["--physdev-is-in", "--physdev-is-bridged", `--physdev-in ${r.pick(g.ports_of_bridge)}`];
      if (out) options.push(`--physdev-is-bridged --physdev-out ${r.pick(g.ports_of_bridge)}`);
      return `-m physdev ${not(r)}${r.pick(options)}`;
    },
  },
  {
    weight: 1,
    allowed: tracked,
    text: (r, g) =>
      `-m connlimit --connlimit-${r.pick(["upto", "above"])} ${r.pick([0, 100])}${
        r.pick(["", g.family === 6 ? " --connlimit-mask 64" : " --connlimit-mask 24", " --connlimit-mask 0"])
      }${r.pick(["", " --connlimit-daddr"])}`,
  },
  {
    weight: 2,
    allowed: overTcp,
    text: (r) => `-m tcpmss ${not(r)}--mss ${r.pick(["1460", "0:1300", "1301:65535", "536"])}`,
  },
  {
    weight: 1,
    allowed: ({ chain }) => chain === "PREROUTING" || chain === "INPUT",
    text: (r) => `-m socket${r.pick(["", " --nowildcard", " --transparent"])}`,
  },
  { weight: 1, text: (r) => `-m time ${r.pick(TIMES)}` },
  { weight: 1, text: (r) => `-m quota ${not(r)}--quota ${r.pick([30, 100, 10000])}` },
  { weight: 1, allowed: v4, text: (r) => `-m ecn ${not(r)}--ecn-ip-ect ${r.below(4)}` },
  { weight: 1, allowed: overTcp, text: (r) => `-m ecn ${not(r)}--ecn-tcp-${r.pick(["ece", "cwr"])}` },
  {
    weight: 1,
    allowed: ({ chain }) => chain === "PREROUTING" || chain === "INPUT" || chain === "FORWARD",
    text: (r) => `-m policy --dir in --pol ${r.pick(["none", "ipsec"])}`,
  },
  {
    weight: 1,
    allowed: ({ chain }) => chain === "PREROUTING" || chain === "INPUT" || chain === "FORWARD",
    text: (r) => `-m mac ${not(r)}--mac-source 02:00:00:00:0${r.below(3)}:0${1 + r.below(5)}`,
  },
  { weight: 1, allowed: tracked, text: (r) => `-m helper --helper ${r.pick(["ftp", "sip"])}` },
  { weight: 1, text: (r) => `-m comment --comment "${r.pick(["plain", "two words", "it's"])}"` },
];

const RECENT = [
  "--set",
  "--rcheck",
  "--update --seconds 600 --hitcount 2",
  "--remove",
  "--rcheck --seconds 600",
  "--update --rttl",
  "--rcheck --hitcount 3",
  "--rcheck --seconds 600 --reap",
];
const HASHLIMIT_MODES6 = ["", " --hashlimit-mode srcip,dstport", " --hashlimit-mode srcip --hashlimit-srcmask 64"];
const HASHLIMIT_MODES = [
  "",
  " --hashlimit-mode srcip,dstport",
  " --hashlimit-mode srcport",
  " --hashlimit-mode srcip --hashlimit-srcmask 24",
];
/** Always or never, whatever the clock says. */
const TIMES = [
  "--datestart 2001-01-01",
  "--datestop 2001-01-01",
  "--weekdays Mon,Tue,Wed,Thu,Fri,Sat,Sun",
  "--timestart 00:00 --timestop 23:59:59",
];

/** TTL, protocol, first bytes of the transport header, with `&`, `>>` and `@` steps. */
const U32 = [
  '"0x6&0xff=0x1"',
  '"0x6&0xff=0x6"',
  '"0x0>>0x16&0x3c@0x0>>0x10=0x35"',
  '"0x0&0xffff=0x28:0x3c"',
  '"0x8>>0x18=0x40:0xff"',
  '"0x4&0x3fff=0x0&&0x6&0xff=0x11"',
  '"0x0>>0x16&0x3c@0x8&0xff=0x1,0x2"',
  '"0x0>>0x16&0x3c@0x0&0xffff=0x35:0x1f90&&0x0&0xffff=0x22"',
  '"0x8<<0x8>>0x18=0x6"',
];

/** Payload length, next header, hop limit, ports behind the fixed header. */
const U32_6 = [
  '"0x4>>0x10=0xe:0x40"',
  '"0x6>>0x18=0x6"',
  '"0x7&0xff=0x40"',
  '"0x28>>0x10=0x35"',
  '"0x28&0xffff=0x50&&0x6>>0x18=0x6"',
  '"0x4>>0x10&0xff@0x0&0xff=0x0:0xff"',
];

function valueOf(address: string): bigint {
  return parseIp(address)?.value ?? 0n;
}

/** One match as iptables-restore reads it; empty where none fits. */
export function randomMatch(random: Random, ground: Ground, place: Place): string {
  const fitting = KINDS.filter(({ allowed }) => allowed?.(place) ?? true);
  const bag = fitting.flatMap((kind) => Array.from({ length: kind.weight }, () => kind));
  return random.pick(bag).text(random, ground, place);
}

/** `-p` with what belongs to the protocol. */
export function randomProto(random: Random, ground: Ground): { proto: string | undefined; text: string } {
  const icmp = ground.family === 6 ? "ipv6-icmp" : "icmp";
  const proto = random.pick(["tcp", "tcp", "tcp", "udp", "udp", "udp", icmp, icmp, "sctp", "47", ...NO_PROTO]);
  if (proto === undefined) return { proto, text: "" };
  if (chance(random, 0.12)) return { proto: undefined, text: `! -p ${proto}` };
  return { proto, text: `-p ${proto} ${protoMatch(random, ground, proto)}`.trimEnd() };
}

const NO_PROTO = [undefined, undefined, undefined, undefined];
const ICMP_TYPES = ["8", "0", "3", "3/3", "3/1", "11", "any", "13", "5", "11/1", "12", "4", "fragmentation-needed"];
const ICMP_TYPES6 = ["128", "129", "1", "1/4", "1/3", "2", "3", "3/1", "4", "135", "neighbour-advertisement", "143"];
const CHUNK_TYPES = [
  "any INIT",
  "all INIT,DATA",
  "only INIT",
  "any DATA,COOKIE_ECHO",
  "only ABORT,SHUTDOWN_ACK",
  "any ABORT:T",
];

function protoMatch(random: Random, ground: Ground, proto: string): string {
  if (proto === "ipv6-icmp") {
    return chance(random, 0.6) ? `-m icmp6 ${not(random)}--icmpv6-type ${random.pick(ICMP_TYPES6)}` : "";
  }
  if (proto === "icmp") {
    return chance(random, 0.6) ? `-m icmp ${not(random)}--icmp-type ${random.pick(ICMP_TYPES)}` : "";
  }
  if (proto === "47") return "";
  const port = () => {
    const [a, b] = [random.pick(ground.ports), random.pick(ground.ports)].sort((x, y) => x - y);
    return chance(random, 0.3) ? `${a}:${b}` : `${a}`;
  };
  if (chance(random, 0.25)) {
    const ports = Array.from({ length: 1 + random.below(3) }, () => random.pick(ground.ports));
    return `-m multiport ${not(random)}--${random.pick(["dports", "sports", "ports"])} ${ports.join(",")}`;
  }
  const parts = [`-m ${proto}`];
  if (proto === "sctp" && chance(random, 0.3)) parts.push(`${not(random)}--chunk-types ${random.pick(CHUNK_TYPES)}`);
  if (proto === "tcp" && chance(random, 0.1)) parts.push(`${not(random)}--tcp-option ${random.pick([2, 3, 4, 8])}`);
  if (chance(random, 0.25)) parts.push(`${not(random)}--sport ${port()}`);
  if (chance(random, 0.5)) parts.push(`${not(random)}--dport ${port()}`);
  if (proto === "tcp" && chance(random, 0.25)) {
    const seen = random.pick(["SYN,ACK,FIN,RST", "SYN,ACK", "FIN", "RST,ACK", "PSH,URG,ACK"]);
    if (chance(random, 0.4)) return [...parts, "--syn"].join(" ");
    const set = random.pick([...FLAGS, "NONE", seen]);
    parts.push(`${not(random)}--tcp-flags ${seen} ${set === "NONE" || seen.includes(set) ? set : "NONE"}`);
  }
  return parts.length === 1 ? "" : parts.join(" ");
}
