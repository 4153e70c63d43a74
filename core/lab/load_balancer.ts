/** What stands before the nodes: load balancer addresses are routed to the nodes that take their traffic. */
import type { EndpointSlice, Service } from "../kube/mod.ts";
import type { Cluster } from "./cluster.ts";
import { routeLoadBalancers } from "./internet.ts";

/** Keeps the router's routes to load balancer addresses as the Services want them. */
export function startLoadBalancer(cluster: Cluster): void {
  const { store } = cluster.control;
  const { runner } = cluster.world;
  let wake: (() => void) | undefined;
  let dirty = true;
  store.watch(({ object }) => {
    if (!["Service", "EndpointSlice", "Node"].includes(object.kind)) return;
    dirty = true;
    wake?.();
  });
  runner.spawn("load balancer", async (task) => {
    let known = "";
    for (;;) {
      dirty = false;
      const wanted = balancers(cluster);
      const text = JSON.stringify([...wanted]);
      if (text !== known) await routeLoadBalancers(cluster.world, task, wanted);
      known = text;
      if (!dirty) await task.wait<void>((go) => (wake = go, () => wake = undefined));
    }
  });
}

/** Every load balancer address with the addresses of the nodes that take its traffic. */
function balancers(cluster: Cluster): Map<string, string[]> {
  const nodes = cluster.nodes().map(({ metadata, status }) => ({
    name: metadata.name,
    address: status.addresses?.find(({ type }) => type === "InternalIP")?.address ?? "",
  }));
  const addresses = new Map<string, string[]>();
  for (const service of cluster.services()) {
    const local = service.spec.externalTrafficPolicy === "Local" ? nodesWithEndpoints(cluster, service) : undefined;
    const taking = nodes.filter(({ name }) => local === undefined || local.has(name)).map(({ address }) => address);
    for (const { ip } of service.status?.loadBalancer?.ingress ?? []) if (ip !== undefined) addresses.set(ip, taking);
  }
  return addresses;
}

function nodesWithEndpoints(cluster: Cluster, { metadata }: Service): Set<string> {
  const slices: EndpointSlice[] = cluster.control.store.list("EndpointSlice", { namespace: metadata.namespace ?? "" });
  const own = slices.filter((slice) => slice.metadata.labels?.["kubernetes.io/service-name"] === metadata.name);
  const ready = own.flatMap(({ endpoints }) => endpoints ?? []).filter(({ conditions }) => conditions?.ready !== false);
  return new Set(ready.flatMap(({ nodeName }) => nodeName ?? []));
}
