import { assertEquals } from "@std/assert";
import { parseContinue, printContinue } from "./continue_token.ts";

Deno.test("a continue token is the server's own: read back, it says where and at which version the list goes on", () => {
  const token = "eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MzA0LCJzdGFydCI6ImJcdTAwMDAifQ";
  assertEquals(printContinue({ version: 304, start: "b\0" }), token);
  assertEquals(parseContinue(token), { version: 304, start: "b\0" });
});

Deno.test("a token that is none is told of in the server's words", () => {
  const encode = (value: unknown) => btoa(JSON.stringify(value)).replace(/=+$/, "");
  const rows = [
    ["x", "illegal base64 data at input byte 0"],
    ["xx!!", "illegal base64 data at input byte 2"],
    ["e30=", "illegal base64 data at input byte 3"],
    [encode({ v: "nope", rv: 1, start: "x" }), 'server does not recognize this encoded version "nope"'],
    [encode({ v: "meta.k8s.io/v1", start: "x" }), "incorrect encoded start resourceVersion (version meta.k8s.io/v1)"],
  ] as const;
  assertEquals(rows.map(([token]) => parseContinue(token)), rows.map(([, why]) => `continue key is not valid: ${why}`));
});
