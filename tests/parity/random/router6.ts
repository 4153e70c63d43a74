/** The router of `router.ts` with IPv6: `lan`, `wan` and `dmz`, with random routes, rules, sets and sysctls. */
import type { Random } from "../../../core/base/mod.ts";
import type { Scenario } from "../scenario.ts";
import { chance, type Ground, some } from "./ground.ts";
import { fewer } from "./router.ts";
import { randomRules } from "./rules.ts";
import { SETS6, USES6 } from "./sets.ts";
import type { Parties } from "./talk.ts";

const GROUND: Ground = {
  family: 6,
  nets: [
    "::/0",
    "2001:db8::/32",
    "2001:db8:1::/64",
    "2001:db8:3::/64",
    "2001:db8:9::/64",
    "2001:db8:8::/64",
    "fd00:96::/64",
    "fd00:66::/32",
    "fe80::/10",
    "ff00::/8",
  ],
  hosts: [
    "2001:db8:1::1",
    "2001:db8:1::5",
    "2001:db8:1::6",
    "2001:db8:3::9",
    "2001:db8:3::20",
    "2001:db8:9::1",
    "2001:db8:9::9",
    "2001:db8:8::8",
    "fd00:96::1",
  ],
  servers: ["2001:db8:3::20", "2001:db8:3::9", "2001:db8:1::9", "2001:db8:1::5", "2001:db8:9::1", "2001:db8:8::7"],
  publics: ["2001:db8:9::77", "2001:db8:9::1", "2001:db8:9::9", "2001:db8:3::1", "2001:db8:1::1"],
  maps: { inward: ["2001:db8:3::/64", "2001:db8:1::8/125"], outward: ["2001:db8:9::40/124", "2001:db8:3::/48"] },
  devs: ["lan", "wan", "dmz", "la+", "d+", "lo"],
  ports: [53, 80, 443, 1000, 1001, 8080, 4003, 40000],
  sets: {
    uses: USES6,
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
  "default via 2001:db8:9::254",
  "fd00:66::/32 via 2001:db8:3::9",
  "fd00:66:5::/48 via 2001:db8:3::5",
  "fd00:66:5:8000::/49 via 2001:db8:1::6",
  "blackhole fd00:66:6::/48",
  "unreachable fd00:66:7::/48",
  "prohibit fd00:66:8::/48",
  "throw fd00:66:9::/48",
  "local fd00:77::/64 dev lo",
  "2001:db8:8::/64 dev wan",
  "fd00:96::/64 via 2001:db8:1::6 metric 50",
  "fd00:96::/64 via 2001:db8:3::9 metric 20",
  "fd00:88::/64 nexthop via 2001:db8:1::6 weight 1 nexthop via 2001:db8:3::9 weight 2",
  "fd00:89::/64 nexthop via 2001:db8:1::6 weight 3 nexthop via 2001:db8:9::254 weight 1 nexthop via 2001:db8:3::5 weight 1",
  "fd00:90::/64 via 2001:db8:3::9 mtu 1300",
];

const POLICY: readonly (readonly string[])[] = [
  ["-6 rule add fwmark 0x1/0x1 table 100 priority 100", "-6 route add default via 2001:db8:3::9 table 100"],
  ["-6 rule add fwmark 0x2/0xff table 101 priority 90", "-6 route add default via 2001:db8:1::6 table 101"],
  ["-6 rule add from 2001:db8:1::6 table 102 priority 80", "-6 route add default via 2001:db8:3::9 table 102"],
  ["-6 rule add to fd00:96::/64 table 103 priority 70", "-6 route add fd00:96::/64 via 2001:db8:1::6 table 103"],
  [
    "-6 rule add iif dmz table 104 priority 60",
    "-6 route add throw 2001:db8::/32 table 104",
    "-6 route add default dev lan table 104",
  ],
  ["-6 rule add tos 0x10 table 105 priority 50", "-6 route add default via 2001:db8:3::5 table 105"],
  ["-6 rule add from 2001:db8:3::/64 to 2001:db8:8::8 prohibit priority 40"],
  ["-6 rule add to 2001:db8:8::7 unreachable priority 30"],
  ["-6 rule add from 2001:db8:8::7 blackhole priority 20"],
  ["-6 rule add ipproto tcp dport 80 table 106 priority 15", "-6 route add default via 2001:db8:3::9 table 106"],
  ["-6 rule add sport 1000-1001 ipproto udp table 107 priority 14", "-6 route add default via 2001:db8:1::6 table 107"],
  ["-6 rule add not from 2001:db8::/32 table 108 priority 13", "-6 route add fd00:66::/32 via 2001:db8:1::6 table 108"],
  ["-6 rule add from 2001:db8:1::5 goto 500 priority 12", "-6 rule add priority 500 lookup main"],
  [
    "-6 rule add iif lan table 109 suppress_prefixlength 0 priority 11",
    "-6 route add default via 2001:db8:3::9 table 109",
  ],
];

const SYSCTLS: readonly (readonly [string, readonly number[]])[] = [
  ["net.ipv6.icmp.echo_ignore_all", [1]],
  ["net.ipv6.icmp.echo_ignore_multicast", [1]],
  ["net.ipv6.conf.wan.hop_limit", [33]],
  ["net.ipv6.conf.lan.force_forwarding", [1]],
  ["net.ipv6.fib_multipath_hash_policy", [1]],
  ["net.ipv6.fwmark_reflect", [1]],
  ["net.netfilter.nf_conntrack_tcp_loose", [0]],
  ["net.netfilter.nf_conntrack_tcp_be_liberal", [1]],
  ["net.netfilter.nf_conntrack_acct", [1]],
  ["net.netfilter.nf_conntrack_checksum", [0]],
  ["net.netfilter.nf_conntrack_tcp_ignore_invalid_rst", [1]],
];

const PARTIES: Parties = {
  sources: {
    "dut:lan": ["2001:db8:1::5", "2001:db8:1::6", "2001:db8:1::5", "2001:db8:1::77"],
    "dut:wan": ["2001:db8:8::8", "2001:db8:8::7", "2001:db8:9::50", "2001:db8:3::20"],
    "dut:dmz": ["2001:db8:3::9", "2001:db8:3::20", "2001:db8:3::5"],
  },
  destinations: [
    ...["fd00:66:1::1", "fd00:66:5::5", "fd00:66:5:8000::1", "fd00:66:6::6", "fd00:66:7::7", "fd00:66:8::8"],
    ...["fd00:66:9::9", "fd00:77::1", "fd00:88::1", "fd00:88::2", "fd00:89::1", "fd00:89::3", "fd00:90::1"],
    ...["2001:db8:3::", "2001:db8:1::9"],
    ...GROUND.hosts,
    ...GROUND.hosts,
  ],
  strange: [
    "::1",
    "::",
    "ff02::1",
    "ff02::5",
    "ff05::1",
    "fe80::1",
    "fe80::5",
    "2001:db8:1::1",
    "2001:db8:9::9",
    "fec0::1",
  ],
  ports: GROUND.ports,
  piece: 8,
  routers: ["2001:db8:9::254", "2001:db8:3::9"],
};

/** The machine, and the words its rules and probes are made of; no probes yet. */
export function randomRouter6(random: Random, name: string): { scenario: Scenario; parties: Parties } {
  const sysctls: Record<string, number> = {
    "net.ipv6.conf.all.forwarding": chance(random, 0.95) ? 1 : 0,
    "net.ipv4.fib_multipath_hash_seed": 1 + random.below(1_000_000),
  };
  for (const [key, values] of SYSCTLS) if (chance(random, 0.12)) sysctls[key] = random.pick(values);
  const mtu = chance(random, 0.3)
    ? [`link set ${random.pick(["wan", "dmz", "lan"])} mtu ${random.pick([1280, 1300, 1400])}`]
    : [];
  const policy = some(random, [0, 3], () => random.pick(POLICY));
  const scenario: Scenario = {
    name,
    ipv6: true,
    namespaces: ["dut"],
    links: ["lan", "wan", "dmz"].map((dev) => ({ type: "tun", ns: "dut", name: dev })),
    addresses: {
      "dut:lan": "2001:db8:1::1/64",
      "dut:wan": ["2001:db8:9::1/64", "2001:db8:9::9/64"],
      "dut:dmz": "2001:db8:3::1/64",
    },
    routes: { dut: ROUTES.filter((route) => chance(random, route.startsWith("default") ? 0.9 : 0.6)) },
    ip: { dut: [...mtu, ...new Set(policy.flat())] },
    sysctls: { dut: sysctls },
    ipset: { dut: SETS6 },
    ip6tables: { dut: randomRules(random, GROUND) },
    probes: [],
  };
  return { scenario, parties: fewer(random, PARTIES) };
}
