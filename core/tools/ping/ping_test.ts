import { assertEquals } from "@std/assert";
import { twoMachines } from "../lab_test.ts";
import { busyboxPing } from "./busybox_ping.ts";
import { ping } from "./ping.ts";

const PROGRAMS = new Map([["ping", ping]]);

Deno.test("ping answers with its statistics", async () => {
  const { run } = twoMachines(PROGRAMS);
  assertEquals(
    await run("a", "ping -c 2 10.0.1.2"),
    `PING 10.0.1.2 (10.0.1.2) 56(84) bytes of data.
64 bytes from 10.0.1.2: icmp_seq=1 ttl=64 time=0.000 ms
64 bytes from 10.0.1.2: icmp_seq=2 ttl=64 time=0.000 ms

--- 10.0.1.2 ping statistics ---
2 packets transmitted, 2 received, 0% packet loss, time 1000ms
rtt min/avg/max/mdev = 0.000/0.000/0.000/0.000 ms
`,
  );
});

Deno.test("ping to nobody on the link: host unreachable from the own address", async () => {
  const { run } = twoMachines(PROGRAMS);
  assertEquals(
    await run("a", "ping -c 2 10.0.1.77"),
    `PING 10.0.1.77 (10.0.1.77) 56(84) bytes of data.
From 10.0.1.1 icmp_seq=1 Destination Host Unreachable
From 10.0.1.1 icmp_seq=2 Destination Host Unreachable

--- 10.0.1.77 ping statistics ---
2 packets transmitted, 0 received, +2 errors, 100% packet loss, time 1000ms
pipe 2
exit 1
`,
  );
});

for (
  const [line, text] of [
    [
      "ping -c 1 -W 1 10.0.1.77",
      "PING 10.0.1.77 (10.0.1.77) 56(84) bytes of data.\n\n--- 10.0.1.77 ping statistics ---\n1 packets transmitted, 0 received, 100% packet loss, time 0ms\n\nexit 1\n",
    ],
    [
      "ping -c 1 -s 0 10.0.1.2",
      "PING 10.0.1.2 (10.0.1.2) 0(28) bytes of data.\n8 bytes from 10.0.1.2: icmp_seq=1 ttl=64\n\n--- 10.0.1.2 ping statistics ---\n1 packets transmitted, 1 received, 0% packet loss, time 0ms\n\n",
    ],
    [
      "ping -c 1 -q localhost",
      "PING localhost (127.0.0.1) 56(84) bytes of data.\n\n--- localhost ping statistics ---\n1 packets transmitted, 1 received, 0% packet loss, time 0ms\nrtt min/avg/max/mdev = 0.000/0.000/0.000/0.000 ms\n",
    ],
    ["ping -c 1 192.0.2.1", "ping: connect: Network is unreachable\nexit 2\n"],
    ["ping -c 1 nosuch.invalid", "ping: nosuch.invalid: Temporary failure in name resolution\nexit 2\n"],
    ["ping -c 0 10.0.1.2", "ping: invalid argument: '0': out of range: 1 <= value <= 9223372036854775807\nexit 1\n"],
    ["ping -c 1 -I nope0 10.0.1.2", "ping: SO_BINDTODEVICE nope0: No such device\nexit 2\n"],
    ["ping -c 1 -I 9.9.9.9 10.0.1.2", "ping: bind: Cannot assign requested address\nexit 2\n"],
    [
      "ping -c 1 10.0.1.255",
      "ping: Do you want to ping broadcast? Then -b. If not, check your local firewall rules\nexit 2\n",
    ],
    ["ping", "ping: usage error: Destination address required\nexit 1\n"],
    [
      "ping -c 1 -M do -s 2000 10.0.1.2",
      "PING 10.0.1.2 (10.0.1.2) 2000(2028) bytes of data.\n\n--- 10.0.1.2 ping statistics ---\n1 packets transmitted, 0 received, +1 errors, 100% packet loss, time 0ms\n\nping: local error: message too long, mtu=1500\nexit 1\n",
    ],
    [
      "ping -c 2 -f 10.0.1.2",
      "PING 10.0.1.2 (10.0.1.2) 56(84) bytes of data.\n.\b \b.\b \b\n--- 10.0.1.2 ping statistics ---\n2 packets transmitted, 2 received, 0% packet loss, time 0ms\nrtt min/avg/max/mdev = 0.000/0.000/0.000/0.000 ms, ipg/ewma 0.000/0.000 ms\n",
    ],
    [
      "ping -c 3 -w 2 -q 10.0.1.2",
      "PING 10.0.1.2 (10.0.1.2) 56(84) bytes of data.\n\n--- 10.0.1.2 ping statistics ---\n2 packets transmitted, 2 received, 0% packet loss, time 1000ms\nrtt min/avg/max/mdev = 0.000/0.000/0.000/0.000 ms\nexit 1\n",
    ],
  ] as const
) {
  Deno.test(`as iputils says: ${line}`, async () => {
    assertEquals(await twoMachines(PROGRAMS).run("a", line), text);
  });
}

Deno.test("SIGINT ends a ping with its statistics", async () => {
  const { machines, runner } = twoMachines(PROGRAMS);
  const process = machines["a"]!.start(["ping", "10.0.1.2"]);
  await runner.advance(2500);
  process.kill(2);
  const left = await runner.run(process.finished);
  assertEquals(left?.stdout.split("\n").slice(-3), [
    "3 packets transmitted, 3 received, 0% packet loss, time 2000ms",
    "rtt min/avg/max/mdev = 0.000/0.000/0.000/0.000 ms",
    "",
  ]);
  assertEquals(left?.exit, 0);
});

const BUSYBOX = new Map([["ping", busyboxPing]]);

for (
  const [line, text] of [
    [
      "ping -c 2 10.0.1.2",
      "PING 10.0.1.2 (10.0.1.2): 56 data bytes\n64 bytes from 10.0.1.2: seq=0 ttl=64 time=0.000 ms\n64 bytes from 10.0.1.2: seq=1 ttl=64 time=0.000 ms\n\n--- 10.0.1.2 ping statistics ---\n2 packets transmitted, 2 packets received, 0% packet loss\nround-trip min/avg/max = 0.000/0.000/0.000 ms\n",
    ],
    [
      "ping -c 1 -W 1 10.0.1.77",
      "PING 10.0.1.77 (10.0.1.77): 56 data bytes\n\n--- 10.0.1.77 ping statistics ---\n1 packets transmitted, 0 packets received, 100% packet loss\nexit 1\n",
    ],
    [
      "ping -c 1 192.0.2.1",
      "PING 192.0.2.1 (192.0.2.1): 56 data bytes\nping: sendto: Network is unreachable\nexit 1\n",
    ],
    ["ping -c 1 nosuch.invalid", "ping: bad address 'nosuch.invalid'\nexit 1\n"],
    ["ping -c x 10.0.1.2", "ping: invalid number 'x'\nexit 1\n"],
  ] as const
) {
  Deno.test(`as busybox says: ${line}`, async () => {
    assertEquals(await twoMachines(BUSYBOX).run("a", line), text);
  });
}
