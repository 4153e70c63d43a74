/** What a real Calico 3.34 wrote on its nodes, called CNI with and answered about addresses: held against ours. */
import { assert, assertEquals } from "@std/assert";
import { checkCniWorld } from "./conformance/calico_cni.ts";
import { checkFelixWorld } from "./conformance/calico_felix.ts";
import type { CalicoFile } from "./conformance/calico_format.ts";
import { checkIpamSequence, checkIpamStart } from "./conformance/calico_ipam.ts";
import type { Check } from "./conformance/kube_proxy_recording.ts";

const FILE = new URL("./vectors/calico.json.gz", import.meta.url);
const { body } = await fetch(FILE);
const recording = await new Response(body?.pipeThrough(new DecompressionStream("gzip"))).json() as CalicoFile;

for (const world of recording.felix) {
  Deno.test(`Felix's world ${world.name}: chains, rules, hashes, sets, routes and sysctls are the real one's`, async () => {
    allEqual(await checkFelixWorld(world));
  });
}

for (const world of recording.cni) {
  Deno.test(`the CNI plugin's world ${world.name}: answers, pods' networks, blocks and packets are the real one's`, async () => {
    allEqual(await checkCniWorld(world));
  });
}

Deno.test("the IPAM library's answers and blocks are the real one's", () => {
  allEqual(recording.ipam.flatMap(checkIpamSequence));
  allEqual(recording.ipam_starts.map(checkIpamStart));
});

function allEqual(checks: readonly Check[]): void {
  assert(checks.length > 0);
  assertEquals(checks.flatMap(({ id, problem }) => problem === undefined ? [] : [`${id}\n${problem}`]), []);
}
