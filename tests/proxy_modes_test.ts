/** kube-proxy's modes on one node: packets of every kind to Services of every kind, sent through the plane. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { MODES, startProxyAgent } from "../core/node/mod.ts";
import type { FlowGroup } from "./conformance/kube_proxy_flow_file.ts";
import { checkFlows } from "./conformance/kube_proxy_flows.ts";
import { FlowNode } from "./conformance/kube_proxy_node.ts";

const PORT = { name: "http", port: 80, protocol: "TCP" };
const TARGET = [{ name: "http", port: 8080, protocol: "TCP" }];

/** Two endpoints, one of them here; a Service that only a LoadBalancer's range may use; one without endpoints. */
const WORLD: FlowGroup = {
  name: "a node of two",
  nodeIP: "192.168.0.2",
  localIPs: ["127.0.0.1", "192.168.0.2"],
  config: {},
  services: [
    { ns: "shop", name: "web", clusterIP: "172.30.0.10", type: "NodePort", ports: [{ ...PORT, nodePort: 30080 }] },
    {
      ns: "shop",
      name: "near",
      clusterIP: "172.30.0.11",
      type: "LoadBalancer",
      externalTrafficPolicy: "Local",
      loadBalancerSourceRanges: ["203.0.113.0/25"],
      loadBalancerIngress: [{ ip: "1.2.3.4" }],
      ports: [PORT],
    },
    { ns: "shop", name: "empty", clusterIP: "172.30.0.12", ports: [PORT] },
  ],
  endpoints: ["web", "near"].map((name) => ({
    service: `shop/${name}`,
    addresses: [{ ip: "10.180.0.1", node: "test-node" }, { ip: "10.180.1.1", node: "other" }],
    ports: TARGET,
  })),
  cases: [
    ["a pod reaches both endpoints", "10.180.0.9", "172.30.0.10", 80, "10.180.0.1:8080, 10.180.1.1:8080", false],
    [
      "a pod that is an endpoint itself reaches both",
      "10.180.0.1",
      "172.30.0.11",
      80,
      "10.180.0.1:8080, 10.180.1.1:8080",
      false,
    ],
    ["a node port masquerades", "203.0.113.7", "192.168.0.2", 30080, "10.180.0.1:8080, 10.180.1.1:8080", true],
    [
      "a balancer's address with policy Local keeps to this node",
      "203.0.113.7",
      "1.2.3.4",
      80,
      "10.180.0.1:8080",
      false,
    ],
    ["who is not in the source ranges is dropped", "203.0.113.200", "1.2.3.4", 80, "DROP", false],
    ["nobody behind a Service is a rejection", "10.180.0.9", "172.30.0.12", 80, "REJECT", false],
  ].map(([name, sourceIP, destIP, destPort, expected_output, expected_masq]) => ({
    name: String(name),
    sourceIP: String(sourceIP),
    destIP: String(destIP),
    destPort: Number(destPort),
    protocol: "TCP" as const,
    expected_output: String(expected_output),
    expected_masq: Boolean(expected_masq),
  })),
};

for (const mode of MODES.keys()) {
  Deno.test(`${mode}: packets end where the Services say`, async () => {
    const checks = await checkFlows({ flows: [WORLD] }, mode);
    assertEquals(checks.filter(({ problem }) => problem !== undefined), []);
    assertEquals(checks.length, WORLD.cases.length);
  });
}

Deno.test("a mode that starts takes away what the one before left, and both do the same", async () => {
  const node = await FlowNode.of(WORLD, { mode: "iptables", clusterCIDR: "10.0.0.0/8" });
  const { machine, store } = node;
  const text = async (line: string) => (await machine.run(line)).stdout;
  const names = [...MODES.keys()];
  let { proxy } = node;
  for (const mode of [...names.slice(1), ...names.slice(0, 2)]) {
    proxy.stop();
    proxy = startProxyAgent({ machine, node: "test-node", store, config: { mode, clusterCIDR: "10.0.0.0/8" } });
    await machine.runner.advance(3000);
    const [rules, ruleset] = [await text("iptables-save"), await text("nft list ruleset")];
    assertEquals(ruleset.includes("table ip kube-proxy"), mode === "nftables");
    assertEquals(rules.includes("KUBE-SVC-"), mode === "iptables");
    assertEquals(rules.includes("KUBE-IPVS-FILTER"), mode === "ipvs");
    assertEquals(rules.includes("KUBE-PORTALS-HOST"), mode === "userspace");
    assertEquals((await text("ipvsadm -Sn")).includes("-A -t 172.30.0.10:80"), mode === "ipvs");
    assertEquals((await text("ip link")).includes("kube-ipvs0"), mode === "ipvs");
  }
  assertStringIncludes(await text("nft list map ip kube-proxy service-ips"), "172.30.0.10 . tcp . 80 : goto service-");
});
