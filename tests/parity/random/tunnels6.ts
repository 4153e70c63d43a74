/** The tunnels of `tunnels.ts` with IPv6 inside: three nodes on a switch of IPv4, a vxlan between them, a tun port behind each. */
import type { Random } from "../../../core/base/mod.ts";
import type { Scenario } from "../scenario.ts";
import { chance, type Ground } from "./ground.ts";
import { randomRules } from "./rules.ts";
import type { Parties } from "./talk.ts";
import { sparingTunnels } from "./tunnels.ts";

const NODES = ["n1", "n2", "n3"] as const;
const numberOf = (node: string) => NODES.indexOf(node as typeof NODES[number]) + 1;
const mac = (node: string) => `02:00:00:00:aa:0${numberOf(node)}`;
const others = (node: string) => NODES.filter((other) => other !== node);

const GROUND: Ground = {
  family: 6,
  nets: ["::/0", "2001:db8:80::/44", "2001:db8:81::/64", "2001:db8:7::/64", "fe80::/10", "ff00::/8"],
  hosts: ["2001:db8:81::5", "2001:db8:82::5", "2001:db8:83::5", "2001:db8:7::1", "2001:db8:7::2", "fd00:96::1"],
  servers: ["2001:db8:81::5", "2001:db8:82::5", "2001:db8:7::2"],
  publics: ["2001:db8:7::1", "2001:db8:7::77"],
  maps: { inward: ["2001:db8:82::/64"], outward: ["2001:db8:7::40/124"] },
  devs: ["vx0", "eth0", "tn", "lo"],
  ports: [53, 80, 443, 8472],
  sets: { uses: [], mutable: [] },
  sockets: false,
  ports_of_bridge: [],
};

const PARTIES: Parties = {
  sources: {
    "n1:tn": ["2001:db8:81::5", "2001:db8:81::6"],
    "n2:tn": ["2001:db8:82::5"],
    "n3:tn": ["2001:db8:83::5"],
  },
  destinations: [
    ...["2001:db8:81::5", "2001:db8:82::5", "2001:db8:83::5", "2001:db8:82::6", "2001:db8:7::1", "2001:db8:7::2"],
    ...["2001:db8:7::9", "fd00:96::1", "2001:db8:7::"],
  ],
  strange: ["ff02::1", "ff02::5", "::1"],
  ports: [53, 80, 443],
  piece: 24,
  routers: ["2001:db8:7::2"],
};

/** The nodes; no probes yet. */
export function randomTunnel6(random: Random, name: string): { scenario: Scenario; parties: Parties } {
  const learning = chance(random, 0.6);
  const some = NODES.filter(() => chance(random, 0.5));
  const device = (node: string) => [
    `link add vx0 address ${mac(node)} type vxlan id 9 local 192.168.9.${numberOf(node)} dev eth0 dstport 8472${
      learning ? "" : " nolearning"
    }`,
    `link set vx0 mtu ${chance(random, 0.2) ? 1280 : 1430} up`,
    `addr add 2001:db8:7::${numberOf(node)}/64 dev vx0`,
    ...others(node).flatMap((other) => [
      `route add 2001:db8:8${numberOf(other)}::/64 via 2001:db8:7::${numberOf(other)} dev vx0`,
      ...(learning ? [] : [`neigh add 2001:db8:7::${numberOf(other)} lladdr ${mac(other)} dev vx0 nud permanent`]),
    ]),
  ];
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
    ipv6: true,
    namespaces: ["sw", ...NODES],
    links: [
      ...NODES.map((ns) => ({ type: "tun" as const, ns, name: "tn" })),
      ...NODES.map((ns) => ({
        a: `${ns}:eth0`,
        b: `sw:${ns}`,
        mac_a: `02:00:00:00:bb:0${numberOf(ns)}`,
        mac_b: `02:00:00:00:cc:0${numberOf(ns)}`,
      })),
      { type: "bridge", ns: "sw", name: "br0", ports: [...NODES], mac: "02:00:00:00:cc:09" },
    ],
    addresses: {
      ...Object.fromEntries(NODES.map((ns) => [`${ns}:tn`, `2001:db8:8${numberOf(ns)}::1/64`])),
      ...Object.fromEntries(NODES.map((ns) => [`${ns}:eth0`, `192.168.9.${numberOf(ns)}/24`])),
    },
    ip: each(device),
    sysctls: {
      sw: { "net.bridge.bridge-nf-call-iptables": 0, "net.bridge.bridge-nf-call-ip6tables": 0 },
      ...each(() => ({ "net.ipv6.conf.all.forwarding": 1 })),
    },
    cmds: each(table),
    ip6tables: Object.fromEntries(some.map((node) => [node, sparingTunnels(randomRules(random, GROUND))])),
    probes: [],
  };
  return { scenario, parties: PARTIES };
}
