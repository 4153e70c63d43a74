import { printYaml } from "../../kube/mod.ts";
import { assertEquals } from "@std/assert";
import { JsonPath } from "./jsonpath.ts";
import { alignTabs, TABLE_TABS } from "./tabs.ts";
import { unifiedDiff } from "../../base/mod.ts";

const PODS = {
  items: [
    { metadata: { name: "a", labels: { "app.kubernetes.io/name": "web" } }, spec: { n: 1, ports: [80, 81] } },
    { metadata: { name: "b" }, spec: { n: 2, ports: [443] } },
  ],
};

function path(template: string): string {
  return new JsonPath(template).print(PODS);
}

Deno.test("JSONPath picks fields, items, slices and keys with dots in them", () => {
  assertEquals(path("{.items[0].metadata.name}"), "a");
  assertEquals(path("{.items[*].metadata.name}"), "a b");
  assertEquals(path("{.items[-1].spec.ports[0]}"), "443");
  assertEquals(path("{.items[0].spec.ports[0:1]}"), "80");
  assertEquals(path("{.items[0].metadata.labels.app\\.kubernetes\\.io/name}"), "web");
  assertEquals(path("{..name}"), "a b");
  assertEquals(path("{.items[0].spec}"), '{"n":1,"ports":[80,81]}');
});

Deno.test("JSONPath ranges, filters and writes text between", () => {
  assertEquals(path(`{range .items[*]}{.metadata.name}{"\\t"}{.spec.n}{"\\n"}{end}`), "a\t1\nb\t2\n");
  assertEquals(path(`{.items[?(@.spec.n>1)].metadata.name}`), "b");
  assertEquals(path(`{.items[?(@.metadata.name=="a")].spec.n}`), "1");
  assertEquals(path("pods: {.items[*].spec['n']}!"), "pods: 1 2!");
});

Deno.test("YAML is printed as Go's library writes it", () => {
  const value = {
    b: "yes",
    a: "1",
    n: 1,
    e: [],
    o: {},
    l: [{ x: "y: z", w: "multi\nline\n" }],
    q: "",
    t: null,
    s: "0x10",
  };
  assertEquals(
    printYaml(value),
    `a: "1"
b: "yes"
e: []
l:
- w: |
    multi
    line
  x: 'y: z'
"n": 1
o: {}
q: ""
s: "0x10"
t: null
`,
  );
});

Deno.test("columns are as wide as their longest cell and three blanks", () => {
  assertEquals(
    alignTabs("NAME\tAGE\t\nweb-frontend\t3s\t\n", TABLE_TABS),
    "NAME           AGE   \nweb-frontend   3s    \n",
  );
});

Deno.test("a unified diff shows three lines around each change", () => {
  const lines = Array.from({ length: 12 }, (_, i) => `line ${i}`);
  const changed = lines.map((line, i) => (i === 6 ? "other" : line));
  assertEquals(
    unifiedDiff(`${lines.join("\n")}\n`, `${changed.join("\n")}\n`),
    "@@ -4,7 +4,7 @@\n line 3\n line 4\n line 5\n-line 6\n+other\n line 7\n line 8\n line 9\n",
  );
});

Deno.test("long scalars break behind column 80, at single blanks", () => {
  const words = "word ".repeat(20);
  const value = { a: `${words}end`, b: [`k: it's ${words}`], c: `${words}\x01  é` };
  assertEquals(
    printYaml(value),
    `a: word word word word word word word word word word word word word word word word
  word word word word end
b:
- 'k: it''s word word word word word word word word word word word word word word
  word word word word word word '
c: "word word word word word word word word word word word word word word word word
  word word word word \\x01  é"
`,
  );
});

Deno.test("keys stand in natural order", () => {
  assertEquals(
    printYaml({ k10: 1, k9: 1, "k-": 1, ka: 1, K: 1, k2a: 1, k: 1 }),
    "K: 1\nk: 1\nk-: 1\nk2a: 1\nk9: 1\nk10: 1\nka: 1\n",
  );
});
