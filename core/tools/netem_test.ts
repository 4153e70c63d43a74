import { assert, assertEquals, assertMatch } from "@std/assert";
import { setCable } from "../linux/mod.ts";
import { twoMachines } from "./lab_test.ts";
import { PROGRAMS } from "./programs.ts";

/** The middle of a ping's `rtt min/avg/max/mdev`, in milliseconds. */
function average(ping: string): number {
  return Number(/= [\d.]+\/([\d.]+)\//.exec(ping)?.[1]);
}

Deno.test("netem's delay is what ping measures, until it is deleted", async () => {
  const { run } = twoMachines(PROGRAMS);
  await run("a", "ping -c 1 10.0.1.2");
  assertEquals(await run("a", "tc qdisc add dev eth0 root netem delay 100ms"), "");
  assertMatch(await run("a", "tc qdisc show dev eth0"), /^qdisc netem 8001: root refcnt 3 limit 1000 delay 100ms\n$/);
  assertEquals(Math.round(average(await run("a", "ping -c 3 10.0.1.2"))), 100);
  assertMatch(await run("a", "ip link show eth0"), /qdisc netem state UP/);
  assertEquals(await run("a", "tc qdisc del dev eth0 root"), "");
  assert(average(await run("a", "ping -c 3 10.0.1.2")) < 5);
});

Deno.test("netem's loss loses about that share of packets, the same ones for the same seed", async () => {
  const lost = async (): Promise<string | undefined> => {
    const { run } = twoMachines(PROGRAMS);
    await run("b", "tc qdisc add dev eth0 root netem loss 30%");
    return /(\d+)% packet loss/.exec(await run("a", "ping -q -i 0.2 -c 200 10.0.1.2"))?.[1];
  };
  const first = await lost();
  assert(Math.abs(Number(first) - 30) < 12, `${first}%`);
  assertEquals(await lost(), first);
});

Deno.test("what tc sets comes on top of the cable, and the cable stays when it goes", async () => {
  const { run, plane, machines } = twoMachines(PROGRAMS);
  await run("a", "ping -c 1 10.0.1.2");
  const ns = machines["a"]?.ns.id as number;
  setCable(plane, ns, plane.links(ns).find(({ name }) => name === "eth0")?.index as number, { delay: 20 });
  assertEquals(await run("a", "tc qdisc show dev eth0"), "qdisc noqueue 0: root refcnt 2 \n");
  await run("a", "tc qdisc add dev eth0 root netem delay 30ms");
  assertEquals(Math.round(average(await run("a", "ping -c 2 10.0.1.2"))), 50);
  await run("a", "tc qdisc del dev eth0 root");
  assertEquals(Math.round(average(await run("a", "ping -c 2 10.0.1.2"))), 20);
});

Deno.test("a channel that turns bad loses packets in runs, in the shares that its chances make", async () => {
  const { run } = twoMachines(PROGRAMS);
  await run("a", "ping -c 1 10.0.1.2; tc qdisc add dev eth0 root netem loss gemodel 2% 20%");
  const lines = await run("a", "ping -c 600 -i 0.002 10.0.1.2");
  const got = [...lines.matchAll(/icmp_seq=(\d+)/g)].map(([, seq]) => Number(seq));
  const gaps = got.slice(1).map((seq, at) => seq - (got[at] as number) - 1).filter((gap) => gap > 0);
  const lost = gaps.reduce((sum, gap) => sum + gap, 0);
  // p / (p + r) of the packets, in runs of 1 / r on average.
  assert(lost > 25 && lost < 100, `${lost} lost`);
  assert(lost / gaps.length > 3, `runs of ${lost / gaps.length}`);
});

Deno.test("a queue that is full takes no more, and only every fifth packet overtakes where the gap says so", async () => {
  const { run } = twoMachines(PROGRAMS);
  await run("a", "ping -c 1 10.0.1.2; tc qdisc add dev eth0 root netem limit 5 delay 100ms");
  assertMatch(await run("a", "ping -q -c 20 -i 0.002 10.0.1.2"), /20 packets transmitted, 5 received/);
  await run("a", "tc qdisc del dev eth0 root; tc qdisc add dev eth0 root netem delay 100ms reorder 100% gap 5");
  const times = [...(await run("a", "ping -c 10 -i 0.002 10.0.1.2")).matchAll(/icmp_seq=(\d+).*time=([\d.]+)/g)];
  const quick = times.filter(([, , time]) => Number(time) < 50).map(([, seq]) => Number(seq)).sort((a, b) => a - b);
  assertEquals(quick, [5, 10]);
});

Deno.test("jitter that is normally distributed keeps near the delay", async () => {
  const { run } = twoMachines(PROGRAMS);
  await run("a", "ping -c 1 10.0.1.2; tc qdisc add dev eth0 root netem delay 100ms 10ms distribution normal");
  const out = await run("a", "ping -c 200 -i 0.5 10.0.1.2");
  const times = [...out.matchAll(/time=([\d.]+)/g)].map(([, time]) => Number(time));
  const near = times.filter((time) => Math.abs(time - 100) < 10).length / times.length;
  assert(near > 0.58 && near < 0.78, `${near} within one deviation`);
  assert(Math.max(...times) > 115, `${Math.max(...times)} at most`);
});

Deno.test("a restarted machine has forgotten its qdiscs", async () => {
  const { run, machines } = twoMachines(PROGRAMS);
  await run("a", "tc qdisc add dev eth0 root netem loss 100%");
  await machines["a"]?.reboot();
  await run("a", "ip link set eth0 up; ip addr add 10.0.1.1/24 dev eth0");
  assertMatch(await run("a", "ping -c 1 10.0.1.2"), / 0% packet loss/);
});

Deno.test("packets leave at the rate of a token bucket, and of htb's default class", async () => {
  const { run } = twoMachines(PROGRAMS);
  await run("a", "ping -c 1 10.0.1.2");
  await run("a", "tc qdisc add dev eth0 root tbf rate 80kbit burst 2k latency 1s");
  // The bucket holds one packet of 1042 bytes; the next wait for 10,000 bytes a second, those for whom it would be more than
  // a second's worth go.
  assert(average(await run("a", "ping -c 1 -s 1000 10.0.1.2")) < 5);
  const many = await run("a", "sleep 1; ping -q -c 40 -i 0.05 -s 1000 10.0.1.2");
  const [, received, most] = /(\d+) received[^]*\/([\d.]+)\/[\d.]+ ms/.exec(many) ?? [];
  assert(Number(received) > 28 && Number(received) < 37, many);
  assert(Number(most) > 1000 && Number(most) < 1210, many);
  await run("a", "tc qdisc del dev eth0 root; tc qdisc add dev eth0 root handle 1: htb default 10");
  assert(average(await run("a", "ping -c 1 -s 1000 10.0.1.2")) < 5);
  await run("a", "tc class add dev eth0 parent 1: classid 1:10 htb rate 8kbit ceil 160kbit");
  assertEquals(Math.round(average(await run("a", "ping -c 1 -s 1000 10.0.1.2"))), 52);
});

const SHOWN: readonly (readonly [given: string, shown: string])[] = [
  ["netem delay 100ms 10ms", "limit 1000 delay 100ms  10ms"],
  ["netem delay 1.5s", "limit 1000 delay 1.5s"],
  ["netem delay 500", "limit 1000 delay 500us"],
  ["netem loss 0.3%", "limit 1000 loss 0.3%"],
  ["netem loss random 5 duplicate 1% corrupt 0.1%", "limit 1000 loss 5% duplicate 1% corrupt 0.1%"],
  ["netem delay 10ms reorder 25%", "limit 1000 delay 10ms reorder 25% gap 1"],
  ["netem delay 10ms 2ms 25% distribution normal", "limit 1000 delay 10ms  2ms 25%"],
  ["netem loss gemodel 1% 10%", "limit 1000 loss gemodel p 1% r 10% 1-h 100% 1-k 0%"],
  ["netem loss gemodel 1% 10% 70% 0.1%", "limit 1000 loss gemodel p 1% r 10% 1-h 70% 1-k 0.1%"],
  ["netem loss 5% 25% duplicate 5% 10%", "limit 1000 loss 5% 25% duplicate 5% 10%"],
  ["netem rate 1mbit limit 50", "limit 50 rate 1Mbit"],
  ["tbf rate 256kbit burst 1540 latency 50ms", "rate 256Kbit burst 1539b lat 50ms "],
  ["tbf rate 10mbit burst 10kb limit 3000", "rate 10Mbit burst 10Kb limit 3000b "],
  ["htb default 10 r2q 20", "r2q 20 default 0x10 direct_packets_stat 0 direct_qlen 1000"],
  ["bfifo", "limit 1514000b"],
];

for (const [given, shown] of SHOWN) {
  Deno.test(`\`tc qdisc add ... ${given}\` is shown as tc shows it`, async () => {
    const { run } = twoMachines(PROGRAMS);
    assertEquals(await run("a", `tc qdisc add dev eth0 root handle 7: ${given}`), "");
    const kind = given.split(" ")[0];
    assertEquals(await run("a", "tc qdisc show dev eth0"), `qdisc ${kind} 7: root refcnt 3 ${shown}\n`);
  });
}

const WRONG: readonly (readonly [line: string, said: string])[] = [
  ["qdisc del dev eth0 root", "Error: Cannot delete qdisc with handle of zero.\nexit 2\n"],
  ["qdisc del dev eth0 root netem", "Error: Invalid qdisc name: must match existing qdisc.\nexit 2\n"],
  [
    "qdisc change dev eth0 root netem delay 5ms",
    "Error: Qdisc not found. To create specify NLM_F_CREATE flag.\nexit 2\n",
  ],
  ["qdisc add dev eth0 root netem delay x", 'Illegal "latency"\nexit 1\n'],
  ["qdisc add dev eth0 root netem loss 101%", 'Illegal "loss percent"\nexit 1\n'],
  ["qdisc add dev eth0", "Error: Handle cannot be zero.\nexit 2\n"],
  ["qdisc add dev eth0 parent 9: pfifo", "Error: Failed to find specified qdisc.\nexit 2\n"],
  ["qdisc add dev eth0 root cake", "tc: qdisc cake is not modelled\nexit 2\n"],
  ["filter add dev eth0 matchall", "tc: filters are not modelled\nexit 2\n"],
  ["qdisc add dev eth0 root netem loss state 1%", "tc: netem loss state is not modelled\nexit 2\n"],
];

for (const [line, said] of WRONG) {
  Deno.test(`\`tc ${line}\` is answered in tc's words`, async () => {
    assertEquals(await twoMachines(PROGRAMS).run("a", `tc ${line}`), said);
  });
}
