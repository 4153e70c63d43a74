/**
 * `deno task parity FILE... [--only TEXT] [--verbose] [--keep N] [--nft]`: builds every scenario of recordings of format podwire-parity/1
 * in the plane, its tables loaded by iptables-nft with `--nft`, sends its probes and compares every recorded field. `deno task parity --kernel [--seed N] [--count M]
 * [--show K] [--only TEXT]` does so with random scenarios on the real kernel. Ends with `N passed, M failed`, counted in probes.
 */
import { parseArgs } from "@std/cli";
import { againstKernel } from "./kernel.ts";
import { openPlane } from "./plane.ts";
import { runScenario, type ScenarioReport } from "./run.ts";
import { parseRecording, type Recording } from "./scenario.ts";

const USAGE = `usage: deno task parity FILE... [--only TEXT] [--verbose] [--keep N] [--nft]
       deno task parity --kernel [--seed N] [--count M] [--show K] [--only TEXT]`;

/** How many differing scenarios are shown in full without --verbose. */
const SHOWN = 5;

/** Runs the recordings in files; exit status 1 when a probe came out otherwise, 2 for wrong usage. */
export async function parity(args: readonly string[], say: (line: string) => void): Promise<number> {
  const flags = parseArgs([...args], {
    string: ["only", "keep", "seed", "count", "show"],
    boolean: ["verbose", "kernel", "nft"],
  });
  if (flags.kernel) {
    const seed = Number(flags.seed ?? crypto.getRandomValues(new Uint32Array(1))[0]);
    const [count, show] = [Number(flags.count ?? 2000), Number(flags.show ?? SHOWN)];
    return await againstKernel({ seed, count, show, only: flags.only ?? "" }, say);
  }
  if (flags._.length === 0) {
    say(USAGE);
    return 2;
  }
  const reports: ScenarioReport[] = [];
  for (const file of flags._) {
    const recording = await readRecording(String(file));
    const cases = recording.cases.filter(({ scenario }) => scenario.name.includes(flags.only ?? ""));
    const keep = flags.keep === undefined ? (flags.verbose ? 1000 : 3) : Number(flags.keep);
    for (const one of cases) {
      const scenario = { ...one.scenario, ...(flags.nft && { variant: "nft" as const }) };
      const report = runScenario(openPlane(), { ...one, scenario }, { keep });
      const shown = reports.filter(({ failed }) => failed > 0).length;
      if (report.failed > 0 && (flags.verbose || shown < SHOWN)) say(printReport(report));
      reports.push(report);
    }
  }
  for (const line of summary(reports)) say(line);
  return reports.some(({ failed }) => failed > 0) ? 1 : 0;
}

/** A recording from a file, which may be gzipped. */
export async function readRecording(file: string): Promise<Recording> {
  if (!file.endsWith(".gz")) return parseRecording(await Deno.readTextFile(file), file);
  const stream = (await Deno.open(file)).readable.pipeThrough(new DecompressionStream("gzip"));
  return parseRecording(await new Response(stream).text(), file);
}

export { openPlane } from "./plane.ts";

function printReport({ name, passed, failed, failures }: ScenarioReport): string {
  return [`${name}: ${passed} passed, ${failed} failed`, ...failures].join("\n");
}

function summary(reports: readonly ScenarioReport[]): string[] {
  const lines = [...new Set(reports.map(({ kind }) => kind))].map((kind) => {
    const own = reports.filter((report) => report.kind === kind);
    const whole = own.filter(({ failed }) => failed === 0).length;
    const [passed, all] = [sum(own, "passed"), sum(own, "passed") + sum(own, "failed")];
    return `${kind}: ${whole} of ${own.length} scenarios, ${passed} of ${all} probes`;
  });
  lines.push(`${sum(reports, "compared")} recorded values compared`);
  lines.push(`${sum(reports, "passed")} passed, ${sum(reports, "failed")} failed`);
  return lines;
}

function sum(reports: readonly ScenarioReport[], field: "passed" | "failed" | "compared"): number {
  return reports.reduce((total, report) => total + report[field], 0);
}

if (import.meta.main) Deno.exit(await parity(Deno.args, (line) => console.log(line)));
