/**
 * The same command lines typed on a real machine and on ours: text and exit status are equal. What is typed stands in `sessions/`,
 * right and mistyped lines alike; `deno run -A tests/kernel/type.ts FILE` types another text and shows what differs.
 */
import { assertNotEquals } from "@std/assert";
import { runCase } from "../conformance/tools.ts";
import { ignore, testSessions } from "./session_tests.ts";
import { recordSession } from "./typed.ts";

testSessions(0);

Deno.test({
  name: "an answer that differs is noticed",
  ignore,
  fn: async () => {
    const one = await recordSession({ name: "route", world: "pair", lines: ["route -n"] });
    const steps = one.steps.map((step) => "stdout" in step ? { ...step, stdout: [...step.stdout, "more"] } : step);
    const [verdict] = await runCase({ ...one, steps });
    assertNotEquals(verdict?.kind, "passed");
  },
});
