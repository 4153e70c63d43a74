/** Random matches of rules, one line of the table per kind; every one says where iptables allows it. */
import type { Random } from "../../../core/base/mod.ts";
import { chance, type Ground, not } from "./ground.ts";

/** Where a rule stands. */
export interface Place {
  readonly table: string;
  /** A built-in chain's name, or `user`. */
  readonly chain: string;
  readonly proto: string | undefined;
}

interface MatchKind {
  readonly weight: number;
  readonly allowed?: (place: Place) => boolean;
  readonly text: (random: Random, ground: Ground, place: Place) => string;
}

const STATES = ["NEW", "ESTABLISHED", "RELATED", "INVALID", "UNTRACKED", "SNAT", "DNAT"];
const TYPES = ["UNICAST", "LOCAL", "BROADCAST", "MULTICAST", "UNSPEC", "BLACKHOLE"];
const STATUS = ["NONE", "SEEN_REPLY", "ASSURED", "CONFIRMED"];
const FLAGS = ["SYN", "ACK", "FIN", "RST", "PSH", "URG"];
const tracked = ({ table }: Place) => table !== "raw";
const withPorts = ({ proto }: Place) => proto === "tcp" || proto === "udp";

const list = (random: Random, words: readonly string[], most: number) =>
  [...new Set(Array.from({ length: 1 + random.below(most) }, () => random.pick(words)))].join(",");
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
  { weight: 2, allowed: tracked, text: (r) => `-m state --state ${list(r, STATES.slice(0, 5), 2)}` },
  { weight: 3, text: (r) => `-m mark ${not(r)}--mark ${mask(r)}` },
  { weight: 2, allowed: tracked, text: (r) => `-m connmark ${not(r)}--mark ${mask(r)}` },
  {
    weight: 3,
    text: (r, g) => {
      const [a, b] = [r.pick(g.hosts), r.pick(g.hosts)].sort((x, y) => quads(x) - quads(y));
      return `-m iprange ${not(r)}--${side(r)}-range ${a}-${b}`;
    },
  },
  { weight: 3, text: (r) => `-m addrtype ${not(r)}--${side(r)}-type ${list(r, TYPES, 2)}` },
  {
    weight: 1,
    allowed: ({ chain }) => chain === "PREROUTING" || chain === "INPUT",
    text: (r) => `-m addrtype --${side(r)}-type LOCAL --limit-iface-in`,
  },
  { weight: 2, text: (r) => `-m pkttype ${not(r)}--pkt-type ${r.pick(["unicast", "broadcast", "multicast"])}` },
  { weight: 2, text: (r) => `-m ttl --ttl-${r.pick(["lt", "gt", "eq"])} ${r.pick([1, 2, 3, 63, 64])}` },
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
  { weight: 1, text: (r) => `-m limit --limit 1/hour --limit-burst ${1 + r.below(4)}` },
  {
    weight: 1,
    text: (r) =>
      `-m hashlimit --hashlimit-${r.pick(["upto", "above"])} 1/hour --hashlimit-burst ${
        1 + r.below(3)
      } --hashlimit-mode ${r.pick(["srcip", "dstip", "srcip,dstip", "srcip,dstport"])} --hashlimit-name h${
        r.below(1_000_000)
      }`,
  },
  {
    weight: 2,
    text: (r) =>
      `-m recent ${not(r, 0.1)}${
        r.pick(["--set", "--rcheck", "--update --seconds 600 --hitcount 2", "--remove", "--rcheck --seconds 600"])
      } --name seen --${r.pick(["rsource", "rdest"])}`,
  },
  {
    weight: 1,
    allowed: tracked,
    text: (r) =>
      `-m connbytes ${not(r)}--connbytes ${r.pick(["2:5", "1", "100:2000"])} --connbytes-dir ${
        r.pick(["original", "reply", "both"])
      } --connbytes-mode ${r.pick(["packets", "bytes", "avgpkt"])}`,
  },
  { weight: 2, text: (r) => `-m u32 --u32 ${r.pick(U32)}` },
  {
    weight: 1,
    text: (r) =>
      `-m string ${not(r)}--string "${r.pick(["oracle", "acl", "absent"])}" --algo ${r.pick(["bm", "kmp"])} --to 65535`,
  },
  {
    weight: 1,
    allowed: ({ table, chain }) => (table === "raw" || table === "mangle") && chain === "PREROUTING",
    text: (r) => `-m rpfilter ${r.pick(["", "--loose ", "--invert ", "--validmark ", "--accept-local "])}`,
  },
  {
    weight: 3,
    text: (r, g) => g.sets.net.length === 0 ? "" : `-m set ${not(r)}--match-set ${r.pick(g.sets.net)} ${side(r)}`,
  },
  {
    weight: 2,
    text: (r, g) =>
      g.sets.ip_port.length === 0 ? "" : `-m set ${not(r)}--match-set ${r.pick(g.sets.ip_port)} ${side(r)},${side(r)}`,
  },
  {
    weight: 2,
    allowed: ({ chain }) => chain === "OUTPUT" || chain === "POSTROUTING",
    text: (r) => `-m owner ${not(r)}${r.pick(["--uid-owner 0", "--gid-owner 0", "--uid-owner 7-9"])}`,
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
  { weight: 1, allowed: tracked, text: (r) => `-m helper --helper ${r.pick(["ftp", "sip"])}` },
  { weight: 1, text: (r) => `-m comment --comment "${r.pick(["plain", "two words", "it's"])}"` },
];

/** TTL, protocol, first bytes of the transport header, with `&`, `>>` and `@` steps. */
const U32 = [
  '"0x8&0xff=0x1"',
  '"0x6&0xff=0x6"',
  '"0x0>>0x16&0x3c@0x0>>0x10=0x35"',
  '"0x0&0xffff=0x28:0x3c"',
  '"0x8>>0x18=0x40:0xff"',
  '"0x4&0x3fff=0x0&&0x6&0xff=0x11"',
];

function quads(address: string): number {
  return address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
}

/** One match as iptables-restore reads it; empty where none fits. */
export function randomMatch(random: Random, ground: Ground, place: Place): string {
  const fitting = KINDS.filter(({ allowed }) => allowed?.(place) ?? true);
  const bag = fitting.flatMap((kind) => Array.from({ length: kind.weight }, () => kind));
  return random.pick(bag).text(random, ground, place);
}

/** `-p` with what belongs to the protocol. */
export function randomProto(random: Random, ground: Ground): { proto: string | undefined; text: string } {
  const proto = random.pick(["tcp", "tcp", "udp", "udp", "icmp", "47", undefined, undefined, undefined]);
  if (proto === undefined) return { proto, text: "" };
  if (chance(random, 0.12)) return { proto: undefined, text: `! -p ${proto}` };
  return { proto, text: `-p ${proto} ${protoMatch(random, ground, proto)}`.trimEnd() };
}

function protoMatch(random: Random, ground: Ground, proto: string): string {
  if (proto === "icmp") {
    const type = random.pick(["8", "0", "3", "3/3", "3/1", "11", "any", "13", "5"]);
    return chance(random, 0.6) ? `-m icmp ${not(random)}--icmp-type ${type}` : "";
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
  if (chance(random, 0.25)) parts.push(`${not(random)}--sport ${port()}`);
  if (chance(random, 0.5)) parts.push(`${not(random)}--dport ${port()}`);
  if (proto === "tcp" && chance(random, 0.25)) {
    const seen = random.pick(["SYN,ACK,FIN,RST", "SYN,ACK", "FIN", "RST,ACK", "PSH,URG,ACK"]);
    const set = random.pick([...FLAGS, "NONE", seen]);
    parts.push(`${not(random)}--tcp-flags ${seen} ${set === "NONE" || seen.includes(set) ? set : "NONE"}`);
  }
  return parts.length === 1 ? "" : parts.join(" ");
}
