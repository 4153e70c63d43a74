import { type Cidr, contains, ipFamily, parseCidr, requireCidr, requireIp } from "../../base/mod.ts";
import type { core, EndpointSlice, Service } from "../../kube/mod.ts";
import { categorize } from "./categorize.ts";
import type { ProxyConfig, ProxyNode } from "./config.ts";
import { EndpointMemo, endpointsKey, type EndpointTable, endpointTable, withoutZeros } from "./endpoints.ts";
import { servicePortName } from "./names.ts";
import type { Endpoint, LocalTraffic, NodePortAddresses, ServicePort, ServiceView } from "./view.ts";

/** What the cluster's objects, the node and the configuration ask of kube-proxy: one view for IPv4, one for IPv6. */
export function serviceViews(from: {
  readonly services: readonly Service[];
  readonly endpointSlices: readonly EndpointSlice[];
  readonly node: ProxyNode;
  readonly config: ProxyConfig;
  /** Prefixes of the cluster's ServiceCIDR objects. */
  readonly serviceCIDRs?: readonly string[];
  /** What the views before were made of: what has not changed since is the same value again. */
  readonly memo?: ViewMemo;
}): readonly [ServiceView, ServiceView] {
  return [familyView(from, 4), familyView(from, 6)];
}

type Input = Parameters<typeof serviceViews>[0];

/** A Service's ports, and what they were made of. */
interface Known {
  readonly service: Service;
  readonly lists: readonly (readonly Endpoint[])[];
  readonly ports: readonly ServicePort[];
}

class FamilyMemo {
  /** What all of it depends on beside the objects. */
  context = "";
  endpoints = new EndpointMemo();
  services = new Map<string, Known>();

  constructor(readonly family: 4 | 6) {}

  /** Forgets everything where node or configuration are others. */
  check(context: string): void {
    if (this.context === context) return;
    this.context = context;
    this.endpoints = new EndpointMemo();
    this.services.clear();
  }
}

/** What one node's kube-proxy remembers of the objects it has seen. */
export class ViewMemo {
  readonly families = { 4: new FamilyMemo(4), 6: new FamilyMemo(6) } as const;
}

function familyView(from: Input, family: 4 | 6): ServiceView {
  const { services, endpointSlices, node, config, serviceCIDRs = [], memo = new ViewMemo() } = from;
  const ipMode = config.featureGates?.LoadBalancerIPMode ?? true;
  const known = memo.families[family];
  known.check(JSON.stringify([node.name, node.zone, ipMode]));
  const endpoints = endpointTable(endpointSlices, family, { node: node.name, memo: known.endpoints });
  const ports = allPorts(services, known, { family, endpoints, node, ipMode });
  const cidrs = nodePortCidrs(config, node, family);
  const nft = config.mode === "nftables";
  const { masqueradeAll = false, masqueradeBit = 14 } = (nft ? config.nftables : config.iptables) ?? {};
  return {
    family,
    ports,
    endpoints,
    localTraffic: localTraffic(config, node, family),
    nodePortAddresses: nodePorts(cidrs, node),
    ownAddresses: ownAddresses(node).filter((address) => ipFamily(address) === family),
    localhostNodePorts: family === 4 && !nft && config.mode !== "ipvs" &&
      (config.iptables?.localhostNodePorts ?? true) && coversLoopback(cidrs),
    nodeIP: nodeAddress(node, family) ?? (family === 4 ? "127.0.0.1" : "::1"),
    serviceCIDRs: serviceCIDRs.filter((cidr) => familyOfRange(cidr) === family),
    masqueradeAll,
    masqueradeMark: (1 << masqueradeBit) >>> 0,
    tcpBeLiberal: config.conntrack?.tcpBeLiberal ?? false,
    nfacct: node.nfacct ?? false,
  };
}

// ------------------------------------------------------------------------------------------------ services

interface Context {
  readonly family: 4 | 6;
  readonly endpoints: EndpointTable;
  readonly node: ProxyNode;
  /** Whether an address with `ipMode: Proxy` is left to the load balancer. */
  readonly ipMode: boolean;
}

/** The ports of all Services, by name in order. */
function allPorts(services: readonly Service[], memo: FamilyMemo, context: Context): ServicePort[] {
  const before = memo.services;
  memo.services = new Map();
  const ports = services.flatMap((service) => {
    const key = `${service.metadata.namespace}/${service.metadata.name}`;
    const lists = endpointLists(service, context.endpoints);
    const known = before.get(key);
    const same = known?.service === service && known.lists.every((list, i) => list === lists[i]);
    const now = same ? known : { service, lists, ports: servicePorts(service, context) };
    memo.services.set(key, now);
    return now.ports;
  });
  return ports.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

const NONE: readonly Endpoint[] = [];

function endpointLists({ metadata, spec }: Service, endpoints: EndpointTable): (readonly Endpoint[])[] {
  return (spec.ports ?? []).map((port) =>
    endpoints.get(endpointsKey(metadata.namespace ?? "", metadata.name, port)) ?? NONE
  );
}

function servicePorts(service: Service, context: Context): ServicePort[] {
  const { spec, metadata } = service;
  const clusterIP = clusterIPOf(spec, context.family);
  if (spec.type === "ExternalName" || clusterIP === undefined || isProxiedByOthers(service)) return [];
  const common = {
    namespace: metadata.namespace ?? "",
    service: metadata.name,
    clusterIP,
    ...externalAddresses(service, context),
    ...policies(spec),
  };
  return (spec.ports ?? []).map((port) => onePort(port, common, context));
}

type Common = Omit<
  ServicePort,
  "name" | "protocol" | "port" | "nodePort" | "cluster" | "local" | "reachable" | "any" | "all"
>;

function onePort(port: core.ServicePort, common: Common, { endpoints, node }: Context): ServicePort {
  const nodePort = port.nodePort ?? 0;
  const all = endpoints.get(endpointsKey(common.namespace, common.service, port)) ?? [];
  const external = nodePort !== 0 || common.loadBalancerIPs.length > 0 || common.externalIPs.length > 0;
  const usesCluster = !common.internalLocal || external;
  const usesLocal = common.internalLocal || (common.externalLocal && external);
  return {
    ...common,
    name: servicePortName(common.namespace, common.service, port.name ?? ""),
    protocol: (port.protocol ?? "TCP").toLowerCase() as ServicePort["protocol"],
    port: port.port,
    nodePort,
    all,
    ...categorize(all, { usesCluster, usesLocal, node: node.name, zone: node.zone }),
  };
}

function isProxiedByOthers(service: Service): boolean {
  return service.metadata.labels?.["service.kubernetes.io/service-proxy-name"] !== undefined;
}

function clusterIPOf(spec: Service["spec"], family: 4 | 6): string | undefined {
  const all = spec.clusterIPs?.length ? spec.clusterIPs : [spec.clusterIP ?? ""];
  if (all[0] === "None") return undefined;
  return sameFamily(all, family)[0];
}

/** Addresses of one family. */
function sameFamily(addresses: readonly string[], family: 4 | 6): string[] {
  return addresses.map((text) => withoutZeros(text.trim())).filter((text) => ipFamily(text) === family);
}

function externalAddresses(service: Service, { family, ipMode }: Context) {
  const ingress = service.status?.loadBalancer?.ingress ?? [];
  const vips = ingress.filter((entry) => entry.ip && !(ipMode && (entry as { ipMode?: string }).ipMode === "Proxy"));
  return {
    externalIPs: sameFamily(service.spec.externalIPs ?? [], family),
    loadBalancerIPs: service.spec.type === "LoadBalancer"
      ? sameFamily(vips.map((entry) => entry.ip as string), family)
      : [],
    sourceRanges: sourceRanges(service.spec.loadBalancerSourceRanges ?? [], family),
  };
}

/** A range of length 0 anywhere lets everybody in, so no range remains. */
function sourceRanges(ranges: readonly string[], family: 4 | 6): string[] {
  const own = ranges.map((range) => plainRange(range.trim())).filter((range) => familyOfRange(range) === family);
  return own.some((range) => range.endsWith("/0")) ? [] : own;
}

function plainRange(range: string): string {
  const [address = "", length = ""] = range.split("/");
  return `${withoutZeros(address)}/${length.replace(/^0+(?=\d)/, "")}`;
}

function familyOfRange(range: string): 4 | 6 | undefined {
  return parseCidr(range)?.ip.family;
}

function policies(spec: Service["spec"]) {
  const external = spec.type === "LoadBalancer" || spec.type === "NodePort" || (spec.externalIPs ?? []).length > 0;
  const externalLocal = external && spec.externalTrafficPolicy === "Local";
  const timeout = spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? 10_800;
  return {
    internalLocal: spec.internalTrafficPolicy === "Local",
    externalLocal,
    affinity: spec.sessionAffinity === "ClientIP" ? timeout : undefined,
    healthCheckNodePort: spec.type === "LoadBalancer" && externalLocal ? spec.healthCheckNodePort ?? 0 : 0,
  };
}

// ------------------------------------------------------------------------------------------------ node and configuration

function nodeAddress(node: ProxyNode, family: 4 | 6): string | undefined {
  return node.addresses.find((address) => ipFamily(address) === family);
}

function ownCidr(list: readonly string[], family: 4 | 6): string | undefined {
  return list.find((cidr) => familyOfRange(cidr) === family);
}

function localTraffic(config: ProxyConfig, node: ProxyNode, family: 4 | 6): LocalTraffic | undefined {
  switch (config.detectLocalMode ?? "ClusterCIDR") {
    case "ClusterCIDR":
      return bySource(ownCidr((config.clusterCIDR ?? "").split(",").map((cidr) => cidr.trim()), family));
    case "NodeCIDR":
      return bySource(ownCidr(node.podCIDRs, family));
    case "BridgeInterface":
      return byInterface(config.detectLocal?.bridgeInterface ?? "");
    case "InterfaceNamePrefix":
      return byInterface(`${config.detectLocal?.interfaceNamePrefix ?? ""}+`);
  }
}

function bySource(cidr: string | undefined): LocalTraffic | undefined {
  return cidr === undefined ? undefined : { by: "source", cidr };
}

function byInterface(pattern: string): LocalTraffic | undefined {
  return pattern === "" || pattern === "+" ? undefined : { by: "interface", pattern };
}

/** The prefixes of a family that node ports are limited to; undefined where nothing limits them. nftables mode begins with `primary`. */
function nodePortCidrs(config: ProxyConfig, node: ProxyNode, family: 4 | 6): readonly string[] | undefined {
  const all = config.nodePortAddresses ?? [];
  const given = all.length === 0 && config.mode === "nftables" ? ["primary"] : all;
  const primary = nodeAddress(node, family);
  if (given[0] === "primary") return primary === undefined ? undefined : [`${primary}/${family === 4 ? 32 : 128}`];
  const own = given.filter((cidr) => familyOfRange(cidr) === family);
  return own.length === 0 || own.some((cidr) => cidr.endsWith("/0")) ? undefined : own;
}

/** The addresses of all interfaces but the one that carries Services' addresses. */
function ownAddresses(node: ProxyNode): string[] {
  const own = node.interfaces.filter(({ name }) => name !== "kube-ipvs0").flatMap(({ addresses }) => addresses);
  return [...new Set(own.map((address) => address.split("/")[0] as string))];
}

function nodePorts(cidrs: readonly string[] | undefined, node: ProxyNode): NodePortAddresses {
  if (cidrs === undefined) return "all";
  const ranges = cidrs.map(requireCidr);
  return ownAddresses(node).filter((address) => ranges.some((range) => contains(range, requireIp(address))));
}

/** Node ports on 127.0.0.1 need every address, a loopback prefix, or one around it. */
function coversLoopback(cidrs: readonly string[] | undefined): boolean {
  const loopback = requireCidr("127.0.0.0/8");
  const covers = (cidr: Cidr) => contains(loopback, cidr.ip) || contains(cidr, requireIp("127.0.0.1"));
  return cidrs === undefined || cidrs.map(requireCidr).some(covers);
}
