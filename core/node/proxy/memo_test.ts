import { assertEquals, assertNotStrictEquals, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import type { EndpointSlice, Service } from "../../kube/mod.ts";
import type { ProxyConfig, ProxyNode } from "./config.ts";
import { serviceViews, ViewMemo } from "./service_views.ts";

const NODE: ProxyNode = { name: "node-1", zone: "", addresses: ["172.18.0.2"], podCIDRs: [], interfaces: [] };
const CONFIG: ProxyConfig = { mode: "iptables", clusterCIDR: "10.244.0.0/16" };

function service(name: string, port: number): Service {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, namespace: "default" },
    spec: { type: "ClusterIP", clusterIP: `10.96.0.${port}`, ports: [{ name: "a", port, protocol: "TCP" }] },
    status: {},
  } as unknown as Service;
}

function slice(of: string, name: string, endpoints: readonly (readonly [number, boolean])[]): EndpointSlice {
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { name, namespace: "default", labels: { "kubernetes.io/service-name": of } },
    addressType: "IPv4",
    ports: [{ name: "a", port: 8080, protocol: "TCP" }],
    endpoints: endpoints.map(([host, terminating]) => ({
      addresses: [`10.244.0.${host}`],
      conditions: { ready: !terminating, serving: true, terminating },
      nodeName: host % 2 === 0 ? "node-1" : "node-2",
    })),
  } as unknown as EndpointSlice;
}

Deno.test("views with a memory are the views without, whatever changed from one to the next", () => {
  const endpoint = fc.tuple(fc.integer({ min: 1, max: 6 }), fc.boolean());
  const world = fc.array(fc.tuple(fc.nat(2), fc.nat(1), fc.array(endpoint, { maxLength: 4 })), { maxLength: 5 });
  const node = fc.constantFrom("node-1", "node-2");
  fc.assert(fc.property(fc.array(fc.tuple(world, node, fc.nat(3)), { maxLength: 5 }), (worlds) => {
    const memo = new ViewMemo();
    const kept = new Map<string, EndpointSlice>();
    const services = [0, 1, 2].map((i) => service(`s${i}`, i + 1));
    for (const [world, name, without] of worlds) {
      const endpointSlices = world.map(([of, number, endpoints]) => {
        const made = slice(`s${of}`, `s${of}-${number}`, endpoints);
        const known = kept.get(JSON.stringify(made));
        kept.set(JSON.stringify(made), known ?? made);
        return known ?? made;
      });
      const from = {
        services: services.filter((_, i) => i !== without),
        endpointSlices,
        node: { ...NODE, name },
        config: CONFIG,
      };
      assertEquals(serviceViews({ ...from, memo }), serviceViews(from));
    }
  }));
});

Deno.test("a port whose objects stayed is the same value again; one with a new slice is another", () => {
  const memo = new ViewMemo();
  const services = [service("s0", 1), service("s1", 2)];
  const [a, b] = [slice("s0", "s0-x", [[1, false]]), slice("s1", "s1-x", [[2, false]])];
  const at = { services, node: NODE, config: CONFIG, memo };
  const [before] = serviceViews({ ...at, endpointSlices: [a, b] });
  const [after] = serviceViews({ ...at, endpointSlices: [a, slice("s1", "s1-x", [[3, false]])] });
  assertStrictEquals(after.ports[0], before.ports[0]);
  assertNotStrictEquals(after.ports[1], before.ports[1]);
});
