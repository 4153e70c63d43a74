import type { ConfigMap, core, KubeEvent, KubeObject, Namespace, Node, Pod, Secret } from "../../objects/object.ts";
import { age } from "./age.ts";
import { podCells, podConditions } from "./pod.ts";
import { type Cell, shape, type TableShape } from "./shape.ts";

const POD = "Name:name Ready Status Restarts Age | IP Node 'Nominated Node' 'Readiness Gates'";
const NODE = "Name:name Status Roles Age Version | Internal-IP External-IP OS-Image Kernel-Version Container-Runtime";
const EVENT = "'Last Seen' Type Reason Object | Subobject Source";

/** Tables of the core group's kinds. */
export const CORE_TABLES: Readonly<Record<string, TableShape>> = {
  Pod: shape<Pod>(POD, podCells, podConditions),
  Node: shape<Node>(NODE, nodeCells),
  Namespace: shape<Namespace>("Name:name Status Age", ({ metadata, status }, now) => [
    metadata.name,
    status.phase ?? "",
    age(metadata.creationTimestamp, now),
  ]),
  ConfigMap: shape<ConfigMap>("Name:name Data Age", ({ metadata, data, binaryData }, now) => [
    metadata.name,
    Object.keys(data ?? {}).length + Object.keys(binaryData ?? {}).length,
    age(metadata.creationTimestamp, now),
  ]),
  Secret: shape<Secret>("Name:name Type Data Age", ({ metadata, type, data }, now) => [
    metadata.name,
    type ?? "",
    Object.keys(data ?? {}).length,
    age(metadata.creationTimestamp, now),
  ]),
  ServiceAccount: shape("Name:name Age", ({ metadata }: KubeObject, now) => [
    metadata.name,
    age(metadata.creationTimestamp, now),
  ]),
  Event: eventTable(),
};

function nodeCells({ metadata, spec, status }: Node, now: number): Cell[] {
  const info: Partial<core.NodeSystemInfo> = status.nodeInfo ?? {};
  const kernel = info.kernelVersion || "<unknown>";
  return [
    metadata.name,
    nodeStatus(spec, status),
    nodeRoles(metadata.labels ?? {}).join(",") || "<none>",
    age(metadata.creationTimestamp, now),
    info.kubeletVersion ?? "",
    nodeAddress(status, "InternalIP"),
    nodeAddress(status, "ExternalIP"),
    info.osImage || "<unknown>",
    info.architecture ? `${kernel} (${info.architecture})` : kernel,
    info.containerRuntimeVersion || "<unknown>",
  ];
}

function nodeStatus(spec: core.NodeSpec, status: core.NodeStatus): string {
  const ready = status.conditions?.find(({ type }) => type === "Ready");
  const word = ready === undefined ? "Unknown" : ready.status === "True" ? "Ready" : "NotReady";
  return spec.unschedulable ? `${word},SchedulingDisabled` : word;
}

const ROLE_PREFIX = "node-role.kubernetes.io/";

/** A node's roles, by its labels, in order. */
export function nodeRoles(labels: Readonly<Record<string, string>>): string[] {
  const roles = new Set<string>();
  for (const [key, value] of Object.entries(labels)) {
    if (key.startsWith(ROLE_PREFIX) && key.length > ROLE_PREFIX.length) roles.add(key.slice(ROLE_PREFIX.length));
    else if (key === "kubernetes.io/role" && value !== "") roles.add(value);
  }
  return [...roles].sort();
}

function nodeAddress(status: core.NodeStatus, type: string): string {
  return status.addresses?.find((one) => one.type === type)?.address ?? "<none>";
}

/** Events have their wide columns in the middle, so the plain and the wide ones are named one by one. */
function eventTable(): TableShape {
  const wide = shape(EVENT, () => []).columns;
  const rest = shape("Message", () => []).columns;
  const last = shape("| 'First Seen' Count Name:name", () => []).columns;
  return { columns: [...wide, ...rest, ...last], cells: (object, now) => eventCells(object as KubeEvent, now) };
}

function eventCells(event: KubeEvent, now: number): Cell[] {
  const { involvedObject, metadata } = event;
  const first = age(event.firstTimestamp ?? event.eventTime, now);
  const kind = (involvedObject.kind ?? "").toLowerCase();
  const { component = "", host = "" } = event.source ?? {};
  return [
    event.lastTimestamp ? age(event.lastTimestamp, now) : first,
    event.type ?? "",
    event.reason ?? "",
    involvedObject.name ? `${kind}/${involvedObject.name}` : kind,
    involvedObject.fieldPath ?? "",
    host === "" ? component : `${component}, ${host}`,
    (event.message ?? "").trim(),
    first,
    event.count || 1,
    metadata.name,
  ];
}
