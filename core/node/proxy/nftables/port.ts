/** What one Service port adds to the table: chains, affinity sets, and elements of the shared sets and maps. */
import { contains, parseIp, printIp, requireCidr, requireIp } from "../../../base/mod.ts";
import type { NftChain, NftElement, NftRule, NftSet, NftVerdict } from "../../../linux/mod.ts";
import { type Endpoint, externallyAccessible, type ServicePort, type ServiceView } from "../view.ts";
import { nftEndpointNames, type NftPortChains, nftPortChains } from "./names.ts";
import { commented, goto, ifLocal, inSet, ipOf, markForMasquerade, match, rule, verdict } from "./rules.ts";
import { REJECT_CHAIN } from "./skeleton.ts";

/** An element, and the set or map it belongs into. */
export interface PlacedElement {
  readonly set: string;
  readonly element: NftElement;
}

/** The part of a Service port. */
export interface PortPart {
  readonly chains: readonly NftChain[];
  readonly sets: readonly NftSet[];
  readonly elements: readonly PlacedElement[];
}

interface Context {
  readonly port: ServicePort;
  readonly view: ServiceView;
  readonly names: NftPortChains;
  /** Traffic to the ClusterIP, and from outside, has endpoints it may use. */
  readonly internal: boolean;
  readonly external: boolean;
  readonly firewall: boolean;
}

/** The part of one Service port; what does not depend on the node is one value for all of them. */
export function portPart(port: ServicePort, view: ServiceView): PortPart {
  const part = commonPart(port, view);
  const own = port.reachable.filter(({ node }) => node === view.nodeName);
  if (own.length === 0) return part;
  return { ...part, elements: [...part.elements, ...own.map((endpoint) => hairpin(endpoint, port))] };
}

const parts = new WeakMap<ServicePort, { readonly key: string; readonly part: PortPart }>();
const keys = new WeakMap<ServiceView, string>();

/** The part without the node's own connections to itself. */
function commonPart(port: ServicePort, view: ServiceView): PortPart {
  const common = keys.get(view) ?? JSON.stringify([view.localTraffic, view.masqueradeMark]);
  keys.set(view, common);
  const key = port.sourceRanges.length === 0 ? common : `${common} ${view.nodeIP}`;
  const known = parts.get(port);
  if (known?.key === key) return known.part;
  const part = makePart(port, view);
  parts.set(port, { key, part });
  return part;
}

function makePart(port: ServicePort, view: ServiceView): PortPart {
  const context = {
    port,
    view,
    names: nftPortChains(port),
    internal: port.any && !(port.internalLocal && port.local.length === 0),
    external: port.any && !(port.externalLocal && port.local.length === 0),
    firewall: port.loadBalancerIPs.length > 0 && port.sourceRanges.length > 0,
  };
  return { chains: chainsOf(context), sets: affinitySets(context), elements: elementsOf(context) };
}

// ------------------------------------------------------------------------------------------------ elements

function elementsOf(context: Context): PlacedElement[] {
  const { port, names, internal, external } = context;
  const at = (address: string) => [address, port.protocol, String(port.port)];
  const inside = internal ? (port.internalLocal ? names.local : names.cluster) : undefined;
  const outside = port.any ? names.external : undefined;
  const from = (key: readonly string[]) => captured(key, { to: outside, open: external, port });
  return [
    { set: "cluster-ips", element: { key: [port.clusterIP] } },
    ...captured(at(port.clusterIP), { to: inside, open: internal, port }),
    ...port.externalIPs.flatMap((ip) => from(at(ip))),
    ...port.loadBalancerIPs.flatMap((ip) => from(at(ip))),
    ...(context.firewall ? port.loadBalancerIPs : []).map((ip) => ({
      set: "firewall-ips",
      element: { key: at(ip), value: goto(names.firewall) },
    })),
    ...(port.nodePort === 0 ? [] : from([port.protocol, String(port.nodePort)])),
  ];
}

/** Where a destination's traffic goes, and what happens to it where no endpoint is open to it. Node ports have no address. */
function captured(
  key: readonly string[],
  { to, open, port }: { readonly to: string | undefined; readonly open: boolean; readonly port: ServicePort },
): PlacedElement[] {
  const [served, refused] = key.length === 3
    ? ["service-ips", "no-endpoint-services"] as const
    : ["service-nodeports", "no-endpoint-nodeports"] as const;
  const value: NftVerdict = port.any ? { kind: "drop" } : goto(REJECT_CHAIN);
  return [
    ...(to === undefined ? [] : [{ set: served, element: { key, value: goto(to) } }]),
    ...(open ? [] : [{ set: refused, element: { key, comment: port.name, value } }]),
  ];
}

function hairpin(endpoint: Endpoint, { protocol }: ServicePort): PlacedElement {
  const ip = addressOf(endpoint);
  return { set: "hairpin-connections", element: { key: [ip, ip, protocol, String(endpoint.port)] } };
}

/** The address as nft writes it; names keep the slice's own text. */
function addressOf({ ip }: Endpoint): string {
  return ip.includes(":") ? printIp(requireIp(ip)) : ip;
}

// ------------------------------------------------------------------------------------------------ affinity

function affinitySets({ port, view }: Context): NftSet[] {
  const { affinity } = port;
  if (affinity === undefined) return [];
  return port.reachable.map((endpoint) => ({
    name: nftEndpointNames(port, endpoint).set,
    key: [view.family === 4 ? "ipv4_addr" : "ipv6_addr"],
    flags: ["dynamic", "timeout"],
    timeout: affinity * 1000,
    elements: [],
  }));
}

// ------------------------------------------------------------------------------------------------ chains

function chainsOf(context: Context): NftChain[] {
  const { port, view, names, firewall } = context;
  const clusterChain = port.cluster.length > 0 && (!port.internalLocal || externallyAccessible(port));
  const all: (NftChain | false)[] = [
    ...(port.affinity === undefined ? [] : port.reachable.map((endpoint) => endpointChain(endpoint, context))),
    clusterChain && { name: names.cluster, rules: balancing(port.cluster, context) },
    port.local.length > 0 && { name: names.local, rules: balancing(port.local, context) },
    port.any && externallyAccessible(port) && { name: names.external, rules: externalRules(context) },
    firewall && { name: names.firewall, rules: [firewallRule(port, view)] },
  ];
  return all.filter((chain) => chain !== false);
}

/** A client that comes back goes where it was; others to a drawn endpoint, without affinity in one statement. */
function balancing(endpoints: readonly Endpoint[], { port, view }: Context): NftRule[] {
  const by = [`numgen random mod ${endpoints.length}`];
  if (port.affinity === undefined) {
    const map = endpoints.map((endpoint, i) => ({
      key: String(i),
      value: [addressOf(endpoint), String(endpoint.port)],
    }));
    const nat = { kind: "nat", verb: "dnat", family: ipOf(view), lookup: { by, map }, flags: [] } as const;
    return [rule(match(["meta l4proto"], { value: port.protocol }), nat)];
  }
  const names = endpoints.map((endpoint) => nftEndpointNames(port, endpoint));
  return [
    ...names.map(({ chain, set }) => rule(inSet([`${ipOf(view)} saddr`], set), verdict("goto", chain))),
    rule({ kind: "vmap", by, map: names.map(({ chain }, i) => ({ key: String(i), verdict: goto(chain) })) }),
  ];
}

function endpointChain(endpoint: Endpoint, { port, view }: Context): NftChain {
  const { chain, set } = nftEndpointNames(port, endpoint);
  return {
    name: chain,
    rules: [
      rule({ kind: "set", verb: "update", set, selectors: [`${ipOf(view)} saddr`] }),
      rule(match(["meta l4proto"], { value: port.protocol }), {
        kind: "nat",
        verb: "dnat",
        address: addressOf(endpoint),
        port: endpoint.port,
        flags: [],
      }),
    ],
  };
}

/**
 * With policy Cluster everything from outside is masqueraded. With Local, pods and the node itself go to all endpoints, as if
 * they had come by way of a load balancer; the rest to those of this node, if there are any.
 */
function externalRules({ port, view, names, external }: Context): NftRule[] {
  const masquerade = markForMasquerade(view);
  if (!port.externalLocal) {
    return [commented(rule(masquerade), "masquerade"), rule(verdict("goto", names.cluster))];
  }
  const [node, all] = [match(["fib saddr type"], { value: "local" }), verdict("goto", names.cluster)];
  const pods = view.localTraffic === undefined
    ? []
    : [commented(rule(ifLocal(view.localTraffic, view), all), "short-circuit pod traffic")];
  return [
    ...pods,
    commented(rule(node, masquerade), "masquerade local traffic"),
    commented(rule(node, all), "short-circuit local traffic"),
    ...(external ? [rule(verdict("goto", names.local))] : []),
  ];
}

/** A range that holds the node's own address lets the load balancer's address in as a source as well: the node's packets to it carry it. */
function firewallRule(port: ServicePort, view: ServiceView): NftRule {
  const node = parseIp(view.nodeIP);
  const withNode = node !== undefined && port.sourceRanges.some((range) => contains(requireCidr(range), node));
  const values = [...port.sourceRanges, ...(withNode ? port.loadBalancerIPs : [])];
  return rule(match([`${ipOf(view)} saddr`], { values }, true), verdict("drop"));
}
