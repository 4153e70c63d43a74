/**
 * Two hosts on a node's bridge, each with a tun port behind it, and a port (ext) to the world: what the hosts say to each other is
 * bridged, and shown to the node's rules or not.
 *
 *     t1 - h1 -- p1 \
 *                    br0 node -- ext
 *     t2 - h2 -- p2 /
 */
import type { Random } from "../../../core/base/mod.ts";
import type { Scenario } from "../scenario.ts";
import { chance, type Ground } from "./ground.ts";
import { randomRules } from "./rules.ts";
import type { Parties } from "./talk.ts";

const HOSTS = ["10.6.1.5", "10.6.1.6", "10.6.2.5", "10.6.2.6"];

const GROUND: Ground = {
  nets: ["0.0.0.0/0", "10.6.0.0/16", "10.6.1.0/24", "10.6.2.0/24", "10.5.0.0/24", "10.96.0.0/16"],
  hosts: [...HOSTS, "10.5.0.1", "10.5.0.11", "10.96.0.1", "8.8.8.8"],
  servers: ["10.6.1.5", "10.6.2.5", "10.6.2.6", "10.5.0.1", "8.8.8.8"],
  publics: ["10.5.0.1", "203.0.113.1", "10.5.0.77"],
  devs: ["br0", "ext", "p1", "p+", "lo"],
  ports: [53, 80, 443, 1000, 8080],
  sets: { uses: [], mutable: [] },
  sockets: false,
  ports_of_bridge: ["p1", "p2", "p+"],
};

const PARTIES: Parties = {
  sources: {
    "h1:t1": ["10.6.1.5", "10.6.1.6"],
    "h2:t2": ["10.6.2.5", "10.6.2.6"],
    "node:ext": ["8.8.8.8", "203.0.113.50"],
  },
  destinations: [
    ...HOSTS,
    ...HOSTS,
    "10.96.0.1",
    "10.96.0.1",
    "10.96.0.2",
    "10.5.0.1",
    "10.5.0.11",
    "8.8.8.8",
    "10.5.0.99",
  ],
  strange: ["10.5.0.255", "255.255.255.255", "224.0.0.5", "127.0.0.1", "0.0.0.0"],
  ports: GROUND.ports,
  piece: 24,
  routers: ["10.5.0.11", "203.0.113.254"],
};

const SYSCTLS: readonly (readonly [string, readonly number[]])[] = [
  ["net.bridge.bridge-nf-call-iptables", [0]],
  ["net.ipv4.conf.br0.send_redirects", [0]],
  ["net.ipv4.conf.all.send_redirects", [0]],
  ["net.ipv4.conf.all.rp_filter", [1, 2]],
  ["net.ipv4.conf.br0.proxy_arp", [1]],
  ["net.ipv4.conf.br0.forwarding", [0]],
  ["net.ipv4.conf.all.route_localnet", [1]],
];

/** The node with its hosts; no probes yet. */
export function randomBridge(random: Random, name: string): { scenario: Scenario; parties: Parties } {
  const hairpin = chance(random, 0.5) ? 1 : 0;
  const sysctls: Record<string, number> = { "net.ipv4.ip_forward": 1, "net.bridge.bridge-nf-call-iptables": 1 };
  for (const [key, values] of SYSCTLS) if (chance(random, 0.2)) sysctls[key] = random.pick(values);
  const small = chance(random, 0.2) ? { mtu: 1000 } : {};
  const through = chance(random, 0.3);
  const host = (n: number) => ({
    "net.ipv4.ip_forward": 1,
    "net.ipv4.conf.eth0.accept_redirects": 0,
    "net.ipv4.conf.all.send_redirects": 0,
    ...(n === 1 && chance(random, 0.2) && { "net.ipv4.conf.all.arp_ignore": 1 }),
    ...(chance(random, 0.2) && { "net.ipv4.conf.all.arp_announce": 2 }),
  });
  const scenario: Scenario = {
    name,
    namespaces: ["h1", "h2", "node"],
    links: [
      { type: "tun", ns: "h1", name: "t1" },
      { type: "tun", ns: "h2", name: "t2" },
      { type: "tun", ns: "node", name: "ext" },
      { a: "h1:eth0", b: "node:p1", mac_a: "02:00:00:00:00:01" },
      { a: "h2:eth0", b: "node:p2", mac_a: "02:00:00:00:00:02", ...small },
      { type: "bridge", ns: "node", name: "br0", ports: ["p1", "p2"], hairpin, mac: "02:00:00:00:00:05" },
    ],
    addresses: {
      "h1:t1": "10.6.1.1/24",
      "h2:t2": "10.6.2.1/24",
      "h1:eth0": "10.5.0.11/24",
      "h2:eth0": "10.5.0.12/24",
      "node:br0": "10.5.0.1/24",
      "node:ext": "203.0.113.1/24",
    },
    routes: {
      h1: ["default via 10.5.0.1", ...(through ? [] : ["10.6.2.0/24 via 10.5.0.12"])],
      h2: ["default via 10.5.0.1", ...(through ? [] : ["10.6.1.0/24 via 10.5.0.11"])],
      node: ["10.6.1.0/24 via 10.5.0.11", "10.6.2.0/24 via 10.5.0.12", "default via 203.0.113.254"],
    },
    sysctls: { h1: host(1), h2: host(2), node: sysctls },
    iptables: {
      node: randomRules(random, GROUND),
      ...(chance(random, 0.2) && { h1: randomRules(random, { ...GROUND, ports_of_bridge: [] }) }),
    },
    probes: [],
  };
  return { scenario, parties: PARTIES };
}
