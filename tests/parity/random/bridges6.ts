/** The bridge of `bridges.ts` with IPv6: what two hosts on a node's bridge say to each other and to the world. */
import type { Random } from "../../../core/base/mod.ts";
import type { Scenario } from "../scenario.ts";
import { chance, type Ground } from "./ground.ts";
import { randomRules } from "./rules.ts";
import type { Parties } from "./talk.ts";

const HOSTS = ["2001:db8:61::5", "2001:db8:61::6", "2001:db8:62::5", "2001:db8:62::6"];

const GROUND: Ground = {
  family: 6,
  nets: [
    "::/0",
    "2001:db8:60::/43",
    "2001:db8:61::/64",
    "2001:db8:62::/64",
    "2001:db8:5::/64",
    "fd00:96::/64",
    "ff00::/8",
  ],
  hosts: [...HOSTS, "2001:db8:5::1", "2001:db8:5::11", "fd00:96::1", "2001:db8:8::8"],
  servers: ["2001:db8:61::5", "2001:db8:62::5", "2001:db8:62::6", "2001:db8:5::1", "2001:db8:8::8"],
  publics: ["2001:db8:5::1", "2001:db8:9::1", "2001:db8:5::77"],
  maps: { inward: ["2001:db8:62::/64"], outward: ["2001:db8:9::40/124"] },
  devs: ["br0", "ext", "p1", "p+", "lo"],
  ports: [53, 80, 443, 1000, 8080],
  sets: { uses: [], mutable: [] },
  sockets: false,
  ports_of_bridge: ["p1", "p2", "p+"],
};

const PARTIES: Parties = {
  sources: {
    "h1:t1": ["2001:db8:61::5", "2001:db8:61::6"],
    "h2:t2": ["2001:db8:62::5", "2001:db8:62::6"],
    "node:ext": ["2001:db8:8::8", "2001:db8:9::50"],
  },
  destinations: [
    ...HOSTS,
    ...HOSTS,
    "fd00:96::1",
    "fd00:96::1",
    "fd00:96::2",
    "2001:db8:5::1",
    "2001:db8:5::11",
    "2001:db8:8::8",
    "2001:db8:5::99",
    "2001:db8:5::",
  ],
  strange: ["ff02::1", "ff02::5", "::1", "::", "fe80::99"],
  ports: GROUND.ports,
  piece: 24,
  routers: ["2001:db8:5::11", "2001:db8:9::254"],
};

const SYSCTLS: readonly (readonly [string, readonly number[]])[] = [
  ["net.bridge.bridge-nf-call-ip6tables", [0]],
  ["net.ipv6.conf.br0.hop_limit", [33]],
  ["net.ipv6.icmp.echo_ignore_all", [1]],
];

/** The node with its hosts; no probes yet. */
export function randomBridge6(random: Random, name: string): { scenario: Scenario; parties: Parties } {
  const hairpin = chance(random, 0.5) ? 1 : 0;
  const sysctls: Record<string, number> = {
    "net.ipv6.conf.all.forwarding": 1,
    "net.bridge.bridge-nf-call-ip6tables": 1,
  };
  for (const [key, values] of SYSCTLS) if (chance(random, 0.2)) sysctls[key] = random.pick(values);
  const small = chance(random, 0.2) ? { mtu: 1300 } : {};
  const through = chance(random, 0.3);
  const host = { "net.ipv6.conf.all.forwarding": 1 };
  const scenario: Scenario = {
    name,
    ipv6: true,
    namespaces: ["h1", "h2", "node"],
    links: [
      { type: "tun", ns: "h1", name: "t1" },
      { type: "tun", ns: "h2", name: "t2" },
      { type: "tun", ns: "node", name: "ext" },
      { a: "h1:eth0", b: "node:p1", mac_a: "02:00:00:00:00:01", mac_b: "02:00:00:00:00:11" },
      { a: "h2:eth0", b: "node:p2", mac_a: "02:00:00:00:00:02", mac_b: "02:00:00:00:00:12", ...small },
      { type: "bridge", ns: "node", name: "br0", ports: ["p1", "p2"], hairpin, mac: "02:00:00:00:00:05" },
    ],
    addresses: {
      "h1:t1": "2001:db8:61::1/64",
      "h2:t2": "2001:db8:62::1/64",
      "h1:eth0": "2001:db8:5::11/64",
      "h2:eth0": "2001:db8:5::12/64",
      "node:br0": "2001:db8:5::1/64",
      "node:ext": "2001:db8:9::1/64",
    },
    routes: {
      h1: ["default via 2001:db8:5::1", ...(through ? [] : ["2001:db8:62::/64 via 2001:db8:5::12"])],
      h2: ["default via 2001:db8:5::1", ...(through ? [] : ["2001:db8:61::/64 via 2001:db8:5::11"])],
      node: [
        "2001:db8:61::/64 via 2001:db8:5::11",
        "2001:db8:62::/64 via 2001:db8:5::12",
        "default via 2001:db8:9::254",
      ],
    },
    sysctls: { h1: host, h2: host, node: sysctls },
    ip6tables: {
      node: randomRules(random, GROUND),
      ...(chance(random, 0.2) && { h1: randomRules(random, { ...GROUND, ports_of_bridge: [] }) }),
    },
    probes: [],
  };
  return { scenario, parties: PARTIES };
}
