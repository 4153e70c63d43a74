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
