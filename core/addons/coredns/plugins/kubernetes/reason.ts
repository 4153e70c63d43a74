/** Why a name below a cluster zone is there or not, in words, for `dig --explain`. */
import { ipFamily } from "../../../../base/mod.ts";
import { addressOfReverse } from "../../../../dns/mod.ts";
import type { DnsQuery, Reason } from "../../plugin.ts";
import { matchingZone } from "../../zones.ts";
import type { ClusterIndex, ServiceEntry } from "./index.ts";
import { lookUp, reverseLookUp } from "./lookup.ts";
import { type ClusterName, parseClusterName } from "./name.ts";

/** The reason; undefined for names that are none of this plugin's zones. */
export function reasonOf(index: ClusterIndex, query: DnsQuery): Reason | undefined {
  const zone = matchingZone(index.options.zones, query.name);
  if (zone === undefined) return undefined;
  if (!index.synced) return { why: "no API server has told of its objects yet" };
  const address = addressOfReverse(query.name);
  if (address !== undefined) {
    const known = reverseLookUp(index, address).length > 0;
    return { why: `${known ? "a" : "no"} Service or endpoint has the address ${address}` };
  }
  const left = query.name.slice(0, -zone.length);
  const { multicluster, zonal } = index.options;
  const name = parseClusterName(left, { multicluster: multicluster.includes(zone), zonal });
  if (name === undefined) {
    return { why: `${left.replace(/\.$/, "")} is no name of a Service or pod: those end in svc or pod before ${zone}` };
  }
  if (name.kind === "") return { why: "the name is there, without addresses" };
  if (!index.namespaces.has(name.namespace)) return { why: `there is no namespace ${name.namespace}` };
  if (!index.exposes(name.namespace)) return { why: `namespace ${name.namespace} is not among those it is to serve` };
  return name.kind === "pod"
    ? ofPod(index, name, lookUp(index, left, zone) !== "missing")
    : ofService(index, name, { zone, query });
}

function ofPod({ options: { pods } }: ClusterIndex, { service, namespace }: ClusterName, found: boolean): Reason {
  if (pods === "disabled") return { why: "names of pods are off", fix: "write pods insecure in the kubernetes block" };
  if (pods === "insecure") {
    return { why: found ? "the address is in the name" : `${service} is no address with dashes` };
  }
  return { why: `${found ? "a" : "no"} pod of namespace ${namespace} has the address in ${service}` };
}

function ofService(
  index: ClusterIndex,
  name: ClusterName,
  { zone, query }: { readonly zone: string; readonly query: DnsQuery },
): Reason {
  const { services, slices } = index.objects(zone);
  const key = `${name.namespace}/${name.service}`;
  const service = services.get(key);
  if (name.service === "") return { why: "the name is there, without addresses" };
  if (service === undefined) return missingService([...services.values()], name);
  if (service.externalName !== undefined) return { why: `Service ${key} stands for ${service.externalName}` };
  const addresses = (slices.get(key) ?? []).flatMap((slice) => slice.addresses);
  const ports = (slices.get(key) ?? []).flatMap((slice) => slice.ports);
  if (service.headless && addresses.length === 0) {
    return {
      why: `headless Service ${key} has no ready endpoint`,
      fix:
        `get a pod of it ready: kubectl -n ${name.namespace} get endpointslices -l kubernetes.io/service-name=${name.service}`,
    };
  }
  if (name.port !== "") return ofPort(key, name, service.headless ? ports : service.ports);
  const behind = service.headless || name.endpoint !== "" ? addresses.map(({ ip }) => ip) : service.clusterIPs;
  if (name.endpoint !== "" && lookUp(index, query.name.slice(0, -zone.length), zone) === "missing") {
    return { why: `Service ${key} has no ready endpoint called ${name.endpoint}` };
  }
  const family = query.question.type === "A" ? 4 : query.question.type === "AAAA" ? 6 : undefined;
  if (family !== undefined && !behind.some((address) => ipFamily(address) === family)) {
    return { why: `Service ${key} has no IPv${family} address` };
  }
  return { why: describe(key, service, addresses.length) };
}

function describe(key: string, { headless, clusterIPs }: ServiceEntry, endpoints: number): string {
  const count = `${endpoints} ready endpoint${endpoints === 1 ? "" : "s"}`;
  return headless
    ? `headless Service ${key}, ${count}`
    : `Service ${key}, cluster IP ${clusterIPs.join(" ")}, ${count}`;
}

function ofPort(key: string, { port, protocol }: ClusterName, ports: ServiceEntry["ports"]): Reason {
  const found = ports.some((each) =>
    each.name.toLowerCase() === port && (protocol === "" || each.protocol.toLowerCase() === protocol)
  );
  const names = [...new Set(ports.map((each) => `_${each.name}._${each.protocol.toLowerCase()}`))];
  if (found) return { why: `Service ${key} has a port named ${port}` };
  return { why: `Service ${key} has no port _${port}._${protocol}, only ${names.join(" ") || "none with a name"}` };
}

/** A Service of the name in another namespace is most likely what was meant. */
function missingService(services: readonly ServiceEntry[], { service, namespace }: ClusterName): Reason {
  const why = `there is no Service ${service} in namespace ${namespace}`;
  const others = services.filter((each) => each.name.toLowerCase() === service).map((each) => each.namespace);
  if (others.length === 0) return { why };
  return { why: `${why}; there is one in ${others.join(", ")}`, fix: `ask for ${service}.${others[0]}` };
}
