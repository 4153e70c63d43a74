/** One scenario on the plane and on the real kernel, and what differs between them. */
import { Chance } from "./chance.ts";
import { compareResults, type Difference } from "./compare.ts";
import type { Kernel, KernelAnswer } from "./oracle.ts";
import { openPlane } from "./plane.ts";
import { runProbe } from "./probe.ts";
import { eachProbe, type FlowRecord, type ProbeResult, type Scenario } from "./scenario.ts";
import { describePacket } from "./packet.ts";
import { settle } from "./settle.ts";
import { shapeOf } from "./shape.ts";
import { buildWorld } from "./world.ts";

/** What became of one scenario. */
export interface Trial {
  readonly probes: number;
  readonly passed: number;
  /** Probes to which the kernel gave two different answers in two runs; they are not compared, nor those behind them. */
  readonly unsteady: number;
  /** Single values compared. */
  readonly compared: number;
  readonly differences: readonly { readonly probe: number; readonly fields: readonly Difference[] }[];
  /** Set when one side could not build the scenario and the other could; both refusing is agreement. */
  readonly build?: string;
}

/** What the plane makes of a scenario: results, or why it could not be built or went down. */
export function onPlane(scenario: Scenario): KernelAnswer {
  const results: ProbeResult[] = [];
  const plane = openPlane();
  try {
    const world = buildWorld(plane, scenario);
    for (const probe of eachProbe(scenario)) results.push(runProbe(world, probe));
    plane.free();
    return { results };
  } catch (error) {
    return { error: error instanceof Error ? error.stack ?? error.message : String(error) };
  }
}

/** Runs a scenario once on the plane and twice on the kernel. */
export async function tryScenario(kernel: Kernel, scenario: Scenario): Promise<Trial> {
  const probes = eachProbe(scenario).length;
  const none = { probes, passed: 0, unsteady: 0, compared: 0, differences: [] };
  const [ours, one] = [onPlane(scenario), await kernel.ask(scenario)];
  if ("error" in ours || "error" in one) {
    if ("error" in ours && "error" in one) return { ...none, probes: 0 };
    return {
      ...none,
      build: "error" in ours ? `the plane: ${ours.error}` : `the kernel: ${(one as { error: string }).error}`,
    };
  }
  const other = await kernel.ask(scenario);
  if ("error" in other) return { ...none, probes: 0 };
  return compareAll(scenario, ours.results, one.results, other.results);
}

function compareAll(scenario: Scenario, ...sides: readonly (readonly ProbeResult[])[]): Trial {
  const [ours = [], one = [], other = []] = sides.map((results) => {
    const chance = new Chance(scenario, false);
    return results.map((result) => chance.certain(described(result)));
  });
  const probes = one.length;
  let passed = 0, compared = 0;
  const differences: { probe: number; fields: Difference[] }[] = [];
  for (let i = 0; i < probes; i++) {
    const want = settle(one[i] as ProbeResult, other[i] as ProbeResult);
    // What comes behind it may hang on it.
    if (want === undefined) return { probes, passed, unsteady: probes - i, compared, differences };
    const report = compareResults(ours[i] as ProbeResult, want);
    compared += report.compared;
    if (report.differences.length === 0) passed++;
    else differences.push({ probe: i, fields: report.differences });
  }
  return { probes, passed, unsteady: 0, compared, differences };
}

/** Entries of a flow that was ended and begun anew are one: whether the new one has the number of the old is chance. */
function asOne(flows: readonly FlowRecord[]): FlowRecord[] {
  const entries: FlowRecord[] = [];
  for (const flow of flows) {
    const same = JSON.stringify(flow.orig);
    const at = entries.findIndex(({ orig, destroyed }) => destroyed === true && JSON.stringify(orig) === same);
    if (at < 0) entries.push(flow);
    else entries[at] = { ...entries[at], ...flow };
  }
  return entries;
}

/** A result with its packets in words, for both sides in the same ones. */
function described({ wire, ...told }: ProbeResult): ProbeResult {
  const flows = Object.entries(told.conntrack ?? {}).map(([ns, all]) => [ns, asOne(all)] as const);
  const result = { ...told, ...(told.conntrack && { conntrack: Object.fromEntries(flows) }) };
  if (wire === undefined) return result;
  const packets = wire.map(([name, hex]) => ({ name, bytes: Uint8Array.fromHex(hex) }));
  return {
    ...result,
    out: packets.map(({ name, bytes }) => `${name} ${describePacket(bytes)}`),
    shapes: packets.map(({ bytes }) => shapeOf(bytes)),
  };
}

/** Whether plane and kernel disagree about anything in it. */
export function differs({ differences, build }: Trial): boolean {
  return differences.length > 0 || build !== undefined;
}
