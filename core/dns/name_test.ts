import { assertEquals } from "@std/assert";
import { requireIp } from "../base/mod.ts";
import {
  absolute,
  addressOfReverse,
  isName,
  isUnder,
  labelBytes,
  labelsOf,
  labelText,
  reverseName,
  sameName,
} from "./name.ts";

Deno.test("labels of a name, an escaped dot is no separator", () => {
  assertEquals(labelsOf("www.lab.test."), ["www", "lab", "test"]);
  assertEquals(labelsOf("a\\.b.test."), ["a\\.b", "test"]);
  assertEquals(labelsOf("."), []);
  assertEquals(labelsOf("end\\."), ["end\\."]);
});

Deno.test("a label's bytes and text are inverse, special bytes escaped", () => {
  assertEquals(labelText(Uint8Array.of(97, 46, 98)), "a\\.b");
  assertEquals(labelText(Uint8Array.of(0, 255, 32)), "\\000\\255\\032");
  for (const text of ["a\\.b", "\\000\\255", "_http", "*", '\\"x']) {
    assertEquals(labelText(labelBytes(text) as Uint8Array), text);
  }
});

Deno.test("absolute adds the last dot once", () => {
  assertEquals([absolute("www"), absolute("www."), absolute("www\\.")], ["www.", "www.", "www\\.."]);
});

Deno.test("under and same ignore case", () => {
  assertEquals(isUnder("WWW.Lab.test.", "lab.test."), true);
  assertEquals(isUnder("xlab.test.", "lab.test."), false);
  assertEquals(isUnder("anything.", "."), true);
  assertEquals(sameName("A.test.", "a.TEST."), true);
});

Deno.test("lengths and empty labels decide what is a name", () => {
  assertEquals(isName("a".repeat(63) + ".test."), true);
  assertEquals(isName("a".repeat(64) + ".test."), false);
  assertEquals(isName("a..b."), false);
  assertEquals(isName(("a".repeat(49) + ".").repeat(6)), false);
});

Deno.test("reverse names of both families lead back to the address", () => {
  assertEquals(reverseName(requireIp("10.0.1.9")), "9.1.0.10.in-addr.arpa.");
  assertEquals(addressOfReverse("9.1.0.10.IN-ADDR.ARPA."), "10.0.1.9");
  assertEquals(addressOfReverse(reverseName(requireIp("fd00:1::9"))), "fd00:1::9");
  assertEquals(addressOfReverse("1.0.10.in-addr.arpa."), undefined);
});
