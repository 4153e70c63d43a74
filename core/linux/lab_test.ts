/** A machine over the real plane, for the tests of this room. */
import { setImmediate } from "node:timers";
import { assertEquals } from "@std/assert";
import { planeBytes } from "../../wasm/bytes.ts";
import { Plane } from "../../wasm/mod.ts";
import { Random, VirtualClock } from "../base/mod.ts";
import { Machine } from "./machine.ts";
import type { Program } from "./process.ts";
import { LINUX_PROGRAMS } from "./programs/mod.ts";
import { Runner } from "./runner.ts";

const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

/** A machine named `box` at the beginning of 2026, with this room's programs and more. */
export function box(more: Readonly<Record<string, Program>> = {}): Machine {
  const plane = Plane.open(planeBytes(), { seed: 1 });
  const runner = new Runner({ plane, clock: new VirtualClock(Date.UTC(2026, 0, 1)), turn });
  const programs = new Map([...LINUX_PROGRAMS, ...Object.entries(more)]);
  return new Machine({ name: "box", plane, runner, random: new Random(1), programs });
}

/** What a terminal shows after these lines, each `$ line` with its output, errors and a status that is not 0. */
export async function terminal(machine: Machine, ...lines: readonly string[]): Promise<string> {
  let screen = "";
  for (const line of lines) {
    const { stdout, stderr, exit } = await machine.run(line);
    screen += `$ ${line}\n${stdout}${stderr}${exit === 0 ? "" : `[${exit}]\n`}`;
  }
  return screen;
}

/** Namespaces red (10.0.0.1) and blue (10.0.0.2) on one veth pair. */
export async function redAndBlue(machine: Machine): Promise<void> {
  await terminal(
    machine,
    "ip netns add red",
    "ip netns add blue",
    "ip link add v0 address 02:00:00:00:00:01 netns red type veth peer name v0 address 02:00:00:00:00:02 netns blue",
    "ip -n red addr add 10.0.0.1/24 dev v0",
    "ip -n red link set v0 up",
    "ip -n blue addr add 10.0.0.2/24 dev v0",
    "ip -n blue link set v0 up",
  );
}

Deno.test("a fresh machine has a loopback, down, and nothing else", async () => {
  assertEquals(
    await terminal(box(), "ip -br link", "hostname", "ip route"),
    "$ ip -br link\nlo               DOWN           00:00:00:00:00:00 <LOOPBACK> \n$ hostname\nbox\n$ ip route\n",
  );
});
