/** The line of `wires.ts` with both families: sockets of IPv6 that speak to IPv6 and to mapped addresses, and listeners for both. */
import type { Random } from "../../../core/base/mod.ts";
import type { LinkLine, ListenerLine, Scenario, SocketProbe } from "../scenario.ts";
import { chance, type Ground, some } from "./ground.ts";
import { randomRules } from "./rules.ts";
import { socketProbe } from "./sockets.ts";

const GROUND: Ground = {
  family: 6,
  nets: ["::/0", "2001:db8::/32", "2001:db8:1::/64", "2001:db8:2::/64", "2001:db8:9::/64", "fd00:96::/64", "fe80::/10"],
  hosts: [
    "2001:db8:1::1",
    "2001:db8:1::2",
    "2001:db8:2::2",
    "2001:db8:9::1",
    "2001:db8:9::9",
    "2001:db8:9::20",
    "fd00:96::1",
  ],
  servers: ["2001:db8:9::20", "2001:db8:9::20", "2001:db8:1::2", "2001:db8:2::2", "2001:db8:9::1"],
  publics: ["2001:db8:9::1", "2001:db8:9::9", "2001:db8:9::77", "2001:db8:1::1"],
  maps: { inward: ["2001:db8:9::20/128"], outward: ["2001:db8:9::40/124"] },
  devs: ["c1", "c2", "wan", "c+", "lo"],
  ports: [53, 80, 443, 5353, 8080, 40000, 4003],
  sets: { uses: [{ name: "near", dims: 1 }, { name: "door", dims: 2 }], mutable: [{ name: "seen", dims: 1 }] },
  sockets: true,
  ports_of_bridge: [],
};
const AT_END: Ground = {
  ...GROUND,
  devs: ["eth0", "e+", "lo"],
  publics: ["2001:db8:1::2"],
  sets: { uses: [], mutable: [] },
};
/** The rules for IPv4 between the same machines. */
const GROUND4: Ground = {
  ...GROUND,
  family: 4,
  nets: ["0.0.0.0/0", "10.0.1.0/24", "203.0.113.0/24"],
  hosts: ["10.0.1.2", "203.0.113.1", "203.0.113.20"],
  servers: ["203.0.113.20"],
  publics: ["203.0.113.1"],
  maps: undefined,
  sets: { uses: [], mutable: [] },
};

const SETS = `create near hash:net family inet6
add near 2001:db8:1::/64
add near 2001:db8:9::20
create door hash:ip,port family inet6
add door 2001:db8:9::20,tcp:80
add door fd00:96::1,udp:53
create seen hash:ip family inet6
`;

const TARGETS = [
  ...["2001:db8:9::20", "2001:db8:9::20", "2001:db8:9::20", "2001:db8:9::1", "2001:db8:9::9", "2001:db8:1::1"],
  ...["2001:db8:1::2", "2001:db8:2::2", "fd00:96::1", "fd00:66::1", "2001:db8:2::77", "2001:db8:1::"],
  ...["::ffff:203.0.113.20", "::ffff:203.0.113.1", "::ffff:10.0.1.2", "203.0.113.20", "203.0.113.1"],
];

/** On the first client's wire: the router's, its own, nobody's, everybody's. */
const NEAR = ["fe80::ff:fe00:2", "fe80::ff:fe00:1", "fe80::9", "ff02::1"];

const PORTS = [53, 80, 80, 443, 5353, 8080, 7];

/** A group is asked in one piece: how Linux takes a request in pieces that its own sender hears, too, is not modelled. */
function nearProbe(random: Random): SocketProbe {
  const probe = socketProbe(random, ["c1"], NEAR, PORTS);
  const { payload, ...rest } = probe;
  return probe.dst === "ff02::1" && (payload?.length ?? 0) > WHOLE ? rest : probe;
}

/** Bytes of a payload that surely goes in one piece. */
const WHOLE = 1000;

const POLICY: readonly (readonly string[])[] = [
  ["-6 rule add fwmark 0x1/0x1 table 100 priority 100", "-6 route add default via 2001:db8:2::2 table 100"],
  [
    "-6 rule add from 2001:db8:1::2 to fd00:96::/64 table 101 priority 90",
    "-6 route add default via 2001:db8:9::20 table 101",
  ],
  ["-6 rule add iif c2 table 102 priority 80", "-6 route add unreachable 2001:db8:1::/64 table 102"],
  ["-6 rule add to fd00:66::/32 prohibit priority 70"],
];

const SYSCTLS: readonly (readonly [string, readonly number[]])[] = [
  ["net.ipv6.conf.wan.hop_limit", [9]],
  ["net.ipv6.icmp.echo_ignore_all", [1]],
  ["net.netfilter.nf_conntrack_tcp_loose", [0]],
  ["net.ipv6.fwmark_reflect", [1]],
];

/** Listeners of both families of a namespace, by protocol. */
function listen6(ns: string, tcp: readonly number[], udp: readonly number[]): ListenerLine[] {
  const both = (proto: "tcp" | "udp", ports: readonly number[]): ListenerLine[] =>
    ports.map((port) => ({ ns, proto, port, family: 6 }));
  return [...both("tcp", tcp), ...both("udp", udp)];
}

/** Two clients, a router, a server. */
export function randomWires6(random: Random, name: string): Scenario {
  const mtu = chance(random, 0.3) ? { mtu: random.pick([1280, 1300, 1400]) } : {};
  const links: LinkLine[] = [
    { a: "c1:eth0", b: "r:c1", mac_a: "02:00:00:00:00:01", mac_b: "02:00:00:00:00:02" },
    { a: "c2:eth0", b: "r:c2", mac_a: "02:00:00:00:00:03", mac_b: "02:00:00:00:00:04" },
    { a: "s:eth0", b: "r:wan", mac_a: "02:00:00:00:00:05", mac_b: "02:00:00:00:00:06", ...mtu },
  ];
  const sysctls: Record<string, number> = {
    "net.ipv6.conf.all.forwarding": chance(random, 0.95) ? 1 : 0,
    "net.ipv4.ip_forward": 1,
  };
  for (const [key, values] of SYSCTLS) if (chance(random, 0.12)) sysctls[key] = random.pick(values);
  return {
    name: `line6 ${name}`,
    ipv6: true,
    namespaces: ["c1", "c2", "r", "s"],
    links,
    addresses: {
      "c1:eth0": ["2001:db8:1::2/64", "10.0.1.2/24"],
      "c2:eth0": "2001:db8:2::2/64",
      "s:eth0": ["2001:db8:9::20/64", "203.0.113.20/24"],
      "r:c1": ["2001:db8:1::1/64", "10.0.1.1/24"],
      "r:c2": "2001:db8:2::1/64",
      "r:wan": ["2001:db8:9::1/64", "2001:db8:9::9/64", "203.0.113.1/24"],
    },
    routes: {
      c1: ["default via 2001:db8:1::1", "default via 10.0.1.1"],
      c2: ["default via 2001:db8:2::1"],
      s: [...(chance(random, 0.85) ? ["default via 2001:db8:9::1"] : []), "default via 203.0.113.1"],
      r: [
        ...(chance(random, 0.7) ? ["fd00:96::/64 via 2001:db8:9::20"] : []),
        ...(chance(random, 0.5) ? ["unreachable fd00:66::/32"] : []),
      ],
    },
    ip: { r: [...new Set(some(random, [0, 2], () => random.pick(POLICY)).flat())] },
    sysctls: { r: sysctls, s: { "net.ipv4.conf.all.send_redirects": 0 } },
    ipset: { r: SETS },
    iptables: chance(random, 0.3) ? { r: randomRules(random, GROUND4) } : {},
    ip6tables: {
      r: randomRules(random, GROUND),
      ...(chance(random, 0.25) && { c1: randomRules(random, AT_END) }),
      ...(chance(random, 0.15) && { s: randomRules(random, AT_END) }),
    },
    listeners: [...listen6("s", [80, 443], [53, 5353]), ...listen6("r", [80], [53]), ...listen6("c1", [8080], [5353])],
    probes: some(
      random,
      [14, 20],
      // By which of its devices the router would ask for a neighbour hangs on which was ready first.
      () => chance(random, 0.1) ? nearProbe(random) : socketProbe(random, ["c1", "c1", "c2", "r", "s"], TARGETS, PORTS),
    ),
  };
}
