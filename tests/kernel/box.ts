/** A machine of ours over a plane of its own, as the real one is over its kernel. */
import { defaultHost } from "../../mod.ts";
import { planeBytes } from "../../wasm/bytes.ts";
import { Plane } from "../../wasm/mod.ts";
import { Random, VirtualClock } from "../../core/base/mod.ts";
import { LINUX_PROGRAMS, Machine, NETFILTER_PROGRAMS, Runner } from "../../core/linux/mod.ts";
import { PROGRAMS } from "../../core/tools/mod.ts";

/** A machine named `box` with all programs of a machine. */
export function box(): Machine {
  const plane = Plane.open(planeBytes(), { seed: 1 });
  const runner = new Runner({ plane, clock: new VirtualClock(Date.UTC(2026, 0, 1)), turn: defaultHost().turn });
  const programs = new Map([...LINUX_PROGRAMS, ...NETFILTER_PROGRAMS, ...PROGRAMS]);
  return new Machine({ name: "box", plane, runner, random: new Random(1), programs });
}
