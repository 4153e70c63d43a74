/** A view as virtual servers: every address of a Service with its port, and node ports on every address of the node. */
import type { Scheduler, VirtualServer } from "../../../linux/mod.ts";
import type { Endpoint, ServicePort, ServiceView } from "../view.ts";

/** The device that carries the Services' addresses. */
export const IPVS_DEVICE = "kube-ipvs0";

/** kube-proxy's scheduler where none is configured. */
const DEFAULT_SCHEDULER: Scheduler = "rr";

/** The virtual servers of a view, sorted as its ports are. */
export function virtualServers(view: ServiceView, scheduler: Scheduler = DEFAULT_SCHEDULER): VirtualServer[] {
  const nodeAddresses = nodePortAddresses(view);
  return view.ports.flatMap((port) => {
    const make = (address: string, number: number, endpoints: readonly Endpoint[]): VirtualServer => ({
      protocol: port.protocol,
      address,
      port: number,
      scheduler,
      ...(port.affinity === undefined ? {} : { persistent: port.affinity }),
      servers: endpoints.map(({ ip, port: target }) => ({ address: ip, port: target, forward: "Masq", weight: 1 })),
    });
    const outside = externalEndpoints(port);
    return [
      make(port.clusterIP, port.port, internalEndpoints(port)),
      ...[...port.externalIPs, ...port.loadBalancerIPs].map((address) => make(address, port.port, outside)),
      ...(port.nodePort === 0 ? [] : nodeAddresses.map((address) => make(address, port.nodePort, outside))),
    ];
  });
}

/** Policy Local without an endpoint here: nobody, from inside. */
function internalEndpoints({ internalLocal, local, cluster }: ServicePort): readonly Endpoint[] {
  return internalLocal ? local : cluster;
}

/** From outside all endpoints take over where policy Local leaves none: pods of this node may still use the address. */
function externalEndpoints({ externalLocal, local, cluster }: ServicePort): readonly Endpoint[] {
  return externalLocal && local.length > 0 ? local : cluster;
}

/** Where node ports have virtual servers: on the addresses chosen, never on loopback ones. */
export function nodePortAddresses({ nodePortAddresses: chosen, ownAddresses }: ServiceView): readonly string[] {
  const all = chosen === "all" ? ownAddresses : chosen;
  return all.filter((address) => !address.startsWith("127.") && address !== "::1");
}

/** The addresses that kube-ipvs0 carries: those of Services that no other device has. */
export function ipvsAddresses(view: ServiceView): string[] {
  const all = view.ports.flatMap((port) => [port.clusterIP, ...port.externalIPs, ...port.loadBalancerIPs]);
  return [...new Set(all)].filter((address) => !view.ownAddresses.includes(address)).sort();
}
