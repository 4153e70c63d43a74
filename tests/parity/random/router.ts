/** One machine between three tun ports: `lan`, `wan` and `dmz`, with random routes, rules, sets and sysctls. */
import type { Random } from "../../../core/base/mod.ts";
import type { Scenario } from "../scenario.ts";
import { chance, type Ground, some } from "./ground.ts";
import { randomRules } from "./rules.ts";
import { SETS, USES } from "./sets.ts";
import type { Parties } from "./talk.ts";

/** What a router's rules are made of. */
export const GROUND: Ground = {
  nets: [
    "0.0.0.0/0",
    "10.0.0.0/8",
    "10.0.1.0/24",
    "10.0.3.0/24",
    "10.0.0.0/16",
    "203.0.113.0/24",
    "198.51.100.0/24",
    "10.96.0.0/16",
    "224.0.0.0/4",
  ],
  hosts: [
    "10.0.1.1",
    "10.0.1.5",
    "10.0.1.6",
    "10.0.3.9",
    "10.0.3.20",
    "203.0.113.1",
    "203.0.113.9",
    "8.8.8.8",
    "198.51.100.7",
    "10.96.0.1",
  ],
  servers: ["10.0.3.20", "10.0.3.9", "10.0.1.9", "10.0.1.5", "203.0.113.1", "198.51.100.7"],
  publics: ["203.0.113.77", "203.0.113.1", "203.0.113.9", "10.0.3.1", "10.0.1.1"],
  devs: ["lan", "wan", "dmz", "la+", "d+", "lo"],
  ports: [53, 80, 443, 1000, 1001, 8080, 4003, 40000],
  sets: {
    uses: USES,
    mutable: [
      { name: "seen", dims: 1 },
      { name: "exact", dims: 1 },
      { name: "later", dims: 1 },
      { name: "pairs", dims: 2 },
      { name: "doors", dims: 1 },
    ],
  },
  sockets: false,
  ports_of_bridge: [],
};

const ROUTES = [
  "default via 203.0.113.254",
  "10.66.0.0/16 via 10.0.3.9",
  "10.66.5.0/24 via 10.0.3.5",
  "10.66.5.128/25 via 10.0.1.6",
  "blackhole 10.66.6.0/24",
  "unreachable 10.66.7.0/24",
  "prohibit 10.66.8.0/24",
  "throw 10.66.9.0/24",
  "local 10.77.0.0/16 dev lo",
  "198.51.100.0/24 dev wan",
  "10.96.0.0/16 via 10.0.1.6 metric 50",
  "10.96.0.0/16 via 10.0.3.9 metric 20",
  "broadcast 10.66.10.255 dev dmz",
  "10.88.0.0/16 nexthop via 10.0.1.6 weight 1 nexthop via 10.0.3.9 weight 2",
  "10.89.0.0/16 nexthop via 10.0.1.6 weight 3 nexthop via 203.0.113.254 weight 1 nexthop via 10.0.3.5 weight 1",
  "10.90.0.0/16 via 10.0.3.9 mtu 700",
  "multicast 224.5.0.0/16 dev dmz",
  "10.66.5.5 via 10.0.3.20 tos 0x10",
];

const POLICY: readonly (readonly string[])[] = [
  ["rule add fwmark 0x1/0x1 table 100 priority 100", "route add default via 10.0.3.9 table 100"],
  ["rule add fwmark 0x2/0xff table 101 priority 90", "route add default via 10.0.1.6 table 101"],
  ["rule add from 10.0.1.6 table 102 priority 80", "route add 0.0.0.0/0 via 10.0.3.9 table 102"],
  ["rule add to 10.96.0.0/16 table 103 priority 70", "route add 10.96.0.0/16 via 10.0.1.6 table 103"],
  [
    "rule add iif dmz table 104 priority 60",
    "route add throw 10.0.0.0/8 table 104",
    "route add default dev lan table 104",
  ],
  ["rule add tos 0x10 table 105 priority 50", "route add default via 10.0.3.5 table 105"],
  ["rule add from 10.0.3.0/24 to 8.8.8.8 prohibit priority 40"],
  ["rule add to 198.51.100.7 unreachable priority 30"],
  ["rule add from 198.51.100.7 blackhole priority 20"],
  ["rule add ipproto tcp dport 80 table 106 priority 15", "route add default via 10.0.3.9 table 106"],
  ["rule add sport 1000-1001 ipproto udp table 107 priority 14", "route add default via 10.0.1.6 table 107"],
  ["rule add not from 10.0.0.0/8 table 108 priority 13", "route add 10.66.0.0/16 via 10.0.1.6 table 108"],
  ["rule add from 10.0.1.5 goto 500 priority 12", "rule add priority 500 lookup main"],
  ["rule add iif lan table 109 suppress_prefixlength 0 priority 11", "route add default via 10.0.3.9 table 109"],
];

const SYSCTLS: readonly (readonly [string, readonly number[]])[] = [
  ["net.ipv4.conf.lan.rp_filter", [1, 2]],
  ["net.ipv4.conf.all.rp_filter", [1, 2]],
  ["net.ipv4.conf.wan.rp_filter", [1]],
  ["net.ipv4.conf.dmz.forwarding", [0]],
  ["net.ipv4.conf.all.send_redirects", [0]],
  ["net.ipv4.conf.lan.send_redirects", [0]],
  ["net.ipv4.icmp_echo_ignore_all", [1]],
  ["net.ipv4.icmp_echo_ignore_broadcasts", [0]],
  ["net.ipv4.ip_default_ttl", [33]],
  ["net.ipv4.conf.all.accept_local", [1]],
  ["net.ipv4.conf.lan.route_localnet", [1]],
  ["net.netfilter.nf_conntrack_tcp_loose", [0]],
  ["net.netfilter.nf_conntrack_tcp_be_liberal", [1]],
  ["net.ipv4.icmp_errors_use_inbound_ifaddr", [1]],
  ["net.ipv4.ip_forward_use_pmtu", [1]],
  ["net.ipv4.fib_multipath_hash_policy", [1]],
  ["net.ipv4.fwmark_reflect", [1]],
  ["net.ipv4.conf.all.src_valid_mark", [1]],
  ["net.ipv4.conf.lan.shared_media", [0]],
  ["net.ipv4.conf.all.shared_media", [0]],
  ["net.netfilter.nf_conntrack_acct", [1]],
  ["net.netfilter.nf_conntrack_checksum", [0]],
  ["net.netfilter.nf_conntrack_tcp_ignore_invalid_rst", [1]],
  ["net.ipv4.conf.lan.bc_forwarding", [0]],
];

const PARTIES: Parties = {
  sources: {
    "dut:lan": ["10.0.1.5", "10.0.1.6", "10.0.1.5", "10.0.1.77"],
    "dut:wan": ["8.8.8.8", "198.51.100.7", "203.0.113.50", "10.0.3.20"],
    "dut:dmz": ["10.0.3.9", "10.0.3.20", "10.0.3.5"],
  },
  destinations: [
    ...["10.66.1.1", "10.66.5.5", "10.66.5.200", "10.66.6.6", "10.66.7.7", "10.66.8.8", "10.66.9.9", "10.77.1.1"],
    ...["10.88.0.1", "10.88.0.2", "10.88.7.7", "10.89.1.1", "10.89.1.2", "10.89.3.3", "10.90.0.1", "10.90.0.2"],
    ...["10.66.10.255", "10.0.3.255", "10.0.1.9"],
    ...GROUND.hosts,
    ...GROUND.hosts,
  ],
  strange: [
    ...["127.0.0.1", "224.0.0.5", "255.255.255.255", "0.0.0.0", "10.0.1.1", "203.0.113.9", "10.0.1.255", "240.0.0.1"],
    ...["0.1.2.3", "169.254.3.3", "224.0.0.1"],
  ],
  ports: GROUND.ports,
  piece: 8,
  routers: ["203.0.113.254", "10.0.3.9"],
};

/** The machine, and the words its rules and probes are made of; no probes yet. */
export function randomRouter(random: Random, name: string): { scenario: Scenario; parties: Parties } {
  const sysctls: Record<string, number> = {
    "net.ipv4.ip_forward": chance(random, 0.95) ? 1 : 0,
    "net.ipv4.fib_multipath_hash_seed": 1 + random.below(1_000_000),
  };
  for (const [key, values] of SYSCTLS) if (chance(random, 0.12)) sysctls[key] = random.pick(values);
  const mtu = chance(random, 0.3)
    ? [`link set ${random.pick(["wan", "dmz", "lan"])} mtu ${random.pick([600, 576, 1000])}`]
    : [];
  const policy = some(random, [0, 3], () => random.pick(POLICY));
  const scenario: Scenario = {
    name,
    namespaces: ["dut"],
    links: ["lan", "wan", "dmz"].map((dev) => ({ type: "tun", ns: "dut", name: dev })),
    addresses: { "dut:lan": "10.0.1.1/24", "dut:wan": ["203.0.113.1/24", "203.0.113.9/24"], "dut:dmz": "10.0.3.1/24" },
    routes: { dut: ROUTES.filter((route) => chance(random, route.startsWith("default") ? 0.9 : 0.6)) },
    ip: { dut: [...mtu, ...new Set(policy.flat())] },
    sysctls: { dut: sysctls },
    ipset: { dut: SETS },
    iptables: { dut: randomRules(random, GROUND) },
    probes: [],
  };
  return { scenario, parties: fewer(random, PARTIES) };
}

/** Sometimes only a few ports and destinations, so that flows clash. */
export function fewer(random: Random, parties: Parties): Parties {
  if (chance(random, 0.6)) return parties;
  const few = <T>(list: readonly T[]) => some(random, [1, 2], () => random.pick(list));
  return { ...parties, ports: few(parties.ports), destinations: few(parties.destinations) };
}
