import { balancerAddresses, type core, type Endpoints, type EndpointSlice, type Service } from "../../kube/mod.ts";
import type { Session } from "../session.ts";
import { annotationLines, eventLines, labelLines, labelsText } from "./common.ts";
import { Writer } from "./writer.ts";

/** The slices of a Service. */
export function slicesOf(session: Session, namespace: string, name: string): EndpointSlice[] {
  const label = encodeURIComponent(`kubernetes.io/service-name=${name}`);
  return session.client.list(`/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices?labelSelector=${label}`);
}

/** The ready endpoints of one port, three of them, and how many more; `<none>` where there is no slice at all. */
export function endpointsText(slices: readonly EndpointSlice[], port: string): string {
  if (slices.length === 0) return "<none>";
  const all = slices.flatMap(({ endpoints, ports }) => {
    const ready = (endpoints ?? []).filter(({ conditions }) => conditions?.ready !== false).map(({ addresses }) =>
      addresses[0] ?? ""
    );
    if ((ports ?? []).length === 0) return ready;
    return (ports ?? []).filter(({ name }) => (name ?? "") === port).flatMap(({ port: number }) =>
      ready.map((ip) => (ip.includes(":") ? `[${ip}]:${number}` : `${ip}:${number}`))
    );
  });
  const shown = all.slice(0, 3).join(",");
  return all.length > 3 ? `${shown} + ${all.length - 3} more...` : shown;
}

/** A Service and where its ports lead. */
export function describeService(service: Service, session: Session): string {
  const { metadata, spec, status } = service;
  const slices = slicesOf(session, metadata.namespace ?? "", metadata.name);
  const writer = new Writer();
  writer.lines(`Name:\t${metadata.name}`, `Namespace:\t${metadata.namespace}`);
  labelLines(writer, "Labels", metadata.labels);
  annotationLines(writer, "Annotations", metadata.annotations);
  writer.lines(`Selector:\t${labelsText(spec.selector)}`, `Type:\t${spec.type}`);
  if (spec.ipFamilyPolicy !== undefined) writer.line(`IP Family Policy:\t${spec.ipFamilyPolicy}`);
  writer.line(`IP Families:\t${(spec.ipFamilies ?? []).join(",") || "<none>"}`);
  writer.line(`IP:\t${spec.clusterIP ?? ""}`);
  writer.line(`IPs:\t${(spec.clusterIPs ?? []).join(",") || "<none>"}`);
  if ((spec.externalIPs ?? []).length > 0) writer.line(`External IPs:\t${spec.externalIPs?.join(",")}`);
  if (spec.loadBalancerIP) writer.line(`Desired LoadBalancer IP:\t${spec.loadBalancerIP}`);
  if (spec.externalName) writer.line(`External Name:\t${spec.externalName}`);
  if (balancerAddresses(status.loadBalancer).length > 0) writer.line(`LoadBalancer Ingress:\t${ingressText(status)}`);
  for (const port of spec.ports ?? []) portLines(writer, port, slices);
  writer.line(`Session Affinity:\t${spec.sessionAffinity}`);
  if (spec.externalTrafficPolicy) writer.line(`External Traffic Policy:\t${spec.externalTrafficPolicy}`);
  if (spec.internalTrafficPolicy) writer.line(`Internal Traffic Policy:\t${spec.internalTrafficPolicy}`);
  if (spec.healthCheckNodePort) writer.line(`HealthCheck NodePort:\t${spec.healthCheckNodePort}`);
  const ranges = spec.loadBalancerSourceRanges ?? [];
  if (ranges.length > 0) writer.line(`LoadBalancer Source Ranges:\t${ranges.join(",")}`);
  if (spec.trafficDistribution) writer.line(`Traffic Distribution:\t${spec.trafficDistribution}`);
  eventLines(writer, session, service);
  return writer.text();
}

function ingressText({ loadBalancer }: core.ServiceStatus): string {
  return (loadBalancer?.ingress ?? []).map(({ ip, hostname, ipMode }) => {
    const address = ip || hostname || "";
    return ipMode === undefined ? address : `${address} (${ipMode})`;
  }).join(", ");
}

function portLines(writer: Writer, port: core.ServicePort, slices: readonly EndpointSlice[]): void {
  const name = port.name || "<unset>";
  writer.line(`Port:\t${name}\t${port.port}/${port.protocol}`);
  writer.line(`TargetPort:\t${port.targetPort}/${port.protocol}`);
  if (port.appProtocol !== undefined) writer.line(`AppProtocol:\t${port.appProtocol}`);
  if (port.nodePort) writer.line(`NodePort:\t${name}\t${port.nodePort}/${port.protocol}`);
  writer.line(`Endpoints:\t${endpointsText(slices, port.name ?? "")}`);
}

/** An EndpointSlice, endpoint by endpoint. */
export function describeEndpointSlice(slice: EndpointSlice, session: Session): string {
  const writer = new Writer();
  const { metadata } = slice;
  writer.lines(`Name:\t${metadata.name}`, `Namespace:\t${metadata.namespace}`);
  labelLines(writer, "Labels", metadata.labels);
  annotationLines(writer, "Annotations", metadata.annotations);
  writer.line(`AddressType:\t${slice.addressType}`);
  const ports = slice.ports ?? [];
  if (ports.length === 0) writer.line("Ports: <unset>");
  else {
    writer.lines("Ports:", "  Name\tPort\tProtocol", "  ----\t----\t--------");
    for (const { name, port, protocol } of ports) {
      writer.line(`${name || "<unset>"}\t${port ?? "<unset>"}\t${protocol}`, 1);
    }
  }
  const endpoints = slice.endpoints ?? [];
  if (endpoints.length === 0) writer.line("Endpoints: <none>");
  else {
    writer.line("Endpoints:");
    for (const endpoint of endpoints) {
      writer.line(`- Addresses:\t${endpoint.addresses.join(", ")}`, 1);
      writer.line("Conditions:", 2);
      writer.line(`Ready:\t${endpoint.conditions?.ready ?? "<unset>"}`, 3);
      writer.line(`Hostname:\t${endpoint.hostname ?? "<unset>"}`, 2);
      if (endpoint.targetRef !== undefined) {
        writer.line(`TargetRef:\t${endpoint.targetRef.kind}/${endpoint.targetRef.name}`, 2);
      }
      writer.line(`NodeName:\t${endpoint.nodeName ?? "<unset>"}`, 2);
      writer.line(`Zone:\t${endpoint.zone ?? "<unset>"}`, 2);
    }
  }
  eventLines(writer, session, slice);
  return writer.text();
}

/** Endpoints, subset by subset. */
export function describeEndpoints(endpoints: Endpoints, session: Session): string {
  const writer = new Writer();
  const { metadata } = endpoints;
  writer.lines(`Name:\t${metadata.name}`, `Namespace:\t${metadata.namespace}`);
  labelLines(writer, "Labels", metadata.labels);
  annotationLines(writer, "Annotations", metadata.annotations);
  writer.line("Subsets:");
  for (const { addresses = [], notReadyAddresses = [], ports = [] } of endpoints.subsets ?? []) {
    writer.line(`Addresses:\t${addresses.map(({ ip }) => ip).join(",") || "<none>"}`, 1);
    writer.line(`NotReadyAddresses:\t${notReadyAddresses.map(({ ip }) => ip).join(",") || "<none>"}`, 1);
    if (ports.length > 0) {
      writer.line("Ports:", 1);
      writer.line("Name\tPort\tProtocol", 2);
      writer.line("----\t----\t--------", 2);
      for (const { name, port, protocol } of ports) writer.line(`${name || "<unset>"}\t${port}\t${protocol}`, 2);
    }
    writer.line("");
  }
  eventLines(writer, session, endpoints);
  return writer.text();
}
