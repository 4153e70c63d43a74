/** Load balancing in each mode: even over many flows, and true to clients where a Service asks for it. */
import { assert, assertEquals, assertLess, assertNotEquals } from "@std/assert";
import { Balancer, serviceViews } from "../core/node/mod.ts";
import type { FlowGroup } from "./conformance/kube_proxy_flow_file.ts";
import { FlowNode, type FlowPacket } from "./conformance/kube_proxy_node.ts";
import { ipPacket } from "./conformance/kube_proxy_packet.ts";

const UDP = 17;
const ENDPOINTS = ["10.180.0.1", "10.180.0.2", "10.180.0.3", "10.180.0.4", "10.180.0.5"];
const PORT = { name: "dns", port: 53, protocol: "UDP" };
const FLOWS = 100_000;
/** Chi-square of four degrees of freedom: one run of a thousand even ones lies above. */
const LIMIT = 18.47;

function world(affinity?: number): FlowGroup {
  const sticky = affinity === undefined ? {} : {
    sessionAffinity: "ClientIP",
    sessionAffinityConfig: { clientIP: { timeoutSeconds: affinity } },
  };
  return {
    name: "balance",
    nodeIP: "192.168.0.2",
    localIPs: ["127.0.0.1", "192.168.0.2"],
    config: {},
    services: [{ ns: "a", name: "dns", clusterIP: "172.30.0.10", ports: [PORT], ...sticky }],
    endpoints: [{ service: "a/dns", addresses: ENDPOINTS.map((ip) => ({ ip, node: "test-node" })), ports: [PORT] }],
    cases: [],
  };
}

const packet = (client: number, sport: number): FlowPacket => ({
  src: `10.1.${client >> 8}.${client & 255}`,
  sport,
  dst: "172.30.0.10",
  dport: 53,
  protocol: "UDP",
});

/** Where a packet goes that is given to the node. */
function endpointOf(node: FlowNode, sent: FlowPacket): string {
  const [[, bytes] = ["", new Uint8Array(20)]] = node.exchange("pods", ipPacket(sent, UDP));
  return bytes.subarray(16, 20).join(".");
}

function chiSquare(counts: ReadonlyMap<string, number>): number {
  const even = FLOWS / ENDPOINTS.length;
  return ENDPOINTS.reduce((sum, ip) => sum + ((counts.get(ip) ?? 0) - even) ** 2 / even, 0);
}

const MODES = ["iptables", "nftables", "ipvs"] as const;

for (const mode of MODES) {
  Deno.test(`${mode}: 100,000 flows are spread evenly`, async () => {
    const node = await FlowNode.of(world(), { mode, clusterCIDR: "10.0.0.0/8" });
    await node.machine.run("sysctl -qw net.netfilter.nf_conntrack_max=1000000");
    const counts = new Map<string, number>();
    for (let i = 0; i < FLOWS; i++) {
      const ip = endpointOf(node, packet(i % 2000, 1024 + Math.floor(i / 2000)));
      counts.set(ip, (counts.get(ip) ?? 0) + 1);
    }
    assertEquals([...counts.keys()].sort(), ENDPOINTS);
    assertLess(chiSquare(counts), LIMIT);
  });

  Deno.test(`${mode}: a client keeps its endpoint, and may lose it once the time is over`, async () => {
    const node = await FlowNode.of(world(60), { mode, clusterCIDR: "10.0.0.0/8" });
    const clients = Array.from({ length: 31 }, (_, i) => i);
    const once = (sport: number) => clients.map((client) => endpointOf(node, packet(client, sport)));
    const first = once(2000);
    assert(new Set(first).size > 1);
    await node.machine.runner.advance(50_000);
    assertEquals(once(2001), first);
    await node.machine.runner.advance(50_000);
    assertEquals(once(2002), first);
    await node.machine.runner.advance(61_000);
    assertNotEquals(once(2003), first);
  });
}

Deno.test("userspace: endpoints take turns, 100,000 times; a client keeps its own until the time is over", async () => {
  const node = await FlowNode.of(world(), { mode: "userspace", clusterCIDR: "10.0.0.0/8" });
  const left: string[] = [];
  for (let i = 0; i < 10; i++) left.push((await node.open(packet(i, 2000)))[0]?.dst ?? "");
  assertEquals(left, [...ENDPOINTS, ...ENDPOINTS]);
  const balancer = new Balancer(portOf(node));
  const counts = new Map<string, number>();
  for (let i = 0; i < FLOWS; i++) {
    const ip = balancer.choose(`10.1.0.${i}`, { now: 0 })?.ip ?? "";
    counts.set(ip, (counts.get(ip) ?? 0) + 1);
  }
  assertEquals([...counts.values()], ENDPOINTS.map(() => FLOWS / ENDPOINTS.length));
  const sticky = new Balancer({ ...portOf(node), affinity: 60 });
  const chosen = (now: number) => sticky.choose("10.1.0.1", { now })?.ip;
  assertEquals([chosen(0), chosen(59_000), chosen(118_000)], [ENDPOINTS[0], ENDPOINTS[0], ENDPOINTS[0]]);
  assertEquals(chosen(178_000), ENDPOINTS[1]);
});

function portOf({ store }: FlowNode) {
  const node = { name: "test-node", zone: "", addresses: ["192.168.0.2"], podCIDRs: [], interfaces: [] };
  const views = serviceViews({
    services: store.list("Service"),
    endpointSlices: store.list("EndpointSlice"),
    node,
    config: {},
  });
  const [port] = views[0].ports;
  if (port === undefined) throw new Error("no port");
  return port;
}
