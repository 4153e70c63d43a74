import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { parseIp, printIp } from "./ip.ts";

const SLOW = /^(0|[1-9]\d{0,2})(\.(0|[1-9]\d{0,2})){3}$/;

Deno.test("dotted quads are read as the plain pattern reads them, whatever the text", () => {
  const piece = fc.oneof(
    fc.nat(999).map(String),
    fc.constantFrom("", "0", "00", "01", "255", "256", ".", "..", "a", " ", "1e1"),
  );
  const text = fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.join("."));
  fc.assert(
    fc.property(text, (text) => {
      const good = SLOW.test(text) && text.split(".").every((octet) => Number(octet) < 256);
      const ip = parseIp(text);
      assertEquals(ip === undefined ? undefined : printIp(ip), good ? text : undefined);
    }),
    { numRuns: 2000 },
  );
});
