import { assertEquals } from "@std/assert";
import { fakeServer } from "../fake_host.ts";

const COREFILE = `. {
  hosts /etc/hosts {
    10.1.2.9 MiXed.test
    10.1.2.10 *.wild.test
    fallthrough other
  }
  log
}
`;
const FILES = { "/etc/hosts": "127.0.0.1 localhost\n10.1.2.3 web.test web # comment\nfd00::3 web.test\n" };
const ask = (name: string, type?: string) => fakeServer({ corefile: COREFILE, files: FILES }).ask(name, type);

Deno.test("names of the file and of the Corefile are answered, lower case", async () => {
  assertEquals(await ask("WEB.test."), ["NOERROR aa", "web.test. 3600 IN A 10.1.2.3"]);
  assertEquals(await ask("web.test.", "AAAA"), ["NOERROR aa", "web.test. 3600 IN AAAA fd00::3"]);
  assertEquals(await ask("mixed.test."), ["NOERROR aa", "mixed.test. 3600 IN A 10.1.2.9"]);
  assertEquals(await ask("x.wild.test."), ["NOERROR aa", "x.wild.test. 3600 IN A 10.1.2.10"]);
  assertEquals(await ask("3.2.1.10.in-addr.arpa.", "PTR"), [
    "NOERROR aa",
    "3.2.1.10.in-addr.arpa. 3600 IN PTR web.test.",
    "3.2.1.10.in-addr.arpa. 3600 IN PTR web.",
  ]);
});

Deno.test("a name without that type is NODATA without SOA, an unknown one SERVFAIL", async () => {
  assertEquals(await ask("mixed.test.", "AAAA"), ["NOERROR aa"]);
  assertEquals(await ask("nope.test."), ["SERVFAIL"]);
});
