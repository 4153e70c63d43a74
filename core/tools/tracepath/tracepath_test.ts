import { assertEquals } from "@std/assert";
import { isFailure } from "../../base/mod.ts";
import { lab, type TestLab } from "../lab_test.ts";
import { busyboxTraceroute } from "../traceroute/busybox_traceroute.ts";
import { tracepath } from "./tracepath.ts";

/** a - r - b, the far cable with an MTU of its own. */
function routed(mtu = 1500): TestLab {
  const made = lab(
    [{ from: "a", to: "r", net: "10.0.1" }, { from: "b", to: "r", net: "10.0.2" }],
    new Map([["tracepath", tracepath], ["traceroute", busyboxTraceroute]]),
    { a: { "/etc/hosts": "10.0.1.2 gw\n10.0.2.1 web\n" } },
  );
  const { plane, machines } = made;
  const [a, r, b] = ["a", "r", "b"].map((name) => machines[name]!.ns.id) as [number, number, number];
  plane.setSysctl(r, "net.ipv4.ip_forward", 1);
  for (const [ns, via] of [[a, "10.0.1.2"], [b, "10.0.2.2"]] as const) {
    const failed = plane.addRoute(ns, { to: "0.0.0.0/0", via }, "add");
    if (isFailure(failed)) throw new Error(failed.errno);
  }
  for (const [ns, name] of [[r, "eth1"], [b, "eth0"]] as const) {
    plane.setLink(ns, plane.links(ns).find((link) => link.name === name)!.index, { mtu });
  }
  return made;
}

const pad = (head: string) => `${head.padEnd(57)}  0.000ms `;

Deno.test("the way of datagrams and its size", async () => {
  assertEquals(
    await routed().run("a", "tracepath -n 10.0.2.1"),
    ` 1?: [LOCALHOST]                      pmtu 1500\n${pad(" 1:  10.0.1.2")}\n${pad(" 1:  10.0.1.2")}\n` +
      `${pad(" 2:  10.0.2.1")}reached\n     Resume: pmtu 1500 hops 2 back 2 \n`,
  );
});

Deno.test("a narrower cable on the way says its size", async () => {
  assertEquals(
    await routed(1400).run("a", "tracepath -b 10.0.2.1"),
    ` 1?: [LOCALHOST]                      pmtu 1500\n${pad(" 1:  gw (10.0.1.2)")}\n${pad(" 1:  gw (10.0.1.2)")}\n` +
      `${pad(" 2:  gw (10.0.1.2)")}pmtu 1400\n${
        pad(" 2:  web (10.0.2.1)")
      }reached\n     Resume: pmtu 1400 hops 2 back 2 \n`,
  );
});

Deno.test("an unknown host, and no host", async () => {
  assertEquals(
    await routed().run("a", "tracepath nosuch.invalid"),
    "tracepath: nosuch.invalid: Temporary failure in name resolution\nexit 1\n",
  );
  assertEquals((await routed().run("a", "tracepath")).split("\n").slice(-2), ["exit 255", ""]);
});

Deno.test("traceroute of busybox, hop by hop", async () => {
  assertEquals(
    await routed().run("a", "traceroute 10.0.2.1"),
    "traceroute to 10.0.2.1 (10.0.2.1), 30 hops max, 46 byte packets\n" +
      " 1  gw (10.0.1.2)  0.000 ms  0.000 ms  0.000 ms\n 2  web (10.0.2.1)  0.000 ms  0.000 ms  0.000 ms\n",
  );
  assertEquals(
    await routed().run("a", "traceroute -I -n -q 1 web"),
    "traceroute to web (10.0.2.1), 30 hops max, 46 byte packets\n 1  10.0.1.2  0.000 ms\n 2  10.0.2.1  0.000 ms\n",
  );
  assertEquals(
    await routed().run("a", "traceroute nosuch.invalid"),
    "traceroute: bad address 'nosuch.invalid'\nexit 1\n",
  );
});
