import type { Random } from "../../../core/base/mod.ts";
import type { Scenario } from "../scenario.ts";

export function randomWires(_: Random, name: string): Scenario {
  return { name: `wires ${name}`, namespaces: ["a"], probes: [] };
}
