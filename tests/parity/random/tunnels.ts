/**
 * Three nodes on a switch, with a vxlan between them and a tun port (tn) behind each. Who is where is learned, or written down.
 *
 *     t - n1 -- sw -- n2 - t
 *               |
 *               n3 - t
 */
import type { Random } from "../../../core/base/mod.ts";
import type { Scenario } from "../scenario.ts";
import { chance, type Ground } from "./ground.ts";
import { randomRules } from "./rules.ts";
import type { Parties } from "./talk.ts";

const NODES = ["n1", "n2", "n3"] as const;
const numberOf = (node: string) => NODES.indexOf(node as typeof NODES[number]) + 1;
const mac = (node: string) => `02:00:00:00:aa:0${numberOf(node)}`;

const GROUND: Ground = {
  nets: ["0.0.0.0/0", "10.8.0.0/16", "10.8.1.0/24", "10.7.0.0/24", "192.168.9.0/24"],
  hosts: ["10.8.1.5", "10.8.2.5", "10.8.3.5", "10.7.0.1", "10.7.0.2", "192.168.9.1", "192.168.9.2", "10.96.0.1"],
  servers: ["10.8.1.5", "10.8.2.5", "10.7.0.2"],
  publics: ["10.7.0.1", "192.168.9.1", "10.7.0.77"],
  devs: ["vx0", "eth0", "tn", "lo"],
  ports: [53, 80, 443, 8472],
  sets: { uses: [], mutable: [] },
  sockets: false,
  ports_of_bridge: [],
};

const PARTIES: Parties = {
  sources: { "n1:tn": ["10.8.1.5", "10.8.1.6"], "n2:tn": ["10.8.2.5"], "n3:tn": ["10.8.3.5"] },
  destinations: [
    "10.8.1.5",
    "10.8.2.5",
    "10.8.3.5",
    "10.8.2.6",
    "10.7.0.1",
    "10.7.0.2",
    "10.7.0.9",
    "192.168.9.2",
    "10.96.0.1",
  ],
  strange: ["10.7.0.255", "224.0.0.5", "255.255.255.255"],
  ports: [53, 80, 443],
  piece: 24,
  routers: ["10.7.0.2"],
};

/** The nodes; no probes yet. */
export function randomTunnel(random: Random, name: string): { scenario: Scenario; parties: Parties } {
  const learning = chance(random, 0.6);
  const flat = chance(random, 0.3) ? " ttl 5" : "";
  const some = NODES.filter(() => chance(random, 0.5));
  const device = (node: string) => [
    `link add vx0 address ${mac(node)} type vxlan id 9 local 192.168.9.${numberOf(node)} dev eth0 dstport 8472${
      learning ? "" : " nolearning"
    }${flat}`,
    `link set vx0 mtu ${chance(random, 0.2) ? 900 : 1450} up`,
    `addr add 10.7.0.${numberOf(node)}/24 dev vx0`,
    ...NODES.filter((other) => other !== node).flatMap((other) => [
      `route add 10.8.${numberOf(other)}.0/24 via 10.7.0.${numberOf(other)} dev vx0`,
      ...(learning ? [] : [`neigh add 10.7.0.${numberOf(other)} lladdr ${mac(other)} dev vx0 nud permanent`]),
    ]),
  ];
  const others = (node: string) => NODES.filter((other) => other !== node);
  const table = (node: string) =>
    others(node).map((other) =>
      `bridge fdb ${learning ? "append 00:00:00:00:00:00" : `add ${mac(other)}`} dev vx0 dst 192.168.9.${
        numberOf(other)
      }`
    );
  const each = <T>(make: (node: string) => T): Record<string, T> =>
    Object.fromEntries(NODES.map((node) => [node, make(node)]));
  const scenario: Scenario = {
    name: `${name} ${learning ? "learning" : "static"}`,
    namespaces: ["sw", ...NODES],
    links: [
      ...NODES.map((ns) => ({ type: "tun" as const, ns, name: "tn" })),
      ...NODES.map((ns) => ({ a: `${ns}:eth0`, b: `sw:${ns}`, mac_a: `02:00:00:00:bb:0${numberOf(ns)}` })),
      { type: "bridge", ns: "sw", name: "br0", ports: [...NODES] },
    ],
    addresses: {
      ...Object.fromEntries(NODES.map((ns) => [`${ns}:tn`, `10.8.${numberOf(ns)}.1/24`])),
      ...Object.fromEntries(NODES.map((ns) => [`${ns}:eth0`, `192.168.9.${numberOf(ns)}/24`])),
    },
    ip: each(device),
    sysctls: {
      sw: { "net.bridge.bridge-nf-call-iptables": 0 },
      ...each(() => ({ "net.ipv4.ip_forward": 1, "net.ipv4.conf.all.send_redirects": 0 })),
    },
    cmds: each(table),
    iptables: Object.fromEntries(some.map((node) => [node, sparingTunnels(randomRules(random, GROUND))])),
    probes: [],
  };
  return { scenario, parties: PARTIES };
}

/** Tunnels within tunnels are the business of no real rule set: NAT leaves the outer packets alone. */
export function sparingTunnels(lines: readonly string[]): string[] {
  const nat = lines.indexOf("*nat");
  if (nat < 0) return [...lines];
  const first = lines.findIndex((line, i) => i > nat && !line.startsWith(":"));
  const chains = ["PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"];
  const spared = chains.map((chain) => `-A ${chain} -p udp -m udp --dport 8472 -j ACCEPT`);
  return [...lines.slice(0, first), ...spared, ...lines.slice(first)];
}
