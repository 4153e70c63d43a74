/** Machines on a cable, for the tests of tools: the real plane, the real runner. */
import { isFailure, Random, VirtualClock } from "../base/mod.ts";
import { addNamespace, Machine, type Namespace, type Program, Runner } from "../linux/mod.ts";
import { Plane } from "../../wasm/mod.ts";

const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

const bytes = Deno.readFileSync(new URL("../../wasm/pkg/plane_bg.wasm", import.meta.url));

/** A lab of machines. */
export interface TestLab {
  readonly plane: Plane;
  readonly runner: Runner;
  readonly machines: Readonly<Record<string, Machine>>;
  /** Runs a line on a machine: its output, error output and exit status as one text, as a terminal shows them. */
  run(place: string, line: string): Promise<string>;
}

/** One end of a cable. */
export interface Cable {
  readonly from: string;
  readonly to: string;
  /** Prefix of the two ends: `10.0.1` gives `.1` and `.2`. */
  readonly net: string;
}

/** A lab of the machines its cables name; each end's device is eth0, eth1 ... in the order of the cables. */
export function lab(
  cables: readonly Cable[],
  programs: ReadonlyMap<string, Program>,
  files: Readonly<Record<string, Readonly<Record<string, string>>>> = {},
): TestLab {
  const plane = Plane.open(bytes, { seed: 1 });
  const runner = new Runner({ plane, clock: new VirtualClock(Date.UTC(2025, 10, 20, 10)), turn });
  const machines: Record<string, Machine> = {};
  const machine = (name: string): Machine =>
    machines[name] ??= new Machine({ name, plane, runner, random: new Random(7), programs, files: files[name] ?? {} });
  const count: Record<string, number> = {};
  for (const { from, to, net } of cables) connect(plane, [machine(from).ns, machine(to).ns], [from, to], net, count);
  for (const each of Object.values(machines)) plane.setLink(each.ns.id, 1, { up: true });
  return { plane, runner, machines, run: (place, line) => run(machines[place] as Machine, line) };
}

/** Two machines, a (10.0.1.1) and b (10.0.1.2). */
export function twoMachines(
  programs: ReadonlyMap<string, Program>,
  files: Readonly<Record<string, Readonly<Record<string, string>>>> = {},
): TestLab {
  return lab([{ from: "a", to: "b", net: "10.0.1" }], programs, files);
}

function connect(
  plane: Plane,
  [a, b]: readonly [Namespace, Namespace],
  names: readonly [string, string],
  net: string,
  count: Record<string, number>,
): void {
  const device = (name: string) => `eth${(count[name] = (count[name] ?? -1) + 1)}`;
  const [first, second] = [device(names[0]), device(names[1])];
  const made = plane.addLink(a.id, { kind: "veth", name: first, peer: { name: second, ns: b.id } });
  if (isFailure(made)) throw new Error(made.errno);
  for (const [ns, name, host] of [[a, first, 1], [b, second, 2]] as const) {
    const index = plane.links(ns.id).find((link) => link.name === name)?.index as number;
    plane.setLink(ns.id, index, { up: true });
    plane.addAddress(ns.id, index, { address: `${net}.${host}/24` });
  }
}

async function run(machine: Machine, line: string): Promise<string> {
  const { stdout, stderr, exit } = await machine.run(line, { timeout: 120_000 });
  return stdout + stderr + (exit === 0 ? "" : `exit ${exit}\n`);
}

/** A namespace of its own, for machines that share one. */
export { addNamespace };
