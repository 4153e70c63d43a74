import { assertEquals } from "@std/assert";
import { Authority } from "./authority.ts";
import { queryMessage } from "./message.ts";
import { printRecord } from "./record.ts";
import { parseZoneFile } from "./zone_file.ts";

const LAB = `$TTL 300
@ 600 IN SOA ns hostmaster 1 7200 3600 1209600 60
@ IN NS ns
ns IN A 10.0.0.53
www IN A 10.0.0.1
alias IN CNAME www
far IN CNAME www.other.test.
away IN CNAME www.elsewhere.
a.b IN A 10.0.0.2
*.wild IN TXT "any"
x.wild IN A 10.0.0.3
old IN DNAME new
a.new IN A 10.0.0.4
sub IN NS ns.sub
sub IN DS 1 8 2 00ff
ns.sub IN A 10.0.1.53
@ IN MX 10 www
`;
const OTHER = "@ 300 IN SOA ns hostmaster 1 2 3 4 5\nwww 300 IN A 10.0.0.9\n";

const authority = new Authority([
  { origin: "lab.test.", records: parseZoneFile(LAB, { origin: "lab.test.", file: "lab" }) },
  { origin: "other.test.", records: parseZoneFile(OTHER, { origin: "other.test.", file: "other" }) },
]);

function ask(name: string, type = "A"): string[] {
  const { rcode, flags, answers, authorities, additionals } = authority.answer(
    queryMessage(1, { name, type, class: "IN" }),
  );
  const section = (mark: string, records: typeof answers) =>
    records.map((rr) => `${mark} ${printRecord(rr).replaceAll("\t", " ")}`);
  return [
    flags.aa ? `${rcode} aa` : rcode,
    ...section("an", answers),
    ...section("ns", authorities),
    ...section("ex", additionals),
  ];
}

const SOA = "ns lab.test. 60 IN SOA ns.lab.test. hostmaster.lab.test. 1 7200 3600 1209600 60";

Deno.test("a name with the type asked for is answered with authority, whatever the case", () =>
  assertEquals(ask("WWW.lab.test."), ["NOERROR aa", "an www.lab.test. 300 IN A 10.0.0.1"]));
Deno.test("a name without the type has no data, and the SOA says for how long", () =>
  assertEquals(ask("www.lab.test.", "AAAA"), ["NOERROR aa", SOA]));
Deno.test("a name that does not exist is NXDOMAIN, one with names below it is not", () => {
  assertEquals(ask("nope.lab.test."), ["NXDOMAIN aa", SOA]);
  assertEquals(ask("b.lab.test."), ["NOERROR aa", SOA]);
});
Deno.test("aliases are followed through all zones of the server, and no further", () => {
  assertEquals(ask("alias.lab.test.").slice(1), [
    "an alias.lab.test. 300 IN CNAME www.lab.test.",
    "an www.lab.test. 300 IN A 10.0.0.1",
  ]);
  assertEquals(ask("far.lab.test.").at(-1), "an www.other.test. 300 IN A 10.0.0.9");
  assertEquals(ask("away.lab.test."), ["NOERROR aa", "an away.lab.test. 300 IN CNAME www.elsewhere."]);
});
Deno.test("a wildcard answers for names that do not exist, under the name asked for", () => {
  assertEquals(ask("q.wild.lab.test.", "TXT")[1], 'an q.wild.lab.test. 300 IN TXT "any"');
  assertEquals(ask("x.wild.lab.test.", "TXT"), ["NOERROR aa", SOA]);
  assertEquals(ask("q.x.wild.lab.test.", "TXT"), ["NXDOMAIN aa", SOA]);
});
Deno.test("a DNAME renames what is below it, not itself", () => {
  assertEquals(ask("a.old.lab.test."), [
    "NOERROR aa",
    "an old.lab.test. 300 IN DNAME new.lab.test.",
    "an a.old.lab.test. 300 IN CNAME a.new.lab.test.",
    "an a.new.lab.test. 300 IN A 10.0.0.4",
  ]);
  assertEquals(ask("old.lab.test."), ["NOERROR aa", SOA]);
});
Deno.test("a delegated name is referred, with glue and without authority; its DS is ours", () => {
  assertEquals(ask("q.sub.lab.test."), [
    "NOERROR",
    "ns sub.lab.test. 300 IN NS ns.sub.lab.test.",
    "ex ns.sub.lab.test. 300 IN A 10.0.1.53",
  ]);
  assertEquals(ask("sub.lab.test.", "DS")[0], "NOERROR aa");
});
Deno.test("addresses of mail exchangers go along", () =>
  assertEquals(ask("lab.test.", "MX").slice(1), [
    "an lab.test. 300 IN MX 10 www.lab.test.",
    "ex www.lab.test. 300 IN A 10.0.0.1",
  ]));
Deno.test("names of nobody's zones are refused", () => assertEquals(ask("example.com."), ["REFUSED"]));
