/** Tests of the sessions in `sessions/`: the same command lines typed on a real machine and on ours. */
import { assertEquals } from "@std/assert";
import { runCase } from "../conformance/tools.ts";
import { missing } from "./real.ts";
import { parseSessions, recordSession, type Session } from "./typed.ts";

const TOOLS = ["ip", "conntrack", "ss", "route", "hostname", "iptables-legacy", "sysctl", "xtables-legacy-multi"];
const FOLDER = new URL("sessions/", import.meta.url);

/** Whether the real tools are not here, which is said. */
export const ignore: boolean = await missing("tools typed on both sides", TOOLS) !== undefined;

async function differences(session: Session): Promise<string[]> {
  const verdicts = await runCase(await recordSession(session));
  return verdicts.flatMap((verdict) => (verdict.kind === "failed" ? [verdict.text] : []));
}

/** A test of every second session, from the first (0) or the second (1) on: two files run side by side. */
export function testSessions(from: 0 | 1): void {
  const names = [...Deno.readDirSync(FOLDER)].map(({ name }) => name).sort();
  for (const name of names.filter((_name, at) => at % 2 === from)) {
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
}
