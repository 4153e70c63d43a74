/** Random targets of rules: what each table may do. */
import { addToIp, type Random } from "../../../core/base/mod.ts";
import { chance, type Ground } from "./ground.ts";
import type { Place } from "./matches.ts";
import type { SetUse } from "./sets.ts";

type TargetText = (random: Random, ground: Ground, place: Place) => string;

const REJECTS = [
  "icmp-net-unreachable",
  "icmp-host-unreachable",
  "icmp-proto-unreachable",
  "icmp-port-unreachable",
  "icmp-net-prohibited",
  "icmp-host-prohibited",
  "icmp-admin-prohibited",
];

const REJECTS6 = [
  "icmp6-no-route",
  "icmp6-adm-prohibited",
  "icmp6-addr-unreachable",
  "icmp6-port-unreachable",
  "icmp6-policy-fail",
  "icmp6-reject-route",
];

const reject: TargetText = (r, _, { proto, family }) =>
  `REJECT --reject-with ${proto === "tcp" && chance(r, 0.5) ? "tcp-reset" : r.pick(family === 6 ? REJECTS6 : REJECTS)}`;

const mark: TargetText = (r) =>
  `MARK --${
    r.pick(["set-xmark 0x1/0x1", "set-xmark 0x2/0xff", "set-mark 0x3", "or-mark 0x2", "and-mark 0xfe", "xor-mark 0x1"])
  }`;

const connmark: TargetText = (r) =>
  `CONNMARK --${
    r.pick(["save-mark", "restore-mark", "set-mark 0x1", "set-xmark 0x2/0x3", "save-mark --nfmask 0x1 --ctmask 0x3"])
  }`;

const mutable: TargetText = (r, { sets }) => sets.mutable.length === 0 ? "ACCEPT" : setTarget(r, r.pick(sets.mutable));

function setTarget(random: Random, { name, dims }: SetUse): string {
  const ways = Array.from({ length: dims }, () => random.pick(["src", "dst"])).join(",");
  const verb = random.pick(["add-set", "add-set", "del-set"]);
  const more = verb === "add-set" && name === "later" ? random.pick(["", " --exist --timeout 300"]) : "";
  return `SET --${verb} ${name} ${ways}${more}`;
}

const quiet: TargetText = (r) =>
  r.pick([
    "NFLOG --nflog-group 7",
    'LOG --log-prefix "seen " --log-level 7 --log-tcp-options',
    "LOG --log-uid --log-ip-options",
  ]);

const queue: TargetText = (r) => `NFQUEUE --queue-num 3${chance(r, 0.6) ? " --queue-bypass" : ""}`;
const plain = (text: string): TargetText => () => text;

/** TCPMSS wants to stand behind a match for SYN; elsewhere another target takes its place. */
const overSyn = (options: (random: Random) => string): TargetText => (r, _g, { chain, proto, syn }) =>
  proto === "tcp" && syn && ["FORWARD", "OUTPUT", "POSTROUTING"].includes(chain) ? `TCPMSS ${options(r)}` : "RETURN";

const MANGLE: readonly TargetText[] = [
  mark,
  mark,
  mark,
  connmark,
  connmark,
  (r, _g, { family }) => {
    const change = r.pick(["set 1", "set 9", "dec 1", "inc 2", "dec 64"]);
    return family === 6 ? `HL --hl-${change}` : `TTL --ttl-${change}`;
  },
  (r) => `DSCP ${r.pick(["--set-dscp 0x04", "--set-dscp 0x0a", "--set-dscp 0x00", "--set-dscp-class EF"])}`,
  (r) =>
    `TOS ${
      r.pick([
        "--set-tos 0x10/0xff",
        "--set-tos 0x08/0x0f",
        "--set-tos 0x00/0xff",
        "--and-tos 0xf0",
        "--or-tos 0x04",
        "--xor-tos 0x10",
        "--or-tos 0x03",
        "--set-tos 0x01/0x03",
      ])
    }`,
  overSyn((r) => r.pick(["--set-mss 1000", "--clamp-mss-to-pmtu", "--set-mss 1400"])),
  (_r, _g, { proto, family }) => proto === "tcp" && family === 4 ? "ECN --ecn-tcp-remove" : "CHECKSUM --checksum-fill",
  mutable,
  queue,
  (_r, _g, { chain }) => ["FORWARD", "OUTPUT", "POSTROUTING"].includes(chain) ? "CLASSIFY --set-class 1:10" : "RETURN",
  plain("ACCEPT"),
  plain("DROP"),
  plain("RETURN"),
  quiet,
];

const FILTER: readonly TargetText[] = [
  plain("ACCEPT"),
  plain("ACCEPT"),
  plain("DROP"),
  plain("RETURN"),
  reject,
  reject,
  reject,
  mutable,
  queue,
  quiet,
];

const RAW: readonly TargetText[] = [
  plain("CT --notrack"),
  plain("NOTRACK"),
  plain("DROP"),
  plain("ACCEPT"),
  plain("TRACE"),
  (r) => `CT --zone${r.pick(["", "-orig"])} ${r.pick([1, 5])}`,
  quiet,
  mutable,
];

const MANY_PORTS = ["4000-4010", "5000-5003"];

function dnat(random: Random, ground: Ground, place: Place): string {
  const to = random.pick(ground.servers);
  const withPort = place.proto === "tcp" || place.proto === "udp" || place.proto === "sctp";
  if (chance(random, 0.2)) {
    return `REDIRECT${withPort && chance(random, 0.7) ? ` --to-ports ${random.pick([...ground.ports, "90-93"])}` : ""}`;
  }
  if (chance(random, 0.15)) return `NETMAP --to ${random.pick(ground.maps?.inward ?? ["10.0.3.0/24", "10.0.1.8/29"])}`;
  if (chance(random, 0.2)) return `DNAT --to-destination ${nextTo(to)}`;
  if (withPort && place.family === 4 && chance(random, 0.15)) {
    return `DNAT --to-destination :${random.pick(ground.ports)}`;
  }
  const ports = withPort && chance(random, 0.7) ? random.pick([...ground.ports, "90-93"]) : undefined;
  return `DNAT --to-destination ${withPorts(to, ports)}${chance(random, 0.1) ? " --persistent" : ""}`;
}

/** `address:ports`; an IPv6 address in brackets. */
function withPorts(address: string, ports: string | number | undefined): string {
  if (ports === undefined) return address;
  return address.includes(":") ? `[${address}]:${ports}` : `${address}:${ports}`;
}

function nextTo(address: string): string {
  if (address.includes(":")) return `${address}-${addToIp(address, 3)}`;
  const [head, last] = [
    address.slice(0, address.lastIndexOf(".")),
    Number(address.slice(address.lastIndexOf(".") + 1)),
  ];
  return `${address}-${head}.${last + 3}`;
}

function snat(random: Random, ground: Ground, place: Place): string {
  const to = random.pick(ground.publics);
  const withPort = place.proto === "tcp" || place.proto === "udp";
  const range = withPort && chance(random, 0.2) ? random.pick(MANY_PORTS) : undefined;
  const leaves = place.chain === "POSTROUTING";
  if (leaves && chance(random, 0.4)) {
    return `MASQUERADE${range ? ` --to-ports ${range}` : chance(random, 0.15) ? " --random" : ""}`;
  }
  if (chance(random, 0.15)) {
    return `NETMAP --to ${random.pick(ground.maps?.outward ?? ["203.0.113.64/28", "10.0.3.128/25"])}`;
  }
  if (chance(random, 0.2)) return `SNAT --to-source ${nextTo(to)}${chance(random, 0.4) ? " --persistent" : ""}`;
  return `SNAT --to-source ${withPorts(to, range)}`;
}

/** The target of one rule, without `-j`. */
export function randomTarget(random: Random, ground: Ground, place: Place): string {
  const { table, chain } = place;
  if (table === "raw") return random.pick(RAW)(random, ground, place);
  if (table === "mangle") return random.pick(MANGLE)(random, ground, place);
  if (table === "filter") return random.pick(FILTER)(random, ground, place);
  if (table === "security") return random.pick(["ACCEPT", "DROP", "RETURN"]);
  if (chance(random, 0.1)) return random.pick(["ACCEPT", "RETURN"]);
  const destination = chain === "PREROUTING" || chain === "OUTPUT";
  return destination ? dnat(random, ground, place) : snat(random, ground, place);
}
