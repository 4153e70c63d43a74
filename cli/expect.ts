import { type Expectation, readExpectations, type Tested, testExpectation } from "../mod.ts";
import { openLab, readFiles } from "./files.ts";
import { readWords, UsageError } from "./usage.ts";
import type { Verb } from "./verb.ts";

/** `podwire test`: expectations in a file; exit status 1 when one does not hold. */
export const test: Verb = {
  usage: "-f LAB... ASSERTIONS... [--junit FILE] [--json]",
  does: "asks every expectation of the files; exit status 1 when one does not hold",
  async run(argv) {
    const words = readWords(argv, { string: ["junit"] });
    if (words.rest.length === 0) throw new UsageError("no file with expectations given");
    const expectations = readExpectations(readFiles(words.rest));
    if (expectations.length === 0) throw new UsageError(`${words.rest.join(" ")}: no Expectations object in it`);
    const lab = await openLab(words);
    const all: Tested[] = [];
    for (const expectation of expectations) all.push(await testExpectation(lab, expectation));
    lab.close();
    const { junit } = words.text;
    if (junit !== undefined) Deno.writeTextFileSync(junit, printJunit(all));
    console.log(words.flag["json"] ? JSON.stringify(all, null, 2) : printTested(all));
    return all.every(holds) ? 0 : 1;
  },
};

const holds = ({ differences }: Tested) => differences.length === 0;
const title = ({ from, to, proto, verdict }: Expectation) => `${from} -> ${to} (${proto}) ${verdict}`;

function printTested(all: readonly Tested[]): string {
  const lines = all.flatMap((tested) => [
    `${holds(tested) ? "ok    " : "FAILED"} ${title(tested.expectation)}`,
    ...tested.differences.map((difference) =>
      `       ${tested.expectation.file}:${tested.expectation.line}: ${difference}`
    ),
  ]);
  const passed = all.filter(holds).length;
  return [...lines, `${passed} passed, ${all.length - passed} failed`].join("\n");
}

/** JUnit's XML as CI systems read it: one suite, a test case an expectation. */
function printJunit(all: readonly Tested[]): string {
  const cases = all.map((tested) => {
    const { file, line } = tested.expectation;
    const head = `    <testcase classname="${xml(file)}" name="${xml(title(tested.expectation))}" file="${
      xml(file)
    }" line="${line}"`;
    if (holds(tested)) return `${head}/>`;
    return `${head}>\n      <failure message="${xml(tested.differences.join("; "))}"/>\n    </testcase>`;
  });
  const counts = `tests="${all.length}" failures="${all.filter((tested) => !holds(tested)).length}"`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites ${counts}>\n  <testsuite name="podwire" ${counts}>\n${
    cases.join("\n")
  }\n  </testsuite>\n</testsuites>\n`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "\n": "&#10;",
};

function xml(text: string): string {
  return text.replace(/[&<>"\n]/g, (one) => ENTITIES[one] as string);
}
