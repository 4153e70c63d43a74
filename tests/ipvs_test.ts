/** ipvsadm on a machine: what is added is listed, saved and restored, and takes connections in turn. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { box } from "./kernel/box.ts";

const HEAD = `IP Virtual Server version 1.2.1 (size=4096)
Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn
`;

async function balanced() {
  const machine = box();
  for (
    const line of [
      "ip link set lo up",
      "ip addr add 10.96.0.10/32 dev lo",
      "ip addr add 10.0.0.1/32 dev lo",
      "ip addr add 10.0.0.2/32 dev lo",
      "ipvsadm -A -t 10.96.0.10:80 -s rr",
      "ipvsadm -a -t 10.96.0.10:80 -r 10.0.0.1:8080 -m",
      "ipvsadm -a -t 10.96.0.10:80 -r 10.0.0.2:8080 -m -w 2",
    ]
  ) assertEquals((await machine.run(line)).stderr, "");
  return machine;
}

Deno.test("virtual servers are listed as ipvsadm lists them, saved, cleared and restored", async () => {
  const machine = await balanced();
  const listed = (await machine.run("ipvsadm -Ln")).stdout;
  assertEquals(
    listed,
    `${HEAD}TCP  10.96.0.10:80 rr
  -> 10.0.0.1:8080                Masq    1      0          0         
  -> 10.0.0.2:8080                Masq    2      0          0         
`,
  );
  const saved = (await machine.run("ipvsadm -Sn")).stdout;
  await machine.run("ipvsadm -C");
  assertEquals((await machine.run("ipvsadm -Ln")).stdout, HEAD);
  assertEquals((await machine.run("ipvsadm -R", { stdin: saved })).exit, 0);
  assertEquals((await machine.run("ipvsadm -Ln")).stdout, listed);
});

Deno.test("connections go to the real servers in turn, and are counted", async () => {
  const machine = await balanced();
  machine.start("nc -lk 10.0.0.1 8080");
  machine.start("nc -lk 10.0.0.2 8080");
  await machine.runner.advance(100);
  for (let i = 0; i < 4; i++) await machine.run("nc -zw 1 10.96.0.10 80");
  const stats = (await machine.run("ipvsadm -Ln --stats")).stdout.split("\n").slice(3).map((line) => line.split(/ +/));
  assertEquals(stats.slice(0, 3).map((row) => row.find((word) => /^\d+$/.test(word))), ["4", "2", "2"]);
  assertStringIncludes((await machine.run("ipvsadm -Lnc")).stdout, "10.96.0.10:80");
});

Deno.test("what is there already or not at all is refused in ipvsadm's words", async () => {
  const machine = await balanced();
  const refused = async (line: string) => (await machine.run(line)).stderr;
  assertEquals(await refused("ipvsadm -A -t 10.96.0.10:80"), "Service already exists\n");
  assertEquals(await refused("ipvsadm -D -u 10.96.0.10:80"), "No such service\n");
  assertEquals(await refused("ipvsadm -a -t 10.96.0.10:80 -r 10.0.0.1:8080 -m"), "Destination already exists\n");
  assertEquals(await refused("ipvsadm -d -t 10.96.0.10:80 -r 10.0.0.9:1"), "No such destination\n");
});

/** Three real servers by weights, in the order in which they are added. */
async function scheduled(scheduler: string, weights: readonly number[]) {
  const machine = box();
  const lines = [
    "ip link set lo up",
    ...["10.96.0.10", "10.0.0.1", "10.0.0.2", "10.0.0.3"].map((address) => `ip addr add ${address}/32 dev lo`),
    `ipvsadm -A -t 10.96.0.10:80 -s ${scheduler}`,
    ...weights.map((weight, i) => `ipvsadm -a -t 10.96.0.10:80 -r 10.0.0.${i + 1}:8080 -m -w ${weight}`),
  ];
  for (const line of lines) assertEquals((await machine.run(line)).stderr, "");
  for (const i of weights.keys()) machine.start(`nc -lk 10.0.0.${i + 1} 8080`);
  await machine.runner.advance(100);
  const counts = async () => {
    const { stdout } = await machine.run("ipvsadm -Ln --stats");
    return [...stdout.matchAll(/-> 10\.0\.0\.(\d):8080 +(\d+)/g)].map(([, , count]) => Number(count));
  };
  /** Connects, and says which server that was. */
  const connect = async (): Promise<number> => {
    const before = await counts();
    await machine.run("nc -zw 1 10.96.0.10 80");
    await machine.runner.advance(200);
    return (await counts()).findIndex((count, i) => count > (before[i] ?? 0)) + 1;
  };
  return { connect };
}

async function chosen(scheduler: string, weights: readonly number[], count: number): Promise<number[]> {
  const { connect } = await scheduled(scheduler, weights);
  const all: number[] = [];
  for (let i = 0; i < count; i++) all.push(await connect());
  return all;
}

Deno.test("rr and wrr go round in the kernel's order: the newest first, the heaviest alone until the others' turn comes", async () => {
  assertEquals(await chosen("rr", [1, 5, 1], 7), [3, 2, 1, 3, 2, 1, 3]);
  assertEquals(await chosen("wrr", [4, 2, 1], 8), [1, 1, 2, 1, 3, 2, 1, 1]);
});

Deno.test("sh and dh always choose the same, fo the heaviest", async () => {
  assertEquals(await chosen("sh", [1, 1, 1], 3), [3, 3, 3]);
  assertEquals(await chosen("mh", [1, 4, 1], 3), [2, 2, 2]);
  // (10.96.0.10 * 0x61c88647) >> 24 is 242; by three it leaves 2, the oldest
  assertEquals(await chosen("dh", [1, 1, 1], 3), [1, 1, 1]);
  assertEquals(await chosen("fo", [1, 7, 3], 2), [2, 2]);
});

Deno.test("those that weigh open connections go round, by weight where they weigh it", async () => {
  assertEquals(await chosen("lc", [4, 2, 1], 4), [3, 2, 1, 3]);
  assertEquals(await chosen("wlc", [4, 2, 1], 7), [1, 1, 2, 1, 3, 2, 1]);
});
