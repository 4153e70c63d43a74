/** Suite `tools`: commands of podwire-tools/1 recordings typed at a machine over a real plane. */
import { setImmediate } from "node:timers";
import { parseArgs } from "@std/cli";
import { Random, VirtualClock } from "../../core/base/mod.ts";
import {
  type Finished,
  LINUX_PROGRAMS,
  Machine,
  NETFILTER_PROGRAMS,
  type Program,
  Runner,
} from "../../core/linux/mod.ts";
import { PROGRAMS } from "../../core/tools/mod.ts";
import { planeBytes } from "../../wasm/bytes.ts";
import { Plane } from "../../wasm/mod.ts";
import { type Command, type Line, linesMatch, outputLines, parseTools, type ToolCase } from "./tools_format.ts";

/** When every lab of this suite begins, in ms since 1970. */
const START = Date.UTC(2026, 0, 1);
/** Virtual milliseconds after which a command counts as one that does not end. */
const PATIENCE = 20_000;
const SHOWN = 8;
/** Commands after which the recorder waited for carriers and bridge ports. */
const CHANGES_LINKS = /\bip\b.*\b(link|netns)\b.* (set|add|del|delete)\b|\bifconfig\b.* (up|down)\b/;

/** Commands recorded as failing only because the recording kernel lacked what these machines have. They are not typed. */
const LACKING: readonly { readonly cmd: RegExp; readonly stderr: string; readonly reason: string }[] = [
  {
    cmd: /\btype (dummy|ipvlan|vlan|ipip)\b/,
    stderr: "Error: Unknown device type.",
    reason: "kernel without that device type",
  },
  { cmd: /\bnetem\b/, stderr: "Error: Specified qdisc kind is unknown.", reason: "kernel without netem" },
];

/** What a command came to. */
export type Verdict = { readonly kind: "passed" | "skipped" } | { readonly kind: "failed"; readonly text: string };

/** `deno task conformance tools FILE... [--only TEXT] [--verbose]`. */
export async function tools(args: readonly string[], say: (line: string) => void): Promise<number> {
  const flags = parseArgs([...args], { string: ["only"], boolean: ["verbose", "families"] });
  if (flags._.length === 0) {
    say("usage: deno task conformance tools FILE... [--only CASE] [--verbose] [--families]");
    return 2;
  }
  const tally = new Map<string, { passed: number; failed: number; skipped: number }>();
  let shown = 0;
  for (const file of flags._) {
    const cases = await readTools(String(file));
    for (const one of cases.filter(({ name }) => name.includes(flags.only ?? ""))) {
      for (const verdict of await runCase(one)) {
        const counts = tally.get(one.family) ?? { passed: 0, failed: 0, skipped: 0 };
        counts[verdict.kind]++;
        tally.set(one.family, counts);
        if (verdict.kind === "failed" && (flags.verbose || shown++ < SHOWN)) say(verdict.text);
      }
    }
  }
  return report(tally, say);
}

/** The cases of a recording in a file, which may be gzipped. */
export async function readTools(file: string): Promise<readonly ToolCase[]> {
  if (!file.endsWith(".gz")) return parseTools(await Deno.readTextFile(file), file);
  const stream = (await Deno.open(file)).readable.pipeThrough(new DecompressionStream("gzip"));
  return parseTools(await new Response(stream).text(), file);
}

function report(
  tally: ReadonlyMap<string, { passed: number; failed: number; skipped: number }>,
  say: (line: string) => void,
): number {
  for (const [family, { passed, failed, skipped }] of tally) {
    say(
      `${family}: ${passed} of ${passed + failed}${
        skipped > 0 ? `, ${skipped} left out (the recording kernel lacked a feature)` : ""
      }`,
    );
  }
  const sum = (key: "passed" | "failed"): number =>
    [...tally.values()].reduce((total, counts) => total + counts[key], 0);
  say(`${sum("passed")} passed, ${sum("failed")} failed`);
  return sum("failed") > 0 ? 1 : 0;
}

/** Runs a case on a machine of its own, a verdict a command. A bug of ours fails the command it happens in. */
export async function runCase(one: ToolCase): Promise<Verdict[]> {
  const machine = fresh(one);
  const verdicts: Verdict[] = [];
  try {
    for (const line of one.setup) await machine.run(line.cmd, place(line));
  } catch (error) {
    const text = `${one.name}: setup: ${error instanceof Error ? error.stack : error}`;
    return one.steps.filter((step) => "cmd" in step).map(() => ({ kind: "failed", text }));
  }
  await machine.runner.advance(1300);
  for (const step of one.steps) {
    if ("background" in step) {
      machine.start(step.background, step.ns === "node" ? {} : { ns: machine.findNs(step.ns) ?? 0 });
      await machine.runner.advance(500);
      continue;
    }
    verdicts.push(await runStep(machine, one, step));
    // Between two lines typed, servers have their turn.
    await machine.runner.settle();
    if (CHANGES_LINKS.test(step.cmd)) await machine.runner.advance(1200);
  }
  return verdicts;
}

function place({ ns, stdin }: Line & { readonly stdin?: string }): { ns?: string; stdin?: string } {
  return { ...(ns !== "node" && { ns }), ...(stdin !== undefined && { stdin }) };
}

async function runStep(machine: Machine, one: ToolCase, step: Command): Promise<Verdict> {
  const lacking = LACKING.some(({ cmd, stderr }) => cmd.test(step.cmd) && step.stderr.includes(stderr));
  if (lacking) return { kind: "skipped" };
  try {
    const left = step.during === undefined
      ? await machine.run(step.cmd, { ...place(step), timeout: PATIENCE })
      : await runDuring(machine, step, step.during);
    return compare(one, step, left);
  } catch (error) {
    const text = `${one.name} [${step.ns}] $ ${step.cmd}\n  threw ${
      error instanceof Error ? error.stack : String(error)
    }`;
    return { kind: "failed", text };
  }
}

async function runDuring(machine: Machine, step: Command, lines: readonly Line[]): Promise<Finished> {
  const ns = step.ns === "node" ? {} : { ns: machine.findNs(step.ns) ?? 0 };
  const process = machine.start(step.cmd, { ...ns, stdin: step.stdin ?? "" });
  await machine.runner.advance(700);
  for (const line of lines) await machine.run(line.cmd, place(line));
  return await machine.finish(process, PATIENCE);
}

function compare(one: ToolCase, step: Command, left: Finished): Verdict {
  if (step.unstable) return { kind: "passed" };
  const problems: string[] = [];
  const exit = left.timedOut ? null : left.exit;
  if (exit !== step.exit) problems.push(`  exit ${step.exit} expected, got ${exit}`);
  for (const stream of ["stdout", "stderr"] as const) {
    const actual = outputLines(left[stream]);
    if (step.incomplete || linesMatch(step[stream], actual, step.unordered ?? false)) continue;
    problems.push(`  ${stream} expected:`, ...step[stream].map((line) => `    |${line}|`));
    problems.push(`  ${stream} got:`, ...actual.map((line) => `    |${line}|`));
  }
  if (problems.length === 0) return { kind: "passed" };
  return { kind: "failed", text: [`${one.name} [${step.ns}] $ ${step.cmd}`, ...problems].join("\n") };
}

/** A fresh machine as the recorder's was. */
function fresh(one: ToolCase): Machine {
  const plane = Plane.open(planeBytes(), { seed: 1 });
  const runner = new Runner({ plane, clock: new VirtualClock(START), turn });
  const files = {
    "/etc/resolv.conf": "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n",
    "/etc/hosts": "127.0.0.1 localhost\n",
  };
  return new Machine({ name: "vm", plane, runner, random: new Random(1), programs: programsOf(one), files });
}

function programsOf({ iptables }: ToolCase): ReadonlyMap<string, Program> {
  const programs = new Map([...LINUX_PROGRAMS, ...NETFILTER_PROGRAMS, ...PROGRAMS]);
  for (const name of ["iptables", "iptables-save", "iptables-restore"]) {
    const variant = programs.get(name.replace("iptables", "iptables-nft"));
    if (iptables === "nft" && variant !== undefined) programs.set(name, variant);
  }
  return programs;
}

/** One macrotask of the host: in Deno a message channel's is none. */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
