/** Machines on wires, with sockets at both ends: two clients, a router, a server. */
import type { Random } from "../../../core/base/mod.ts";
import type { LinkLine, Scenario } from "../scenario.ts";
import { randomCluster } from "./cluster.ts";
import { chance, type Ground, some } from "./ground.ts";
import { randomRules } from "./rules.ts";
import { listen, socketProbe } from "./sockets.ts";

const GROUND: Ground = {
  nets: ["0.0.0.0/0", "10.0.0.0/8", "10.0.1.0/24", "10.0.2.0/24", "203.0.113.0/24", "10.96.0.0/16"],
  hosts: ["10.0.1.1", "10.0.1.2", "10.0.2.2", "203.0.113.1", "203.0.113.9", "203.0.113.20", "10.96.0.1"],
  servers: ["203.0.113.20", "203.0.113.20", "10.0.1.2", "10.0.2.2", "203.0.113.1"],
  publics: ["203.0.113.1", "203.0.113.9", "203.0.113.77", "10.0.1.1"],
  devs: ["c1", "c2", "wan", "c+", "lo"],
  ports: [53, 80, 443, 5353, 8080, 40000, 4003],
  sets: { uses: [{ name: "near", dims: 1 }, { name: "door", dims: 2 }], mutable: [{ name: "seen", dims: 1 }] },
  sockets: true,
  ports_of_bridge: [],
};
const AT_END: Ground = {
  ...GROUND,
  devs: ["eth0", "e+", "lo"],
  publics: ["10.0.1.2"],
  sets: { uses: [], mutable: [] },
};

const SETS = `create near hash:net
add near 10.0.1.0/24
add near 203.0.113.20
create door hash:ip,port
add door 203.0.113.20,tcp:80
add door 10.96.0.1,udp:53
create seen hash:ip
`;

const TARGETS = [
  "203.0.113.20",
  "203.0.113.20",
  "203.0.113.20",
  "203.0.113.1",
  "203.0.113.9",
  "10.0.1.1",
  "10.0.1.2",
  "10.0.2.2",
  "10.96.0.1",
  "10.66.1.1",
  "127.0.0.1",
  "10.0.2.255",
  "10.0.2.77",
];

const POLICY: readonly (readonly string[])[] = [
  ["rule add fwmark 0x1/0x1 table 100 priority 100", "route add default via 10.0.2.2 table 100"],
  ["rule add from 10.0.1.2 to 10.96.0.0/16 table 101 priority 90", "route add default via 203.0.113.20 table 101"],
  ["rule add iif c2 table 102 priority 80", "route add unreachable 10.0.1.0/24 table 102"],
  ["rule add to 10.66.0.0/16 prohibit priority 70"],
];

const SYSCTLS: readonly (readonly [string, readonly number[]])[] = [
  ["net.ipv4.conf.all.rp_filter", [1, 2]],
  ["net.ipv4.conf.c1.rp_filter", [1]],
  ["net.ipv4.conf.all.route_localnet", [1]],
  ["net.ipv4.conf.wan.forwarding", [0]],
  ["net.ipv4.ip_default_ttl", [9]],
  ["net.ipv4.conf.all.send_redirects", [0]],
  ["net.netfilter.nf_conntrack_tcp_loose", [0]],
  ["net.ipv4.conf.all.arp_ignore", [1, 2]],
];

/** A world with sockets: the line of this file, or two nodes of a cluster. */
export function randomWires(random: Random, name: string): Scenario {
  return chance(random, 0.5) ? randomLine(random, `line ${name}`) : randomCluster(random, `cluster ${name}`);
}

function randomLine(random: Random, name: string): Scenario {
  const mtu = chance(random, 0.3) ? { mtu: random.pick([576, 1000, 1300]) } : {};
  const links: LinkLine[] = [
    { a: "c1:eth0", b: "r:c1", mac_a: "02:00:00:00:00:01", mac_b: "02:00:00:00:00:02" },
    { a: "c2:eth0", b: "r:c2", mac_a: "02:00:00:00:00:03", mac_b: "02:00:00:00:00:04" },
    { a: "s:eth0", b: "r:wan", mac_a: "02:00:00:00:00:05", mac_b: "02:00:00:00:00:06", ...mtu },
  ];
  const sysctls: Record<string, number> = { "net.ipv4.ip_forward": chance(random, 0.95) ? 1 : 0 };
  for (const [key, values] of SYSCTLS) if (chance(random, 0.12)) sysctls[key] = random.pick(values);
  const listeners = listen("s", [80, 443], [53, 5353]).concat(listen("r", [80], [53]), listen("c1", [8080], [5353]));
  return {
    name,
    namespaces: ["c1", "c2", "r", "s"],
    links,
    addresses: {
      "c1:eth0": "10.0.1.2/24",
      "c2:eth0": "10.0.2.2/24",
      "s:eth0": "203.0.113.20/24",
      "r:c1": "10.0.1.1/24",
      "r:c2": "10.0.2.1/24",
      "r:wan": ["203.0.113.1/24", "203.0.113.9/24"],
    },
    routes: {
      c1: ["default via 10.0.1.1"],
      c2: ["default via 10.0.2.1"],
      ...(chance(random, 0.85) && { s: ["default via 203.0.113.1"] }),
      r: [
        ...(chance(random, 0.7) ? ["10.96.0.0/16 via 203.0.113.20"] : []),
        ...(chance(random, 0.5) ? ["unreachable 10.66.0.0/16"] : []),
      ],
    },
    ip: { r: [...new Set(some(random, [0, 2], () => random.pick(POLICY)).flat())] },
    sysctls: { r: sysctls },
    ipset: { r: SETS },
    iptables: {
      r: randomRules(random, GROUND),
      ...(chance(random, 0.25) && { c1: randomRules(random, AT_END) }),
      ...(chance(random, 0.15) && { s: randomRules(random, AT_END) }),
    },
    listeners,
    probes: some(
      random,
      [14, 20],
      () => socketProbe(random, ["c1", "c1", "c2", "r", "s"], TARGETS, [53, 80, 80, 443, 5353, 8080, 7]),
    ),
  };
}
