/** Random mixes of packets through random worlds: a few flows again and again, other lengths, time and changes in between. */
import { Random } from "../core/base/mod.ts";
import { namespaceOf, netfilterOf, restoreTables } from "../core/linux/mod.ts";
import type { BatchPacket, Ns, PacketBatch, Plane } from "../wasm/mod.ts";
import { runLine } from "./parity/ip_lines.ts";
import { openPlane } from "./parity/plane.ts";
import { randomScenario } from "./parity/random/mod.ts";
import type { Scenario } from "./parity/scenario.ts";
import { buildWorld, type World } from "./parity/world.ts";
import type { Sender } from "./trail_senders.ts";

/** Addresses that no device has, but rules and routes know. */
const OTHERS = ["10.96.0.1", "10.96.0.10", "10.96.0.11", "8.8.8.8", "10.0.1.5"];
const PORTS = [53, 80, 443, 1000, 8080, 4003, 40000];
/** Flags of segments; most are plain acknowledgements. */
const FLAGS = [16, 16, 16, 16, 16, 16, 24, 24, 24, 17, 2, 4];
const LENGTHS = [0, 0, 10, 100, 1000, 1400, 1473, 3000];
/** Rules that look at what packets of a flow have in common, and some at what they have not: most packets may follow a trail. */
const CALM = `*mangle
:PREROUTING ACCEPT
:FORWARD ACCEPT
-A PREROUTING -j CONNMARK --restore-mark
-A PREROUTING -p tcp -m connmark --mark 0x0 -j MARK --set-mark 0x5
-A FORWARD -p tcp -m conntrack --ctstatus SEEN_REPLY -j MARK --set-mark 0x7
-A FORWARD -p tcp --sport 80 -m length --length 0:900 -j TOS --set-tos 0x10
-A PREROUTING -p tcp -m mark ! --mark 0x0 -j CONNMARK --save-mark
COMMIT
*nat
:PREROUTING ACCEPT
:POSTROUTING ACCEPT
-A POSTROUTING -p udp -d 203.0.113.0/24 -j MASQUERADE
COMMIT
*filter
:INPUT ACCEPT
:FORWARD ACCEPT
-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A FORWARD -p udp -m length --length 1000: -j ACCEPT
-A FORWARD -m conntrack --ctstate NEW -j ACCEPT
COMMIT
`;
/** Rows of a batch at most: three of them do not fill the queue of a neighbour that nobody knows, which takes back verdicts. */
const MOST = 33;
/** What happens between batches; a line of `ip`, a sysctl, or nothing but time. */
const LINES = [
  "route add blackhole 8.8.8.0/24 metric 7",
  "route add unreachable 10.96.0.0/16 metric 1",
  "rule add to 203.0.113.20 prohibit priority 7",
  "neigh flush all",
  "link set lo mtu 1000",
];
const SYSCTLS = ["net.ipv4.ip_forward", "net.netfilter.nf_conntrack_acct", "net.netfilter.nf_conntrack_tcp_be_liberal"];

const word = (address: string) => address.split(".").reduce((sum, byte) => sum * 256 + Number(byte), 0);

/** A packet that is sent again and again, and from where. */
interface Talk {
  readonly from: Ns;
  readonly packet: BatchPacket;
}

/** A mix under way. */
interface Mix {
  readonly world: World;
  readonly random: Random;
  readonly plane: Plane;
  readonly batch: PacketBatch;
  readonly send: Sender;
  /** What it leaves behind. */
  readonly lines: string[];
}

/** Everything that a mix leaves behind, a line each: what became of its packets, and all that was counted or remembered. */
export function runMix(seed: number, number: number, send: Sender): string[] {
  const scenario = calmed(randomScenario(seed, number), number % 4 < 3);
  const plane = openPlane();
  const world = build(plane, scenario);
  if (world === undefined) return [];
  plane.watchFlows(false);
  const random = new Random(seed * 1009 + number);
  const mix: Mix = { world, random, plane, batch: plane.batch(), send, lines: [] };
  for (const ns of world.ns.values()) plane.setSysctl(ns, SYSCTLS[2] as string, random.below(4) === 0 ? 0 : 1);
  const known = Object.values(scenario.addresses ?? {}).flat().map((address) => word(address.split("/")[0] as string));
  const talks = begin(mix, known);
  if (talks.length === 0) return [];
  for (let turn = 0; turn < 24; turn++) {
    const { from } = random.pick(talks);
    const here = talks.filter((talk) => talk.from === from);
    const of = here.slice(random.below(here.length)).slice(0, 3);
    post(
      mix,
      from,
      Array.from({ length: random.pick([1, 3, MOST, MOST]) }, () => again(random, random.pick(of).packet)),
    );
    plane.run(
      plane.now() + (turn % 4 === 3 ? random.pick([5000, 16_000, 400_000]) : random.pick([0, 0, 0, 1, 5, 900])),
    );
    if (random.below(6) === 0) change({ world, random, seed: seed + turn });
    if (random.below(8) === 0) mix.lines.push(...left(world));
  }
  mix.lines.push(...left(world), ...numbers(world));
  plane.free();
  return mix.lines;
}

/** Tries packets and keeps those that nobody answered: they, and their answers where they were delivered, are what is said. */
function begin(mix: Mix, known: readonly number[]): Talk[] {
  const { random, batch, world } = mix;
  const spaces = [...world.ns.values()];
  const talks: Talk[] = [];
  for (let tried = 0; tried < 80; tried++) {
    const talk = { from: random.pick(spaces), packet: packet(random, known) };
    for (let first = 0; first < 2; first++) post(mix, talk.from, [talk.packet]);
    mix.plane.run(mix.plane.now() + 100);
    const { outcome, ns, src, dst, sport, dport } = batch.verdict(0);
    const calm = outcome === "delivered" || outcome === "out";
    if (!calm && (outcome !== "dropped" || random.below(6) > 0)) continue;
    talks.push(talk);
    if (outcome !== "delivered") continue;
    const answer = {
      ...talk.packet,
      src: dst,
      dst: src,
      sport: dport,
      dport: sport,
      flags: talk.packet.proto === 6 ? 16 : 0,
    };
    talks.push({ from: ns, packet: answer });
  }
  return talks;
}

/** The packet with another length, and, rarely, another flag or TTL. */
function again(random: Random, packet: BatchPacket): BatchPacket {
  const length = random.pick(LENGTHS);
  if (random.below(60) > 0) return { ...packet, length };
  return { ...packet, length, ttl: random.pick([64, 3, 1]), ...packet.proto === 6 && { flags: random.pick(FLAGS) } };
}

function post({ plane, batch, send, lines }: Mix, from: Ns, rows: readonly BatchPacket[]): void {
  rows.forEach((row, n) => batch.set(n, row));
  send(plane, batch, from, rows.length);
  rows.forEach((_, n) => lines.push(`${from} ${n} ${JSON.stringify(batch.verdict(n))}`));
}

/** A datagram of each namespace as its devices see it: what IP id it gets. */
function numbers({ plane, ns }: World): string[] {
  for (const id of ns.values()) plane.links(id).forEach(({ index }) => plane.capture(id, index, true));
  for (const id of ns.values()) plane.sendTo(plane.socket(id, "udp", 4), new Uint8Array(3000), "8.8.8.8", 53);
  plane.run(plane.now() + 5000);
  return plane.takeFrames().map((frame) => `${frame.ns} ${frame.dev} ${frame.bytes.toHex()}`);
}

/** The scenario with calm rules in all places that have rules, and no settings but forwarding. */
function calmed(scenario: Scenario, calm: boolean): Scenario {
  if (!calm) return scenario;
  const names = Object.keys(scenario.iptables ?? {});
  const sysctls = Object.fromEntries(names.map((name) => [name, { "net.ipv4.ip_forward": 1 }]));
  return { ...scenario, sysctls, iptables: Object.fromEntries(names.map((name) => [name, CALM])) };
}

/** The scenario's world; none where its random rules are not even sound. */
function build(plane: Plane, scenario: Scenario): World | undefined {
  try {
    return buildWorld(plane, scenario);
  } catch {
    return undefined;
  }
}

function packet(random: Random, known: readonly number[]): BatchPacket {
  const proto = random.below(40) === 0 ? random.pick([1, 47]) : random.pick([6, 17]);
  const flags = proto === 6 ? random.pick(FLAGS) : proto === 1 ? random.pick([8, 0, 3]) : 0;
  const others = OTHERS.map(word);
  const [src, dst] = [random.pick([...known, ...known, ...others]), random.pick([...known, ...known, ...others])];
  return {
    src,
    dst,
    proto,
    flags,
    sport: random.pick(PORTS),
    dport: random.pick(PORTS),
    ttl: random.pick([64, 64, 64, 3, 1]),
  };
}

/** Other rules, another setting, another route. */
function change(of: { world: World; random: Random; seed: number }): void {
  const { world: { plane, ns }, random } = of;
  const space = random.pick([...ns.values()]);
  const kind = random.below(4);
  if (kind === 0) plane.setSysctl(space, random.pick(SYSCTLS), random.below(2));
  else if (kind === 1) {
    try {
      runLine(plane, space, random.pick(LINES));
    } catch {
      // the same in both worlds
    }
  } else if (kind === 2) plane.removeFlows(space, () => random.below(2) === 0);
  else {
    const other = randomScenario(of.seed, 3 * random.below(50) + 2);
    for (const [name, lines] of Object.entries(other.iptables ?? {})) {
      const at = ns.get(name);
      if (at !== undefined) restoreTables(netfilterOf(namespaceOf(plane, at)), [lines].flat().join("\n") + "\n");
    }
  }
}

/** Counters, devices, flows, neighbours and forwarding entries of every namespace. */
export function left({ plane, ns, tables }: World): string[] {
  return [...ns].flatMap(([name, id]) => [
    ...tables.filter((loaded) => loaded.ns === name).flatMap((loaded) =>
      loaded.tables.map((table) => `${name} ${table} ${plane.counters(id, 4, table).join(" ")}`)
    ),
    ...[plane.links(id), plane.flows(id), plane.neighbours(id), plane.fdb(id)].map((list) =>
      `${name} ${JSON.stringify(list)}`
    ),
  ]);
}
