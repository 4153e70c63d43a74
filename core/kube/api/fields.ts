/** Field selectors: which fields of a kind can be selected by, and the string form `a=b,c!=d`. */
import { kindName, type Resource } from "../objects/resource.ts";
import type { KubeObject } from "../objects/object.ts";
import { isDefined } from "./registry.ts";
import { badRequest } from "./status.ts";
import type { Status } from "./types.ts";

/** One condition on a field. */
export interface FieldRequirement {
  readonly field: string;
  readonly equal: boolean;
  readonly value: string;
}

const ABOUT = ["kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath"];
const NAME = "metadata.name";
const NAMESPACED = [NAME, "metadata.namespace"];

/** Fields that can be selected by, of kinds that do not only have names: `Kind.group`. */
const SELECTABLE: Readonly<Record<string, readonly string[]>> = {
  Pod: [
    ...NAMESPACED,
    "spec.nodeName",
    "spec.restartPolicy",
    "spec.schedulerName",
    "spec.serviceAccountName",
    "spec.hostNetwork",
    "status.phase",
    "status.podIP",
    "status.podIPs",
    "status.nominatedNodeName",
  ],
  Service: [...NAMESPACED, "spec.clusterIP", "spec.type"],
  Node: [NAME, "spec.unschedulable"],
  Namespace: [NAME, "status.phase"],
  Secret: [...NAMESPACED, "type"],
  ReplicationController: [...NAMESPACED, "status.replicas"],
  "Job.batch": [...NAMESPACED, "status.successful"],
  "CertificateSigningRequest.certificates.k8s.io": [NAME, "spec.signerName"],
  "ResourceSlice.resource.k8s.io": [NAME, "spec.nodeName", "spec.driver"],
  Event: [
    ...NAMESPACED,
    ...ABOUT.map((field) => `involvedObject.${field}`),
    "reason",
    "reportingComponent",
    "source",
    "type",
  ],
  "Event.events.k8s.io": [
    ...NAMESPACED,
    ...ABOUT.map((field) => `regarding.${field}`),
    "reason",
    "reportingController",
    "type",
  ],
};

/** Where a field of another version's name stands in what is stored. */
const STORED: readonly (readonly [RegExp, string])[] = [
  [/^regarding\./, "involvedObject."],
  [/^reportingController$/, "reportingComponent"],
];

/** Reads a field selector for a resource; the server's refusal where it cannot be. */
export function parseFieldSelector(text: string, resource: Resource): readonly FieldRequirement[] | Status {
  const requirements: FieldRequirement[] = [];
  for (const part of text.split(/(?<!\\),/).filter((part) => part !== "")) {
    const match = /^(.*?)(==|!=|=)(.*)$/s.exec(part);
    if (match === null) return badRequest(`invalid selector: '${text}'; can't understand '${part}'`);
    const [, field = "", operator = "=", written = ""] = match;
    const problem = escapeProblem(written);
    if (problem !== undefined) return badRequest(`invalid field selector: ${problem}`);
    const refused = fieldProblem(field, resource);
    if (refused !== undefined) return badRequest(refused);
    const stored = STORED.reduce((name, [from, to]) => name.replace(from, to), field);
    requirements.push({
      field: resource.group === "events.k8s.io" ? stored : field,
      equal: operator !== "!=",
      value: written.replace(/\\([\\,=])/g, "$1"),
    });
  }
  return requirements;
}

/** What of a value should be escaped, or is escaped and need not be. */
function escapeProblem(written: string): string | undefined {
  const bad = /(?:^|[^\\])(?:\\\\)*([,=])|\\([^\\,=]|$)/.exec(written.replaceAll("\\\\", "  "));
  if (bad === null) return undefined;
  const [, plain, escaped] = bad;
  return plain === undefined
    ? `invalid escape sequence: \\${escaped}`
    : `unescaped character in value: ${plain.charCodeAt(0)}`;
}

/** Why a field cannot be selected by: kinds that have fields of their own say it in words of their own. */
function fieldProblem(field: string, resource: Resource): string | undefined {
  const own = SELECTABLE[kindName(resource)];
  if ((own ?? NAMESPACED).includes(field)) return undefined;
  if (resource.kind === "Job" && own !== undefined) return `field label ${JSON.stringify(field)} not supported for Job`;
  if (own !== undefined || isDefined(resource)) return `field label not supported: ${field}`;
  const known = NAMESPACED.map((one) => JSON.stringify(one)).join(", ");
  return `${JSON.stringify(field)} is not a known field selector: only ${known}`;
}

/** Whether an object meets all field requirements. */
export function meetsFields(object: KubeObject, requirements: readonly FieldRequirement[]): boolean {
  return requirements.every(({ field, equal, value }) => (fieldOf(object, field) === value) === equal);
}

function fieldOf(object: KubeObject, field: string): string {
  let value: unknown = object;
  for (const step of field.split(".")) value = (value as Record<string, unknown> | undefined)?.[step];
  if (field === "source") return String((value as { component?: string } | undefined)?.component ?? "");
  if (field === "status.podIPs") return ((value ?? []) as { ip?: string }[]).map(({ ip }) => ip).join(",");
  if (field === "spec.unschedulable" || field === "spec.hostNetwork") return String(value ?? false);
  if (field === "status.successful" || field === "status.replicas") return String(value ?? 0);
  return value === undefined || value === null ? "" : String(value);
}
