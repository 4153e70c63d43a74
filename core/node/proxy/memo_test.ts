import { assertEquals, assertNotStrictEquals, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import { type EndpointSlice, type Service, Store } from "../../kube/mod.ts";
import type { ProxyConfig, ProxyNode } from "./config.ts";
import { ServiceTables } from "./service_table.ts";
import { PortMemo, serviceViews, viewsOf } from "./service_views.ts";

const NODE: ProxyNode = { name: "node-1", zone: "", addresses: ["172.18.0.2"], podCIDRs: [], interfaces: [] };
const CONFIG: ProxyConfig = { mode: "iptables", clusterCIDR: "10.244.0.0/16" };

function service(name: string, port: number, local = false): Service {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, namespace: "default" },
    spec: {
      type: "ClusterIP",
      clusterIP: `10.96.0.${port}`,
      ports: [{ name: "a", port, protocol: port % 2 === 0 ? "UDP" : "TCP" }],
      ...(local ? { internalTrafficPolicy: "Local" } : {}),
    },
    status: {},
  } as unknown as Service;
}

function slice(of: string, name: string, endpoints: readonly (readonly [number, boolean])[]): EndpointSlice {
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { name, namespace: "default", labels: { "kubernetes.io/service-name": of } },
    addressType: "IPv4",
    ports: [{ name: "a", port: 8080, protocol: "TCP" }, { name: "a", port: 8081, protocol: "UDP" }],
    endpoints: endpoints.map(([host, terminating]) => ({
      addresses: [`10.244.0.${host}`],
      conditions: { ready: !terminating, serving: true, terminating },
      nodeName: host % 2 === 0 ? "node-1" : "node-2",
    })),
  } as unknown as EndpointSlice;
}

Deno.test("views that follow a store are the views of its objects, whatever changed from one to the next", () => {
  const endpoint = fc.tuple(fc.integer({ min: 1, max: 6 }), fc.boolean());
  const change = fc.oneof(
    fc.record({ put: fc.constant("service"), n: fc.nat(3), local: fc.boolean() }),
    fc.record({
      put: fc.constant("slice"),
      n: fc.nat(3),
      of: fc.nat(3),
      endpoints: fc.array(endpoint, { maxLength: 3 }),
    }),
    fc.record({ remove: fc.constantFrom("Service", "EndpointSlice"), n: fc.nat(3) }),
  );
  fc.assert(fc.property(fc.array(fc.array(change, { maxLength: 4 }), { maxLength: 6 }), (rounds) => {
    const store = new Store();
    const memos = [new PortMemo(), new PortMemo()];
    for (const round of rounds) {
      for (const each of round) {
        if ("remove" in each) {
          store.remove(each.remove, each.remove === "Service" ? `s${each.n}` : `x${each.n}`, "default");
        } else if ("local" in each) store.put(service(`s${each.n}`, each.n + 1, each.local));
        else store.put(slice(`s${each.of}`, `x${each.n}`, each.endpoints));
      }
      for (const [i, name] of ["node-1", "node-2"].entries()) {
        const viewing = { node: { ...NODE, name }, config: CONFIG };
        assertEquals(
          viewsOf(ServiceTables.of(store, true), viewing, memos[i] as PortMemo),
          serviceViews({ ...viewing, services: store.list("Service"), endpointSlices: store.list("EndpointSlice") }),
        );
      }
    }
  }));
});

Deno.test("a port whose objects stayed is the same value again, on every node; one with a new slice is another", () => {
  const tables = new ServiceTables(true);
  for (const each of [service("s0", 1), service("s1", 2)]) tables.putService(each);
  tables.putSlice(slice("s0", "s0-x", [[1, false]]));
  tables.putSlice(slice("s1", "s1-x", [[2, false]]));
  const look = (name: string, memo: PortMemo) =>
    viewsOf(tables, { node: { ...NODE, name }, config: CONFIG }, memo)[0].ports;
  const memo = new PortMemo();
  const before = look("node-1", memo);
  assertStrictEquals(look("node-2", new PortMemo()), before);
  tables.putSlice(slice("s1", "s1-x", [[3, false]]));
  const after = look("node-1", memo);
  assertStrictEquals(after[0], before[0]);
  assertNotStrictEquals(after[1], before[1]);
});
