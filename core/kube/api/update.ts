import { sameJson } from "../../base/mod.ts";
import { forbidden, invalid, type Issue } from "../objects/issue.ts";
import { emptyStatus, hasStatus, rulesOf, rulesOfResource } from "../objects/kinds.ts";
import { copyOf, type KubeObject, type Namespace, type Pod, type Service } from "../objects/object.ts";
import { joinGroupVersion, type Resource } from "../objects/resource.ts";
import { finalizerIssue } from "../objects/validate/meta.ts";
import { statusIssues } from "../objects/validate/status.ts";
import { validateChanged, validateNew } from "../objects/validate/table.ts";
import type { ObjectName } from "./api.ts";
import { countsGenerations, schemaIssues } from "./create.ts";
import { decodeValue } from "./decode.ts";
import { prepareChanged, prepareStatus } from "./prepare.ts";
import { kindKey } from "./registry.ts";
import { keepAllButResources, resizeIssues } from "./resize.ts";
import type { ApiServer } from "./server.ts";
import { allocateUpdate, dropTypeDependent } from "./service.ts";
import { conflict, failure, invalidStatus, MODIFIED, notFound, preconditionWords, type Told } from "./status.ts";
import type { Status } from "./types.ts";

/** How to update. */
export interface UpdateOptions {
  readonly dryRun?: boolean;
  /** What alone may change: the status, the containers' resources, a namespace's finalizers; left out: all but the status. */
  readonly part?: "status" | "resize" | "finalize";
  /** Whether the object is what a patch made of the one that is there. */
  readonly patched?: boolean;
}

/** Replaces an object by a decoded one, changed in place. An update that changes nothing writes nothing. */
export function updateObject(
  server: ApiServer,
  resource: Resource,
  object: KubeObject,
  { dryRun = false, part, patched = false }: UpdateOptions = {},
): KubeObject | Status {
  const { name, namespace } = object.metadata;
  const old = server.store.get(kindKey(resource), name, namespace);
  if (old === undefined) return notFound(resource, name);
  const stale = checkVersion(resource, object.metadata, old, patched ? "" : undefined);
  if (stale !== undefined) return stale;
  rulesOfResource(resource)?.defaults?.(object);
  const fixed = fixedIssues(object.metadata, old.metadata);
  keepSystemMeta(object, old);
  const refused = part === undefined ? prepare(server, resource, object, old) : keepRest(object, old, part);
  if (refused !== undefined) return refused;
  const issues = [...fixed, ...changeIssues(resource, object, old, part)];
  if (issues.length > 0) return invalidStatus(resource, name, issues);
  if (sameJson(object, old)) return old;
  if (dryRun) return object;
  const stored = server.store.put(object, kindKey(resource));
  return finishDeletion(server, resource, stored);
}

function changeIssues(
  resource: Resource,
  object: KubeObject,
  old: KubeObject,
  part: UpdateOptions["part"],
): Issue[] {
  if (part === "resize") return [...validateNew(object, resource.namespaced), ...resizeIssues(object, old)];
  if (part === "finalize") return finalizeIssues(object as Namespace);
  const status = part === "status" ? statusIssues(object, old) : [];
  return [
    ...newFinalizers(object.metadata, old.metadata),
    ...validateChanged(object, old),
    ...schemaIssues(resource, object),
    ...status,
  ];
}

/** What of metadata only the server writes, where somebody gives another value. The server tells of each twice. */
function fixedIssues(given: KubeObject["metadata"], old: KubeObject["metadata"]): Issue[] {
  const issues = (["uid", "deletionTimestamp", "deletionGracePeriodSeconds"] as const).flatMap((key) =>
    !given[key] || given[key] === old[key] ? [] : [invalid(`metadata.${key}`, given[key], "field is immutable")]
  );
  return [...issues, ...issues];
}

/** Finalizers that come too late: what is being deleted takes no new ones. This, too, is told of twice. */
function newFinalizers(metadata: KubeObject["metadata"], old: KubeObject["metadata"]): Issue[] {
  if (old.deletionTimestamp === undefined) return [];
  const late = (metadata.finalizers ?? []).filter((one) => !(old.finalizers ?? []).includes(one));
  if (late.length === 0) return [];
  const words = "no new finalizers can be added if the object is being deleted, found new finalizers";
  const list = late.map((one) => JSON.stringify(one)).join(", ");
  const issue = forbidden("metadata.finalizers", `${words} []string{${list}}`);
  return [issue, issue];
}

function finalizeIssues({ spec }: Namespace): Issue[] {
  return (spec.finalizers ?? []).flatMap((one, index) => finalizerIssue(`spec.finalizers[${index}]`, one));
}

/** Puts everything but one part of the old object in place. */
function keepRest(object: KubeObject, old: KubeObject, part: "status" | "resize" | "finalize"): undefined {
  if (part === "status") {
    keepSpec(object, old);
    prepareStatus(object, old);
    return undefined;
  }
  if (part === "resize") {
    keepAllButResources(object as Pod, old as Pod);
    if (!sameJson(counted(object), counted(old))) object.metadata.generation = (old.metadata.generation ?? 0) + 1;
    return undefined;
  }
  const { finalizers } = (object as Namespace).spec;
  Object.assign(object, old, { spec: (finalizers ?? []).length > 0 ? { finalizers } : {} });
  return undefined;
}

function prepare(server: ApiServer, resource: Resource, object: KubeObject, old: KubeObject): Status | undefined {
  if (hasStatus(resource)) keepStatus(object, old);
  prepareChanged(object, old);
  if (object.kind === "Service" && resource.group === "") {
    const refused = allocateUpdate(object as Service, old as Service, server);
    if (refused !== undefined) return refused;
    dropTypeDependent(object as Service, old as Service);
  }
  if (countsGenerations(resource) && !sameJson(counted(object), counted(old))) {
    object.metadata.generation = (old.metadata.generation ?? 0) + 1;
  }
  return undefined;
}

/** What of metadata generations count. */
const COUNTED: Readonly<Record<string, "labels" | "annotations">> = {
  EndpointSlice: "labels",
  Deployment: "annotations",
};

/** What generations count: everything but metadata, of which some kinds count a part, and status. */
function counted(object: KubeObject): unknown {
  const part = COUNTED[object.kind];
  return { ...object, metadata: part && object.metadata[part], status: undefined };
}

/**
 * The refusal of an object that somebody knows in another version, or by the uid of another one.
 *
 * @param patched where the object is what a patch made: of which subresource ("" for none); left out: it was sent
 */
export function checkVersion(
  resource: Resource,
  { name = "", uid = "", resourceVersion = "" }: Partial<KubeObject["metadata"]>,
  old: KubeObject,
  patched?: string,
): Status | undefined {
  if (uid !== "" && uid !== old.metadata.uid && patched !== "") {
    const told = ["UID", uid, old.metadata.uid] as const;
    if (patched === undefined) return preconditionFailed(resource, old, told);
    return conflict({ ...resource, plural: `${resource.plural}/${patched}` }, name, preconditionWords(told));
  }
  if (!/^\d*$/.test(resourceVersion)) {
    return failure(500, undefined, `strconv.ParseUint: parsing ${JSON.stringify(resourceVersion)}: invalid syntax`);
  }
  if (needsVersion(resource) && resourceVersion === "" && patched === undefined) {
    const issue = invalid("metadata.resourceVersion", 0, "must be specified for an update");
    return invalidStatus({ kind: resource.plural, group: resource.group }, name, [issue]);
  }
  const stale = resourceVersion !== "" && resourceVersion !== "0" && resourceVersion !== old.metadata.resourceVersion;
  return stale ? conflict(resource, name, MODIFIED) : undefined;
}

/** Built-in kinds that, like all that are defined, only change for who knows their version. */
const NEED_VERSIONS = [
  "APIService",
  "CSIDriver",
  "CSINode",
  "CustomResourceDefinition",
  "Lease",
  "MutatingWebhookConfiguration",
  "PodDisruptionBudget",
  "RuntimeClass",
  "ValidatingWebhookConfiguration",
  "VolumeAttachment",
];

function needsVersion({ schema, kind }: Resource): boolean {
  return schema !== undefined || NEED_VERSIONS.includes(kind);
}

/** 409: what is stored is not what the request is meant for. */
export function preconditionFailed(resource: Resource, { metadata }: KubeObject, told: Told): Status {
  const { name, namespace } = metadata;
  const key = `/registry/${registryPath(resource)}/${namespace ? `${namespace}/` : ""}${name}`;
  const why = `StorageError: invalid object, Code: 4, Key: ${key}, ResourceVersion: 0, AdditionalErrorMsg: ` +
    preconditionWords(told);
  return conflict(resource, name, why);
}

/** Where the real server's etcd keeps a resource: some by names of their own. */
function registryPath({ plural }: Resource): string {
  const own: Readonly<Record<string, string>> = {
    services: "services/specs",
    endpoints: "services/endpoints",
    nodes: "minions",
    ingresses: "ingress",
  };
  return own[plural] ?? plural;
}

/** Metadata only the server writes stays; an absent value means the old one. */
function keepSystemMeta(object: KubeObject, { metadata: old }: KubeObject): void {
  const { generateName, labels, annotations, ownerReferences, finalizers } = object.metadata;
  object.metadata = {
    name: object.metadata.name,
    ...(generateName ? { generateName } : {}),
    ...(old.namespace ? { namespace: object.metadata.namespace as string } : {}),
    uid: old.uid,
    resourceVersion: old.resourceVersion,
    ...(old.generation === undefined ? {} : { generation: old.generation }),
    creationTimestamp: old.creationTimestamp,
    ...(old.deletionTimestamp === undefined ? {} : { deletionTimestamp: old.deletionTimestamp }),
    ...(old.deletionGracePeriodSeconds === undefined
      ? {}
      : { deletionGracePeriodSeconds: old.deletionGracePeriodSeconds }),
    ...(labels ? { labels } : {}),
    ...(annotations ? { annotations } : {}),
    ...(ownerReferences ? { ownerReferences } : {}),
    ...(finalizers ? { finalizers } : {}),
    ...(old.managedFields ? { managedFields: old.managedFields } : {}),
  };
}

function keepStatus(object: KubeObject, old: KubeObject): void {
  const target = object as { status?: unknown };
  const kept = (old as { status?: unknown }).status ?? emptyStatus(object.kind);
  if (kept === undefined) delete target.status;
  else target.status = kept;
}

/** Kinds whose labels do not change with their status. */
const LABELS_STAY = ["Deployment"];

function keepSpec(object: KubeObject, old: KubeObject): void {
  const status = (object as { status?: unknown }).status;
  const { labels, annotations, finalizers } = object.metadata;
  const { labels: oldLabels, annotations: _annotations, finalizers: _finalizers, ...rest } = old.metadata;
  const kept = LABELS_STAY.includes(old.kind) ? oldLabels : labels;
  const metadata = ownStatus(old) ? old.metadata : {
    ...rest,
    ...(kept ? { labels: kept } : {}),
    ...(annotations ? { annotations } : {}),
    ...(finalizers ? { finalizers } : {}),
  };
  Object.assign(object, old, { metadata, status });
}

/** Kinds of which the status alone changes with the status: definitions, and what they define. */
function ownStatus(object: KubeObject): boolean {
  return object.kind === "CustomResourceDefinition" || rulesOf(object) === undefined;
}

/** The last finalizer gone, an object that was deleted goes, unless it still has its grace. */
function finishDeletion(server: ApiServer, resource: Resource, object: KubeObject): KubeObject {
  const { name, namespace, deletionTimestamp, deletionGracePeriodSeconds = 0, finalizers = [] } = object.metadata;
  const held = object.kind === "Namespace" &&
    ((object as unknown as { spec: { finalizers?: string[] } }).spec.finalizers ?? []).length > 0;
  if (deletionTimestamp === undefined || finalizers.length > 0 || deletionGracePeriodSeconds > 0 || held) return object;
  server.store.remove(kindKey(resource), name, namespace);
  return object;
}

/** Changes an object's status by a function over a copy; nothing is written when nothing changed. */
export function updateStatus(
  server: ApiServer,
  resource: Resource,
  { name, namespace }: ObjectName,
  change: (object: KubeObject) => void,
): KubeObject | Status {
  const old = server.store.get(kindKey(resource), name, namespace);
  if (old === undefined) return notFound(resource, name);
  const { metadata, status } = old as KubeObject & { status?: unknown };
  const object = { ...old, metadata: copyOf(metadata), status: copyOf(status) };
  change(object);
  // The rest stays what it is, so that nobody need read it again.
  const part = { apiVersion: joinGroupVersion(resource.group, resource.version), metadata: object.metadata };
  const decoded = decodeValue({ ...part, kind: object.kind, status: object.status }, resource, "Ignore");
  if (!("object" in decoded)) return decoded;
  const read = decoded.object as KubeObject & { status?: unknown };
  const next = { ...old, metadata: read.metadata, status: read.status } as KubeObject;
  return updateObject(server, resource, next, { part: "status" });
}
