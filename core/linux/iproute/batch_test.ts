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

/** Lines as flanneld has them, for a tunnel device of that name. */
function peers(device: string, count: number): string {
  return Array.from(
    { length: count },
    (_one, i) => `neigh replace 10.0.${i}.0 lladdr 02:00:00:00:00:0${i} dev ${device}\n`,
  )
    .join("");
}

Deno.test("lines that another machine was handed before mean its own devices here", async () => {
  const [one, two] = [box(), box()];
  await one.run("ip link add d0 type dummy; ip link set d0 up");
  await two.run("ip link add x type dummy; ip link add d0 type dummy; ip link set d0 up");
  for (const machine of [one, two, one]) {
    const { exit, stdout } = await machine.run("ip -batch - && ip neigh | sort", { stdin: peers("d0", 3) });
    assertEquals([exit, stdout], [
      0,
      [0, 1, 2].map((i) => `10.0.${i}.0 dev d0 lladdr 02:00:00:00:00:0${i} PERMANENT \n`).join(""),
    ]);
  }
});

Deno.test("a known line that is refused is named, those before it stand, and with -force those behind it as well", async () => {
  const add = (i: number) => `route add 10.9.${i}.0/24 dev d0\n`;
  const text = [1, 2, 3].map(add).join("");
  await box().run("ip link add d0 type dummy; ip link set d0 up; ip -batch -", { stdin: text });
  const strict = await box().run("ip link add d0 type dummy; ip link set d0 up; ip -batch -; ip route", {
    stdin: text + add(2) + add(4),
  });
  assertEquals(strict.stderr, "RTNETLINK answers: File exists\nCommand failed -:4\n");
  assertEquals(strict.stdout.match(/10\.9\.\d/g), ["10.9.1", "10.9.2", "10.9.3"]);
  const forced = await box().run("ip link add d0 type dummy; ip link set d0 up; ip -force -batch -; ip route", {
    stdin: add(1) + add(1) + add(2) + add(3),
  });
  assertEquals(forced.stderr, "RTNETLINK answers: File exists\nCommand failed -:2\n");
  assertEquals(forced.stdout.match(/10\.9\.\d/g), ["10.9.1", "10.9.2", "10.9.3"]);
});

Deno.test("bridge monitor hears of entries that a batch of known lines makes", async () => {
  const set = "ip link add t0 type vxlan id 1 dstport 8472";
  const line = "fdb append 02:00:00:00:00:07 dev t0 dst 192.0.2.7 self permanent\n";
  const first = await box().run(`${set}; bridge -batch -`, { stdin: line });
  assertEquals([first.exit, first.stderr], [0, ""]);
  const machine = box();
  await machine.run(set);
  const monitor = machine.start("bridge monitor fdb");
  await machine.run("sleep 0.1; bridge -batch -", { stdin: line });
  assertEquals(monitor.stdout, "02:00:00:00:00:07 dev t0 dst 192.0.2.7 self permanent\n");
});
