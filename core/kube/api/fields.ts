/** Field selectors: which fields of a kind can be selected by, and the string form `a=b,c!=d`. */
import type { KubeObject } from "../objects/object.ts";
import { badRequest } from "./status.ts";
import type { Status } from "./types.ts";

/** One condition on a field. */
export interface FieldRequirement {
  readonly field: string;
  readonly equal: boolean;
  readonly value: string;
}

/** Fields that can be selected by beyond name and namespace, by kind. */
const SELECTABLE: Readonly<Record<string, readonly string[]>> = {
  Pod: [
    "spec.nodeName",
    "spec.restartPolicy",
    "spec.schedulerName",
    "spec.serviceAccountName",
    "spec.hostNetwork",
    "status.phase",
    "status.podIP",
    "status.nominatedNodeName",
  ],
  Service: ["spec.clusterIP", "spec.type"],
  Node: ["spec.unschedulable"],
  Namespace: ["status.phase"],
  Secret: ["type"],
  ReplicaSet: ["status.replicas"],
  Job: ["status.successful"],
  ResourceSlice: ["spec.nodeName", "spec.driver"],
  Event: [
    "involvedObject.kind",
    "involvedObject.namespace",
    "involvedObject.name",
    "involvedObject.uid",
    "involvedObject.apiVersion",
    "involvedObject.resourceVersion",
    "involvedObject.fieldPath",
    "reason",
    "reportingComponent",
    "source",
    "type",
  ],
};

/** Reads a field selector for a kind; the server's refusal where it cannot be. */
export function parseFieldSelector(text: string, kind: string): readonly FieldRequirement[] | Status {
  const known = ["metadata.name", "metadata.namespace", ...(SELECTABLE[kind] ?? [])];
  const requirements: FieldRequirement[] = [];
  for (const part of text.split(",").filter((part) => part !== "")) {
    const match = /^(.*?)(==|!=|=)(.*)$/.exec(part);
    if (match === null) return badRequest(`invalid selector: '${text}'; can't understand '${part}'`);
    const [, field = "", operator = "=", value = ""] = match;
    if (!known.includes(field)) return badRequest(`field label not supported: ${field}`);
    requirements.push({ field, equal: operator !== "!=", value });
  }
  return requirements;
}

/** Whether an object meets all field requirements. */
export function meetsFields(object: KubeObject, requirements: readonly FieldRequirement[]): boolean {
  return requirements.every(({ field, equal, value }) => (fieldOf(object, field) === value) === equal);
}

function fieldOf(object: KubeObject, field: string): string {
  let value: unknown = object;
  for (const step of field.split(".")) value = (value as Record<string, unknown> | undefined)?.[step];
  if (field === "source") return String((value as { component?: string } | undefined)?.component ?? "");
  if (field === "spec.unschedulable" || field === "spec.hostNetwork") return String(value ?? false);
  return value === undefined || value === null ? "" : String(value);
}
