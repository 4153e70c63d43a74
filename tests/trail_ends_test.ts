/** What ends a trail: each of these must make the next packet walk, or be done for it although it does not. */
import { assertEquals } from "@std/assert";
import { namespaceOf, netfilterOf, restoreTables } from "../core/linux/mod.ts";
import type { BatchPacket, Ns, Plane } from "../wasm/mod.ts";
import { openPlane } from "./parity/plane.ts";
import { deviceOf, runLine } from "./parity/ip_lines.ts";
import { buildWorld } from "./parity/world.ts";

const RULES = `*filter
:INPUT ACCEPT
:FORWARD DROP
:OUTPUT ACCEPT
-A FORWARD -m conntrack --ctstate ESTABLISHED -j ACCEPT
-A FORWARD -m conntrack --ctstate NEW -j ACCEPT
COMMIT
`;
const [CLIENT, SERVER] = [0x0a010002, 0x0a020002];

/** Client, switch, router, server. */
interface Row {
  readonly plane: Plane;
  readonly client: Ns;
  readonly sw: Ns;
  readonly router: Ns;
  readonly server: Ns;
}

function row(): Row {
  const plane = openPlane();
  const { ns } = buildWorld(plane, {
    name: "row",
    namespaces: ["client", "sw", "router", "server"],
    links: [
      { a: "client:eth0", b: "sw:p1", mac_a: "02:00:00:00:00:01" },
      { a: "router:eth0", b: "sw:p2", mac_a: "02:00:00:00:00:02" },
      { a: "router:eth1", b: "server:eth0", mac_a: "02:00:00:00:00:03", mac_b: "02:00:00:00:00:04" },
      { type: "bridge", ns: "sw", name: "br0", ports: ["p1", "p2"] },
    ],
    addresses: {
      "client:eth0": "10.1.0.2/24",
      "router:eth0": "10.1.0.1/24",
      "router:eth1": "10.2.0.1/24",
      "server:eth0": "10.2.0.2/24",
    },
    routes: { client: ["default via 10.1.0.1"], server: ["default via 10.2.0.1"] },
    sysctls: { router: { "net.ipv4.ip_forward": 1 } },
    iptables: { router: RULES },
    listeners: [{ ns: "server", proto: "udp", port: 53 }, { ns: "client", proto: "udp", port: 1000 }],
    probes: [],
  });
  plane.watchFlows(false);
  const at = (name: string) => ns.get(name) as Ns;
  return { plane, client: at("client"), sw: at("sw"), router: at("router"), server: at("server") };
}

/** Sends packets of one flow from the client, and gives the outcome of the last. */
function ask({ plane, client }: Row, count: number, length = 10): string {
  const batch = plane.batch();
  const packet = { src: CLIENT, dst: SERVER, proto: 17, sport: 1000, dport: 53, length };
  for (let n = 0; n < count; n++) batch.set(n, packet);
  batch.send(client, count);
  return batch.verdict(count - 1).outcome;
}

function answer({ plane, server }: Row): string {
  const batch = plane.batch();
  batch.set(0, { src: SERVER, dst: CLIENT, proto: 17, sport: 53, dport: 1000 });
  batch.send(server, 1);
  return batch.verdict(0).outcome;
}

/** Neighbours on the way to the server are known for ever: no trail ends by them. */
function keepNeighbours({ plane, client, router }: Row): void {
  for (const [ns, dev, ip, mac] of [[client, "eth0", "10.1.0.1", 2], [router, "eth1", "10.2.0.2", 4]] as const) {
    const entry = { dev: deviceOf(plane, ns, dev), ip, mac: `02:00:00:00:00:0${mac}`, state: "PERMANENT" } as const;
    assertEquals(plane.addNeighbour(ns, entry, "replace"), null);
  }
}

/** Packets of the FORWARD chain's rules: ESTABLISHED, NEW. */
function forwarded({ plane, router }: Row): [number, number] {
  const counters = plane.counters(router, 4, "filter");
  // lines: INPUT's policy, then FORWARD's rules
  return [counters[2] as number, counters[4] as number];
}

Deno.test("a trail ends when a rule comes in between", () => {
  const stage = row();
  assertEquals(ask(stage, 5), "delivered");
  restoreTables(netfilterOf(namespaceOf(stage.plane, stage.router)), "*filter\n:FORWARD DROP\nCOMMIT\n");
  assertEquals(ask(stage, 5), "dropped");
});

Deno.test("a trail ends when a route comes in between", () => {
  const stage = row();
  assertEquals(ask(stage, 5), "delivered");
  runLine(stage.plane, stage.router, "route add blackhole 10.2.0.2/32");
  assertEquals(ask(stage, 5), "dropped");
});

Deno.test("a trail ends when its flow is answered: what was NEW is ESTABLISHED", () => {
  const stage = row();
  ask(stage, 10);
  assertEquals(forwarded(stage), [0, 10]);
  assertEquals(answer(stage), "delivered");
  ask(stage, 10);
  assertEquals(forwarded(stage), [11, 10]);
});

Deno.test("a trail ends with its flow: after its timeout the next packet begins a new one", () => {
  const stage = row();
  keepNeighbours(stage);
  ask(stage, 1);
  answer(stage);
  ask(stage, 10);
  assertEquals(forwarded(stage), [11, 1]);
  stage.plane.run(stage.plane.now() + 31_000);
  ask(stage, 1);
  assertEquals(forwarded(stage), [11, 2]);
});

Deno.test("a trail ends when a neighbour gets stale: the next packet has it asked again", () => {
  const stage = row();
  const { plane, client } = stage;
  const gateway = () => plane.neighbours(client).find(({ ip }) => ip === "10.1.0.1")?.state;
  ask(stage, 10);
  plane.run(plane.now() + 29_000);
  ask(stage, 10);
  assertEquals(gateway(), "REACHABLE");
  plane.run(plane.now() + 2000);
  ask(stage, 1);
  assertEquals(gateway(), "DELAY");
});

Deno.test("packets on a trail keep a bridge's entries young", () => {
  const stage = row();
  const { plane, sw } = stage;
  keepNeighbours(stage);
  answer(stage);
  ask(stage, 3);
  for (let minutes = 0; minutes < 4; minutes++) {
    plane.run(plane.now() + 20_000);
    ask(stage, 2);
  }
  const age = plane.fdb(sw).find(({ mac }) => mac === "02:00:00:00:00:01")?.age;
  assertEquals(age, 0);
});

Deno.test("a packet too long for the wire leaves the trail and is cut", () => {
  const stage = row();
  const sent = () => stage.plane.links(stage.client).find(({ name }) => name === "eth0")?.tx.packets ?? 0;
  ask(stage, 5, 1472);
  const before = sent();
  assertEquals(ask(stage, 1, 1473), "delivered");
  assertEquals(sent() - before, 2);
});

Deno.test("packets on a trail count where packets that walk count", () => {
  const stage = row();
  ask(stage, 1000, 100);
  ask(stage, 24, 50);
  const bytes = 1000 * 142 + 24 * 92;
  const { rx, tx } = stage.plane.links(stage.server).find(({ name }) => name === "eth0") ?? {};
  assertEquals([rx?.bytes, tx?.packets], [bytes + 42, 1], "an ARP request and its answer beside them");
});

/** First packets of flows from these ports to the Service 10.96.0.1:80; the rows' verdicts. */
function begin({ plane, client }: Row, ports: readonly number[], more: Partial<BatchPacket> = {}) {
  const batch = plane.batch();
  const packet = { src: CLIENT, dst: 0x0a600001, proto: 17, dport: 80, ...more };
  ports.forEach((sport, n) => batch.set(n, { ...packet, sport }));
  batch.send(client, ports.length);
  return ports.map((_, n) => batch.verdict(n));
}

/** A row whose router translates the Service, and more. */
function service(...more: readonly string[]): Row {
  const stage = row();
  const lines = ["-A PREROUTING -d 10.96.0.1 -p udp -m udp --dport 80 -j DNAT --to-destination 10.2.0.2:53", ...more];
  const text = ["*nat", ":PREROUTING ACCEPT", ":POSTROUTING ACCEPT", ...lines, "COMMIT", ""].join("\n");
  assertEquals(restoreTables(netfilterOf(namespaceOf(stage.plane, stage.router)), text).exit, 0);
  return stage;
}

const range = (first: number, count: number) => Array.from({ length: count }, (_, n) => first + n);

Deno.test("first packets on a trail make flows of their own, each with its port", () => {
  const stage = service();
  const seen = begin(stage, range(3000, 40));
  assertEquals(seen.map(({ outcome, sport, dport }) => `${outcome} ${sport} ${dport}`).at(-1), "delivered 3039 53");
  const flows = stage.plane.flows(stage.router);
  assertEquals(flows.length, 40);
  assertEquals(flows.map(({ reply }) => reply.dport).toSorted(), range(3000, 40));
  assertEquals(new Set(flows.map(({ id }) => id)).size, 40);
});

Deno.test("a first packet leaves the trail where its answer's tuple is another flow's: NAT finds it another port", () => {
  const stage = service("-A POSTROUTING -p udp -j SNAT --to-source 10.2.0.1");
  begin(stage, range(3010, 10));
  const seen = begin(stage, range(3000, 30), { src: CLIENT + 1 });
  const kept = seen.map(({ sport }, n) => sport === 3000 + n);
  assertEquals(kept, range(0, 30).map((n) => n < 10 || n >= 20));
});

Deno.test("a first packet leaves the trail where the table is full", () => {
  const stage = service();
  stage.plane.setSysctl(stage.router, "net.netfilter.nf_conntrack_max", 10);
  begin(stage, range(3000, 40));
  assertEquals(stage.plane.flows(stage.router).length, 10);
  assertEquals(stage.plane.flowStatistics(stage.router).earlyDrop, 30);
});

/** Ways to ask for source port 3020. */
const ASKS = [
  "-m udp --sport 3020",
  "-m multiport --sports 3020,3020",
  "-m conntrack --ctorigsrcport 3020",
  "-m u32 --u32 0>>22&0x3C@0>>16=3020",
];

for (const ask of ASKS) {
  Deno.test(`no first packet follows a trail past ${ask}, though those that made it did not match`, () => {
    const stage = service(`-A POSTROUTING -p udp ${ask} -j SNAT --to-source 10.2.0.9`);
    const seen = begin(stage, range(3000, 40));
    assertEquals(seen.map(({ src }) => src === CLIENT).indexOf(false), 20);
  });
}

Deno.test("no first packet follows a trail to sockets that hear one peer each", () => {
  const stage = service();
  const { plane, server } = stage;
  const listener = plane.sockets(server).find(({ localPort }) => localPort === 53);
  plane.close(listener?.id as number);
  for (const port of range(3000, 3)) {
    const socket = plane.socket(server, "udp", 4);
    plane.setSocket(socket, { reuseAddress: true });
    assertEquals(plane.bind(socket, "0.0.0.0", 53), null);
    plane.connect(socket, "10.1.0.2", port);
  }
  begin(stage, [9]);
  const outcomes = begin(stage, range(3000, 5)).map(({ outcome }) => outcome);
  assertEquals(outcomes, ["delivered", "delivered", "delivered", "refused", "refused"]);
});

Deno.test("no first packet follows a trail out of a range of source ports", () => {
  const stage = service("-A POSTROUTING -p udp -j SNAT --to-source 10.2.0.1:2000-2005");
  const seen = begin(stage, [2000, 2001, 2002, 2003, 3000, 3001]);
  assertEquals(seen.map(({ sport }) => sport).toSorted(), range(2000, 6));
});

Deno.test("a packet of a flow that was translated by older rules belongs to it, though its like follow a trail by now", () => {
  const stage = service();
  begin(stage, [3000]);
  const text =
    "*nat\n:PREROUTING ACCEPT\n-A PREROUTING -d 10.96.0.1 -p udp -j DNAT --to-destination 10.2.0.2:54\nCOMMIT\n";
  assertEquals(restoreTables(netfilterOf(namespaceOf(stage.plane, stage.router)), text).exit, 0);
  stage.plane.bind(stage.plane.socket(stage.server, "udp", 4), "0.0.0.0", 54);
  assertEquals(begin(stage, [3001, 3002, 3003, 3004, 3000]).map(({ dport }) => dport), [54, 54, 54, 54, 53]);
});

Deno.test("an echo request leaves the trail where NAT, before it changes the source, finds the answer's tuple taken", () => {
  const stage = service(
    "-A POSTROUTING -s 10.1.0.3 -j SNAT --to-source 10.1.0.2",
    "-A POSTROUTING -s 10.1.0.2 -j SNAT --to-source 10.2.0.1",
  );
  const silent = "*filter\n:INPUT ACCEPT\n-A INPUT -p icmp -j DROP\nCOMMIT\n";
  assertEquals(restoreTables(netfilterOf(namespaceOf(stage.plane, stage.server)), silent).exit, 0);
  const echo = { dst: SERVER, proto: 1, flags: 8, dport: 0 };
  begin(stage, range(3010, 10), { ...echo, src: CLIENT + 1 });
  const kept = begin(stage, range(3000, 30), echo).map(({ sport }, n) => sport === 3000 + n);
  assertEquals(kept, range(0, 30).map((n) => n < 10 || n >= 20));
});
