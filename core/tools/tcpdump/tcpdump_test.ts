import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { twoMachines } from "../lab_test.ts";
import { PROGRAMS } from "../programs.ts";
import { FilterComplaint } from "./filter/complaint.ts";
import { compileFilter } from "./filter/compile.ts";
import type { Frame } from "./filter/frame.ts";
import { parseFilter } from "./filter/parse.ts";
import { Octets } from "./octets.ts";
import { isBadCapture, parsePcap, printPcap } from "./pcap.ts";
import { Stamps } from "./stamp.ts";

const bytes = (hex: string): Uint8Array =>
  Uint8Array.from(hex.replaceAll(/\s/g, "").match(/../g) ?? [], (byte) => parseInt(byte, 16));

/** 10.0.0.1.40000 > 10.0.0.2.80: Flags [S]. */
const SYN = bytes(
  "020000000002 020000000001 0800 45000028 0001 0000 40 06 66cd 0a000001 0a000002 9c40 0050 00000001 00000000 5002 0064 0000 0000",
);
/** The same, tagged: vlan 5. */
const TAGGED = bytes(
  "020000000002 020000000001 8100 0005 0800 45000028 0001 0000 40 06 66cd 0a000001 0a000002 9c40 0050 00000001 00000000 5002 0064 0000 0000",
);
const WHO_HAS = bytes(
  "ffffffffffff 020000000001 0806 0001 0800 06 04 0001 020000000001 0a000001 000000000000 0a000002",
);

const PASSES: readonly (readonly [filter: string, syn: boolean, tagged: boolean, arp: boolean])[] = [
  ["", true, true, true],
  ["tcp", true, false, false],
  ["arp", false, false, true],
  ["host 10.0.0.1", true, false, true],
  ["src host 10.0.0.2", false, false, false],
  ["dst net 10", true, false, true],
  ["tcp dst port 80", true, false, false],
  ["port 81 or 80", true, false, false],
  ["portrange 70-90 and not arp", true, false, false],
  ["tcp[tcpflags] & (tcp-syn|tcp-ack) == tcp-syn", true, false, false],
  ["ip[2:2] = 40", true, false, false],
  ["vlan and tcp", false, true, false],
  ["vlan 6", false, false, false],
  ["ether broadcast", false, false, true],
  ["ether src 02:00:00:00:00:01", true, true, true],
  ["ether proto \\arp", false, false, true],
  ["greater 55", false, true, false],
  ["not ip", false, true, true],
  ["icmp[0] = 8 or arp[6:2] = 1", false, false, true],
];

const frame = (octets: Uint8Array): Frame => ({
  octets: new Octets(octets),
  length: octets.length,
  outgoing: false,
  ifindex: 1,
});
const CONTEXT = {
  link: 1,
  hosts: new Map<string, readonly string[]>(),
  port: () => undefined,
  netmask: 0,
  live: false,
};

for (const [filter, ...wanted] of PASSES) {
  Deno.test(`the filter \`${filter}\` passes what libpcap passes`, () => {
    const test = compileFilter(parseFilter(filter), CONTEXT);
    assertEquals([SYN, TAGGED, WHO_HAS].map((each) => test(frame(each))), wanted);
  });
}

const REFUSED: readonly (readonly [string, string])[] = [
  ["tcp and", "can't parse filter expression: syntax error"],
  ["foo", "can't parse filter expression: syntax error"],
  ["host 300.1.1.1", "invalid IPv4 address '300.1.1.1'"],
  ["port 70000", "illegal port number 70000 > 65535"],
  ["port nosuch", "unknown port 'nosuch'"],
  ["icmp port 80", "illegal qualifier of 'port'"],
  ["net 10.0.0.1/24", 'non-network bits set in "10.0.0.1/24"'],
  ["ether host 10.0.0.1", "illegal link layer address"],
  ["tcp[0:3] = 1", "data size must be 1, 2, or 4"],
  ["vlan 5000", "VLAN tag 5000 greater than maximum 4095"],
  ["gateway gw", "'gateway' not supported in this configuration"],
  ["pppoes", "'pppoes' is not modelled"],
];

for (const [filter, problem] of REFUSED) {
  Deno.test(`the filter \`${filter}\` is refused in libpcap's words`, () => {
    assertEquals(assertThrows(() => compileFilter(parseFilter(filter), CONTEXT), FilterComplaint).message, problem);
  });
}

Deno.test("a capture file read back is the capture that was written", () => {
  const capture = { link: 1, snapshot: 262144, records: [{ time: 1_700_000_000_123_456, bytes: SYN, length: 90 }] };
  assertEquals(parsePcap(printPcap(capture)), capture);
});

Deno.test("a file cut short gives the packets before the cut, and says so", () => {
  const record = { time: 5, bytes: SYN, length: SYN.length };
  const file = printPcap({ link: 1, snapshot: 100, records: [record, record] });
  const parsed = parsePcap(file.subarray(0, file.length - 4));
  assertEquals(isBadCapture(parsed) && [parsed.problem, parsed.capture?.records.length], [
    "truncated dump file; tried to read 54 captured bytes, only got 50",
    1,
  ]);
});

Deno.test("stamps are the time of day, nothing, seconds, differences, dates", () => {
  const times = [1_700_000_000_000_001, 1_700_000_001_500_001];
  const last = [0, 1, 2, 3, 4, 5].map((style) => {
    const stamps = new Stamps(style);
    return times.map((time) => stamps.text(time))[1];
  });
  assertEquals(last, [
    "22:13:21.500001 ",
    "",
    "1700000001.500001 ",
    " 00:00:01.500000 ",
    "2023-11-14 22:13:21.500001 ",
    " 00:00:01.500000 ",
  ]);
});

Deno.test("a capture ends after -c packets; what had passed the filter by then was received", async () => {
  const { machines, runner } = twoMachines(PROGRAMS);
  const { a, b } = machines;
  const dump = a?.start("tcpdump -n -t -i eth0 -c 3");
  await runner.settle();
  await b?.run("ping -c 1 10.0.1.1");
  const left = await a?.finish(dump as NonNullable<typeof dump>);
  assertStringIncludes(left?.stdout ?? "", "ARP, Request who-has 10.0.1.1 tell 10.0.1.2, length 28\n");
  assertStringIncludes(left?.stdout ?? "", "IP 10.0.1.2 > 10.0.1.1: ICMP echo request, id ");
  assertStringIncludes(
    left?.stderr ?? "",
    "\n3 packets captured\n4 packets received by filter\n0 packets dropped by kernel\n",
  );
});

Deno.test("any shows the device and the direction, and an interrupt ends it with the counts", async () => {
  const { machines, run } = twoMachines(PROGRAMS);
  const text = run("a", "timeout -s INT 3 tcpdump -n -t -i any icmp");
  await machines["b"]?.run("sleep 1; ping -c 1 10.0.1.1");
  const lines = (await text).split("\n").map((line) => line.replace(/id \d+/, "id N"));
  assertEquals(lines.slice(0, 3), [
    "eth0  In  IP 10.0.1.2 > 10.0.1.1: ICMP echo request, id N, seq 1, length 64",
    "eth0  Out IP 10.0.1.1 > 10.0.1.2: ICMP echo reply, id N, seq 1, length 64",
    "",
  ]);
});

Deno.test("what -w wrote, -r reads; names stand for numbers without -n", async () => {
  const { run, machines } = twoMachines(PROGRAMS, { a: { "/etc/hosts": "10.0.1.2 bee\n" } });
  const written = run("a", "timeout 3 tcpdump -i eth0 -w /tmp/x.pcap");
  await machines["b"]?.run("sleep 1; curl -s http://10.0.1.1/");
  await written;
  assertStringIncludes(await run("a", "tcpdump -t -r /tmp/x.pcap 'tcp[tcpflags] = tcp-syn'"), "IP bee.");
  assertStringIncludes(
    await run("a", "tcpdump -t -r /tmp/x.pcap 'tcp[tcpflags] = tcp-syn'"),
    " > 10.0.1.1.http: Flags [S], seq ",
  );
  assertStringIncludes(await run("a", "tcpdump -n --count -r /tmp/x.pcap tcp"), "2 packets\n");
});

Deno.test("devices that are not there, or are down, are named", async () => {
  const { run } = twoMachines(PROGRAMS);
  assertEquals(
    await run("a", "tcpdump -i nope0"),
    "tcpdump: nope0: No such device exists\n(No such device exists)\nexit 1\n",
  );
  assertEquals(
    await run("a", "ip link set eth0 down; tcpdump -i eth0"),
    "tcpdump: eth0: That device is not up\nexit 1\n",
  );
  assertEquals(await run("a", "tcpdump -G 5 -w x"), "tcpdump: -G is not modelled\nexit 1\n");
});
