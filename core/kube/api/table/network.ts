import type {
  core,
  Endpoints,
  EndpointSlice,
  Ingress,
  IngressClass,
  NetworkPolicy,
  Service,
} from "../../objects/object.ts";
import { age } from "./age.ts";
import { labelsCell, selectorCell, shape, someOf, type TableShape } from "./shape.ts";

/** Tables of the kinds packets care about. */
export const NETWORK_TABLES: Readonly<Record<string, TableShape>> = {
  Service: shape<Service>("Name:name Type Cluster-IP External-IP Port(s) Age | Selector", (service, now) => [
    service.metadata.name,
    service.spec.type ?? "",
    service.spec.clusterIPs?.[0] ?? "<none>",
    externalIp(service),
    (service.spec.ports ?? []).map(portText).join(",") || "<none>",
    age(service.metadata.creationTimestamp, now),
    labelsCell(service.spec.selector),
  ]),
  Endpoints: shape<Endpoints>("Name:name Endpoints Age", ({ metadata, subsets }, now) => [
    metadata.name,
    someOf((subsets ?? []).flatMap(subsetAddresses), (subsets ?? []).length === 0 ? "<none>" : ""),
    age(metadata.creationTimestamp, now),
  ]),
  EndpointSlice: shape<EndpointSlice>("Name:name AddressType Ports Endpoints Age", (slice, now) => [
    slice.metadata.name,
    slice.addressType,
    someOf((slice.ports ?? []).map(({ port, name }) => String(port ?? name ?? "*")), "<unset>"),
    someOf((slice.endpoints ?? []).flatMap(({ addresses }) => addresses), "<unset>"),
    age(slice.metadata.creationTimestamp, now),
  ]),
  NetworkPolicy: shape<NetworkPolicy>("Name:name Pod-Selector Age", ({ metadata, spec }, now) => [
    metadata.name,
    selectorCell(spec.podSelector),
    age(metadata.creationTimestamp, now),
  ]),
  Ingress: shape<Ingress>("Name:name Class Hosts Address Ports Age", ({ metadata, spec, status }, now) => [
    metadata.name,
    spec.ingressClassName ?? "<none>",
    hosts(spec.rules ?? []),
    balancerAddresses(status.loadBalancer as core.LoadBalancerStatus | undefined).join(","),
    (spec.tls ?? []).length > 0 ? "80, 443" : "80",
    age(metadata.creationTimestamp, now),
  ]),
  IngressClass: shape<IngressClass>("Name:name Controller Parameters Age", ({ metadata, spec }, now) => [
    metadata.annotations?.["ingressclass.kubernetes.io/is-default-class"] === "true"
      ? `${metadata.name} (default)`
      : metadata.name,
    spec.controller ?? "",
    parameters(spec),
    age(metadata.creationTimestamp, now),
  ]),
};

function portText({ port, nodePort, protocol }: core.ServicePort): string {
  return nodePort ? `${port}:${nodePort}/${protocol}` : `${port}/${protocol}`;
}

function externalIp({ spec, status }: Service): string {
  if (spec.type === "ExternalName") return spec.externalName ?? "";
  const external = spec.externalIPs ?? [];
  if (spec.type !== "LoadBalancer") return external.join(",") || "<none>";
  return [...balancerAddresses(status.loadBalancer), ...external].join(",") || "<pending>";
}

/** Addresses a load balancer gave, sorted, each once. */
export function balancerAddresses(status: core.LoadBalancerStatus | undefined): string[] {
  const all = (status?.ingress ?? []).map(({ ip, hostname }) => ip || hostname || "").filter((one) => one !== "");
  return [...new Set(all)].sort();
}

function subsetAddresses({ addresses = [], ports = [] }: core.EndpointSubset): string[] {
  if (ports.length === 0) return addresses.map(({ ip }) => ip);
  return ports.flatMap(({ port }) =>
    addresses.map(({ ip }) => (ip.includes(":") ? `[${ip}]:${port}` : `${ip}:${port}`))
  );
}

function hosts(rules: readonly { host?: string }[]): string {
  const named = rules.filter(({ host }) => host).map(({ host }) => host as string);
  if (named.length === 0) return "*";
  const shown = named.slice(0, 3).join(",");
  return named.length >= 3 && rules.length > 3 ? `${shown} + ${rules.length - 3} more...` : shown;
}

function parameters({ parameters }: IngressClass["spec"]): string {
  if (parameters === undefined) return "<none>";
  const group = parameters.apiGroup === undefined ? "" : `.${parameters.apiGroup}`;
  return `${parameters.kind}${group}/${parameters.name}`;
}
