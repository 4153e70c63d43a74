/**
 * Ten broken texts of each kind: every one is refused with file, line, column and what was expected, with exit status 2,
 * and leaves the world as it was. A file of `tests/bad` holds blocks `=== what is wrong | line:column | a word of what was expected`.
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { Lab, TextError } from "../mod.ts";

interface Case {
  readonly what: string;
  readonly at: string;
  readonly expected: string;
  readonly text: string;
}

/** How each kind of text is named when it is handed in. */
const KINDS: Readonly<Record<string, string>> = {
  manifests: "broken.yaml",
  labs: "broken.yaml",
  corefiles: "Corefile",
  iptables: "node-1.rules",
};

function readCases(kind: string): Case[] {
  const blocks = Deno.readTextFileSync(new URL(`bad/${kind}.txt`, import.meta.url)).split(/^=== /m).slice(1);
  return blocks.map((block) => {
    const [head = "", ...lines] = block.split("\n");
    const [what = "", at = "", expected = ""] = head.split(" | ");
    return { what, at, expected: expected.trim(), text: lines.join("\n") };
  });
}

async function refusal(work: () => Promise<unknown>): Promise<TextError> {
  try {
    await work();
  } catch (error) {
    if (error instanceof TextError) return error;
    throw error;
  }
  throw new Error("the text was taken");
}

for (const [kind, name] of Object.entries(KINDS)) {
  const cases = readCases(kind);
  Deno.test(`there are ten broken ${kind}`, () => assertEquals(cases.length, 10));
  for (const { what, at, expected, text } of cases) {
    Deno.test(`broken ${kind}: ${what}`, async () => {
      const error = await refusal(() =>
        Lab.open({ files: [{ name, text }], ...(kind === "labs" ? {} : { nodes: 1 }) })
      );
      assertEquals(`${error.file}:${error.line}:${error.column}`, `${name}:${at}`, error.message);
      assert(error.expected.length >= 3, error.message);
      assertMatch(error.expected, new RegExp(expected));
    });
  }
}

Deno.test("a broken text leaves an open lab as it was", async () => {
  const lab = await Lab.open({ nodes: 1, files: ["apiVersion: v1\nkind: Namespace\nmetadata: {name: before}\n"] });
  const before = JSON.stringify(lab.overview()) + lab.log();
  for (const [kind, name] of Object.entries(KINDS)) {
    for (const { text } of readCases(kind)) {
      await refusal(() =>
        lab.apply([{ name: "good.yaml", text: "apiVersion: v1\nkind: Namespace\nmetadata: {name: after}\n" }, {
          name,
          text,
        }])
      );
    }
  }
  assertEquals(JSON.stringify(lab.overview()) + lab.log(), before);
  lab.close();
});

Deno.test("bad input ends podwire with exit status 2 and says where", async () => {
  const folder = await Deno.makeTempDir();
  for (const [kind, name] of Object.entries(KINDS)) {
    const [first] = readCases(kind) as [Case];
    await Deno.writeTextFile(`${folder}/${name}`, first.text);
    const podwire = new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-prompt", "--allow-read", "--allow-env", "cli/main.ts", "up", "-f", `${folder}/${name}`],
      cwd: new URL("..", import.meta.url).pathname,
    });
    const { code, stderr, stdout } = await podwire.output();
    const said = new TextDecoder().decode(stderr);
    assertEquals([code, new TextDecoder().decode(stdout)], [2, ""], said);
    assertMatch(said, new RegExp(`^podwire: ${folder}/${name}:${first.at}: .*, expected `));
  }
});
