/** The README's program and every command line it shows do what it says. */
import { assertEquals, assertMatch } from "@std/assert";

const ROOT = new URL("..", import.meta.url).pathname;
const README = Deno.readTextFileSync(`${ROOT}README.md`);

async function run(args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), { args, cwd: ROOT, env: { NO_COLOR: "1" } })
    .output();
  return { code, stdout: new TextDecoder().decode(stdout), stderr: new TextDecoder().decode(stderr) };
}

Deno.test("the README's program runs", async () => {
  const [, program = ""] = /```ts\n([\s\S]*?)```/.exec(README) ?? [];
  const file = await Deno.makeTempFile({ suffix: ".ts" });
  await Deno.writeTextFile(
    file,
    `${program.replace('"./mod.ts"', `"${ROOT}mod.ts"`)}\nconsole.log(verdict, backend, stdout);\n`,
  );
  const { code, stdout, stderr } = await run([
    "run",
    "--no-prompt",
    "--config",
    "deno.json",
    "--allow-read",
    "--allow-env",
    file,
  ]);
  assertEquals(code, 0, stderr);
  assertMatch(stdout, /^delivered default\/cartservice-\S+ Server:\t\t10\.96\.0\.10\n/);
});

Deno.test("the README's question gets its answer", async () => {
  const [, line = ""] = /^\$ deno task (podwire why .*)$/m.exec(README) ?? [];
  const { code, stdout, stderr } = await run(["task", ...line.split(" ")]);
  assertEquals(code, 0, stderr);
  assertMatch(
    stdout,
    /^pod\/default\/frontend-\S+ -> svc\/default\/cartservice:7070 \(tcp\): DELIVERED at pod\/default\/cartservice-/,
  );
  for (const word of ["KUBE-SERVICES", "KUBE-SVC-", "KUBE-SEP-", "flannel.1", "encapsulated", "restored"]) {
    assertEquals(stdout.includes(word), true, word);
  }
});

Deno.test("verbs say yes by 0 and no by 1, in JSON too", async () => {
  const podwire = (...args: string[]) => run(["task", "podwire", ...args]);
  const shop = ["-f", "examples/shop"];
  assertEquals((await podwire("why", ...shop, "deploy/frontend", "svc/cartservice:7071")).code, 1);
  const up = await podwire("up", ...shop, "--json");
  assertEquals([up.code, JSON.parse(up.stdout).nodes.length], [0, 3]);
  const exec = await podwire("exec", ...shop, "node/node-1", "--", "sh", "-c", "echo out; echo err >&2; exit 3");
  assertEquals([exec.code, exec.stdout, exec.stderr.replace(/^Task .*\n/, "")], [3, "out\n", "err\n"]);
  const matrix = await podwire("matrix", ...shop, "--json");
  assertEquals(Object.keys(JSON.parse(matrix.stdout)[0]), ["from", "to", "port", "proto", "verdict"]);
  assertEquals((await podwire("why", ...shop, "deploy/nobody", "svc/cartservice")).code, 2);
  assertEquals((await podwire("fly")).code, 2);
});
