/** The plan of the house as a table: who may import whom. See docs/ARCHITECTURE.md. */
import { assertEquals } from "@std/assert";
import { checkHouse, type Source } from "./house.ts";

const ROOT = new URL("..", import.meta.url).pathname;

function* sources(folder: string): Generator<Source> {
  for (const entry of Deno.readDirSync(ROOT + folder)) {
    const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory) {
      if (
        !["node_modules", "wasm/target", "bench/native/target", "pkg", "data", "vectors"].some((skipped) =>
          skipped === entry.name || skipped === path
        ) && !entry.name.startsWith(".")
      ) {
        yield* sources(path);
      }
    } else if (entry.name.endsWith(".ts")) yield { path, text: Deno.readTextFileSync(ROOT + path) };
  }
}

Deno.test("the house follows its plan", () => {
  assertEquals(checkHouse([...sources("")]).join("\n"), "");
});

/** Each rule, broken once: the check must name it. */
const VIOLATIONS: readonly { readonly rule: string; readonly sources: readonly Source[]; readonly says: RegExp }[] = [
  {
    rule: "a lower floor imports a higher one",
    sources: [{ path: "core/linux/a.ts", text: 'import { x } from "../tools/mod.ts";' }],
    says: /core\/linux\/a\.ts.*core\/tools/,
  },
  {
    rule: "the wings see each other",
    sources: [{ path: "core/kube/a.ts", text: 'import { x } from "../linux/mod.ts";' }],
    says: /core\/kube\/a\.ts.*core\/linux/,
  },
  {
    rule: "a room is entered through a window instead of its door",
    sources: [{ path: "core/node/a.ts", text: 'import { x } from "../kube/store/store.ts";' }],
    says: /core\/node\/a\.ts.*mod\.ts/,
  },
  {
    rule: "core touches the outside world",
    sources: [{ path: "core/lab/a.ts", text: "const t = Date.now();" }],
    says: /core\/lab\/a\.ts.*Date\.now/,
  },
  {
    rule: "two files import each other",
    sources: [
      { path: "core/dns/a.ts", text: 'import { b } from "./b.ts";' },
      { path: "core/dns/b.ts", text: 'import { a } from "./a.ts";' },
    ],
    says: /circle.*core\/dns\/a\.ts/,
  },
  {
    rule: "the house uses the garden",
    sources: [{ path: "http/a.ts", text: 'import { x } from "../tests/mod.ts";' }],
    says: /http\/a\.ts.*tests/,
  },
  {
    rule: "a room has no door",
    sources: [{ path: "core/attic/a.ts", text: "export const a = 1;" }],
    says: /core\/attic/,
  },
  {
    rule: "a loose file lies in core",
    sources: [{ path: "core/loose.ts", text: "export const a = 1;" }],
    says: /core\/loose\.ts/,
  },
  {
    rule: "a file is past the wall",
    sources: [{ path: "core/base/long.ts", text: "\n".repeat(501) }],
    says: /core\/base\/long\.ts.*500/,
  },
  {
    rule: "a default export",
    sources: [{ path: "cli/a.ts", text: "export default 1;" }],
    says: /cli\/a\.ts.*default export/,
  },
];

for (const { rule, sources, says } of VIOLATIONS) {
  Deno.test(`the plan notices when ${rule}`, () => {
    const found = checkHouse(sources).join("\n");
    assertEquals(says.test(found), true, `expected ${says} in: ${found}`);
  });
}
