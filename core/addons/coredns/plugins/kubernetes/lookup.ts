/**
 * Names below a cluster zone, and what they stand for:
 *
 *     [port.protocol. | endpoint.] service.namespace.svc      dashed-address.namespace.pod
 *
 * A leading `_` of port and protocol is not needed. `svc`, `pod`, `namespace.svc` and the zone itself exist without records.
 */
import { ipFamily, parseIp, printIp } from "../../../../base/mod.ts";
import { labelsOf } from "../../../../dns/mod.ts";
import { type AddressEntry, type ClusterIndex, endpointLabel, type PortEntry, type ServiceEntry } from "./index.ts";

/** One item behind a name: an address or another name, with a port (-1 for none) and the name it is found under. */
export interface Found {
  readonly host: string;
  readonly port: number;
  /** Labels left of the zone. */
  readonly key: string;
}

/** What a name stands for; `missing` is NXDOMAIN, an empty list NODATA. */
export type Lookup = readonly Found[] | "missing";

interface Asked {
  readonly port: string;
  readonly protocol: string;
  readonly endpoint: string;
  readonly service: string;
  readonly namespace: string;
}

/** Looks up the labels left of a zone (lower case; empty for the zone itself). */
export function lookUp(index: ClusterIndex, left: string): Lookup {
  const labels = labelsOf(left);
  const kind = labels.pop();
  if (kind === undefined) return [];
  if (kind !== "svc" && kind !== "pod") return "missing";
  const namespace = labels.pop();
  if (namespace === undefined) return [];
  if (!index.exposes(namespace)) return "missing";
  const service = labels.pop();
  const asked = splitFront(labels);
  if (asked === undefined) return "missing";
  if (kind === "pod") return findPod(index, namespace, service);
  return service === undefined ? [] : findService(index, { ...asked, service, namespace });
}

function splitFront(labels: readonly string[]): Pick<Asked, "port" | "protocol" | "endpoint"> | undefined {
  const plain = (label: string | undefined) => (label ?? "").replace(/^_/, "");
  if (labels.length === 0) return { port: "", protocol: "", endpoint: "" };
  if (labels.length === 1) return { port: "", protocol: "", endpoint: labels[0] as string };
  if (labels.length > 2) return undefined;
  return { port: plain(labels[0]), protocol: plain(labels[1]), endpoint: "" };
}

function findPod(index: ClusterIndex, namespace: string, name: string | undefined): Lookup {
  const { pods } = index.options;
  if (pods === "disabled") return "missing";
  if (name === undefined) return [];
  const dashes = name.split("-").length - 1;
  const ip = parseIp(name.replaceAll("-", dashes === 3 && !name.includes("--") ? "." : ":"));
  if (ip === undefined) return "missing";
  const host = printIp(ip);
  const found = [{ host, port: 0, key: `${name}.${namespace}.pod` }];
  if (pods === "insecure") return found;
  return index.podsByIp.get(host)?.some((pod) => pod.namespace === namespace) ? found : "missing";
}

function findService(index: ClusterIndex, asked: Asked): Lookup {
  const key = `${asked.namespace}/${asked.service}`;
  const service = index.services.get(key);
  if (service === undefined) return "missing";
  if (service.externalName !== undefined) return external(service, asked);
  const slices = index.slices.get(key) ?? [];
  const empty = slices.every((slice) => slice.addresses.length === 0);
  if (index.options.ignoreEmpty && !service.headless && empty) return "missing";
  const found = service.headless || asked.endpoint !== ""
    ? slices.flatMap(({ addresses, ports }) =>
      addresses.flatMap((address) => endpoint(index, { asked, address, ports }))
    )
    : clusterAddresses(service, asked);
  return found === "missing" || found.length === 0 ? "missing" : found;
}

function external(service: ServiceEntry, { endpoint, port, protocol }: Asked): Lookup {
  const host = service.externalName as string;
  if (endpoint !== "" || port !== "" || protocol !== "" || ipFamily(host) !== undefined) return "missing";
  return [{ host, port: 0, key: `${service.name}.${service.namespace}.svc` }];
}

function clusterAddresses(service: ServiceEntry, asked: Asked): Lookup {
  const ports = service.ports.filter((port) => wanted(port, asked));
  if (ports.length === 0) return "missing";
  const key = `${service.name}.${service.namespace}.svc`;
  return ports.flatMap(({ port }) => service.clusterIPs.map((host) => ({ host, port, key })));
}

interface EndpointOf {
  readonly asked: Asked;
  readonly address: AddressEntry;
  readonly ports: readonly PortEntry[];
}

function endpoint(index: ClusterIndex, { asked, address, ports }: EndpointOf): Found[] {
  const label = endpointLabel(address, index.options.endpointPodNames);
  if (asked.endpoint !== "" && asked.endpoint !== label.toLowerCase()) return [];
  const key = `${label}.${asked.service}.${asked.namespace}.svc`;
  return ports.filter((port) => wanted(port, asked)).map(({ port }) => ({ host: address.ip, port, key }));
}

function wanted({ name, protocol }: PortEntry, asked: Asked): boolean {
  return (asked.port === "" || asked.port === name.toLowerCase()) &&
    (asked.protocol === "" || asked.protocol === protocol.toLowerCase());
}

/** Names an address has: that of its Service, or one per endpoint that carries it; without the zone. */
export function reverseLookUp(index: ClusterIndex, ip: string): string[] {
  const exposed = (namespace: string) => index.options.namespaces.length === 0 || index.exposes(namespace);
  const service = index.servicesByIp.get(ip)?.find((entry) => exposed(entry.namespace));
  if (service !== undefined) return [`${service.name}.${service.namespace}.svc`];
  const slices = (index.slicesByIp.get(ip) ?? []).filter((slice) => exposed(slice.namespace));
  const names = slices.flatMap((slice) =>
    slice.addresses.filter((address) => address.ip === ip).map((address) =>
      `${endpointLabel(address, index.options.endpointPodNames)}.${slice.service}.${slice.namespace}.svc`
    )
  );
  return [...new Set(names)];
}

/** The name servers of a zone: the Services CoreDNS itself is an endpoint of, else `ns.dns` with its own addresses. */
export function nameServers(index: ClusterIndex, own: readonly string[]): Found[] {
  const found = own.flatMap((ip) => index.slicesByIp.get(ip) ?? []).flatMap((slice) => {
    const service = index.services.get(`${slice.namespace}/${slice.service}`);
    if (service === undefined) return [];
    const name = `${service.name}.${service.namespace}.svc`;
    if (!service.headless) return service.clusterIPs.map((host) => ({ host, port: 0, key: name }));
    return slice.addresses.map((address) => {
      const key = `${endpointLabel(address, index.options.endpointPodNames)}.${name}`;
      return { host: address.ip, port: 0, key };
    });
  });
  return found.length > 0 ? found : own.map((host) => ({ host, port: 0, key: "ns.dns" }));
}
