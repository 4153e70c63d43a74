/** What a change of one endpoint costs, counted and not timed: chains and words that go to the plane. */
import { assert, assertEquals } from "@std/assert";
import { serviceOf, sliceOf } from "../bench/services_world.ts";
import { PROGRAM } from "../wasm/mod.ts";
import { FlowNode } from "./conformance/kube_proxy_node.ts";

const SERVICES = 400;
const elsewhere = () => "other";

/** Programs of a table that name chains, as [kept or brought with so many rules, ...]. */
function chainsOf([version, , , count = 0, ...words]: Uint32Array): (number | "kept")[] {
  assertEquals(version, PROGRAM.PATCH, "not the whole table");
  return Array.from({ length: count }, (_, i) => {
    const rules = words[8 * i + 2] as number;
    return rules === PROGRAM.KEPT ? "kept" : rules;
  });
}

for (const mode of ["iptables", "nftables"] as const) {
  Deno.test(`${mode}: one endpoint more is its Service's chains and nothing else, however many Services there are`, async () => {
    const node = await FlowNode.start({
      name: "test-node",
      addresses: ["192.168.0.2"],
      localIPs: ["127.0.0.1", "192.168.0.2"],
      podCIDRs: ["10.0.0.0/8"],
      serviceCIDRs: ["172.30.0.0/16"],
      config: { mode, clusterCIDR: "10.0.0.0/8" },
      services: Array.from({ length: SERVICES }, (_, i) => serviceOf(i)),
      endpointSlices: Array.from({ length: SERVICES }, (_, i) => sliceOf(i, [`10.1.${i >> 8}.${i & 255}`], elsewhere)),
    });
    const { plane } = node.machine;
    const programs: Uint32Array[] = [];
    const load = plane.loadTable;
    plane.loadTable = (ns, family, table, program) => {
      if (family === 4 && (mode === "nftables" || table === "nat")) programs.push(program);
      return load.call(plane, ns, family, table, program);
    };
    node.store.put(sliceOf(7, ["10.1.0.7", "10.250.0.1"], elsewhere));
    await node.machine.runner.advance(1500);
    assertEquals(programs.length, 1);
    const [program] = programs as [Uint32Array];
    const brought = chainsOf(program).filter((rules) => rules !== "kept");
    // KUBE-SVC with a mark and two endpoints, and the new KUBE-SEP; in nftables the Service's chain with a draw of two
    assertEquals(brought, mode === "iptables" ? [3, 2] : [2]);
    assert(program.length < 400, `${program.length} words`);
  });
}
