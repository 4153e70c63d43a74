import { assertEquals } from "@std/assert";
import { lookUp, readBook } from "./book.ts";

const BOOK = readBook(
  "--host-record=www.lab.test,10.0.1.9,fd00:1::9 --cname=alias.lab.test,www.lab.test --local=/lab.test/ --txt-record=txt.lab.test,hello --srv-host=_http._tcp.lab.test,www.lab.test,80,5,10 --mx-host=lab.test,www.lab.test,10 --address=/db/192.168.1.12"
    .split(" "),
);

function ask(name: string, type: string): string[] {
  const { rcode, answers, authoritative } = lookUp(BOOK, { name, type, class: "IN" });
  return [rcode + (authoritative ? " aa" : ""), ...answers.map((rr) => `${rr.name} ${rr.type} ${rr.data}`)];
}

Deno.test("the book answers as dnsmasq does from the same options", () => {
  assertEquals(ask("www.lab.test.", "A"), ["NOERROR aa", "www.lab.test. A 10.0.1.9"]);
  assertEquals(ask("WWW.lab.test.", "AAAA"), ["NOERROR aa", "www.lab.test. AAAA fd00:1::9"]);
  assertEquals(ask("alias.lab.test.", "A"), [
    "NOERROR aa",
    "alias.lab.test. CNAME www.lab.test.",
    "www.lab.test. A 10.0.1.9",
  ]);
  assertEquals(ask("9.1.0.10.in-addr.arpa.", "PTR"), ["NOERROR aa", "9.1.0.10.in-addr.arpa. PTR www.lab.test."]);
  assertEquals(ask("_http._tcp.lab.test.", "SRV"), ["NOERROR aa", "_http._tcp.lab.test. SRV 5 10 80 www.lab.test."]);
  assertEquals(ask("lab.test.", "MX"), ["NOERROR aa", "lab.test. MX 10 www.lab.test."]);
  assertEquals(ask("txt.lab.test.", "TXT"), ["NOERROR aa", 'txt.lab.test. TXT "hello"']);
});

Deno.test("a known name without that type has no data, an unknown one does not exist, a foreign one is refused", () => {
  assertEquals(ask("www.lab.test.", "TXT"), ["NOERROR"]);
  assertEquals(ask("nope.lab.test.", "A"), ["NXDOMAIN"]);
  assertEquals(ask("example.com.", "A"), ["REFUSED"]);
});

Deno.test("an address of a domain is everybody's under it", () => {
  assertEquals(ask("db.", "A"), ["NOERROR aa", "db. A 192.168.1.12"]);
  assertEquals(ask("a.db.", "A"), ["NOERROR aa", "a.db. A 192.168.1.12"]);
  assertEquals(ask("db.", "AAAA"), ["NOERROR aa"]);
});
