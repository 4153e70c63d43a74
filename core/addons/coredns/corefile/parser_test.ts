import { assertEquals, assertThrows } from "@std/assert";
import { lexCorefile } from "./lexer.ts";
import { type Corefile, parseCorefile, printCorefile } from "./parser.ts";
import { CorefileError } from "./token.ts";

const known = (name: string) => !["forwrd", "bogus"].includes(name);

function parse(text: string, more: { env?: Record<string, string>; files?: Record<string, string> } = {}): Corefile {
  const glob = (pattern: string) =>
    Object.keys(more.files ?? {}).filter((path) =>
      new RegExp(`^${pattern.replaceAll(".", "\\.").replaceAll("*", "[^/]*").replaceAll("?", ".")}$`).test(path)
    ).sort();
  return parseCorefile(text, {
    file: "Corefile",
    known,
    glob,
    read: (path) => more.files?.[path],
    ...(more.env === undefined ? {} : { env: more.env }),
  });
}

function words(corefile: Corefile): Record<string, Record<string, string[]>> {
  return Object.fromEntries(corefile.blocks.map((block) => [
    block.keys.map((key) => key.text).join(" "),
    Object.fromEntries([...block.directives].map(([name, tokens]) => [name, tokens.map((token) => token.text)])),
  ]));
}

function refusal(text: string): string {
  const error = assertThrows(() => parse(text), CorefileError);
  return error.startup;
}

Deno.test("lexCorefile() knows quotes, comments and line numbers", () => {
  const tokens = lexCorefile('\ufeff. {  # zone\n  log "a \\"b\\"" c#d\n\n  x ""\n}', "Corefile");
  assertEquals(tokens.map(({ line, text }) => `${line} ${text}`), [
    "1 .",
    "1 {",
    "2 log",
    '2 a "b"',
    "2 c",
    "4 x",
    "4 ",
    "5 }",
  ]);
  assertEquals(tokens[3]?.column, 7);
});

Deno.test("parseCorefile() reads kubeadm's default", () => {
  const text = `.:53 {
    errors
    health {
       lameduck 5s
    }
    kubernetes cluster.local in-addr.arpa ip6.arpa {
       pods insecure
    }
    log a
    log b
}
`;
  assertEquals(words(parse(text)), {
    ".:53": {
      errors: ["errors"],
      health: ["health", "{", "lameduck", "5s", "}"],
      kubernetes: ["kubernetes", "cluster.local", "in-addr.arpa", "ip6.arpa", "{", "pods", "insecure", "}"],
      log: ["log", "a", "log", "b"],
    },
  });
});

Deno.test("keys go on after a comma, and one block needs no braces", () => {
  assertEquals(words(parse("a, b,\n c\n  whoami\n  log {\n class error\n }\n")), {
    "a b c": { whoami: ["whoami"], log: ["log", "{", "class", "error", "}"] },
  });
  assertEquals(words(parse("a b\n")), { "a b": {} });
  assertEquals(words(parse(".:53\n{\n  errors\n}\n")), { ".:53": { errors: ["errors"] } });
});

Deno.test("snippets, files and environment are put in where they are named", () => {
  assertEquals(words(parse("(snip) {\n  errors\n  log\n}\n. {\n  import snip\n  whoami\n}\n")), {
    ".": { errors: ["errors"], log: ["log"], whoami: ["whoami"] },
  });
  const files = { "a0.txt": "a {\n x\n}\n", "a1.txt": "b {\n y 1\n}\n" };
  assertEquals(words(parse("import a*.txt\n", { files })), { a: { x: ["x"] }, b: { y: ["y", "1"] } });
  const env = { ZONE: "lab.test", PORT: "5353" };
  assertEquals(words(parse("{$ZONE}:{%PORT%} {\n x {$NONE}y {%Z}\n}\n", { env })), {
    "lab.test:5353": { x: ["x", "y", "{%Z}"] },
  });
  assertEquals(parse("import no/*.conf\n. {\n errors\n}\n").warnings, [
    "[WARNING] No files matching import glob pattern: no/*.conf",
  ]);
});

Deno.test("what CoreDNS refuses is refused in its words", () => {
  const refused: readonly (readonly [string, string])[] = [
    [".:53 {\n    errors\n    forwrd . 1.1.1.1\n}\n", "Corefile:3 - Error during parsing: Unknown directive 'forwrd'"],
    [". {\n  errors }\n", "Corefile:2 - Error during parsing: Unexpected '}' because no matching opening brace"],
    ["a, {\n}\n", "Corefile:1 - Error during parsing: Expected another address but had '{' - check for extra comma"],
    ["a, b,", "Corefile:1 - Error during parsing: Unexpected EOF"],
    [". {\n  errors\n", "Corefile:2 - Syntax error: Unexpected token 'errors', expecting '}'"],
    ["(a) {\n}\n(a) {\n}\n", "Corefile:3 - Error during parsing: redeclaration of previously declared snippet a"],
    ["import\n", "Corefile:1 - Error during parsing: Wrong argument count or unexpected line ending after 'import'"],
    ["import a b\n", "Corefile:1 - Error during parsing: Import takes only one argument (glob pattern or file)"],
    ["import none\n", "Corefile:1 - Error during parsing: File to import not found: none"],
    [
      "import /???\n",
      "Corefile:1 - Error during parsing: Glob pattern may only contain one wildcard (*), but has others: /???",
    ],
    [
      "(a) {\n import b\n}\n(b) {\n import a\n}\n. {\n import a\n}\n",
      "Corefile:5 - Error during parsing: maximum snippet import depth (10000) exceeded",
    ],
  ];
  for (const [text, message] of refused) assertEquals(refusal(text), message, text);
});

Deno.test("an error says line, column and what was expected", () => {
  const error = assertThrows(() => parse(".:53 {\n    forwrd . 1.1.1.1\n}\n"), CorefileError);
  assertEquals(error.message, "Corefile:2:5: Unknown directive 'forwrd', expected the name of a plugin");
});

Deno.test("printCorefile() and parseCorefile() undo each other", () => {
  const text =
    '.:53 lab.test {\n    errors\n    log a\n    log b\n    hosts {\n        10.0.0.1 "x y"\n        fallthrough\n    }\n}\n';
  assertEquals(printCorefile(parse(text)), text);
});
