/** Random mixes of first packets: flow after flow from other source ports, through rules of which some look at just that. */
import { Random } from "../core/base/mod.ts";
import type { BatchPacket, Ns, PacketBatch, Plane } from "../wasm/mod.ts";
import { namespaceOf } from "../core/linux/mod.ts";
import { addSets, changeSets } from "./fresh_sets.ts";
import { runLine } from "./parity/ip_lines.ts";
import { openPlane } from "./parity/plane.ts";
import { buildWorld, type World } from "./parity/world.ts";
import { left } from "./trail_mix.ts";
import type { Sender } from "./trail_senders.ts";

const CLIENTS = [0x0a010002, 0x0a010003];
/** A Service, an address of the server, addresses that rules or two routes know. */
const GOALS = [0x0a600001, 0x0a600002, 0x0a600003, 0x0a020002, 0x0a030001, 0x0a030005];
const DPORTS = [80, 80, 443, 53];
/** Few ports, so that flows meet again and translations clash; some privileged, some that rules name. */
const FEW = [7, 600, 1000, 1024, 2000, 2001, 2002, 2003, 2004, ...Array.from({ length: 20 }, (_, n) => 40_000 + n)];
const LENGTHS = [0, 12, 12, 100, 1400];
/** Echo requests whose way ends where no answer is sent. */
const SILENT = 0x0a030007;

/** Lines that a world may have, by table; each with how many of ten worlds have it. */
const LINES: Readonly<Record<string, readonly (readonly [number, string])[]>> = {
  raw: [
    [2, "-A PREROUTING -p udp -d 10.3.0.1 -j NOTRACK"],
    [2, "-A PREROUTING -d 10.96.0.2 -j CT --zone 7"],
    [1, "-A PREROUTING -p udp -m udp --sport 1024 -j CT --zone-orig 9"],
  ],
  mangle: [
    [3, "-A PREROUTING -j CONNMARK --set-mark 0x3"],
    [2, "-A PREROUTING -m conntrack --ctstate NEW -j MARK --set-mark 0x9"],
    [2, "-A FORWARD -j CONNMARK --save-mark"],
    [1, "-A FORWARD -p tcp -m tcp --tcp-flags SYN,RST SYN -j TCPMSS --set-mss 1000"],
    [1, "-A FORWARD -p udp -m udp --sport 1000:2000 -j TOS --set-tos 0x10"],
  ],
  nat: [
    [9, "-A PREROUTING -d 10.96.0.1 -p udp -m udp --dport 80 -j DNAT --to-destination 10.2.0.2:8080"],
    [9, "-A PREROUTING -d 10.96.0.1 -p tcp -m tcp --dport 80 -j DNAT --to-destination 10.2.0.2:8080"],
    [5, "-A PREROUTING -d 10.96.0.2 -j DNAT --to-destination 10.3.0.1"],
    [3, "-A PREROUTING -d 10.96.0.3 -p udp -j DNAT --to-destination 10.3.0.1-10.3.0.9"],
    [3, "-A PREROUTING -d 10.96.0.3 -p tcp -j DNAT --to-destination 10.2.0.2:8080-8082"],
    [1, "-A PREROUTING -p udp -m udp --sport 2001 -j DNAT --to-destination 10.3.0.5:8080"],
    [1, "-A PREROUTING -p udp -m multiport --sports 2002,2003 -j DNAT --to-destination 10.3.0.6:8080"],
    [1, "-A PREROUTING -p udp -m statistic --mode nth --every 3 --packet 0 -j DNAT --to-destination 10.3.0.6:8080"],
    [1, "-A PREROUTING -p tcp -m conntrack --ctorigsrcport 2000:3000 -j DNAT --to-destination 10.3.0.6:8080"],
    [1, "-A PREROUTING -p udp -m u32 --u32 0>>22&0x3C@0>>16=2004 -j DNAT --to-destination 10.3.0.6:8080"],
    [5, "-A POSTROUTING -o eth1 -j MASQUERADE"],
    [2, "-A POSTROUTING -s 10.1.0.3 -j SNAT --to-source 10.1.0.2"],
    [1, "-A POSTROUTING -p udp -j SNAT --to-source 10.2.0.1:2000-2002"],
    [1, "-A POSTROUTING -p tcp -j MASQUERADE --random-fully"],
    [1, "-A POSTROUTING -j SNAT --to-source 10.2.0.10-10.2.0.12"],
    [1, "-A POSTROUTING -p udp -j NETMAP --to 10.9.0.0/16"],
  ],
  filter: [
    [4, "-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT"],
    [3, "-A FORWARD -m conntrack --ctstate DNAT -j ACCEPT"],
    [1, "-A FORWARD -p udp -m udp --sport 2003 -j DROP"],
    [1, "-A FORWARD -p tcp -m tcp ! --sport 600:65535 -j DROP"],
    [1, "-A FORWARD -m limit --limit 1/sec --limit-burst 20 -j ACCEPT"],
    [1, "-A FORWARD -p udp -m recent --name seen --update --seconds 5 -j DROP"],
    [1, "-A FORWARD -p udp -m length --length 50: -j ACCEPT"],
  ],
};
const CHAINS = ["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"];
const HAS: Readonly<Record<string, readonly number[]>> = {
  raw: [0, 3],
  mangle: [0, 1, 2, 3, 4],
  nat: [0, 1, 3, 4],
  filter: [1, 2, 3],
};
/** What the server looks at: a flow of its own namespace, and silence for echo requests. */
const SERVER = `*filter
:INPUT ACCEPT
-A INPUT -p icmp -j DROP
-A INPUT -m conntrack --ctstate INVALID -j DROP
COMMIT
`;
/** Lines of \`ip\` on the router between batches. */
const CHANGES = [
  "route add blackhole 10.3.0.5/32",
  "rule add sport 2000-2003 blackhole priority 50",
  "rule add dport 2000-2003 blackhole priority 60",
  "neigh flush all",
];
const SYSCTLS = [
  ["net.netfilter.nf_conntrack_max", [262144, 60, 100]],
  ["net.netfilter.nf_conntrack_acct", [0, 1]],
  ["net.ipv4.fib_multipath_hash_policy", [0, 1]],
  ["net.netfilter.nf_conntrack_udp_timeout", [30, 2]],
  ["net.netfilter.nf_conntrack_tcp_loose", [0, 1]],
] as const;

/** The router's tables with some of the lines. */
function rules(random: Random): string {
  const table = (name: string) => {
    const lines = (LINES[name] ?? []).filter(([often]) => random.below(10) < often).map(([, line]) => line);
    const chains = (HAS[name] ?? []).map((at) => `:${CHAINS[at]} ACCEPT`);
    return lines.length === 0 ? [] : [`*${name}`, ...chains, ...lines, "COMMIT"];
  };
  return [...["raw", "mangle", "nat", "filter"].flatMap(table), ""].join("\n");
}

/** Client, router with two ways to the server, server; whether the client tracks flows of its own, too. */
function build(plane: Plane, random: Random): World {
  const server: Readonly<Record<string, string>> = random.below(2) === 0 ? { server: SERVER } : {};
  const client: Readonly<Record<string, string>> = random.below(4) === 0
    ? { client: "*nat\n:POSTROUTING ACCEPT\nCOMMIT\n" }
    : {};
  return buildWorld(plane, {
    name: "fresh",
    namespaces: ["client", "router", "server"],
    links: [
      { a: "client:eth0", b: "router:eth0" },
      { a: "router:eth1", b: "server:eth0" },
      { a: "router:eth2", b: "server:eth1" },
    ],
    addresses: {
      "client:eth0": ["10.1.0.2/24", "10.1.0.3/24"],
      "router:eth0": "10.1.0.1/24",
      "router:eth1": "10.2.0.1/24",
      "router:eth2": "10.4.0.1/24",
      "server:eth0": "10.2.0.2/24",
      "server:eth1": "10.4.0.2/24",
    },
    routes: {
      client: ["default via 10.1.0.1"],
      router: ["10.3.0.0/16 nexthop via 10.2.0.2 nexthop via 10.4.0.2", "10.3.0.1/32 via 10.2.0.2"],
      server: ["default via 10.2.0.1", "local 10.3.0.0/16 dev lo"],
    },
    sysctls: { router: { "net.ipv4.ip_forward": 1 } },
    iptables: { router: rules(random), ...server, ...client },
    listeners: [8080, 80, 53].flatMap((port) =>
      (["udp", "tcp"] as const).map((proto) => ({ ns: "server", proto, port }))
    ),
    probes: [],
  });
}

function packet(random: Random, ports: readonly number[]): BatchPacket {
  const proto = random.pick([17, 17, 17, 6, 6, 1]);
  const dst = proto === 1 ? random.pick([SILENT, 0x0a600002]) : random.pick(GOALS);
  return {
    src: random.pick(CLIENTS),
    dst,
    proto,
    sport: random.pick(ports),
    dport: proto === 1 ? 0 : random.pick(DPORTS),
    flags: proto === 6 ? random.pick([2, 2, 2, 16]) : proto === 1 ? 8 : 0,
    length: random.pick(LENGTHS),
  };
}

/** A batch of packets that differ in their source ports, and now and then in more; some come twice. */
function rows(random: Random): BatchPacket[] {
  const ports = random.below(3) > 0 ? FEW : Array.from({ length: 200 }, () => random.below(65536));
  const first = packet(random, ports);
  const likes = [first, { ...first, src: random.pick(CLIENTS) }, packet(random, ports)].slice(
    0,
    random.pick([1, 2, 3]),
  );
  return Array.from({ length: random.pick([3, 20, 60]) }, () => {
    const like = random.pick(likes);
    return random.below(30) === 0
      ? packet(random, ports)
      : { ...like, sport: random.pick(ports), length: random.pick(LENGTHS) };
  });
}

function change(plane: Plane, router: Ns, random: Random): void {
  const kind = random.below(4);
  if (kind === 0) {
    try {
      runLine(plane, router, random.pick(CHANGES));
    } catch {
      // it is there already, in both worlds
    }
  } else if (kind === 1) plane.removeFlows(router, () => random.below(2) === 0);
  else if (kind === 2) plane.removeFlows(router, () => false);
  else {
    const [key, values] = random.pick(SYSCTLS);
    plane.setSysctl(router, key, random.pick(values));
  }
}

function post(plane: Plane, from: Ns, of: { packets: readonly BatchPacket[]; batch: PacketBatch; send: Sender }) {
  of.packets.forEach((row, n) => of.batch.set(n, row));
  of.send(plane, of.batch, from, of.packets.length);
  return of.packets.map((row, n) => `${JSON.stringify(row)} ${JSON.stringify(of.batch.verdict(n))}`);
}

/** Everything that a mix of first packets leaves behind, a line each. */
export function runFreshMix(seed: number, number: number, send: Sender): string[] {
  const random = new Random(seed * 7919 + number);
  const plane = openPlane();
  const world = build(plane, random);
  plane.watchFlows(false);
  const at = (name: string) => world.ns.get(name) as Ns;
  if (random.below(3) === 0) plane.connect(plane.socket(at("server"), "udp", 4), "10.1.0.2", 2000);
  const router = random.below(2) === 0 ? namespaceOf(plane, at("router")) : undefined;
  if (router !== undefined) addSets(router, random);
  const batch = plane.batch();
  const lines: string[] = [];
  for (let turn = 0; turn < 16; turn++) {
    lines.push(...post(plane, at("client"), { packets: rows(random), batch, send }));
    plane.run(plane.now() + random.pick([0, 0, 1, 900, 31_000]));
    if (random.below(4) === 0) change(plane, at("router"), random);
    if (router !== undefined && random.below(4) === 0) changeSets(router, random);
    if (random.below(3) === 0) lines.push(...remembered(world));
  }
  lines.push(...remembered(world));
  plane.free();
  return lines;
}

function remembered(world: World): string[] {
  const statistics = [...world.ns.values()].map((ns) => JSON.stringify(world.plane.flowStatistics(ns)));
  return [...left(world), ...statistics];
}
