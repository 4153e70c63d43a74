import { labelsOf } from "../../../../dns/mod.ts";
import type { External, ExternalItem } from "../../plugin.ts";
import { type ClusterIndex, endpointLabel, type PortEntry, type ServiceEntry } from "./index.ts";

/** What k8s_external asks: Services by their addresses outside the cluster, headless ones by their endpoints. */
export function externalOf(index: ClusterIndex, own: readonly string[]): External {
  return {
    ready: () => index.synced,
    lookUp: (left, headless) => lookUpExternal(index.current(), left, headless),
    reverse: (ip, headless) => reverseExternal(index.current(), ip, headless),
    self: () => selfExternal(index.current(), own),
    serial: () => index.externalSerial,
    ttl: index.options.ttl,
  };
}

function lookUpExternal(index: ClusterIndex, left: string, headless: boolean): readonly ExternalItem[] | "missing" {
  const labels = labelsOf(left);
  const namespace = labels.pop();
  if (namespace === undefined || !index.exposes(namespace)) return "missing";
  const name = labels.pop();
  if (name === undefined) return [];
  if (labels.length > 2) return "missing";
  const plain = (label: string | undefined) => (label ?? "").replace(/^_/, "");
  const endpoint = labels.length === 1 ? plain(labels[0]) : "";
  const [port, protocol] = labels.length === 2 ? [plain(labels[0]), plain(labels[1])] : ["", ""];
  const service = index.services.get(`${namespace}/${name}`);
  if (service === undefined) return "missing";
  const wanted = (entry: PortEntry) =>
    (port === "" || port === entry.name.toLowerCase()) &&
    (protocol === "" || protocol === entry.protocol.toLowerCase());
  const found = headless && service.externalIPs.length === 0 && (service.headless || endpoint !== "")
    ? endpoints(index, service, { endpoint, wanted })
    : service.externalIPs.flatMap((host) =>
      service.ports.filter(wanted).map(({ port: number }) => ({ host, port: number, key: `${name}.${namespace}` }))
    );
  return found.length === 0 ? "missing" : found;
}

function endpoints(
  index: ClusterIndex,
  { name, namespace }: ServiceEntry,
  { endpoint, wanted }: { readonly endpoint: string; readonly wanted: (port: PortEntry) => boolean },
): ExternalItem[] {
  const slices = index.slices.get(`${namespace}/${name}`) ?? [];
  return slices.flatMap(({ addresses, ports }) =>
    addresses.flatMap((address) => {
      const label = endpointLabel(address, index.options.endpointPodNames);
      if (endpoint !== "" && endpoint !== label.toLowerCase()) return [];
      const key = `${label}.${name}.${namespace}`;
      return ports.filter(wanted).map(({ port }) => ({ host: address.ip, port, key }));
    })
  );
}

function reverseExternal(index: ClusterIndex, ip: string, headless: boolean): string[] {
  const services = [...index.services.values()].filter(({ namespace, externalIPs }) =>
    externalIPs.includes(ip) && index.exposes(namespace)
  );
  if (services.length > 0) return services.map(({ name, namespace }) => `${name}.${namespace}`);
  if (!headless) return [];
  return (index.slicesByIp.get(ip) ?? []).flatMap(({ service, namespace, addresses }) => {
    if (!index.services.get(`${namespace}/${service}`)?.headless || !index.exposes(namespace)) return [];
    return addresses.filter((address) => address.ip === ip).map((address) =>
      `${endpointLabel(address, index.options.endpointPodNames)}.${service}.${namespace}`
    );
  });
}

/** External addresses of the Services CoreDNS is an endpoint of; its own addresses where there is no such Service. */
function selfExternal(index: ClusterIndex, own: readonly string[]): readonly string[] {
  const slices = own.flatMap((ip) => index.slicesByIp.get(ip) ?? []);
  if (slices.length === 0) return own;
  return slices.flatMap(({ namespace, service }) => index.services.get(`${namespace}/${service}`)?.externalIPs ?? []);
}
