/**
 * `deno task parity --kernel --seed N --count M`: at least M probes of random scenarios on the real kernel and on the plane.
 * What differs is made small and printed in full. Needs root and the oracle of the shared folder.
 */
import { printDifference } from "./compare.ts";
import { Kernel, kernelMissing } from "./oracle.ts";
import { randomScenario } from "./random/mod.ts";
import type { Scenario } from "./scenario.ts";
import { shrink } from "./shrink.ts";
import { differs, type Trial, tryScenario } from "./trial.ts";

/** What is tried. */
export interface KernelOptions {
  readonly seed: number;
  /** How many probes at least. */
  readonly count: number;
  /** How many differing scenarios are made small and shown; the rest are counted. */
  readonly show: number;
  /** Only scenarios whose name contains this. */
  readonly only: string;
}

/** Sums over all scenarios of a run. */
interface Tally {
  passed: number;
  failed: number;
  unsteady: number;
  refused: number;
  compared: number;
  scenarios: number;
}

/** Runs random scenarios; exit status 1 when one came out otherwise or the kernel cannot be asked. */
export async function againstKernel(options: KernelOptions, say: (line: string) => void): Promise<number> {
  const reason = await kernelMissing();
  if (reason !== undefined) {
    say(`CANNOT RUN: the real kernel cannot be asked: ${reason}`);
    return 1;
  }
  say(`seed ${options.seed}`);
  const kernel = new Kernel();
  const tally: Tally = { passed: 0, failed: 0, unsteady: 0, refused: 0, compared: 0, scenarios: 0 };
  let shown = 0;
  for (let number = 0; tally.passed + tally.failed < options.count && !isIdle(tally); number++) {
    const scenario = randomScenario(options.seed, number);
    if (!scenario.name.includes(options.only)) continue;
    const trial = await tryTwice(kernel, scenario);
    count(tally, trial);
    if (differs(trial) && shown++ < options.show) say(await report(kernel, scenario, trial));
  }
  await kernel.close();
  const { passed, failed, unsteady, refused, compared, scenarios } = tally;
  say(
    `${scenarios} scenarios, ${compared} values compared; ${refused} scenarios refused by both; ` +
      `${unsteady} probes the kernel itself answered in two ways`,
  );
  say(`${passed} passed, ${failed} failed`);
  if (isIdle(tally)) say("CANNOT RUN: most scenarios are refused by both, the generator writes what nobody takes");
  return failed === 0 && !isIdle(tally) ? 0 : 1;
}

/** Whether hardly anything was compared because neither side took the scenarios. */
function isIdle({ refused, scenarios }: Tally): boolean {
  return scenarios >= 20 && refused * 2 > scenarios;
}

/** A difference must show again before it counts: a busy machine may be late once. */
async function tryTwice(kernel: Kernel, scenario: Scenario): Promise<Trial> {
  const trial = await tryScenario(kernel, scenario);
  return differs(trial) ? await tryScenario(kernel, scenario) : trial;
}

function count(tally: Tally, { probes, passed, unsteady, compared, build }: Trial): void {
  tally.scenarios++;
  tally.passed += passed;
  tally.unsteady += unsteady;
  tally.compared += compared;
  tally.failed += build === undefined ? probes - passed - unsteady : Math.max(probes, 1);
  if (probes === 0) tally.refused++;
}

async function report(kernel: Kernel, scenario: Scenario, trial: Trial): Promise<string> {
  const first = kindOf(trial);
  const small = await shrink(scenario, async (candidate) => {
    const found = await tryScenario(kernel, candidate);
    return differs(found) && kindOf(found) === first;
  });
  const again = await tryScenario(kernel, small);
  const { differences, build } = differs(again) ? again : trial;
  const lines = differences.flatMap(({ probe, fields }) => [`  probe ${probe + 1}`, ...fields.map(printDifference)]);
  return [
    `${scenario.name} differs (got: the plane, want: the kernel)`,
    ...lines,
    ...(build === undefined ? [] : [`  ${build}`]),
    JSON.stringify(small),
  ].join("\n");
}

/** What a difference is about, so that shrinking does not slide from one into another. */
function kindOf({ differences, build }: Trial): string {
  if (build !== undefined) return build.split(":")[0] as string;
  return differences[0]?.fields.map(({ field }) => field).sort().join() ?? "";
}
