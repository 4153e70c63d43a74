/** A few thousand random and mutated inputs, new ones each time; the seed is printed with what went wrong. */
import { assertEquals } from "@std/assert";
import { fuzz, KINDS } from "./fuzz/mod.ts";
import { Report } from "./fuzz/fuzz.ts";

Deno.test("random packets, tables and command lines neither crash nor hang, and every drop has a reason", async () => {
  const said: string[] = [];
  assertEquals(await fuzz(["--count", "3000"], (line) => said.push(line)), 0, said.join("\n"));
});

Deno.test("a run with the same seed is the same run", async () => {
  const once = async () => {
    const report = new Report();
    for (const kind of KINDS) await kind.run(11, 40, report);
    return [report.cases, report.failed];
  };
  assertEquals(await once(), await once());
});

Deno.test("a case that says what went wrong counts as failed and is shown", () => {
  const report = new Report();
  report.began();
  report.ended("dropped without a reason");
  assertEquals([report.cases, report.failed, report.shown], [1, 1, ["dropped without a reason"]]);
});
