/**
 * The same command lines typed on a real machine and on ours: text and exit status are equal. What is typed stands in `sessions/`,
 * right and mistyped lines alike; `deno run -A tests/kernel/type.ts FILE` types another text and shows what differs.
 */
import { assertEquals, assertNotEquals } from "@std/assert";
import { runCase } from "../conformance/tools.ts";
import { missing } from "./real.ts";
import { parseSessions, recordSession, type Session } from "./typed.ts";

const TOOLS = ["ip", "conntrack", "ss", "route", "hostname", "iptables-legacy", "sysctl", "xtables-legacy-multi"];
const ignore = await missing("tools typed on both sides", TOOLS) !== undefined;
const FOLDER = new URL("sessions/", import.meta.url);

async function differences(session: Session): Promise<string[]> {
  const verdicts = await runCase(await recordSession(session));
  return verdicts.flatMap((verdict) => (verdict.kind === "failed" ? [verdict.text] : []));
}

for (const { name } of [...Deno.readDirSync(FOLDER)].sort((a, b) => a.name.localeCompare(b.name))) {
  Deno.test({
    name: `${name.replace(".txt", "")} answers as the real tool does, word for word`,
    ignore,
    fn: async () => {
      for (const session of parseSessions(Deno.readTextFileSync(new URL(name, FOLDER)))) {
        assertEquals((await differences(session)).join("\n"), "");
      }
    },
  });
}

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
