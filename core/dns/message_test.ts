import { assert, assertEquals } from "@std/assert";
import { decodeHex, encodeHex } from "@std/encoding";
import { fit } from "./fit.ts";
import { isMalformed, type Message, parseMessage, printMessage, queryMessage, replyTo } from "./message.ts";
import { parseRecord } from "./record.ts";

const query = queryMessage(0x1234, { name: "www.Lab.test.", type: "A", class: "IN" });

function reply(...lines: string[]): Message {
  return { ...replyTo(query), answers: lines.map(parseRecord) };
}

Deno.test("a query's octets are those of RFC 1035, case kept", () => {
  assertEquals(encodeHex(printMessage(query)), "12340100000100000000000003777777034c6162047465737400" + "00010001");
});

Deno.test("names point back to equal ones, and to SRV targets, which do not point back themselves", () => {
  const message = reply(
    "www.Lab.test. 30 IN CNAME alias.Lab.test.",
    "alias.Lab.test. 30 IN A 10.0.1.9",
  );
  const bytes = printMessage(message);
  assertEquals(bytes.length, 12 + 18 + (2 + 10 + 8) + (2 + 10 + 4));
  assertEquals(parseMessage(bytes), message);
  const srv = reply("www.Lab.test. 5 IN SRV 0 50 80 www.Lab.test.");
  assertEquals(printMessage(srv).length, 12 + 18 + 12 + 6 + 14);
});

for (
  const line of [
    "a.test. 1 IN A 10.0.0.1",
    "a.test. 1 IN AAAA fd00::1",
    "a.test. 1 IN MX 10 mail.test.",
    "a.test. 1 IN SOA ns.test. admin.test. 2024 7200 1800 86400 30",
    'a.test. 1 IN TXT "hello" "two \\"words\\"" ""',
    'a.test. 1 IN CAA 0 issue "letsencrypt.org"',
    'a.test. 1 IN NAPTR 10 100 "S" "SIP+D2U" "" _sip._udp.test.',
    'a.test. 1 IN HINFO "PC" "Linux"',
    "a.test. 1 IN DS 12345 8 2 " + "AB".repeat(28) + " " + "CD".repeat(4),
    "a.test. 1 IN DNSKEY 257 3 8 AwEAAag=",
    "a.test. 1 IN RRSIG A 8 2 300 20300101000000 20291201000000 12345 test. AwEAAag=",
    "a.test. 1 IN NSEC b.test. A RRSIG NSEC",
    "a.test. 1 IN TYPE65280 \\# 3 0A0B0C",
    'a.test. 1 CH TXT "version"',
  ]
) {
  Deno.test(`octets and text of a record are inverse: ${line}`, () => {
    const message = reply(line);
    assertEquals(parseMessage(printMessage(message)), message);
  });
}

Deno.test("EDNS stands apart, the extended rcode crosses it", () => {
  const edns = { version: 0, udpSize: 1232, dnssecOk: true, options: [{ code: 10, data: Uint8Array.of(1, 2, 3) }] };
  const message: Message = { ...replyTo(query, "BADVERS"), edns };
  assertEquals(parseMessage(printMessage(message)), message);
});

Deno.test("an answer that fits is not compressed, a bigger one is, one still too big is cut with TC", () => {
  const small = reply("www.Lab.test. 30 IN A 10.0.0.1");
  assertEquals(fit(small, 512).bytes.length, 30 + 14 + 14);
  const lines = Array.from({ length: 20 }, (_, i) => `www.Lab.test. 30 IN A 10.0.0.${i}`);
  assertEquals(fit(reply(...lines), 512).bytes.length, 30 + 20 * 16);
  const many = Array.from({ length: 60 }, (_, i) => `www.Lab.test. 30 IN A 10.0.0.${i}`);
  const cut = fit(reply(...many), 512);
  assertEquals([cut.message.flags.tc, cut.message.answers.length, cut.bytes.length], [true, 30, 510]);
});

for (
  const [what, hex] of [
    ["a short header", "12340100"],
    ["a name that runs out", "12340100000100000000000003777777"],
    ["a pointer forward", "123401000001000000000000c00e00010001"],
    ["a pointer to itself", "123401000001000000000000c00c00010001"],
    ["an address of three octets", "123481000000000100000000" + "0161000001000100000001" + "00030a0000"],
  ] as const
) {
  Deno.test(`octets that are no message: ${what}`, () => {
    const parsed = parseMessage(decodeHex(hex));
    assert(isMalformed(parsed));
    assertEquals(parsed.id, 0x1234);
  });
}
