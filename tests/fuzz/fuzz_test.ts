import { assert, assertEquals } from "@std/assert";
import { Random, VirtualClock } from "../../core/base/mod.ts";
import { ControlPlane } from "../../core/kube/mod.ts";
import { fuzzCorefiles, fuzzMessages } from "./dns.ts";
import { fuzz } from "./kube_api.ts";

Deno.test("mutated requests are answered as the server answers, never with an error of our own", () => {
  const { codes, findings } = fuzz(4000, 7);
  assertEquals(findings, []);
  for (const code of [200, 201, 400, 404, 405, 409, 415, 422]) assert((codes.get(code) ?? 0) > 0, `no ${code}`);
});

Deno.test("of two writers with the same resourceVersion one wins, the other gets 409", () => {
  const nodes = [{ name: "node-1", addresses: ["172.18.0.2"] }];
  const { api } = new ControlPlane({ clock: new VirtualClock(0), random: new Random(1), nodes });
  const path = "/api/v1/namespaces/default/configmaps";
  api.handle({ method: "POST", path, body: JSON.stringify({ metadata: { name: "c" }, data: { a: "0" } }) });
  const { body: seen } = api.handle({ method: "GET", path: `${path}/c` });
  const write = (a: string) =>
    api.handle({ method: "PUT", path: `${path}/c`, body: JSON.stringify({ ...seen as object, data: { a } }) });
  assertEquals([write("1").code, write("2").code], [200, 409]);
  assertEquals((api.handle({ method: "GET", path: `${path}/c` }).body as { data: object }).data, { a: "1" });
});

Deno.test("mutated DNS messages are answered or passed over, never with an error of our own", async () => {
  const { ends, findings } = await fuzzMessages(10_000, 7);
  assertEquals(findings, []);
  for (const end of ["malformed", "parsed", "silence", "FORMERR", "NOERROR", "NXDOMAIN"]) {
    assert(ends[end], `no ${end}`);
  }
});

Deno.test("mutated Corefiles are taken or refused with a line and a text", () => {
  const { ends, findings } = fuzzCorefiles(1500, 7);
  assertEquals(findings, []);
  for (const end of ["taken", "refused"]) assert(ends[end], `no ${end}`);
});
