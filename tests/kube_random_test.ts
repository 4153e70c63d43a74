/** What a real kube-apiserver 1.36.3 answered to 1,468 objects changed at random: defaults, refusals, causes and warnings. */
import { assertEquals } from "@std/assert";
import { rowCases } from "./conformance/kube_api_server.ts";
import type { Recording } from "./conformance/kube_api_types.ts";

const FILE = new URL("./vectors/kubeapi_random.json.gz", import.meta.url);

async function recording(): Promise<Recording> {
  const { body } = await fetch(FILE);
  return await new Response(body?.pipeThrough(new DecompressionStream("gzip"))).json() as Recording;
}

Deno.test("objects changed at random are taken, filled in and refused as by the real server", async () => {
  const cases = rowCases(await recording());
  assertEquals(cases.length, 1468);
  assertEquals(cases.filter(({ problem }) => problem !== undefined).map(({ id, problem }) => `${id} ${problem}`), []);
});
