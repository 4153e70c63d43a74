/**
 * `deno task fuzz [--seed N] [--count M] [--only KIND]`: M random and mutated packets, iptables texts and command lines through the
 * parsers and the plane. Nothing crashes or hangs, memory stays where it was after half of them, every drop has a reason.
 * Ends with `N passed, M failed`.
 */
import { parseArgs } from "@std/cli";
import { initSync } from "../../wasm/pkg/plane.js";
import { planeBytes } from "../../wasm/bytes.ts";
import { commands } from "./commands.ts";
import { type Fuzz, Report } from "./fuzz.ts";
import { packets } from "./packets.ts";
import { tables } from "./tables.ts";

/** The kinds, with their parts of a run. */
export const KINDS: readonly Fuzz[] = [packets, tables, commands];

/**
 * How much the plane's memory may grow in the second half of the cases: pages are never given back, only used again. Below the floor
 * a larger world than all before it is no growth.
 */
const GROWTH = 1.2;
const FLOOR = 32 * 2 ** 20;

/** Runs a number of cases; exit status 1 when one went wrong or memory grew. */
export async function fuzz(args: readonly string[], say: (line: string) => void): Promise<number> {
  const flags = parseArgs([...args], { string: ["seed", "count", "only"] });
  const seed = Number(flags.seed ?? crypto.getRandomValues(new Uint32Array(1))[0]);
  const count = Number(flags.count ?? 10_000);
  say(`seed ${seed}`);
  let passed = 0, failed = 0;
  for (const kind of KINDS.filter(({ name }) => flags.only === undefined || name === flags.only)) {
    const cases = Math.ceil(flags.only === undefined ? count * kind.share : count);
    const { report, line, grew } = await runKind(kind, seed, cases);
    say(line);
    for (const problem of report.shown) say(`  ${problem}`);
    passed += report.cases - report.failed;
    failed += report.failed + (grew ? 1 : 0);
  }
  say(`${passed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

async function runKind(kind: Fuzz, seed: number, cases: number) {
  const report = new Report();
  const began = performance.now();
  const first = Math.ceil(cases / 2);
  await kind.run(seed, first, report);
  const before = planeMemory();
  await kind.run(seed + 1, cases - first, report);
  const after = planeMemory();
  const grew = after > Math.max(FLOOR, before * GROWTH);
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  const memory = `plane ${mib(before)} -> ${mib(after)} MiB${grew ? " GREW" : ""}`;
  const slowest = `slowest ${report.slowest.toFixed(1)} ms`;
  return {
    report,
    grew,
    line: `${kind.name}: ${report.cases} cases, ${report.failed} wrong, ${seconds} s, ${slowest}, ${memory}`,
  };
}

/** Bytes of the one instance of the module. */
function planeMemory(): number {
  return initSync({ module: planeBytes() }).memory.buffer.byteLength;
}

const mib = (bytes: number) => (bytes / 2 ** 20).toFixed(1);

if (import.meta.main) Deno.exit(await fuzz(Deno.args, (line) => console.log(line)));
