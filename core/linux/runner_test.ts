import { assertEquals, assertRejects } from "@std/assert";
import { VirtualClock } from "../base/mod.ts";
import type { PlaneApi } from "../../wasm/mod.ts";
import { Runner } from "./runner.ts";

/** A plane without packets: time is all it has. */
function timeOnly(): PlaneApi {
  let now = 0;
  const plane: Partial<PlaneApi> = {
    now: () => now,
    nextEvent: () => Infinity,
    run: (until) => {
      now = until;
    },
    takeWakeups: () => [],
  };
  return plane as PlaneApi;
}

const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));
const make = (patience = 20): Runner =>
  new Runner({ plane: timeOnly(), clock: new VirtualClock(1000), turn, patience });

Deno.test("sleeping costs no wall time and moves plane and clock together", async () => {
  const runner = make();
  const task = runner.spawn("sleeper", async (self) => {
    await self.sleep(3_600_000);
    return runner.clock.now();
  });
  assertEquals(await runner.run(task.result), 3_601_000);
  assertEquals(runner.plane.now(), 3_600_000);
});

Deno.test("tasks interleave by virtual time, whatever order they were spawned in", async () => {
  const runner = make();
  const log: string[] = [];
  const ticker = (name: string, period: number) =>
    runner.spawn(name, async (self) => {
      for (let i = 0; i < 3; i++) {
        await self.sleep(period);
        log.push(`${name}@${runner.clock.now() - 1000}`);
      }
    });
  ticker("slow", 30);
  ticker("fast", 10);
  await runner.advance(100);
  assertEquals(log, ["fast@10", "fast@20", "slow@30", "fast@30", "slow@60", "slow@90"]);
});

Deno.test("time does not slip while foreign code is under way", async () => {
  const runner = make();
  const log: string[] = [];
  runner.spawn("clock", async (self) => {
    await self.sleep(5);
    log.push("tick");
  });
  const shell = runner.spawn("shell", async (self) => {
    for (let i = 0; i < 30; i++) await turn();
    log.push(`foreign done at ${runner.clock.now() - 1000}`);
    await self.sleep(10);
  }, { foreign: true });
  await runner.run(shell.result);
  assertEquals(log, ["foreign done at 0", "tick"]);
});

Deno.test("foreign tasks go on one at a time", async () => {
  const runner = make();
  const log: string[] = [];
  const shell = (name: string, turns: number) =>
    runner.spawn(name, async (self) => {
      log.push(`${name} starts`);
      for (let i = 0; i < turns; i++) await turn();
      log.push(`${name} sleeps`);
      await self.sleep(1);
      for (let i = 0; i < turns; i++) await turn();
      log.push(`${name} ends`);
    }, { foreign: true });
  shell("a", 7);
  shell("b", 1);
  await runner.advance(2);
  assertEquals(log, ["a starts", "a sleeps", "b starts", "b sleeps", "a ends", "b ends"]);
});

Deno.test("a wait that lost a race does not let time slip past its winner", async () => {
  const runner = make();
  const seen: number[] = [];
  const task = runner.spawn("racer", async (self) => {
    await Promise.race([self.sleep(1000), self.sleep(10)]);
    seen.push(runner.clock.now());
    await self.sleep(10);
    seen.push(runner.clock.now());
  });
  await runner.run(task.result);
  assertEquals(seen, [1010, 1020]);
});

Deno.test("run() gives undefined when nothing can ever happen, and at its limit", async () => {
  const runner = make();
  const stuck = runner.spawn("stuck", (self) => self.wait<number>(() => () => {}));
  assertEquals(await runner.run(stuck.result), undefined);
  const long = runner.spawn("long", (self) => self.sleep(500).then(() => 1));
  assertEquals(await runner.run(long.result, 1400), undefined);
  assertEquals(await runner.run(long.result, 1500), 1);
});

Deno.test("a program that neither waits nor ends is named", async () => {
  const runner = make(5);
  const lost = runner.spawn("lost program", () => new Promise<void>(() => {}));
  await assertRejects(() => runner.run(lost.result), Error, "lost program");
});

Deno.test("a program that throws fails the run, not the host", async () => {
  const runner = make();
  const bad = runner.spawn("bad", () => Promise.reject(new RangeError("our bug")));
  await assertRejects(() => runner.run(bad.result), RangeError, "our bug");
});

Deno.test("two callers share the steps of one runner", async () => {
  const runner = make();
  const a = runner.spawn("a", (self) => self.sleep(10).then(() => runner.clock.now()));
  const b = runner.spawn("b", (self) => self.sleep(20).then(() => runner.clock.now()));
  assertEquals(await Promise.all([runner.run(b.result), runner.run(a.result)]), [1020, 1010]);
});
