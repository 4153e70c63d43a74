/** Ports of one Service in one family, as its object and its endpoints say, before a node looks at them. */
import { ipFamily, parseCidr } from "../../base/mod.ts";
import type { core, Service } from "../../kube/mod.ts";
import { categorize, isEverywhere } from "./categorize.ts";
import { endpointsKey, withoutZeros } from "./endpoints.ts";
import { servicePortName } from "./names.ts";
import type { Endpoint, ServicePort } from "./view.ts";

/** How Services are read. */
export interface ServiceReading {
  readonly family: 4 | 6;
  /** Whether an address with `ipMode: Proxy` is left to the load balancer. */
  readonly ipMode: boolean;
}

/** The node that looks at a port. */
export interface Onlooker {
  readonly name: string;
  readonly zone: string;
}

type Facts = Omit<ServicePort, "cluster" | "local" | "reachable" | "any">;

/** A Service port without the choice of endpoints that a node makes. */
export class PortEntry {
  readonly #facts: Facts;
  readonly #uses: { readonly usesCluster: boolean; readonly usesLocal: boolean };
  #common: ServicePort | undefined;
  /** Whether every node sees the same. */
  readonly everywhere: boolean;

  constructor(facts: Facts) {
    const { nodePort, loadBalancerIPs, externalIPs, internalLocal, externalLocal } = facts;
    const external = nodePort !== 0 || loadBalancerIPs.length > 0 || externalIPs.length > 0;
    this.#facts = facts;
    this.#uses = {
      usesCluster: !internalLocal || external,
      usesLocal: internalLocal || (externalLocal && external),
    };
    this.everywhere = isEverywhere(facts.all, this.#uses);
  }

  /** `namespace/name:port` */
  get name(): string {
    return this.#facts.name;
  }

  /** How many endpoints it has. */
  get endpoints(): number {
    return this.#facts.all.length;
  }

  /** The port as a node sees it; one value for all nodes where {@link everywhere}. */
  seenBy(node: Onlooker): ServicePort {
    if (this.#common !== undefined) return this.#common;
    const by = { ...this.#uses, node: node.name, zone: node.zone };
    const port = { ...this.#facts, ...categorize(this.#facts.all, by) };
    if (this.everywhere) this.#common = port;
    return port;
  }
}

/** The ports that kube-proxy serves of a Service: none of those without a ClusterIP of the family, and of those others serve. */
export function portEntries(
  service: Service,
  reading: ServiceReading,
  endpoints: (key: string) => readonly Endpoint[],
): PortEntry[] {
  const { spec, metadata } = service;
  const clusterIP = clusterIPOf(spec, reading.family);
  if (spec.type === "ExternalName" || clusterIP === undefined || isProxiedByOthers(service)) return [];
  const namespace = metadata.namespace ?? "";
  const common = {
    namespace,
    service: metadata.name,
    clusterIP,
    ...externalAddresses(service, reading),
    ...policies(spec),
  };
  return (spec.ports ?? []).map((port: core.ServicePort) =>
    new PortEntry({
      ...common,
      name: servicePortName(namespace, metadata.name, port.name ?? ""),
      protocol: (port.protocol ?? "TCP").toLowerCase() as ServicePort["protocol"],
      port: port.port,
      nodePort: port.nodePort ?? 0,
      all: endpoints(endpointsKey(namespace, metadata.name, port)),
    })
  );
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

function externalAddresses(service: Service, { family, ipMode }: ServiceReading) {
  const ingress = service.status?.loadBalancer?.ingress ?? [];
  const vips = ingress.filter((entry) => entry.ip && !(ipMode && entry.ipMode === "Proxy"));
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

/** The family of a prefix; undefined where it is none. */
export function familyOfRange(range: string): 4 | 6 | undefined {
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
