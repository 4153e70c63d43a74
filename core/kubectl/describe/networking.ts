import {
  balancerAddresses,
  type core,
  type Ingress,
  type IngressClass,
  type networking,
  type NetworkPolicy,
  type Service,
} from "../../kube/mod.ts";
import type { Session } from "../session.ts";
import { annotationLines, eventLines, labelLines, selectorText } from "./common.ts";
import { endpointsText, slicesOf } from "./service.ts";
import { Writer } from "./writer.ts";

/** A NetworkPolicy, rule by rule. */
export function describeNetworkPolicy({ metadata, spec }: NetworkPolicy): string {
  const writer = new Writer();
  writer.lines(`Name:\t${metadata.name}`, `Namespace:\t${metadata.namespace}`);
  writer.line(`Created on:\t${metadata.creationTimestamp.replace("T", " ").replace("Z", "")} +0000 UTC`);
  labelLines(writer, "Labels", metadata.labels);
  annotationLines(writer, "Annotations", metadata.annotations);
  writer.line("Spec:");
  const selector = selectorText(spec.podSelector);
  const all = " (Allowing the specific traffic to all pods in this namespace)";
  writer.line(`PodSelector: ${pad(selector)}${selector === "<none>" ? all : ""}`, 1);
  const types = spec.policyTypes ?? [];
  directionLines(writer, "ingress", types.includes("Ingress") ? spec.ingress ?? [] : undefined);
  directionLines(writer, "egress", types.includes("Egress") ? spec.egress ?? [] : undefined);
  writer.line(`Policy Types: ${types.join(", ")}`, 1);
  return writer.text();
}

function pad(text: string): string {
  return `    ${text}`;
}

type Rule = networking.NetworkPolicyIngressRule & networking.NetworkPolicyEgressRule;

function directionLines(writer: Writer, direction: "ingress" | "egress", rules: readonly Rule[] | undefined): void {
  if (rules === undefined) return writer.line(`Not affecting ${direction} traffic`, 1);
  writer.line(`Allowing ${direction} traffic:`, 1);
  if (rules.length === 0) return writer.line(`  <none> (Selected pods are isolated for ${direction} connectivity)`, 1);
  const side = direction === "ingress" ? "From" : "To";
  const end = direction === "ingress" ? "source" : "destination";
  rules.forEach((rule, index) => {
    for (const line of portTexts(rule.ports ?? [])) writer.line(line, 2);
    const peers = (direction === "ingress" ? rule.from : rule.to) ?? [];
    if (peers.length === 0) writer.line(`${side}: <any> (traffic not restricted by ${end})`, 2);
    for (const peer of peers) peerLines(writer, side, peer);
    if (index < rules.length - 1) writer.line("----------", 2);
  });
}

function portTexts(ports: readonly networking.NetworkPolicyPort[]): string[] {
  if (ports.length === 0) return ["To Port: <any> (traffic allowed to all ports)"];
  return ports.map(({ port, endPort, protocol = "TCP" }) =>
    endPort === undefined ? `To Port: ${port ?? "<any>"}/${protocol}` : `To Port Range: ${port}-${endPort}/${protocol}`
  );
}

function peerLines(
  writer: Writer,
  side: string,
  { podSelector, namespaceSelector, ipBlock }: networking.NetworkPolicyPeer,
): void {
  writer.line(`${side}:`, 2);
  if (ipBlock !== undefined) {
    writer.line("IPBlock:", 3);
    writer.line(`CIDR: ${ipBlock.cidr}`, 4);
    writer.line(`Except: ${(ipBlock.except ?? []).join(", ")}`, 4);
    return;
  }
  if (namespaceSelector !== undefined) writer.line(`NamespaceSelector: ${selectorText(namespaceSelector)}`, 3);
  if (podSelector !== undefined) writer.line(`PodSelector: ${selectorText(podSelector)}`, 3);
}

/** An Ingress, and where each path leads. */
export function describeIngress(ingress: Ingress, session: Session): string {
  const { metadata, spec, status } = ingress;
  const writer = new Writer();
  writer.line(`Name:\t${metadata.name}`);
  labelLines(writer, "Labels", metadata.labels);
  writer.line(`Namespace:\t${metadata.namespace}`);
  const addresses = balancerAddresses(status?.loadBalancer as core.LoadBalancerStatus | undefined);
  writer.line(`Address:\t${addresses.join(",")}`);
  writer.line(`Ingress Class:\t${spec.ingressClassName ?? "<none>"}`);
  const backend = spec.defaultBackend === undefined
    ? "<default>"
    : backendText(session, metadata.namespace ?? "", spec.defaultBackend);
  writer.line(`Default backend:\t${backend}`);
  tlsLines(writer, spec.tls ?? []);
  writer.lines("Rules:", "  Host\tPath\tBackends", "  ----\t----\t--------");
  ruleLines(writer, ingress, session);
  annotationLines(writer, "Annotations", metadata.annotations);
  eventLines(writer, session, ingress);
  return writer.text();
}

function tlsLines(writer: Writer, tls: readonly networking.IngressTLS[]): void {
  if (tls.length === 0) return;
  writer.line("TLS:");
  for (const { secretName, hosts = [] } of tls) {
    const names = hosts.join(",");
    if (secretName) writer.line(`${secretName} terminates ${names}`, 1);
    else writer.line(`SNI routes ${names}`, 1);
  }
}

function ruleLines(writer: Writer, { metadata, spec }: Ingress, session: Session): void {
  let count = 0;
  for (const { host, http } of spec.rules ?? []) {
    if (http === undefined) continue;
    count++;
    writer.line(`${host || "*"}\t`, 1);
    for (const { path = "", backend } of http.paths) {
      writer.line(`\t${path} \t${backendText(session, metadata.namespace ?? "", backend)}`, 1);
    }
  }
  if (count === 0) writer.line("*\t*\t<default>", 1);
}

function backendText(session: Session, namespace: string, { service, resource }: networking.IngressBackend): string {
  if (resource !== undefined) {
    return `APIGroup: ${resource.apiGroup ?? "<none>"}, Kind: ${resource.kind}, Name: ${resource.name}`;
  }
  if (service === undefined) return "";
  const port = service.port?.name || service.port?.number;
  const text = `${service.name}:${port ?? ""}`;
  const slices = slicesOf(session, namespace, service.name);
  const found = session.client.find(`/api/v1/namespaces/${namespace}/services/${service.name}`) as Service | undefined;
  if (found === undefined) return `${text} (<error: services ${JSON.stringify(service.name)} not found>)`;
  const named = found.spec.ports?.find((one) => one.port === port || one.name === port)?.name ?? "";
  return `${text} (${endpointsText(slices, named)})`;
}

/** An IngressClass. */
export function describeIngressClass(ingressClass: IngressClass, session: Session): string {
  const { metadata, spec } = ingressClass;
  const writer = new Writer();
  writer.line(`Name:\t${metadata.name}`);
  labelLines(writer, "Labels", metadata.labels);
  annotationLines(writer, "Annotations", metadata.annotations);
  writer.line(`Controller:\t${spec.controller}`);
  if (spec.parameters !== undefined) {
    writer.line("Parameters:");
    if (spec.parameters.apiGroup) writer.line(`APIGroup:\t${spec.parameters.apiGroup}`, 1);
    writer.line(`Kind:\t${spec.parameters.kind}`, 1);
    writer.line(`Name:\t${spec.parameters.name}`, 1);
  }
  eventLines(writer, session, ingressClass);
  return writer.text();
}
