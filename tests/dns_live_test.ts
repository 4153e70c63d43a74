import { assertEquals } from "@std/assert";
import { readDns, runDnsCase } from "./conformance/dns.ts";

Deno.test("every recorded world of a real CoreDNS starts, answers, logs and counts as it did", async () => {
  const bad: string[] = [];
  let checks = 0;
  for (const one of await readDns("tests/vectors/coredns_live.json.gz")) {
    for (const { problem } of await runDnsCase(one)) {
      checks++;
      if (problem !== undefined) bad.push(`${one.id}: ${problem}`);
    }
  }
  assertEquals(bad.slice(0, 5), []);
  assertEquals(checks > 6000, true);
});

Deno.test("every recorded Corefile, changed at random, starts or is refused in a real CoreDNS's words", async () => {
  const bad: string[] = [];
  let refused = 0;
  for (const one of await readDns("tests/vectors/coredns_startups.json.gz")) {
    if (!one.start.ok) refused++;
    for (const { problem } of await runDnsCase(one)) if (problem !== undefined) bad.push(`${one.id}: ${problem}`);
  }
  assertEquals(bad.slice(0, 5), []);
  assertEquals(refused > 200, true);
});

Deno.test("random questions to random plugins are answered as a real CoreDNS answered them", async () => {
  const bad: string[] = [];
  let asked = 0;
  for (const one of await readDns("tests/vectors/coredns_questions.json.gz")) {
    for (const { kind, problem } of await runDnsCase(one)) {
      if (kind === "questions") asked++;
      if (problem !== undefined) bad.push(`${one.id}: ${problem}`);
    }
  }
  assertEquals(bad.slice(0, 5), []);
  assertEquals(asked > 700, true);
});
