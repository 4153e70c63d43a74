import { emptyStatus, hasStatus, rulesOfResource } from "../objects/kinds.ts";
import { type CustomResourceDefinition, establish } from "../objects/definition.ts";
import type { KubeObject, Service } from "../objects/object.ts";
import type { Resource } from "../objects/resource.ts";
import type { Issue } from "../objects/issue.ts";
import { structuralIssues } from "../objects/structural.ts";
import { validateNew } from "../objects/validate/table.ts";
import { prepareNew } from "./prepare.ts";
import { kindKey } from "./registry.ts";
import type { ApiServer } from "./server.ts";
import { allocateNew } from "./service.ts";
import { alreadyExists, failure, forbiddenStatus, invalidStatus, notFound } from "./status.ts";
import type { Status } from "./types.ts";

const NAMESPACES = { plural: "namespaces", group: "" };
const SAFE = "bcdfghjklmnpqrstvwxz2456789";
const LONGEST_PREFIX = 58;

/** How to create. */
export interface CreateOptions {
  /** Goes all the way, but leaves the store as it was. */
  readonly dryRun?: boolean;
}

/** Puts a decoded object into the store: defaults, admission, allocation, validation. The object is changed in place. */
export function createObject(
  server: ApiServer,
  resource: Resource,
  object: KubeObject,
  { dryRun = false }: CreateOptions = {},
): KubeObject | Status {
  const { store } = server;
  const { metadata } = object;
  const refused = resource.namespaced ? checkNamespace(server, resource, object) : undefined;
  if (refused !== undefined) return refused;
  rulesOfResource(resource)?.defaults?.(object);
  nameObject(server, object);
  metadata.name ??= "";
  metadata.uid = server.random.uuid();
  prepareNew(object, { store, random: server.random, admission: server.options.admission });
  resetStatus(object, resource);
  const wrong = object.kind === "Service" && resource.group === "" ? allocateNew(object as Service, server) : undefined;
  if (wrong !== undefined) return wrong;
  const issues = [...validateNew(object, resource.namespaced), ...schemaIssues(resource, object)];
  if (issues.length > 0) return invalidStatus(resource, metadata.name, issues);
  if (!["", "0", undefined].includes(metadata.resourceVersion)) {
    return failure(500, undefined, "resourceVersion should not be set on objects to be created");
  }
  const there = store.get(kindKey(resource), metadata.name, metadata.namespace);
  if (there !== undefined) {
    return alreadyExists(resource, metadata.name, there.metadata.deletionTimestamp !== undefined);
  }
  if (object.kind === "CustomResourceDefinition") establish(object as CustomResourceDefinition, server.now());
  object.metadata = systemMeta(server, resource, object);
  if (!dryRun) return store.put(object, kindKey(resource));
  const { resourceVersion: _none, ...unstored } = object.metadata;
  return { ...object, metadata: unstored as KubeObject["metadata"] };
}

/** A namespace that is there and stays is where namespaced objects go. */
function checkNamespace(server: ApiServer, resource: Resource, { metadata }: KubeObject): Status | undefined {
  const name = metadata.namespace ?? "";
  const namespace = server.store.get("Namespace", name);
  if (namespace === undefined) return notFound(NAMESPACES, name);
  if (namespace.metadata.deletionTimestamp === undefined) return undefined;
  const why = `unable to create new content in namespace ${name} because it is being terminated`;
  const status = forbiddenStatus(resource, metadata.name ?? "", why);
  const cause = {
    reason: "NamespaceTerminating",
    message: `namespace ${name} is being terminated`,
    field: "metadata.namespace",
  };
  return { ...status, details: { ...status.details, causes: [cause] } };
}

function nameObject(server: ApiServer, { metadata }: KubeObject): void {
  if ((metadata.name ?? "") !== "" || (metadata.generateName ?? "") === "") return;
  const prefix = (metadata.generateName as string).slice(0, LONGEST_PREFIX);
  metadata.name = prefix + server.random.text(5, SAFE);
}

/** Whether an object's generation counts changes of what is wanted: some kinds here, and all that are defined. */
export function countsGenerations(resource: Resource): boolean {
  return rulesOfResource(resource)?.generation ?? resource.schema !== undefined;
}

/** What the schema of a definition refuses. */
export function schemaIssues({ schema }: Resource, object: KubeObject): Issue[] {
  return schema === undefined ? [] : structuralIssues({ ...object }, schema);
}

/** Users do not set a status at creation; nodes register with theirs. */
function resetStatus(object: KubeObject, resource: Resource): void {
  if (!hasStatus(resource) || ["Pod", "Namespace", "Node"].includes(resource.kind)) return;
  const empty = emptyStatus(kindKey(resource));
  const target = object as { status?: unknown };
  if (empty === undefined) delete target.status;
  else target.status = empty;
}

/** Metadata as the server stores it, in its order. */
function systemMeta(server: ApiServer, resource: Resource, { metadata }: KubeObject): KubeObject["metadata"] {
  const { name, generateName, namespace, uid, generation, labels, annotations, ownerReferences, finalizers } = metadata;
  return {
    name,
    ...(generateName ? { generateName } : {}),
    ...(namespace ? { namespace } : {}),
    uid,
    resourceVersion: "",
    ...(countsGenerations(resource) ? { generation: 1 } : generation ? { generation } : {}),
    creationTimestamp: server.now(),
    ...(labels ? { labels } : {}),
    ...(annotations ? { annotations } : {}),
    ...(ownerReferences ? { ownerReferences } : {}),
    ...(finalizers ? { finalizers } : {}),
  };
}
