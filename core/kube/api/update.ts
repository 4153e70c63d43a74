import { sameJson } from "../../base/mod.ts";
import { emptyStatus, hasStatus, rulesOfResource } from "../objects/kinds.ts";
import { copyOf, type KubeObject, type Service } from "../objects/object.ts";
import { joinGroupVersion, type Resource } from "../objects/resource.ts";
import { validateChanged } from "../objects/validate/table.ts";
import type { ObjectName } from "./api.ts";
import { countsGenerations, schemaIssues } from "./create.ts";
import { decodeValue } from "./decode.ts";
import { prepareChanged } from "./prepare.ts";
import { kindKey } from "./registry.ts";
import type { ApiServer } from "./server.ts";
import { allocateUpdate, dropTypeDependent } from "./service.ts";
import { conflict, failure, invalidStatus, MODIFIED, notFound } from "./status.ts";
import type { Status } from "./types.ts";

/** How to update. */
export interface UpdateOptions {
  readonly dryRun?: boolean;
  /** Which part may change: everything but the status (undefined), or only the status. */
  readonly subresource?: "status";
}

/** Replaces an object by a decoded one, changed in place. An update that changes nothing writes nothing. */
export function updateObject(
  server: ApiServer,
  resource: Resource,
  object: KubeObject,
  { dryRun = false, subresource }: UpdateOptions = {},
): KubeObject | Status {
  const { name, namespace } = object.metadata;
  const old = server.store.get(kindKey(resource), name, namespace);
  if (old === undefined) return notFound(resource, name);
  const stale = checkVersion(resource, object, old);
  if (stale !== undefined) return stale;
  rulesOfResource(resource)?.defaults?.(object);
  keepSystemMeta(object, old);
  const refused = subresource === "status" ? keepSpec(object, old) : prepare(server, resource, object, old);
  if (refused !== undefined) return refused;
  const issues = [...validateChanged(object, old), ...schemaIssues(resource, object)];
  if (issues.length > 0) return invalidStatus(resource, name, issues);
  if (sameJson(object, old)) return old;
  if (dryRun) return object;
  const stored = server.store.put(object, kindKey(resource));
  return finishDeletion(server, resource, stored);
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

/** What generations count: everything but metadata and status; of EndpointSlices labels as well. */
function counted(object: KubeObject): unknown {
  const metadata = object.kind === "EndpointSlice" ? object.metadata.labels : undefined;
  return { ...object, metadata, status: undefined };
}

function checkVersion(resource: Resource, { metadata }: KubeObject, old: KubeObject): Status | undefined {
  const { name, namespace, uid = "", resourceVersion = "" } = metadata;
  if (uid !== "" && uid !== old.metadata.uid) {
    const key = `/registry/${registryPath(resource)}/${namespace ? `${namespace}/` : ""}${name}`;
    const why = `StorageError: invalid object, Code: 4, Key: ${key}, ResourceVersion: 0, AdditionalErrorMsg: ` +
      `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${old.metadata.uid}`;
    return conflict(resource, name, why);
  }
  if (!/^\d*$/.test(resourceVersion)) {
    return failure(500, undefined, `strconv.ParseUint: parsing ${JSON.stringify(resourceVersion)}: invalid syntax`);
  }
  const stale = resourceVersion !== "" && resourceVersion !== "0" && resourceVersion !== old.metadata.resourceVersion;
  return stale ? conflict(resource, name, MODIFIED) : undefined;
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
  const { labels, annotations, ownerReferences, finalizers } = object.metadata;
  object.metadata = {
    name: object.metadata.name,
    ...(old.generateName ? { generateName: old.generateName } : {}),
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

function keepSpec(object: KubeObject, old: KubeObject): undefined {
  const status = (object as { status?: unknown }).status;
  const { labels, annotations, finalizers } = object.metadata;
  const metadata = {
    ...old.metadata,
    ...(labels ? { labels } : {}),
    ...(annotations ? { annotations } : {}),
    ...(finalizers ? { finalizers } : {}),
  };
  Object.assign(object, old, { metadata, status });
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
  return updateObject(server, resource, next, { subresource: "status" });
}
