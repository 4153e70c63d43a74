import { assertEquals, assertStringIncludes } from "@std/assert";
import { box } from "../../../tests/kernel/box.ts";

Deno.test("a line read before is read anew where its chain is gone, or one of its name has come", async () => {
  const machine = box();
  const text = "*filter\n:WEB - [0:0]\n-A INPUT -p tcp -j WEB\nCOMMIT\n";
  assertEquals((await machine.run("iptables-restore", { stdin: text })).exit, 0);
  const again = await box().run("iptables-restore", { stdin: text.replace(":WEB - [0:0]\n", "") });
  assertEquals(again.exit, 2);
  assertStringIncludes(again.stderr, "Couldn't load target `WEB'");
  const log = "*filter\n-A INPUT -p udp -j LOG\nCOMMIT\n";
  assertEquals((await box().run("iptables-restore", { stdin: log })).exit, 0);
  const named = await box().run("iptables-restore; iptables -S INPUT", {
    stdin: `*filter\n:LOG - [0:0]\n-A INPUT -p udp -j LOG\nCOMMIT\n`,
  });
  assertStringIncludes(named.stderr, "using chain LOG, not extension");
});

Deno.test("a line that names a set means the set of its own machine", async () => {
  const line = "*filter\n-A INPUT -m set --match-set blue src -j DROP\nCOMMIT\n";
  const [a, b] = [box(), box()];
  await a.run("ipset create other hash:ip; ipset create blue hash:ip; ipset add blue 127.0.0.1; ip link set lo up");
  await b.run("ipset create blue hash:ip; ipset create other hash:ip; ipset add other 127.0.0.1; ip link set lo up");
  for (const [machine, received] of [[a, 0], [b, 1]] as const) {
    assertEquals((await machine.run("iptables-restore", { stdin: line })).exit, 0);
    assertStringIncludes((await machine.run("ping -c 1 -W 1 127.0.0.1")).stdout, ` ${received} received`);
  }
});

Deno.test("an edit that is not committed leaves the table as it was, and renamed chains take their callers along", async () => {
  const machine = box();
  const typed =
    "iptables -N A; iptables -N B; iptables -A B -j A; iptables -A INPUT -j B; iptables -E A C; iptables -S";
  const before = (await machine.run(typed)).stdout;
  assertStringIncludes(before, "-N B\n-N C\n-A INPUT -j B\n-A B -j C\n");
  const bad = await machine.run("iptables-restore -n", { stdin: "*filter\n-F B\n-A C -j B\n-A B -j C\nCOMMIT\n" });
  assertEquals(bad.exit, 1);
  assertEquals((await machine.run("iptables -S")).stdout, before);
});
