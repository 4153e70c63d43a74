import { assertEquals, assertThrows } from "@std/assert";
import { TextError } from "../base/mod.ts";
import { answers, parseLesson } from "./lesson.ts";

const LESSON = `# A switch

\`\`\`yaml lab
apiVersion: podwire.dev/v1
kind: Lab
\`\`\`

Type this:

\`\`\`console
a# ip link set eth0 up
a$ hostname
a
$ echo one; echo two
one
two
\`\`\`

\`\`\`console ask
b$ ip addr
...
\`\`\`
`;

Deno.test("a lesson has a title, a stage, and exchanges with their lines", () => {
  const { title, stage, exchanges } = parseLesson(LESSON, "a.md");
  assertEquals([title, stage?.line], ["A switch", 3]);
  assertEquals(
    exchanges.map(({ line, place, command, expected, ask }) => [line, place, command, expected.length, ask]),
    [
      [11, "a", "ip link set eth0 up", 0, false],
      [12, "a", "hostname", 1, false],
      [14, "", "echo one; echo two", 2, false],
      [20, "b", "ip addr", 1, true],
    ],
  );
});

Deno.test("an answer matches with wildcards and without blanks at line ends", () => {
  assertEquals(answers(["time <any> ms"], ["time 0.04 ms  "]), true);
  assertEquals(answers(["time <any> ms"], ["time 0.04 or so ms"]), false);
  assertEquals(answers(["a", "...", "z"], ["a", "b", "c", "z"]), true);
  assertEquals(answers(["a", "...", "z"], ["a", "z"]), true);
  assertEquals(answers(["a", "..."], ["a"]), true);
  assertEquals(answers(["a"], ["a", "b"]), false);
  assertEquals(answers([], ["a"]), false);
  assertEquals(answers(["1.2.3.4"], ["1x2x3x4"]), false);
});

Deno.test("a lesson with two stages, an open block or an answer without a command is refused", () => {
  const stage = "```yaml lab\nkind: Lab\n```\n";
  assertThrows(() => parseLesson(stage + stage, "a.md"), TextError, "a.md:4:1");
  assertThrows(() => parseLesson("```console\n$ ls\n", "a.md"), TextError, "a.md:1:1");
  assertThrows(() => parseLesson("```console\nhello\n```\n", "a.md"), TextError, "a.md:2:1");
});
