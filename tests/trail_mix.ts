/** Random mixes of packets through random worlds: a few flows again and again, other lengths, time and changes in between. */
import { Random } from "../core/base/mod.ts";
import { namespaceOf, netfilterOf, restoreTables } from "../core/linux/mod.ts";
import type { BatchPacket, PacketBatch, Plane } from "../wasm/mod.ts";
import { runLine } from "./parity/ip_lines.ts";
import { openPlane } from "./parity/plane.ts";
import { randomScenario } from "./parity/random/mod.ts";
import type { Scenario } from "./parity/scenario.ts";
import { buildWorld, type World } from "./parity/world.ts";

/** Addresses that no device has, but rules and routes know. */
const OTHERS = ["10.96.0.1", "10.96.0.10", "10.96.0.11", "8.8.8.8", "10.0.1.5"];
const PORTS = [53, 80, 443, 1000, 8080, 4003, 40000];
/** Flags of segments; most are plain acknowledgements. */
const FLAGS = [16, 16, 16, 16, 24, 24, 17, 2, 4];
const LENGTHS = [0, 0, 10, 100, 1000, 1400, 1473, 3000];
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

/** Who sends a mix: whole batches, whose repeated packets need not walk, or row by row, each disturbed by a call. */
export type Sender = (plane: Plane, batch: PacketBatch, from: number, count: number) => void;

const word = (address: string) => address.split(".").reduce((sum, byte) => sum * 256 + Number(byte), 0);

/** Everything that a mix leaves behind, a line each: what became of its packets, and all that was counted or remembered. */
export function runMix(seed: number, number: number, send: Sender): string[] {
  const scenario = randomScenario(seed, number);
  const plane = openPlane();
  const world = build(plane, scenario);
  if (world === undefined) return [];
  plane.watchFlows(false);
  const random = new Random(seed * 1009 + number);
  const spaces = [...world.ns.values()];
  for (const ns of spaces) plane.setSysctl(ns, SYSCTLS[2] as string, random.below(2));
  const known = Object.values(scenario.addresses ?? {}).flat().map((address) => word(address.split("/")[0] as string));
  const flows = Array.from({ length: 6 + random.below(20) }, () => packet(random, known));
  const batch = plane.batch();
  const lines: string[] = [];
  for (let turn = 0; turn < 24; turn++) {
    const [from, count] = [random.pick(spaces), 1 + random.below(MOST)];
    const rows = Array.from({ length: count }, () => ({ ...random.pick(flows), length: random.pick(LENGTHS) }));
    rows.forEach((row, n) => batch.set(n, row));
    send(plane, batch, from, count);
    rows.forEach((_, n) => lines.push(`${turn} ${from} ${n} ${JSON.stringify(batch.verdict(n))}`));
    plane.run(plane.now() + (turn % 3 === 2 ? random.pick([5000, 20_000, 400_000]) : random.pick([0, 0, 1, 5, 500])));
    if (random.below(3) === 0) change({ world, scenario, random, seed: seed + turn });
    if (random.below(6) === 0) lines.push(...left(world));
  }
  lines.push(...left(world));
  plane.free();
  return lines;
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
  const proto = random.pick([6, 6, 6, 17, 17, 17, 1, 47]);
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
function change(of: { world: World; scenario: Scenario; random: Random; seed: number }): void {
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
function left({ plane, ns, tables }: World): string[] {
  return [...ns].flatMap(([name, id]) => [
    ...tables.filter((loaded) => loaded.ns === name).flatMap((loaded) =>
      loaded.tables.map((table) => `${name} ${table} ${plane.counters(id, 4, table).join(" ")}`)
    ),
    ...[plane.links(id), plane.flows(id), plane.neighbours(id), plane.fdb(id)].map((list) =>
      `${name} ${JSON.stringify(list)}`
    ),
  ]);
}
