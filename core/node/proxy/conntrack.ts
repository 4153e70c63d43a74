import type { Flow } from "../../../wasm/mod.ts";
import { endpointText } from "./endpoints.ts";
import type { Endpoint, ServiceView } from "./view.ts";

const UDP = 17;

/**
 * Which tracked flows kube-proxy deletes after a sync: UDP flows to a Service that still has a serving endpoint, answered by
 * an address that is none of them. Service addresses count with their port, node ports on any address.
 * Flows of Services without endpoints, and TCP and SCTP flows, stay.
 */
export function staleFlows(view: ServiceView): (flow: Flow) => boolean {
  const byAddress = new Map<string, ReadonlySet<string>>();
  const byNodePort = new Map<number, ReadonlySet<string>>();
  for (const port of view.ports) {
    const serving = new Set(port.all.filter((endpoint) => endpoint.serving).map((endpoint) => endpoint.text));
    if (port.protocol !== "udp" || serving.size === 0) continue;
    const addresses = [port.clusterIP, ...port.externalIPs, ...port.loadBalancerIPs];
    for (const address of addresses) byAddress.set(endpointText(address, port.port), serving);
    if (port.nodePort !== 0) byNodePort.set(port.nodePort, serving);
  }
  return (flow) => {
    if (flow.proto !== UDP || flow.family !== view.family) return false;
    const { dst, dport } = flow.original;
    const serving = byAddress.get(endpointText(dst, dport)) ?? byNodePort.get(dport);
    return serving !== undefined && !serving.has(endpointText(flow.reply.src, flow.reply.sport));
  };
}

/**
 * Whether a sync is followed by a look at connection tracking: when a UDP endpoint that was ready no longer is, or a UDP
 * port has its first serving one. It is the slices that count, whoever proxies their Service; a Service's changed
 * addresses and ports alone are no reason.
 */
export function flowsDue(before: ServiceView | undefined, after: ServiceView): boolean {
  const [old, now] = [before?.udpEndpoints ?? NONE, after.udpEndpoints];
  if (old === now) return false;
  const lost = [...old].some(([port, endpoints]) => {
    const ready = new Set((now.get(port) ?? []).filter((endpoint) => endpoint.ready).map(({ text }) => text));
    return endpoints.some((endpoint) => endpoint.ready && !ready.has(endpoint.text));
  });
  const serves = (endpoints: readonly Endpoint[] | undefined) => endpoints?.some(({ serving }) => serving) ?? false;
  return lost || [...now].some(([port, endpoints]) => serves(endpoints) && !serves(old.get(port)));
}

const NONE: ServiceView["udpEndpoints"] = new Map();
