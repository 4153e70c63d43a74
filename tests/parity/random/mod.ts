/** Random scenarios by kind; the same seed and number give the same scenario. */
import { Random } from "../../../core/base/mod.ts";
import { openPlane } from "../plane.ts";
import { runProbe } from "../probe.ts";
import type { PacketProbe, Scenario } from "../scenario.ts";
import { buildWorld } from "../world.ts";
import { randomBridge } from "./bridges.ts";
import { randomRouter } from "./router.ts";
import { randomBridge6 } from "./bridges6.ts";
import { randomRouter6 } from "./router6.ts";
import { randomTunnel6 } from "./tunnels6.ts";
import { randomWires6 } from "./wires6.ts";
import { Conversation, type Parties } from "./talk.ts";
import { randomTunnel } from "./tunnels.ts";
import { randomWires } from "./wires.ts";

/** Probes of one scenario of packets. */
const PACKETS = 24;

type Kind = (random: Random, name: string) => Scenario;

/** The kinds take turns in this order. */
const KINDS: readonly Kind[] = [
  (random, name) => talking(random, randomRouter(random, `router ${name}`)),
  (random, name) => talking(random, randomBridge(random, `bridge ${name}`)),
  (random, name) => talking(random, randomRouter(random, `router ${name}`)),
  randomWires,
  (random, name) => talking(random, randomTunnel(random, `tunnel ${name}`)),
  (random, name) => talking(random, randomRouter6(random, `router6 ${name}`)),
  (random, name) => talking(random, randomBridge6(random, `bridge6 ${name}`)),
  randomWires6,
  (random, name) => talking(random, randomTunnel6(random, `tunnel6 ${name}`)),
];

/** The scenario of a seed and a number. */
export function randomScenario(seed: number, number: number): Scenario {
  const random = new Random(Math.imul(seed, 0x9e3779b1) ^ Math.imul(number + 1, 0x85ebca6b));
  return (KINDS[number % KINDS.length] as Kind)(random, `${seed}/${number}`);
}

/** A world whose packets were chosen by what the plane made of those before them. */
function talking(random: Random, { scenario, parties }: { scenario: Scenario; parties: Parties }): Scenario {
  const talk = new Conversation(random, parties);
  const probes: PacketProbe[] = [];
  const plane = openPlane();
  try {
    const world = buildWorld(plane, scenario);
    while (probes.length < PACKETS) {
      const probe = talk.next();
      probes.push(probe);
      talk.learn(runProbe(world, probe));
    }
  } catch {
    // The trial will say what the plane could not do.
    while (probes.length < 1) probes.push(talk.next());
  }
  plane.free();
  return { ...scenario, probes };
}
