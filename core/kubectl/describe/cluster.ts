import {
  age,
  type ConfigMap,
  type core,
  type KubeObject,
  type Namespace,
  nanoOf,
  type Node,
  nodeRoles,
  type Pod,
  printQuantity,
  type Secret,
} from "../../kube/mod.ts";
import type { Session } from "../session.ts";
import { annotationLines, eventLines, eventsOf, labelLines, longTime } from "./common.ts";
import { Writer } from "./writer.ts";

/** A Node, what it has, and what runs on it. */
export function describeNode(node: Node, session: Session): string {
  const { metadata, spec, status } = node;
  const writer = new Writer();
  writer.lines(`Name:\t${metadata.name}`, `Roles:\t${nodeRoles(metadata.labels ?? {}).join(",") || "<none>"}`);
  labelLines(writer, "Labels", metadata.labels);
  annotationLines(writer, "Annotations", metadata.annotations);
  writer.line(`CreationTimestamp:\t${longTime(metadata.creationTimestamp)}`);
  taintLines(writer, spec.taints ?? []);
  writer.line(`Unschedulable:\t${spec.unschedulable === true}`);
  leaseLines(writer, metadata.name, session);
  nodeConditions(writer, status.conditions ?? []);
  writer.line("Addresses:");
  for (const { type, address } of status.addresses ?? []) writer.line(`${type}:\t${address}`, 1);
  for (const [title, list] of [["Capacity", status.capacity], ["Allocatable", status.allocatable]] as const) {
    if (list === undefined) continue;
    writer.line(`${title}:`);
    for (const name of Object.keys(list).sort()) writer.line(`${name}:\t${list[name]}`, 1);
  }
  systemLines(writer, status.nodeInfo);
  if (spec.podCIDR) writer.line(`PodCIDR:\t${spec.podCIDR}`);
  if ((spec.podCIDRs ?? []).length > 0) writer.line(`PodCIDRs:\t${spec.podCIDRs?.join(",")}`);
  if (spec.providerID) writer.line(`ProviderID:\t${spec.providerID}`);
  podLines(writer, node, session);
  eventLines(writer, session, node);
  return writer.text();
}

function taintLines(writer: Writer, taints: readonly core.Taint[]): void {
  if (taints.length === 0) return writer.line("Taints:\t<none>");
  const text = ({ key, value, effect }: core.Taint) => `${key}${value ? `=${value}` : ""}:${effect}`;
  const sorted = [...taints].sort((a, b) => (`${a.effect},${a.key}` < `${b.effect},${b.key}` ? -1 : 1));
  sorted.forEach((taint, index) => writer.line(`${index === 0 ? "Taints:" : ""}\t${text(taint)}`));
}

interface Lease extends KubeObject {
  spec?: { holderIdentity?: string; acquireTime?: string; renewTime?: string };
}

function leaseLines(writer: Writer, name: string, session: Session): void {
  const lease = session.client.find(`/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/${name}`) as
    | Lease
    | undefined;
  if (lease === undefined) {
    return writer.line(`Lease:\tFailed to get lease: leases.coordination.k8s.io ${JSON.stringify(name)} not found`);
  }
  const time = (text: string | undefined) => (text === undefined ? "<unset>" : longTime(text));
  writer.line("Lease:");
  writer.line(`HolderIdentity:\t${lease.spec?.holderIdentity ?? "<unset>"}`, 1);
  writer.line(`AcquireTime:\t${time(lease.spec?.acquireTime)}`, 1);
  writer.line(`RenewTime:\t${time(lease.spec?.renewTime)}`, 1);
}

function nodeConditions(writer: Writer, conditions: readonly core.NodeCondition[]): void {
  if (conditions.length === 0) return;
  writer.line("Conditions:");
  writer.line("Type\tStatus\tLastHeartbeatTime\tLastTransitionTime\tReason\tMessage", 1);
  writer.line("----\t------\t-----------------\t------------------\t------\t-------", 1);
  for (const { type, status, lastHeartbeatTime, lastTransitionTime, reason = "", message = "" } of conditions) {
    const times = [lastHeartbeatTime, lastTransitionTime].map((time) => `${longTime(time)} `);
    writer.line([`${type} `, `${status} `, ...times, `${reason} `, message].join("\t"), 1);
  }
}

function systemLines(writer: Writer, info: core.NodeSystemInfo | undefined): void {
  writer.line("System Info:");
  const lines: [string, string | undefined][] = [
    ["Machine ID", info?.machineID],
    ["System UUID", info?.systemUUID],
    ["Boot ID", info?.bootID],
    ["Kernel Version", info?.kernelVersion],
    ["OS Image", info?.osImage],
    ["Operating System", info?.operatingSystem],
    ["Architecture", info?.architecture],
    ["Container Runtime Version", info?.containerRuntimeVersion],
    ["Kubelet Version", info?.kubeletVersion],
  ];
  for (const [title, value] of lines) writer.line(`${title}:\t${value ?? ""}`, 1);
}

type Part = "requests" | "limits";

/** What a pod asks for or may use of a resource, in nano units: its containers together, or its greediest init container. */
function podAmount({ spec }: Pod, part: Part, name: string): bigint {
  const amount = ({ resources }: core.Container) => nanoOf(resources?.[part]?.[name]);
  const all = (spec.containers ?? []).reduce((sum, container) => sum + amount(container), 0n);
  const init = (spec.initContainers ?? []).map(amount).reduce((most, one) => (one > most ? one : most), 0n);
  return all > init ? all : init;
}

function quantityText(nano: bigint, name: string): string {
  return printQuantity({ nano, format: name === "cpu" ? "decimal" : "binary" });
}

function share(nano: bigint, name: string, { status }: Node): string {
  const whole = nanoOf((status.allocatable ?? status.capacity)?.[name]);
  return `${quantityText(nano, name)} (${whole === 0n ? 0 : nano * 100n / whole}%)`;
}

function podLines(writer: Writer, node: Node, session: Session): void {
  const fields = `spec.nodeName=${node.metadata.name},status.phase!=Succeeded,status.phase!=Failed`;
  const pods = session.client.list<Pod>(`/api/v1/pods?fieldSelector=${encodeURIComponent(fields)}&limit=500`);
  writer.line(`Non-terminated Pods:\t(${pods.length} in total)`);
  writer.line("Namespace\tName\t\tCPU Requests\tCPU Limits\tMemory Requests\tMemory Limits\tAge", 1);
  writer.line("---------\t----\t\t------------\t----------\t---------------\t-------------\t---", 1);
  const columns = [["cpu", "requests"], ["cpu", "limits"], ["memory", "requests"], ["memory", "limits"]] as const;
  for (const pod of pods) {
    const amounts = columns.map(([name, part]) => share(podAmount(pod, part, name), name, node));
    const { namespace, name, creationTimestamp } = pod.metadata;
    writer.line([namespace, name, "", ...amounts, age(creationTimestamp, session.now)].join("\t"), 1);
  }
  writer.lines("Allocated resources:", "  (Total limits may be over 100 percent, i.e., overcommitted.)");
  writer.line("Resource\tRequests\tLimits", 1);
  writer.line("--------\t--------\t------", 1);
  for (const name of ["cpu", "memory", "ephemeral-storage"]) {
    const total = (part: Part) => pods.reduce((sum, pod) => sum + podAmount(pod, part, name), 0n);
    writer.line(`${name}\t${share(total("requests"), name, node)}\t${share(total("limits"), name, node)}`, 1);
  }
}

/** A Namespace. */
export function describeNamespace(namespace: Namespace): string {
  const writer = new Writer();
  writer.line(`Name:\t${namespace.metadata.name}`);
  labelLines(writer, "Labels", namespace.metadata.labels);
  annotationLines(writer, "Annotations", namespace.metadata.annotations);
  writer.lines(`Status:\t${namespace.status.phase}`, "", "No resource quota.", "", "No LimitRange resource.");
  return writer.text();
}

/** A ConfigMap and all it holds. */
export function describeConfigMap(map: ConfigMap, session: Session): string {
  const writer = new Writer();
  writer.lines(`Name:\t${map.metadata.name}`, `Namespace:\t${map.metadata.namespace}`);
  labelLines(writer, "Labels", map.metadata.labels);
  annotationLines(writer, "Annotations", map.metadata.annotations);
  writer.lines("", "Data", "====");
  for (const [key, value] of sorted(map.data)) writer.lines(`${key}:`, "----", value, "");
  writer.lines("", "BinaryData", "====");
  for (const [key, value] of sorted(map.binaryData)) writer.line(`${key}: ${bytes(value)} bytes`);
  writer.line("");
  eventLines(writer, session, map);
  return writer.text();
}

function sorted(data: Readonly<Record<string, string>> | undefined): [string, string][] {
  return Object.entries(data ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
}

function bytes(base64: string): number {
  return Math.floor(base64.replace(/=+$/, "").length * 3 / 4);
}

/** A Secret: what keys it has, not what is in them. */
export function describeSecret({ metadata, type, data }: Secret): string {
  const writer = new Writer();
  writer.lines(`Name:\t${metadata.name}`, `Namespace:\t${metadata.namespace}`);
  labelLines(writer, "Labels", metadata.labels);
  annotationLines(writer, "Annotations", metadata.annotations);
  writer.lines("", `Type:\t${type ?? ""}`, "", "Data", "====");
  for (const [key, value] of sorted(data)) writer.line(`${key}:\t${bytes(value)} bytes`);
  return writer.text();
}

interface ServiceAccount extends KubeObject {
  imagePullSecrets?: { name?: string }[];
}

/** A ServiceAccount. */
export function describeServiceAccount(account: ServiceAccount, session: Session): string {
  const writer = new Writer();
  const { metadata, imagePullSecrets = [] } = account;
  writer.lines(`Name:\t${metadata.name}`, `Namespace:\t${metadata.namespace}`);
  labelLines(writer, "Labels", metadata.labels);
  annotationLines(writer, "Annotations", metadata.annotations);
  const header = "Image pull secrets:";
  if (imagePullSecrets.length === 0) writer.line(`${header}\t<none>`);
  imagePullSecrets.forEach(({ name }, index) =>
    writer.line(`${index === 0 ? header : " ".repeat(header.length)}\t${name}`)
  );
  eventLines(writer, session, account);
  return writer.text();
}

/** Any object: its metadata, then every field by name. */
export function describeAnything(object: KubeObject, session: Session): string {
  const writer = new Writer();
  const { metadata, apiVersion, kind, ...rest } = object;
  writer.lines(`Name:\t${metadata.name}`, `Namespace:\t${metadata.namespace ?? ""}`);
  labelLines(writer, "Labels", metadata.labels);
  annotationLines(writer, "Annotations", metadata.annotations);
  const { name: _n, namespace: _ns, labels: _l, annotations: _a, managedFields: _m, selfLink: _s, ...meta } = metadata;
  fieldLines(writer, { apiVersion, kind, metadata: meta, ...rest }, 0);
  if (eventsOf(session, object).length > 0) eventLines(writer, session, object);
  else writer.line("Events:\t<none>");
  return writer.text();
}

function fieldLines(writer: Writer, value: Readonly<Record<string, unknown>>, level: number): void {
  for (const [key, item] of Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) {
    const title = titleOf(key);
    if (Array.isArray(item)) listLines(writer, title, item, level);
    else if (typeof item === "object" && item !== null) {
      writer.line(`${title}:`, level);
      fieldLines(writer, item as Record<string, unknown>, level + 1);
    } else writer.line(`${title}:\t${item}`, level);
  }
}

function listLines(writer: Writer, title: string, list: readonly unknown[], level: number): void {
  writer.line(`${title}:`, level);
  for (const item of list) {
    if (typeof item === "object" && item !== null) fieldLines(writer, item as Record<string, unknown>, level + 1);
    else writer.line(String(item), level + 1);
  }
}

const WORDS: Readonly<Record<string, string>> = { api: "API", ip: "IP", uid: "UID", url: "URL", osb: "OSB" };

/** `clusterIP` as a title: `Cluster IP`. */
function titleOf(key: string): string {
  if (/[.:\-/ ]/.test(key)) return key;
  const parts = key.replace(/([a-z0-9])([A-Z])/g, "$1 $2").replace(/([A-Z])([A-Z][a-z])/g, "$1 $2").split(" ");
  return parts.map((part) => WORDS[part.toLowerCase()] ?? part.charAt(0).toUpperCase() + part.slice(1)).join(" ");
}
