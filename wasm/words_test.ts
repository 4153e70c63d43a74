import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { decode, encodeAll, wordNumber } from "./words.ts";

function roundTrip(shape: string, value: unknown): unknown {
  return decode(shape, encodeAll([], [[shape, value]]));
}

Deno.test("a route that crosses into the plane and back is the same, absent fields included", () => {
  const byte = fc.nat(255);
  const ip = fc.tuple(byte, byte, byte, byte).map((octets) => octets.join("."));
  const route = fc.record({
    to: fc.tuple(ip, fc.nat(32)).map(([address, length]) => `${address}/${length}`),
    type: fc.constantFrom("unicast", "blackhole", "throw"),
    metric: fc.nat(0xffff_ffff),
    via: ip,
    onlink: fc.boolean(),
    linkdown: fc.boolean(),
    dead: fc.boolean(),
    nexthops: fc.array(fc.record({ via: ip, weight: fc.nat(255) }), { maxLength: 4 }),
  }, { requiredKeys: ["to", "linkdown", "dead"] });
  fc.assert(fc.property(route, (value) => assertEquals(roundTrip("RouteRecord", value), value)));
});

Deno.test("texts, bytes, MACs, fractions and IPv6 addresses keep their value", () => {
  fc.assert(fc.property(fc.string(), (text) => assertEquals(roundTrip("text", text), text)));
  fc.assert(fc.property(fc.uint8Array(), (bytes) => assertEquals(roundTrip("bytes", bytes), bytes)));
  fc.assert(fc.property(fc.double({ noNaN: true }), (number) => assertEquals(roundTrip("f64", number), number)));
  assertEquals(roundTrip("mac", "fe:dc:ba:98:76:54"), "fe:dc:ba:98:76:54");
  assertEquals(roundTrip("prefix", "2001:db8::1/64"), "2001:db8::1/64");
  assertEquals(roundTrip("?ip", undefined), undefined);
});

Deno.test("a word that is in no vocabulary, and a record that is in no layout, throw", () => {
  assertThrows(() => wordNumber("RouteKind", "sideways"), RangeError);
  assertThrows(() => decode("NoSuchRecord", new Uint32Array(4)), RangeError);
});
