import { assertEquals, assertNotStrictEquals } from "@std/assert";
import * as fc from "fast-check";
import { canonicalJson, copyJson, sameJson } from "./canonical.ts";

Deno.test("two values are the same JSON exactly where their sorted texts are, keys without a value left out", () => {
  const small = fc.jsonValue({ maxDepth: 2 });
  fc.assert(fc.property(small, small, (a, b) => sameJson(a, b) === (canonicalJson(a) === canonicalJson(b))));
  fc.assert(fc.property(small, (a) => sameJson(a, JSON.parse(canonicalJson(a)))));
  assertEquals(sameJson({ a: 1, b: undefined }, { c: undefined, a: 1 }), true);
  assertEquals(sameJson({ a: { b: 1 } }, { a: { b: 1, c: 0 } }), false);
  assertEquals(sameJson([1, [2]], [1, [2, 3]]), false);
  assertEquals(sameJson({}, []), false);
  assertEquals(sameJson({}, null), false);
});

Deno.test("a copy is the same, and nothing of it is shared", () => {
  const value = { a: [{ b: 1 }], c: { d: null, e: "x" } };
  const copy = copyJson(value);
  assertEquals(copy, value);
  assertNotStrictEquals(copy.a[0], value.a[0]);
  fc.assert(fc.property(fc.jsonValue(), (json) => assertEquals(copyJson(json), json)));
  const named = JSON.parse('{"__proto__": {"a": 1}}');
  assertEquals(JSON.stringify(copyJson(named)), '{"__proto__":{"a":1}}');
  copy.c.e = "y";
  assertEquals(value.c.e, "x");
});
