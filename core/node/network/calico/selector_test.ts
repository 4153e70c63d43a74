import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { TextError } from "../../../base/mod.ts";
import { setId, setName } from "./names.ts";
import {
  both,
  type CalicoSelector,
  inNamespace,
  namespaceSelector,
  podSelector,
  printSelector,
  selects,
} from "./selector.ts";
import { parseCalicoSelector } from "./selector_text.ts";

Deno.test("sets are named after their selector's normal form, as in real kernels", () => {
  const web = both(inNamespace("default"), podSelector({ matchLabels: { app: "web" } }));
  assertEquals(
    printSelector(web),
    '(projectcalico.org/namespace == "default" && (projectcalico.org/orchestrator == "k8s" && app == "web"))',
  );
  const name = (selector: CalicoSelector) => setName(setId("s", printSelector(selector)), 4);
  assertEquals(name(web), "cali40s:XdTkeoA4uORlm_7HsXcm20F");
  assertEquals(name(both(inNamespace("default"), podSelector(undefined))), "cali40s:0vCEykPprsZZcH94s4zBUc4");
  const red = both(namespaceSelector({ matchLabels: { team: "red" } }), podSelector(undefined));
  assertEquals(name(red), "cali40s:dsbLj_G2LGNE45YvnNmvIb8");
});

Deno.test("a selector as people write it means what it says", () => {
  const labels = { app: "web", tier: "back" };
  for (
    const [text, wanted] of [
      ["", true],
      ["all()", true],
      ["app == 'web'", true],
      ['app == "web" && !has(gone)', true],
      ["app != 'web' || tier in {'front', 'back'}", true],
      ["app not in {'web'}", false],
      ["gone != 'x' && gone not in {'x'}", true],
      ["!(app == 'web' && tier == 'back')", false],
      ["app contains 'e' && app starts with 'w' && app ends with 'b'", true],
    ] as const
  ) assertEquals(`${text}: ${selects(parseCalicoSelector(text), labels)}`, `${text}: ${wanted}`);
});

for (const [text, column] of [["app = 'web'", 5], ["app ==", 7], ["(app == 'a'", 12], ["app == 'a' b", 12]] as const) {
  Deno.test(`a wrong selector is refused where it is wrong: ${text}`, () => {
    assertEquals(assertThrows(() => parseCalicoSelector(text), TextError).column, column);
  });
}

const key = fc.constantFrom("app", "tier", "projectcalico.org/name");
const value = fc.constantFrom("web", "db", "x.y-z");
const term: fc.Arbitrary<CalicoSelector> = fc.oneof(
  fc.constant<CalicoSelector>({ op: "all" }),
  fc.record({ op: fc.constantFrom("has" as const, "hasn't" as const), key }),
  fc.record({
    op: fc.constantFrom("==" as const, "!=" as const, "contains" as const, "ends with" as const),
    key,
    value,
  }),
  fc.record({ op: fc.constantFrom("in" as const, "not in" as const), key, values: fc.constant(["db", "web"]) }),
);
const selector = fc.oneof(
  term,
  fc.record({ op: fc.constantFrom("and" as const, "or" as const), of: fc.array(term, { minLength: 2, maxLength: 3 }) }),
);

Deno.test("law: a printed selector is read back as the value it came from", () => {
  fc.assert(fc.property(selector, (one) => assertEquals(parseCalicoSelector(printSelector(one)), one)));
});
