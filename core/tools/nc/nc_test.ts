import { assertEquals } from "@std/assert";
import { twoMachines } from "../lab_test.ts";
import { webServer } from "../web_test.ts";
import { busyboxNc } from "./busybox_nc.ts";
import { nc } from "./nc.ts";

const PROGRAMS = new Map([["nc", nc], ["web", webServer], ["bb", busyboxNc]]);

async function run(line: string, background: readonly string[] = []): Promise<string> {
  const lab = twoMachines(PROGRAMS);
  lab.machines["b"]!.start(["web"]);
  for (const each of background) lab.machines["b"]!.start(each);
  await lab.runner.settle();
  return await lab.run("a", line);
}

for (
  const [line, text] of [
    ["nc -zv 10.0.1.2 80", "Connection to 10.0.1.2 80 port [tcp/http] succeeded!\n"],
    ["nc -zvn 10.0.1.2 80", "Connection to 10.0.1.2 80 port [tcp/*] succeeded!\n"],
    ["nc -z 10.0.1.2 81", "exit 1\n"],
    [
      "nc -zv 10.0.1.2 79-81",
      "nc: connect to 10.0.1.2 port 79 (tcp) failed: Connection refused\nConnection to 10.0.1.2 80 port [tcp/http] succeeded!\n" +
      "nc: connect to 10.0.1.2 port 81 (tcp) failed: Connection refused\n",
    ],
    ["nc -zv -w 1 10.0.1.77 9", "nc: connect to 10.0.1.77 port 9 (tcp) timed out: Operation now in progress\nexit 1\n"],
    ["nc -zv -w 1 192.0.2.1 9", "nc: connect to 192.0.2.1 port 9 (tcp) failed: Network is unreachable\nexit 1\n"],
    [
      "nc -zv -w 1 nosuch.invalid 9",
      'nc: getaddrinfo for host "nosuch.invalid" port 9: Temporary failure in name resolution\nexit 1\n',
    ],
    ["nc -zvn -w 1 banana 80", 'nc: getaddrinfo for host "banana" port 80: Name or service not known\nexit 1\n'],
    ["nc -zv localhost 80", "nc: connect to localhost (127.0.0.1) port 80 (tcp) failed: Connection refused\nexit 1\n"],
    ["nc -z -w 1 10.0.1.1 70000", "nc: port number too large: 70000\nexit 1\n"],
    ["nc -zv 10.0.1.2 nosuchservice", "nc: port number invalid: nosuchservice\nexit 1\n"],
    ["nc -zv 10.0.1.2", "nc: missing port number\nexit 1\n"],
    ["nc -w x 10.0.1.2 80", "nc: timeout invalid: x\nexit 1\n"],
    ["nc -l -s 9.9.9.9 -p 99", "nc: Cannot assign requested address\nexit 1\n"],
    ["nc -v -s 9.9.9.9 10.0.1.2 80", "nc: bind failed: Cannot assign requested address\nexit 1\n"],
    ["printf 'GET /noeol HTTP/1.0\\r\\n\\r\\n' | nc 10.0.1.2 80 | tail -1", "abc"],
    ["nc -zuv -w 1 10.0.1.2 53", "exit 1\n"],
    ["bb 10.0.1.2 81", "nc: can't connect to remote host (10.0.1.2): Connection refused\nexit 1\n"],
    ["bb -w 1 10.0.1.77 81", "nc: timed out\nexit 1\n"],
    ["printf 'GET /noeol HTTP/1.0\\r\\n\\r\\n' | bb 10.0.1.2 80 | tail -1", "abc"],
  ] as const
) {
  Deno.test(`as netcat says: ${line}`, async () => {
    assertEquals(await run(line), text);
  });
}

Deno.test("a listener says who came and prints what was sent, then ends", async () => {
  const lab = twoMachines(PROGRAMS);
  const listener = lab.machines["b"]!.start("nc -lvn -p 7200");
  await lab.runner.settle();
  assertEquals(await lab.run("a", "echo hello | nc -N -p 41000 10.0.1.2 7200"), "");
  const left = await lab.runner.run(listener.finished);
  assertEquals(left?.stdout, "hello\n");
  assertEquals(left?.stderr, "Listening on 0.0.0.0 7200\nConnection received on 10.0.1.1 41000\n");
});

Deno.test("-k keeps listening", async () => {
  const lab = twoMachines(PROGRAMS);
  const listener = lab.machines["b"]!.start("nc -lkn -p 7300");
  await lab.runner.settle();
  await lab.run("a", "echo one | nc -N 10.0.1.2 7300; echo two | nc -N 10.0.1.2 7300");
  assertEquals([listener.stdout, listener.running], ["one\ntwo\n", true]);
});

Deno.test("UDP both ways, and a scan that hears nothing succeeds after its time", async () => {
  const lab = twoMachines(PROGRAMS);
  const listener = lab.machines["b"]!.start("nc -luvkn -p 7401");
  await lab.runner.settle();
  assertEquals(await lab.run("a", "echo hi | nc -u -w 1 10.0.1.2 7401"), "");
  assertEquals(listener.stdout, "hi\n");
  const before = lab.runner.clock.now();
  assertEquals(await lab.run("a", "nc -zuvn 10.0.1.2 7401"), "Connection to 10.0.1.2 7401 port [udp/*] succeeded!\n");
  assertEquals(lab.runner.clock.now() - before, 3000);
});
