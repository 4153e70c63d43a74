/** Runs scenarios and counts what came out as recorded. */
import type { PlaneApi } from "../../wasm/mod.ts";
import { Chance } from "./chance.ts";
import { compareResults, printDifference } from "./compare.ts";
import { runProbe } from "./probe.ts";
import { eachProbe, type Probe, type ProbeResult, type Recording } from "./scenario.ts";
import { buildWorld } from "./world.ts";

/** What one scenario gave. */
export interface ScenarioReport {
  readonly name: string;
  /** The first word of the name: kube, packet. */
  readonly kind: string;
  readonly passed: number;
  readonly failed: number;
  /** Single values compared. */
  readonly compared: number;
  /** Differing probes in full, the first ones. */
  readonly failures: readonly string[];
}

/** How much of what differs is kept in full. */
export interface RunOptions {
  readonly keep?: number;
}

/** Builds one scenario in a fresh plane, sends its probes in order and compares each. */
export function runScenario(
  plane: PlaneApi,
  one: Recording["cases"][number],
  options: RunOptions = {},
): ScenarioReport {
  const { scenario, results } = one;
  const base = { name: scenario.name, kind: scenario.name.split(" ")[0] as string };
  const probes = eachProbe(scenario);
  const recorded = new Chance(scenario), ours = new Chance(scenario);
  let passed = 0, compared = 0;
  const failures: string[] = [];
  const fail = (text: string) => failures.length < (options.keep ?? 3) && failures.push(text);
  let index = 0;
  try {
    const world = buildWorld(plane, scenario);
    for (const probe of probes) {
      const want = recorded.certain(results[index] as ProbeResult);
      const report = compareResults(ours.certain(runProbe(world, probe)), want);
      compared += report.compared;
      if (report.differences.length === 0) passed++;
      else fail(`  probe ${index + 1}: ${describe(probe)}\n${report.differences.map(printDifference).join("\n")}`);
      index++;
    }
  } catch (error) {
    fail(`  at probe ${index + 1}: ${error instanceof Error ? error.stack ?? error.message : String(error)}`);
  }
  return { ...base, passed, failed: probes.length - passed, compared, failures };
}

function describe(probe: Probe): string {
  return Object.entries(probe).map(([key, value]) => `${key}=${value}`).join(" ");
}
