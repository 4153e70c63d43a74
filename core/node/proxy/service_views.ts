import { type Cidr, contains, ipFamily, requireCidr, requireIp } from "../../base/mod.ts";
import type { EndpointSlice, Service } from "../../kube/mod.ts";
import type { ProxyConfig, ProxyNode } from "./config.ts";
import { familyOfRange, type PortEntry } from "./service_ports.ts";
import { type ServiceTable, ServiceTables } from "./service_table.ts";
import type { LocalTraffic, NodePortAddresses, ServicePort, ServiceView } from "./view.ts";

/** Who looks at Services, and how. */
export interface Viewing {
  readonly node: ProxyNode;
  readonly config: ProxyConfig;
  /** Prefixes of the cluster's ServiceCIDR objects. */
  readonly serviceCIDRs?: readonly string[];
}

/** What the cluster's objects, the node and the configuration ask of kube-proxy: one view for IPv4, one for IPv6. */
export function serviceViews(
  from: Viewing & { readonly services: readonly Service[]; readonly endpointSlices: readonly EndpointSlice[] },
): readonly [ServiceView, ServiceView] {
  const tables = new ServiceTables(leavesProxied(from.config));
  for (const service of from.services) tables.putService(service);
  for (const slice of from.endpointSlices) tables.putSlice(slice);
  return viewsOf(tables, from, new PortMemo());
}

/** Whether a load balancer's address with `ipMode: Proxy` is left to it. */
export function leavesProxied({ featureGates }: ProxyConfig): boolean {
  return featureGates?.LoadBalancerIPMode ?? true;
}

/** The ports that one node has seen: where nothing changed, the same value again. */
export class PortMemo {
  #node = "";
  #seen = new WeakMap<PortEntry, ServicePort>();
  readonly #lists = new Map<4 | 6, { readonly table: ServiceTable; readonly ports: readonly ServicePort[] }>();

  /** A table's ports as a node sees them. */
  ports(table: ServiceTable, family: 4 | 6, { name, zone }: ProxyNode): readonly ServicePort[] {
    const node = JSON.stringify([name, zone]);
    if (this.#node !== node) {
      this.#node = node;
      this.#seen = new WeakMap();
      this.#lists.clear();
    }
    const known = this.#lists.get(family);
    if (known?.table.entries === table.entries) return known.ports;
    const ports = table.common ?? table.entries.map((entry) => this.#see(entry, { name, zone }));
    this.#lists.set(family, { table, ports });
    return ports;
  }

  #see(entry: PortEntry, node: { readonly name: string; readonly zone: string }): ServicePort {
    const known = this.#seen.get(entry);
    if (known !== undefined) return known;
    const port = entry.seenBy(node);
    if (!entry.everywhere) this.#seen.set(entry, port);
    return port;
  }
}

/** The views of a node on a cluster's Services. */
export function viewsOf(tables: ServiceTables, viewing: Viewing, memo: PortMemo): readonly [ServiceView, ServiceView] {
  return [
    familyView(tables.table(4), viewing, { family: 4, memo }),
    familyView(tables.table(6), viewing, { family: 6, memo }),
  ];
}

function familyView(
  table: ServiceTable,
  { node, config, serviceCIDRs = [] }: Viewing,
  { family, memo }: { readonly family: 4 | 6; readonly memo: PortMemo },
): ServiceView {
  const cidrs = nodePortCidrs(config, node, family);
  const nft = config.mode === "nftables";
  const { masqueradeAll = false, masqueradeBit = 14 } = (nft ? config.nftables : config.iptables) ?? {};
  return {
    family,
    nodeName: node.name,
    ports: memo.ports(table, family, node),
    udpEndpoints: table.udp,
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
