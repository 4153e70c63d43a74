/** Every export of the house says in a comment what it is; README and lessons name files that exist. */
import { assertEquals } from "@std/assert";

const ROOT = new URL("..", import.meta.url).pathname;
const ROOMS = ["core", "http", "cli", "wasm", "bench"];

function* files(folder: string): Generator<string> {
  for (const entry of Deno.readDirSync(ROOT + folder)) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) {
      if (!["pkg", "target", "native", "node_modules"].includes(entry.name)) yield* files(path);
    } else if (/(?<!_test|\.d)\.ts$/.test(entry.name)) yield path;
  }
}

/** Names of exports without a comment right above them. */
export function undocumented(text: string): string[] {
  if (text.startsWith("// Generated ")) return [];
  const lines = text.split("\n");
  return lines.flatMap((line, i) => {
    const name = /^export (?:abstract |async )*(?:function\*?|class|const|let|interface|type|enum) (\w+)/.exec(line)
      ?.[1];
    return name === undefined || /\*\/\s*$/.test(lines[i - 1] ?? "") ? [] : [name];
  });
}

Deno.test("an export without a comment is noticed", () => {
  assertEquals(undocumented("/** One. */\nexport const one = 1;\nexport function two() {}\n"), ["two"]);
});

Deno.test("every export has a comment", () => {
  const missing = ROOMS.flatMap((room) => [...files(room)]).flatMap((path) =>
    undocumented(Deno.readTextFileSync(ROOT + path)).map((name) => `${path}: ${name}`)
  );
  assertEquals(missing.join("\n"), "");
});

Deno.test("links in the documents lead somewhere", () => {
  const documents = [
    "README.md",
    "CONTRIBUTING.md",
    ...["ARCHITECTURE", "FIDELITY", "ADDING", "GLOSSARY", "COREDNS"].map((name) => `docs/${name}.md`),
  ];
  const dead = documents.flatMap((document) => {
    const folder = document.includes("/") ? "docs/" : "";
    return [...Deno.readTextFileSync(ROOT + document).matchAll(/\]\((?!http)([^)#]+)\)/g)].map(([, target]) =>
      `${folder}${target}`
    ).filter((target) => !exists(target));
  });
  assertEquals(dead.join("\n"), "");
});

function exists(path: string): boolean {
  try {
    Deno.statSync(ROOT + path);
    return true;
  } catch {
    return false;
  }
}
