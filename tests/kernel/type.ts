/** `deno run -A tests/kernel/type.ts FILE...`: types sessions on a real machine and on ours, and shows where they differ. */
import { runCase } from "../conformance/tools.ts";
import { parseSessions, recordSession } from "./typed.ts";

let equal = 0;
let different = 0;
for (const file of Deno.args) {
  for (const session of parseSessions(await Deno.readTextFile(file))) {
    for (const verdict of await runCase(await recordSession(session))) {
      if (verdict.kind !== "failed") equal++;
      else {
        different++;
        console.log(verdict.text);
      }
    }
  }
}
console.log(`${equal} equal, ${different} differ`);
Deno.exit(different > 0 ? 1 : 0);
