/**
 * Recorded command lines, and the same with something wrong in them, typed at a machine: each ends with an exit status, in time,
 * and none of them throws.
 */
import { setImmediate } from "node:timers";
import { Random, VirtualClock } from "../../core/base/mod.ts";
import { LINUX_PROGRAMS, Machine, NETFILTER_PROGRAMS, Runner } from "../../core/linux/mod.ts";
import { PROGRAMS } from "../../core/tools/mod.ts";
import { readTools } from "../conformance/tools.ts";
import { openPlane } from "../parity/plane.ts";
import type { Fuzz, Report } from "./fuzz.ts";
import { mutateText } from "./mutate.ts";

/** Lines typed at one machine. */
const A_MACHINE = 60;
/** Virtual milliseconds a line may take: those that wait for ever are stopped. */
const PATIENCE = 3000;
const START = Date.UTC(2026, 0, 1);

/** Command lines. */
export const commands: Fuzz = {
  name: "commands",
  share: 0.02,
  run: async (seed, count, report) => {
    const lines = await recordedLines();
    for (let number = 0, left = count; left > 0; number++) {
      const most = Math.min(A_MACHINE, left);
      await typeAll(new Random(seed ^ Math.imul(number + 1, 0xc2b2ae35)), { lines, most }, report);
      left -= most;
    }
  },
};

/** Every command of the recordings that come with the tests. */
async function recordedLines(): Promise<string[]> {
  const cases = await readTools(new URL("../vectors/tools.json.gz", import.meta.url).pathname);
  return cases.flatMap(({ setup, steps }) => [...setup, ...steps].flatMap((step) => "cmd" in step ? [step.cmd] : []));
}

interface Load {
  readonly lines: readonly string[];
  readonly most: number;
}

async function typeAll(random: Random, { lines, most }: Load, report: Report): Promise<void> {
  const plane = openPlane();
  const runner = new Runner({ plane, clock: new VirtualClock(START), turn });
  const programs = new Map([...LINUX_PROGRAMS, ...NETFILTER_PROGRAMS, ...PROGRAMS]);
  const machine = new Machine({ name: "vm", plane, runner, random: new Random(1), programs, files: {} });
  for (let typed = 0; typed < most; typed++) {
    const line = random.pick(lines);
    const made = random.below(4) === 0 ? line : mutateText(random, line);
    report.began();
    report.ended(await problemOf(machine, made), made);
  }
  plane.free();
}

async function problemOf(machine: Machine, line: string): Promise<string | undefined> {
  try {
    const { exit, timedOut } = await machine.run(line, { timeout: PATIENCE });
    return timedOut || (exit >= 0 && exit <= 255) ? undefined : `${JSON.stringify(line)}: exit status ${exit}`;
  } catch (error) {
    return `${JSON.stringify(line)} threw ${error instanceof Error ? error.stack : error}`;
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
