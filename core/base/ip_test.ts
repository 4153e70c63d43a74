import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { cidrHas, ipWords, isIp, network, parseIp, printCidr, printIp, requireCidr, subnet, wordsIp } from "./mod.ts";

Deno.test("printIp(parseIp(text)) gives the canonical text", () => {
  const pairs = [["10.0.0.1", "10.0.0.1"], ["fd00:0:0:0::1", "fd00::1"], ["::", "::"], ["::1", "::1"], [
    "::ffff:1.2.3.4",
    "::ffff:1.2.3.4",
  ], ["2001:DB8::a:0:0:1", "2001:db8::a:0:0:1"]];
  for (const [text, canonical] of pairs) assertEquals(printIp(parseIp(text!)!), canonical);
});

Deno.test("isIp() refuses what inet_pton refuses", () => {
  for (const text of ["10.0.0", "10.0.0.256", "010.0.0.1", "1.2.3.4.5", "", "::g", "1::2::3", "fe80::1%eth0"]) {
    assertEquals(isIp(text), false, text);
  }
});

Deno.test("ipWords() and wordsIp() undo each other", () => {
  fc.assert(fc.property(fc.ipV4(), (ip) => wordsIp(ipWords(ip)) === ip));
  fc.assert(fc.property(fc.bigInt(1n << 64n, (1n << 128n) - 1n), (value) => {
    const text = printIp({ family: 6, value });
    assertEquals(wordsIp(ipWords(text)), text);
  }));
});

Deno.test("cidr arithmetic agrees with the textbook", () => {
  assertEquals(printCidr(network(requireCidr("192.168.15.5/24"))), "192.168.15.0/24");
  assertEquals(cidrHas("10.244.0.0/16", "10.244.3.9"), true);
  assertEquals(cidrHas("10.244.0.0/16", "fd00::1"), false);
  assertEquals(printCidr(subnet(requireCidr("10.244.0.0/16"), 24, 2)), "10.244.2.0/24");
});
