import { assertEquals } from "@std/assert";
import { fakeServer } from "../fake_host.ts";

const HOSTS = "hosts {\n 10.0.0.1 a.test\n ttl 60\n}";

Deno.test("a first answer is capped too, and a hit shows what is left of its life", async () => {
  const server = fakeServer({ corefile: `. {\n cache 30\n ${HOSTS}\n}\n` });
  assertEquals(await server.ask("a.test."), ["NOERROR aa", "a.test. 30 IN A 10.0.0.1"]);
  server.wait(12);
  assertEquals(await server.ask("a.test."), ["NOERROR aa", "a.test. 18 IN A 10.0.0.1"]);
  server.wait(18);
  assertEquals(await server.ask("a.test."), ["NOERROR aa", "a.test. 30 IN A 10.0.0.1"]);
});

Deno.test("TTLs below the minimum are raised, disabled zones are asked again", async () => {
  const low = HOSTS.replace("ttl 60", "ttl 1");
  const server = fakeServer({ corefile: `. {\n cache 30 {\n disable success test\n }\n ${low}\n}\n` });
  assertEquals((await server.ask("a.test."))[1], "a.test. 5 IN A 10.0.0.1");
  server.wait(2);
  assertEquals((await server.ask("a.test."))[1], "a.test. 5 IN A 10.0.0.1");
});

Deno.test("an expired entry is served with TTL 0 while serve_stale lasts", async () => {
  const server = fakeServer({ corefile: `. {\n cache 10 {\n serve_stale 1h\n }\n ${HOSTS}\n}\n` });
  await server.ask("a.test.");
  server.wait(11);
  assertEquals((await server.ask("a.test."))[1], "a.test. 0 IN A 10.0.0.1");
  assertEquals((await server.ask("a.test."))[1], "a.test. 10 IN A 10.0.0.1");
});
