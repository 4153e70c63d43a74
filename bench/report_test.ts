import { assertEquals, assertThrows } from "@std/assert";
import { agree, median, race, timeRows } from "./measure.ts";
import { Dir24 } from "./peers/dir24.ts";
import { Lookup, Scan } from "./peers/first_match.ts";
import { TextFlows, TypedFlows } from "./peers/flow_table.ts";
import { Ranges } from "./peers/ranges.ts";
import { geomean, printMarkdown, printRows } from "./report.ts";
import { packetsFor, services } from "./rulesets.ts";
import { hostsOf, LENGTHS4, LENGTHS6, type PrefixTable } from "./tables.ts";

Deno.test("a row's ratio is above 1 where we take less time than the peer, and peers that did not run have none", () => {
  const rows = timeRows({ subject: "s", case: "c", unit: "ns" }, 10, { slow: 25, absent: undefined });
  assertEquals(rows, [{ subject: "s", case: "c", unit: "ns", ours: 10, theirs: 25, peer: "slow", ratio: 2.5 }]);
});

Deno.test("the median of the turns counts, and times that a contestant says itself are taken as said", async () => {
  assertEquals(median([9, 1, 5]), 5);
  const said = [3, 1, 2, 100, 5].values();
  assertEquals(await race([() => said.next().value as number], { warmUp: 0, timed: 5 }), [3]);
});

Deno.test("the mean over native cases is geometric", () => {
  const row = (ratio: number, peer: string) => timeRows({ subject: "s", case: "c", unit: "ns" }, 1, { [peer]: ratio });
  assertEquals(geomean([...row(0.5, "native Rust"), ...row(2, "native Rust"), ...row(9, "other")])[0]?.ratio, 1);
  assertEquals(geomean(row(9, "other")), []);
});

Deno.test("the table shows each row beside its baseline", () => {
  const [row] = timeRows({ subject: "s", case: "c", unit: "ns" }, 10, { slow: 25 });
  assertEquals(
    row === undefined ? "" : printRows([row], [{ ...row, ratio: 2 }]).split("\n")[1],
    "s        c       10      25  ns     2.5x   2x  slow",
  );
});

Deno.test("the README's table has a line a case and a column a peer", () => {
  const rows = timeRows({ subject: "s", case: "c", unit: "ns" }, 10, { "plain JS scan": 1234.5, "native Rust": 5 });
  assertEquals(printMarkdown(rows).split("\n")[2], "| s c | ns | **10** |  | 1,235 |  |  | 5 |  |");
});

Deno.test("answers that differ are an error", () => {
  agree([1, 2], [1, 2]);
  assertThrows(() => agree([1, 2], [1, 3]), Error, "answer 1: we say 2, the peer says 3");
});

Deno.test("a full table has the 1,062,046 prefixes of the Internet's", () => {
  const sum = [...LENGTHS4, ...LENGTHS6].reduce((total, [, count]) => total + count, 0);
  assertEquals(sum, 1_062_046);
});

/** 0/0, 10/8, 10.1/16, 10.1.2/24, 10.1.2.128/25 and a host. */
const TABLE: PrefixTable["v4"] = {
  addresses: Uint32Array.of(0, 0x0a000000, 0x0a010000, 0x0a010200, 0x0a010280, 0x0a010281),
  lengths: Uint8Array.of(0, 8, 16, 24, 25, 32),
};

Deno.test("the peers find the longest prefix", () => {
  const keys = Uint32Array.of(0x01020304, 0x0a020000, 0x0a01ffff, 0x0a010201, 0x0a010280, 0x0a010281, 0xffffffff);
  for (const peer of [new Dir24(TABLE.addresses, TABLE.lengths), new Ranges(TABLE.addresses, TABLE.lengths)]) {
    const answers = new Uint32Array(keys.length);
    peer.lookup(keys, answers);
    assertEquals([...answers], [0, 1, 2, 3, 4, 5, 0]);
  }
});

Deno.test("IPv6 addresses are compared word by word", () => {
  const peer = new Ranges(Uint32Array.of(0x20010db8, 0, 0, 0, 0x20010db8, 0, 0, 1), Uint8Array.of(32, 128));
  const answers = new Uint32Array(3);
  peer.lookup(Uint32Array.of(0x20010db8, 0, 0, 0, 0x20010db8, 0, 0, 1, 0x20010db9, 0, 0, 0), answers);
  assertEquals([...answers], [0, 1, 0x7fffffff]);
});

Deno.test("traffic lies inside the table's prefixes", () => {
  const hosts = hostsOf({ addresses: Uint32Array.of(0x0a010200), lengths: Uint8Array.of(24) }, 100, 1);
  assertEquals(hosts.every((host) => host >>> 8 === 0x0a0102), true);
});

Deno.test("both script peers of a chain agree on exact rules", () => {
  const ruleset = services(50);
  const packets = packetsFor(ruleset, 500);
  const [scan, map] = [new Uint32Array(500), new Uint32Array(500)];
  new Scan(ruleset).run(packets, scan);
  new Lookup(ruleset).run(packets, map);
  assertEquals(scan, map);
  assertEquals(scan.includes(1) && scan.includes(0), true);
});

Deno.test("both script peers of conntrack find every flow they were given", () => {
  const packets = packetsFor(services(40), 200);
  for (const peer of [new TextFlows(), new TypedFlows()]) {
    peer.insert(packets);
    assertEquals(peer.find(packets), 200);
    assertEquals(peer.find(packets.map((word, n) => n % 5 === 0 ? word ^ 1 << 30 : word)), 0);
  }
});
