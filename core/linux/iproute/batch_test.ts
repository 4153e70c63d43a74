import { assertEquals } from "@std/assert";
import { box } from "../../../tests/kernel/box.ts";

Deno.test("bridge -batch runs a line a command and stops at a word it does not know", async () => {
  const machine = box();
  await machine.run("ip link add v0 type veth peer name v1; ip link add br0 type bridge; ip link set v0 master br0");
  const fdb = "02:00:00:00:00:09 dev v0 master static";
  const good = await machine.run("bridge -batch -", { stdin: `fdb add ${fdb}\n# a comment\nfdb show dev v0\n` });
  assertEquals([good.exit, good.stdout.includes("02:00:00:00:00:09 master br0 static")], [0, true]);
  const bad = await machine.run("bridge -batch -", { stdin: "fdb bogus\nfdb show\n" });
  assertEquals([bad.exit, bad.stdout, bad.stderr], [
    255,
    "",
    'Command "bogus" is unknown, try "bridge fdb help".\n',
  ]);
  const none = await machine.run("bridge -batch /nope");
  assertEquals([none.exit, none.stderr], [1, 'Cannot open file "/nope" for reading: No such file or directory\n']);
});

Deno.test("ip -batch sees devices that its own lines make and rename", async () => {
  const lines = [
    "link add d0 type dummy",
    "link set d0 up",
    "route add 192.0.2.0/24 dev d0",
    "link set d0 down",
    "link set d0 name d1",
    "link set d1 up",
    "route add 198.51.100.0/24 dev d1",
  ];
  const { exit, stdout, stderr } = await box().run("ip -batch - && ip route", { stdin: `${lines.join("\n")}\n` });
  assertEquals([exit, stdout, stderr], [0, "198.51.100.0/24 dev d1 scope link \n", ""]);
});
