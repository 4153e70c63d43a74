/**
 * Random and mutated packets through random worlds, every one traced: it ends somewhere, and what is dropped is dropped for a
 * reason that has a name.
 */
import { Random } from "../../core/base/mod.ts";
import type { Plane, TraceRecord } from "../../wasm/mod.ts";
import { openPlane } from "../parity/plane.ts";
import { bytesOf } from "../parity/random/packets.ts";
import { randomScenario } from "../parity/random/mod.ts";
import type { PacketProbe } from "../parity/scenario.ts";
import { buildWorld, type World } from "../parity/world.ts";
import type { Fuzz, Report } from "./fuzz.ts";
import { mutateBytes, randomBytes } from "./mutate.ts";

/** Packets through one world before the next is built. */
const A_WORLD = 400;
/** Virtual milliseconds from one packet to the next, so that timers run and entries end. */
const STEP = 40;

/** Packets into tun ports. */
export const packets: Fuzz = {
  name: "packets",
  share: 0.9,
  run: (seed, count, report) => {
    for (let number = 0, left = count; left > 0; number++) {
      const scenario = randomScenario(seed, number);
      if (scenario.probes.some((probe) => !("inject" in probe))) continue;
      const most = Math.min(A_WORLD, left);
      left -= sendAll(new Random(seed ^ Math.imul(number + 1, 0x9e3779b1)), { scenario, most }, report);
    }
    return Promise.resolve();
  },
};

interface Load {
  readonly scenario: ReturnType<typeof randomScenario>;
  readonly most: number;
}

/** The world; nothing where the scenario says what nobody takes. A plane that goes down is our own bug. */
function built(plane: Plane, scenario: Load["scenario"]): World | undefined {
  try {
    return buildWorld(plane, scenario);
  } catch (error) {
    if (error instanceof WebAssembly.RuntimeError) throw error;
    return undefined;
  }
}

/** How many were sent. */
function sendAll(random: Random, { scenario, most }: Load, report: Report): number {
  const plane = openPlane();
  const world = built(plane, scenario);
  if (world === undefined) return 0;
  for (const { ns, dev } of world.ports) plane.traceDevice(ns, dev, true);
  const good = scenario.probes.map((probe) => probe as PacketProbe);
  for (let sent = 0; sent < most; sent++) {
    const probe = random.pick(good);
    const bytes = random.below(10) === 0
      ? randomBytes(random)
      : random.below(4) === 0
      ? bytesOf(probe)
      : mutateBytes(random, bytesOf(probe));
    const port = random.pick(world.ports);
    plane.takeTrace();
    report.began();
    plane.inject(port.ns, port.dev, bytes);
    const problem = judge(plane.takeTrace());
    report.ended(problem && `${scenario.name} ${port.name} ${bytes.toHex()}: ${problem}`);
    plane.takeOut();
    plane.takeFlowEvents();
    plane.run(plane.now() + random.below(STEP));
  }
  plane.free();
  return most;
}

/** What is wrong with a packet's story; nothing where every end has its reason. */
function judge(records: readonly TraceRecord[]): string | undefined {
  if (records.length === 0) return "nothing is said of it";
  const silent = records.find(({ action, reason }) => action === "dropped" && (reason ?? "none") === "none");
  return silent && `dropped by ${silent.layer} without a reason`;
}
