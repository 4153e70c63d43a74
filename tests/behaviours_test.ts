/** docs/BEHAVIOURS.md against the tests it names; and the one behaviour that is about two programs. */
import { assert, assertEquals } from "@std/assert";
import { LINUX_PROGRAMS, Machine, NETFILTER_PROGRAMS, Runner } from "../core/linux/mod.ts";
import { Random, VirtualClock } from "../core/base/mod.ts";
import { openPlane } from "./parity/plane.ts";

const ROOT = new URL("../", import.meta.url);
const ROW = /^\| (\d+) \|[^|]*\| `([^`]+)` \| (.+) \|$/gm;

const rows = [...Deno.readTextFileSync(new URL("docs/BEHAVIOURS.md", ROOT)).matchAll(ROW)];

Deno.test("every one of the 38 behaviours has a test, and every test that is named is there", () => {
  assertEquals([...new Set(rows.map(([, number]) => Number(number)))], Array.from({ length: 38 }, (_, i) => i + 1));
  for (const [, number, file = "", name = ""] of rows) {
    const text = Deno.readTextFileSync(new URL(file, ROOT));
    const there = file.endsWith(".rs") ? text.includes(`fn ${name}(`) : text.includes(`Deno.test("${name}`);
    assert(there, `behaviour ${number}: no test ${name} in ${file}`);
  }
});

Deno.test("38. what iptables-legacy is told and what iptables-nft is told do the same to packets", async () => {
  const lines = [
    "-A INPUT -p tcp --dport 80 -j REJECT --reject-with tcp-reset",
    "-A INPUT -p udp --dport 53 -j DROP",
    "-P INPUT ACCEPT",
  ];
  const errors = async (tool: string) => {
    const plane = openPlane();
    const turn = () => new Promise<void>((resolve) => setTimeout(resolve));
    const runner = new Runner({ plane, clock: new VirtualClock(0), turn });
    const programs = new Map([...LINUX_PROGRAMS, ...NETFILTER_PROGRAMS]);
    const machine = new Machine({ name: "vm", plane, runner, random: new Random(1), programs, files: {} });
    await machine.run("ip link set lo up");
    for (const line of lines) assertEquals((await machine.run(`${tool} ${line}`)).exit, 0, line);
    const fates = [80, 81].map((port) => {
      const socket = plane.socket(machine.ns.id, "tcp", 4);
      plane.connect(socket, "127.0.0.1", port);
      return plane.socketView(socket).error;
    });
    const { stdout } = await machine.run(`${tool} -L INPUT -v -n -x`);
    return [fates, stdout.split("\n").slice(2).map((line) => line.trim().split(/\s+/).slice(0, 3).join(" "))];
  };
  assertEquals(await errors("iptables-nft"), await errors("iptables-legacy"));
});
