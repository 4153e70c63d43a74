import { assertEquals } from "@std/assert";
import { readTools, runCase } from "./tools.ts";
import { lineMatches, linesMatch, outputLines } from "./tools_format.ts";

/** Families of which every recorded command comes out as recorded. */
const WHOLE = [
  "bridge",
  "dns",
  "hostname",
  "ip-misc",
  "ip-neigh",
  "ip-netns",
  "ip-route",
  "ip-rule",
  "ipset",
  "iptables",
  "kube",
  "monitor",
  "sysctl",
  "tc",
];

const FILE = new URL("../vectors/tools.json.gz", import.meta.url).pathname;

for (const family of WHOLE) {
  Deno.test(`${family}: every recorded command leaves what the real tool left`, async () => {
    const failures: string[] = [];
    for (const one of (await readTools(FILE)).filter((each) => each.family === family)) {
      for (const verdict of await runCase(one)) if (verdict.kind === "failed") failures.push(verdict.text);
    }
    assertEquals(failures.join("\n\n"), "");
  });
}

Deno.test("<*> stands for a run without blanks, a star for itself", () => {
  assertEquals(lineMatches("time=<*> ms", "time=0.045 ms"), true);
  assertEquals(lineMatches("time=<*> ms", "time=0 .045 ms"), false);
  assertEquals(lineMatches("0.0.0.0:*", "0.0.0.0:80"), false);
  assertEquals(lineMatches("0.0.0.0:* <*>", "0.0.0.0:* 7"), true);
  assertEquals(lineMatches("# Completed on <*>", "# Completed on Thu Jan  1 00:00:01 2026"), true);
  assertEquals(lineMatches(";; WHEN: <*>", ";; WHEN: Thu Jan 01 00:00:01 UTC 2026"), true);
});

Deno.test("unordered lines are compared as a multiset, exact ones first", () => {
  assertEquals(linesMatch(["a <*>", "a 1"], ["a 1", "a 2"], true), true);
  assertEquals(linesMatch(["a 1", "a 1"], ["a 1", "a 2"], true), false);
});

Deno.test("what recorders made alike is made alike here", () => {
  assertEquals(outputLines("rtt min/avg/max/mdev = 1/2/3/4 ms, pipe 2\n1 packet captured\n"), [
    "rtt min/avg/max/mdev = * ms",
    "1 packets captured",
  ]);
  assertEquals([outputLines(""), outputLines("\n"), outputLines("a\nb")], [[], [""], ["a", "b"]]);
});
