import { assertEquals, assertMatch } from "@std/assert";
import { Random, VirtualClock } from "../../base/mod.ts";
import type { PlaneApi } from "../../../wasm/mod.ts";
import { Machine } from "../machine.ts";
import type { Program } from "../process.ts";
import { Runner } from "../runner.ts";
import { Shell } from "./session.ts";

/** A plane with one bare namespace and nothing in it. */
function barePlane(): PlaneApi {
  let now = 0;
  const plane: Partial<PlaneApi> = {
    now: () => now,
    nextEvent: () => Infinity,
    run: (until) => {
      now = until;
    },
    takeWakeups: () => [],
    addNamespace: () => 1,
    links: () => [],
    sysctl: () => undefined,
  };
  return plane as PlaneApi;
}

/** `ticker [N]`: a line a second, for ever or N times. */
const ticker: Program = async (process) => {
  const count = Number(process.argv[1] ?? Infinity);
  for (let i = 1; i <= count; i++) {
    process.out(`tick ${i}\n`);
    if (!(await process.clock.sleep(1000))) return 0;
  }
  return 0;
};

const nap: Program = async (process) => {
  await process.clock.sleep(Number(process.argv[1]) * 1000);
  return Number(process.argv[2] ?? 0);
};

const args: Program = (process) => {
  process.out(process.argv.slice(1).map((arg) => `[${arg}]`).join("") + process.stdin + "\n");
  return Promise.resolve(0);
};

const programs = new Map([["ticker", ticker], ["nap", nap], ["args", args]]);

function machine(): Machine {
  const plane = barePlane();
  const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));
  const runner = new Runner({ plane, clock: new VirtualClock(0), turn });
  return new Machine({ name: "box", plane, runner, random: new Random(1), programs });
}

async function typed(line: string, on = machine()): Promise<string> {
  const { stdout, stderr, exit } = await on.run(line);
  return `${stdout}${stderr}= ${exit}`;
}

Deno.test("plain words run without a shell and with one alike", async () => {
  assertEquals(await typed(`args a 'b c' "d" -m=1 !`), "[a][b c][d][-m=1][!]\n= 0");
  assertEquals(await typed(`args a 'b c' "d" -m=1 ! ; true`), "[a][b c][d][-m=1][!]\n= 0");
});

Deno.test("pipes, substitutions, redirections and loops", async () => {
  assertEquals(await typed("ticker 3 | grep 2"), "tick 2\n= 0");
  assertEquals(await typed("x=$(ticker 2 | wc -l); args $x"), "[2]\n= 0");
  assertEquals(await typed("args 1 > /tmp/x; args 2 >> /tmp/x; cat /tmp/x"), "[1]\n[2]\n= 0");
  assertEquals(await typed("for i in 1 2; do args $i; done"), "[1]\n[2]\n= 0");
  assertEquals(await typed("echo in | args a"), "[a]in\n\n= 0");
});

Deno.test("an unknown command is bash's 127", async () => {
  assertEquals(await typed("nosuch 1"), "bash: nosuch: command not found\n= 127");
  assertEquals(await typed("nosuch || args no"), "[no]\nbash: nosuch: command not found\n= 0");
});

Deno.test("a pipe whose left side never ends is ended when its reader has enough", async () => {
  assertEquals(await typed("ticker | head -2"), "tick 1\ntick 2\n= 0");
  assertEquals(await typed("ticker | head -n 1"), "tick 1\n= 0");
  assertEquals(await typed("ticker | grep 3 | head -1"), "tick 3\n= 0");
  assertEquals(await typed("ticker | grep -q 'tick 4'; echo $?"), "0\n= 0");
  assertEquals(await typed("ticker | grep -m 2 tick"), "tick 1\ntick 2\n= 0");
  assertEquals(await typed("ticker | sed 2q"), "tick 1\ntick 2\n= 0");
});

Deno.test("sleep and time run on virtual time", async () => {
  assertMatch(await typed("time nap 61.5"), /real\t1m1\.500s/);
});

Deno.test("& starts a job: $!, jobs, kill, wait", async () => {
  assertEquals(
    await typed("nap 100 & jobs; kill %1; wait $!; echo $?"),
    `[1]+  ${"Running".padEnd(24)}nap 100 &\n143\n= 0`,
  );
  assertEquals(
    await typed("for i in 1 2; do (nap $i; echo slept $i) & done; wait; echo all"),
    "slept 1\nslept 2\nall\n= 0",
  );
  assertEquals(await typed("nap 1 7 & p=$!; wait $p; echo $?"), "7\n= 0");
});

Deno.test("a job outlives its line and can be looked at in the next", async () => {
  const shell = new Shell(machine());
  assertEquals((await shell.run("X=5; cd /tmp; f() { args $X $1; }; ticker &")).stdout, "tick 1\n");
  assertEquals((await shell.run("f $PWD; jobs")).stdout, "[5][/tmp]\n[1]+  Running                 ticker &\n");
  assertEquals((await shell.run("kill %1; wait; jobs")).stdout, "");
});

Deno.test("a line that never ends is killed at its limit and leaves what it wrote", async () => {
  const on = machine();
  const left = await on.run("ticker", { timeout: 2500 });
  assertEquals(left, { stdout: "tick 1\ntick 2\ntick 3\n", stderr: "", exit: 137, timedOut: true });
  const shelled = await on.run("echo a; ticker; echo b", { timeout: 2500 });
  assertEquals([shelled.stdout.startsWith("a\ntick 1\n"), shelled.timedOut], [true, true]);
});

Deno.test("a shell that is killed runs no later command, and leaves what was written", async () => {
  const killed = async (line: string) => {
    const left = await machine().run(line, { timeout: 2500 });
    return [left.stdout, left.stderr, left.timedOut];
  };
  assertEquals(await killed("echo a; ticker; echo b; nap 1; echo c"), ["a\ntick 1\ntick 2\ntick 3\n", "", true]);
  assertEquals(await killed("while true; do nap 1; echo t; done; echo b"), ["t\nt\n", "", true]);
  assertEquals(await killed("ticker | grep 2; echo b"), ["tick 2\n", "", true]);
  assertEquals(await killed("x=$(ticker); echo $x"), ["", "", true]);
});

Deno.test("what a killed shell's command wrote to a file is there", async () => {
  const on = machine();
  await on.run("ticker > /tmp/ticks; echo b", { timeout: 1500 });
  assertEquals((await on.run("cat /tmp/ticks")).stdout, "tick 1\ntick 2\n");
});

Deno.test("$RANDOM and $SECONDS are the lab's", async () => {
  assertEquals(
    await typed("echo $RANDOM $((RANDOM % 100)) ${SECONDS}"),
    await typed("echo $RANDOM $((RANDOM % 100)) ${SECONDS}"),
  );
});

Deno.test("sh -c and xargs reach our programs", async () => {
  assertEquals(await typed("sh -c 'args $0 $1' a b"), "[a][b]\n= 0");
  assertEquals(await typed("echo 1 2 | xargs -n1 args"), "[1]\n[2]\n= 0");
  assertEquals(await typed("/usr/bin/args x; which args"), "[x]\n/usr/bin/args\n= 0");
});
