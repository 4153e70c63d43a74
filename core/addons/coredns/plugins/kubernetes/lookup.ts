/** What names below a cluster zone stand for, and which names an address has. */
import { ipFamily, parseIp, printIp } from "../../../../base/mod.ts";
import { type ClusterIndex, endpointLabel, type PortEntry, type ServiceEntry, type SliceEntry } from "./index.ts";
import { type ClusterName, parseClusterName } from "./name.ts";

/** One item behind a name: an address or another name, with a port (-1 for none) and the name it is found under. */
export interface Found {
  readonly host: string;
  readonly port: number;
  /** Labels left of the zone. */
  readonly key: string;
}

/** What a name stands for; `missing` is NXDOMAIN, an empty list NODATA. */
export type Lookup = readonly Found[] | "missing";

/** Looks up the labels left of a zone (lower case; empty for the zone itself). */
export function lookUp(index: ClusterIndex, left: string, zone: string): Lookup {
  const { multicluster, zonal } = index.options;
  const name = parseClusterName(left, { multicluster: multicluster.includes(zone), zonal });
  if (name === undefined) return "missing";
  if (name.kind === "") return [];
  if (!index.exposes(name.namespace)) return "missing";
  if (name.kind === "pod") return findPod(index, name.namespace, name.service);
  return name.service === "" ? [] : findService(index, name, zone);
}

function findPod(index: ClusterIndex, namespace: string, name: string): Lookup {
  const { pods } = index.options;
  if (pods === "disabled") return "missing";
  if (name === "") return [];
  const dashes = name.split("-").length - 1;
  const ip = parseIp(name.replaceAll("-", dashes === 3 && !name.includes("--") ? "." : ":"));
  if (ip === undefined) return "missing";
  const host = printIp(ip);
  const found = [{ host, port: 0, key: `${name}.${namespace}.pod` }];
  if (pods === "insecure") return found;
  return index.podsByIp.get(host)?.some((pod) => pod.namespace === namespace) ? found : "missing";
}

function findService(index: ClusterIndex, asked: ClusterName, zone: string): Lookup {
  const key = `${asked.namespace}/${asked.service}`;
  const { services, slices: all } = index.objects(zone);
  const service = services.get(key);
  if (service === undefined) return "missing";
  if (service.externalName !== undefined) return external(service, asked);
  const slices = all.get(key) ?? [];
  const empty = slices.every((slice) => slice.addresses.length === 0);
  if (index.options.ignoreEmpty && !service.headless && empty) return "missing";
  if (asked.zoneMode !== "") return service.headless ? inZone(index, asked, slices) : "missing";
  const found = service.headless || asked.endpoint !== ""
    ? slices.flatMap((slice) => endpoints(index, asked, slice))
    : clusterAddresses(service, asked);
  return found === "missing" || found.length === 0 ? "missing" : found;
}

/** Endpoints of one topology zone; with `prefer` all of them where it has none. */
function inZone(index: ClusterIndex, asked: ClusterName, slices: readonly SliceEntry[]): Lookup {
  const all = slices.flatMap((slice) => endpoints(index, asked, slice));
  const local = slices.flatMap((slice) =>
    endpoints(index, asked, { ...slice, addresses: slice.addresses.filter(({ zone }) => zone === asked.zone) })
  );
  if (all.length === 0) return "missing";
  return local.length === 0 && asked.zoneMode === "prefer" ? all : local;
}

function external(service: ServiceEntry, { endpoint, port, protocol }: ClusterName): Lookup {
  const host = service.externalName as string;
  if (endpoint !== "" || port !== "" || protocol !== "" || ipFamily(host) !== undefined) return "missing";
  return [{ host, port: 0, key: `${service.name}.${service.namespace}.svc` }];
}

function clusterAddresses(service: ServiceEntry, asked: ClusterName): Lookup {
  const ports = service.ports.filter((port) => wanted(port, asked));
  if (ports.length === 0) return "missing";
  const key = `${service.name}.${service.namespace}.svc`;
  return ports.flatMap(({ port }) => service.clusterIPs.map((host) => ({ host, port, key })));
}

function endpoints(index: ClusterIndex, asked: ClusterName, { addresses, ports, cluster }: SliceEntry): Found[] {
  if (asked.cluster !== "" && asked.cluster !== cluster) return [];
  return addresses.flatMap((address) => {
    const label = endpointLabel(address, index.options.endpointPodNames);
    if (asked.endpoint !== "" && asked.endpoint !== label.toLowerCase()) return [];
    const front = cluster === "" ? label : `${label}.${cluster}`;
    const key = `${front}.${asked.service}.${asked.namespace}.svc`;
    return ports.filter((port) => wanted(port, asked)).map(({ port }) => ({ host: address.ip, port, key }));
  });
}

function wanted({ name, protocol }: PortEntry, asked: ClusterName): boolean {
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
