/** Random scenarios by kind; the same seed and number give the same scenario. */
import { Random } from "../../../core/base/mod.ts";
import { openPlane } from "../plane.ts";
import { runProbe } from "../probe.ts";
import type { PacketProbe, Scenario } from "../scenario.ts";
import { buildWorld } from "../world.ts";
import { randomRouter } from "./router.ts";
import { Conversation } from "./talk.ts";
import { randomWires } from "./wires.ts";

/** Probes of one router. */
const PACKETS = 24;

/** The scenario of a seed and a number. */
export function randomScenario(seed: number, number: number): Scenario {
  const random = new Random(Math.imul(seed, 0x9e3779b1) ^ Math.imul(number + 1, 0x85ebca6b));
  const name = `${seed}/${number}`;
  return number % 3 < 2 ? talkingRouter(random, name) : randomWires(random, name);
}

/** A router whose packets were chosen by what the plane made of those before them. */
function talkingRouter(random: Random, name: string): Scenario {
  const { scenario, ground } = randomRouter(random, `router ${name}`);
  const talk = new Conversation(random, ground);
  const probes: PacketProbe[] = [];
  try {
    const world = buildWorld(openPlane(), scenario);
    while (probes.length < PACKETS) {
      const probe = talk.next();
      probes.push(probe);
      talk.learn(runProbe(world, probe));
    }
  } catch {
    // The trial will say what the plane could not do.
    while (probes.length < 1) probes.push(talk.next());
  }
  return { ...scenario, probes };
}
