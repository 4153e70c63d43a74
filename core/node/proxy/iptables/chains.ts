import { endpointChain, type ServiceChains, serviceChains } from "../names.ts";
import { type Endpoint, externallyAccessible, type ServicePort } from "../view.ts";

/** The names of a Service port's chains. */
export type PortChains = ServiceChains;

const chainCache = new WeakMap<ServicePort, ServiceChains>();
const endpointCache = new WeakMap<ServicePort, Map<string, string>>();

/** Chain names of a Service port; hashed once per view. */
export function chainsOf(port: ServicePort): PortChains {
  const known = chainCache.get(port);
  if (known !== undefined) return known;
  const chains = serviceChains(port.name, port.protocol);
  chainCache.set(port, chains);
  return chains;
}

/** The chain of one endpoint of a Service port. */
export function endpointChainOf(port: ServicePort, endpoint: Endpoint): string {
  const names = endpointCache.get(port) ?? new Map<string, string>();
  endpointCache.set(port, names);
  const known = names.get(endpoint.text);
  if (known !== undefined) return known;
  const name = endpointChain(port.name, port.protocol, endpoint.text);
  names.set(endpoint.text, name);
  return name;
}

/** Which chains a Service port needs, and where its traffic goes. */
export interface Traffic {
  /** There is an endpoint somewhere. */
  readonly any: boolean;
  /** Traffic to the ClusterIP has endpoints it may use. */
  readonly internal: boolean;
  /** Traffic from outside has endpoints it may use. */
  readonly external: boolean;
  /** KUBE-SVC or KUBE-SVL: where ClusterIP traffic goes. */
  readonly internalChain: string;
  readonly clusterChain: boolean;
  readonly localChain: boolean;
  /** Load balancer addresses are limited to source ranges. */
  readonly firewall: boolean;
}

/** The paths of a Service port. */
export function traffic(port: ServicePort): Traffic {
  const chains = chainsOf(port);
  return {
    any: port.any,
    internal: port.any && !(port.internalLocal && port.local.length === 0),
    external: port.any && !(port.externalLocal && port.local.length === 0),
    internalChain: port.internalLocal ? chains.local : chains.cluster,
    clusterChain: port.cluster.length > 0 && (!port.internalLocal || externallyAccessible(port)),
    localChain: port.local.length > 0,
    firewall: port.any && port.loadBalancerIPs.length > 0 && port.sourceRanges.length > 0,
  };
}
