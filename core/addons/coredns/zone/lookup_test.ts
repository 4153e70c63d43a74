import { assertEquals } from "@std/assert";
import { fakeServer } from "../fake_host.ts";

const ZONE = `$TTL 300
@ IN SOA NS1 Hostmaster 1 7200 3600 1209600 600
@ IN NS ns1
@ IN A 192.0.2.1
ns1 IN A 192.0.2.53
www IN A 192.0.2.80
Mixed IN CNAME WwW
loop1 IN CNAME loop2
loop2 IN CNAME loop1
*.wild IN TXT "wild"
a.b.ent IN A 192.0.2.7
inside IN NS ns.inside
ns.inside IN A 192.0.2.54
beside IN NS ns1
dn IN DNAME ent
mx IN MX 1 Www
`;
const BARE = "@ 300 IN SOA ns h 1 2 3 4 5\n@ 300 IN NS ns\nx.y 300 IN A 192.0.2.9\n";
const SOA = "z.test. 300 IN SOA ns1.z.test. hostmaster.z.test. 1 7200 3600 1209600 600";
const NS = "z.test. 300 IN NS ns1.z.test.";

const server = (file = "file db.z z.test") =>
  fakeServer({ corefile: `.:53 {\n ${file}\n file db.bare bare.test\n}\n`, files: { "db.z": ZONE, "db.bare": BARE } });

const ROWS: readonly (readonly [string, string, string, readonly string[]])[] = [
  ["names in data are lower case", "mixed.z.test.", "A", [
    "NOERROR aa",
    "mixed.z.test. 300 IN CNAME www.z.test.",
    "www.z.test. 300 IN A 192.0.2.80",
    NS,
  ]],
  ["addresses of a mail exchanger go along", "mx.z.test.", "MX", [
    "NOERROR aa",
    "mx.z.test. 300 IN MX 1 www.z.test.",
    NS,
    "www.z.test. 300 IN A 192.0.2.80",
  ]],
  ["glue comes from below the cut", "x.inside.z.test.", "A", [
    "NOERROR",
    "inside.z.test. 300 IN NS ns.inside.z.test.",
    "ns.inside.z.test. 300 IN A 192.0.2.54",
  ]],
  ["addresses from beside the cut are no glue", "x.beside.z.test.", "A", [
    "NOERROR",
    "beside.z.test. 300 IN NS ns1.z.test.",
  ]],
  ["name servers of an alias's target are asked for anew", "mixed.z.test.", "NS", [
    "NOERROR aa",
    "mixed.z.test. 300 IN CNAME www.z.test.",
    SOA,
  ]],
  ["a DNAME leads to where names go on", "a.b.dn.z.test.", "A", [
    "NOERROR aa",
    "dn.z.test. 300 IN DNAME ent.z.test.",
    "a.b.dn.z.test. 300 IN CNAME a.b.ent.z.test.",
    "a.b.ent.z.test. 300 IN A 192.0.2.7",
    NS,
  ]],
  ["an apex without other records is between names", "bare.test.", "A", [
    "NOERROR aa",
    "bare.test. 300 IN SOA ns.bare.test. h.bare.test. 1 2 3 4 5",
  ]],
];

for (const [title, name, type, expected] of ROWS) {
  Deno.test(`${title}: ${name} ${type}`, async () => assertEquals(await server().ask(name, type), expected));
}

Deno.test("aliases in a circle end after nine of them, those that are asked anew with SERVFAIL", async () => {
  const followed = await server().ask("loop1.z.test.");
  assertEquals([followed[0], followed.filter((line) => line.includes("CNAME")).length], ["NOERROR aa", 10]);
  const asked = await server().ask("loop1.z.test.", "NS");
  assertEquals([asked[0], asked.filter((line) => line.includes("CNAME")).length], ["SERVFAIL aa", 9]);
});

Deno.test("names that only have names below them fall through, a wildcard without the type does not", async () => {
  const falling = server("file db.z z.test {\n  fallthrough\n }");
  assertEquals((await falling.ask("b.ent.z.test."))[0], "SERVFAIL");
  assertEquals(await falling.ask("x.wild.z.test.", "A"), ["NOERROR aa", SOA]);
});

Deno.test("the last SOA of a file is the zone's, whatever its name", async () => {
  const { ask } = fakeServer({
    corefile: ".:53 {\n file db.z z.test sub.z.test\n}\n",
    files: { "db.z": `$ORIGIN z.test.\n${ZONE}` },
  });
  assertEquals(await ask("nothere.sub.z.test."), ["NXDOMAIN aa", SOA]);
});
