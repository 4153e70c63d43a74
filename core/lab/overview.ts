/** The world as it is now, as rows. */
import { isMirror, type Pod, type Service } from "../kube/mod.ts";
import type { MachineRow, NodeRow, Overview, PodRow, ServiceRow } from "./answers.ts";
import type { Cluster } from "./cluster.ts";
import type { Intent } from "./intent.ts";
import type { World } from "./world.ts";

/** Nodes, pods, Services and machines. */
export function overview(world: World, cluster: Cluster | undefined, intent: Intent): Overview {
  const { seed, network, proxy, machines } = intent.spec;
  return {
    seed,
    network,
    proxy,
    ready: (world.clock.now() - world.start) / 1000,
    nodes: cluster?.nodes().map(nodeRow) ?? [],
    pods: cluster?.pods().filter((pod) => !isMirror(pod)).map(podRow) ?? [],
    services: cluster?.services().map((service) => serviceRow(cluster, service)) ?? [],
    machines: machines.map(({ name }) => machineRow(world, name)),
    warnings: cluster?.warnings() ?? [],
  };
}

function nodeRow(node: ReturnType<Cluster["nodes"]>[number]): NodeRow {
  const address = node.status.addresses?.find(({ type }) => type === "InternalIP")?.address ?? "";
  const ready = node.status.conditions?.some(({ type, status }) => type === "Ready" && status === "True") ?? false;
  return { name: node.metadata.name, address, podCIDR: node.spec.podCIDR ?? "", ready };
}

function podRow({ metadata, spec, status }: Pod): PodRow {
  return {
    namespace: metadata.namespace ?? "",
    name: metadata.name,
    node: spec.nodeName ?? "",
    address: status.podIP ?? "",
    phase: metadata.deletionTimestamp === undefined ? status.phase ?? "Pending" : "Terminating",
    ready: status.conditions?.some(({ type, status }) => type === "Ready" && status === "True") ?? false,
  };
}

function serviceRow(cluster: Cluster, service: Service): ServiceRow {
  const { metadata, spec, status } = service;
  const ingress = status?.loadBalancer?.ingress ?? [];
  return {
    namespace: metadata.namespace ?? "",
    name: metadata.name,
    type: spec.type ?? "ClusterIP",
    clusterIP: spec.clusterIP ?? "",
    externalIPs: [...spec.externalIPs ?? [], ...ingress.flatMap(({ ip }) => ip ?? [])],
    ports: (spec.ports ?? []).map(({ name, port, nodePort, protocol }) => ({
      name: name ?? "",
      port,
      protocol: protocol ?? "TCP",
      ...(nodePort === undefined ? {} : { nodePort }),
    })),
    endpoints: cluster.endpoints(service),
  };
}

function machineRow({ machines, plane }: World, name: string): MachineRow {
  const ns = machines.get(name)?.ns.id;
  const addresses = ns === undefined
    ? []
    : plane.addresses(ns).filter(({ dev }) => dev !== 1).map(({ address }) => address);
  return { name, addresses };
}
