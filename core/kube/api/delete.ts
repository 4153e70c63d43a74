import type { KubeObject, Namespace, Pod } from "../objects/object.ts";
import type { Resource } from "../objects/resource.ts";
import type { DeleteOptions, ObjectName } from "./api.ts";
import { kindKey } from "./registry.ts";
import type { ApiServer } from "./server.ts";
import { conflict, forbiddenStatus, notFound } from "./status.ts";
import type { Status } from "./types.ts";

const IMMORTAL = ["default", "kube-system", "kube-public"];

/** Kinds of which the server answers the deleted object itself. */
const RETURNED = [
  "Pod",
  "Service",
  "PersistentVolumeClaim",
  "PersistentVolume",
  "ServiceAccount",
  "PodTemplate",
  "ResourceQuota",
];

/** Deletes an object: at once, or, where something must end first, by marking it. */
export function deleteObject(
  server: ApiServer,
  resource: Resource,
  { name, namespace }: ObjectName,
  options: DeleteOptions = {},
): KubeObject | Status {
  const kind = kindKey(resource);
  const old = server.store.get(kind, name, namespace);
  if (resource.kind === "Namespace" && IMMORTAL.includes(name)) {
    return forbiddenStatus(resource, name, "this namespace may not be deleted");
  }
  if (old === undefined) return notFound(resource, name);
  const { dryRun = false, preconditions } = options;
  const unmet = checkPreconditions(old, preconditions);
  if (unmet !== undefined) return unmet;
  const finalizers = withPropagation(old, options);
  const grace = gracePeriod(old, options);
  const stays = old.kind === "Namespace" || finalizers.length > 0 || grace > 0;
  const marked = old.kind === "Namespace"
    ? terminated(old as Namespace, server.now())
    : stays || old.kind === "Pod"
    ? mark(server, old, { finalizers, grace })
    : old;
  if (stays) return dryRun || marked === old ? marked : server.store.put(marked, kind);
  if (!dryRun) server.store.remove(kind, name, namespace);
  return RETURNED.includes(old.kind) ? marked : success(resource, old);
}

function checkPreconditions(
  { kind, metadata }: KubeObject,
  { uid = metadata.uid, resourceVersion = metadata.resourceVersion }: NonNullable<DeleteOptions["preconditions"]> = {},
): Status | undefined {
  const differs = (what: string, wanted?: string, known?: string) =>
    `the ${what} in the precondition (${wanted}) does not match the ${what} in record (${known}).`;
  const refused = (why: string) => conflict({ plural: kind, group: "" }, metadata.name, why);
  if (uid !== metadata.uid) {
    const why = differs("UID", uid, metadata.uid);
    return refused(`${why} The object might have been deleted and then recreated`);
  }
  if (resourceVersion === metadata.resourceVersion) return undefined;
  const why = differs("ResourceVersion", resourceVersion, metadata.resourceVersion);
  return refused(`${why} The object might have been modified`);
}

/** Foreground and orphaning deletions wait on a finalizer the garbage collector takes off. */
function withPropagation({ metadata }: KubeObject, { propagationPolicy }: DeleteOptions): string[] {
  const finalizers = (metadata.finalizers ?? []).filter((one) => one !== "foregroundDeletion" && one !== "orphan");
  if (propagationPolicy === "Foreground") return [...finalizers, "foregroundDeletion"];
  return propagationPolicy === "Orphan" ? [...finalizers, "orphan"] : finalizers;
}

/** Seconds a pod still has; everything else has none, nor has a pod no kubelet runs. */
function gracePeriod(object: KubeObject, { gracePeriodSeconds }: DeleteOptions): number {
  if (object.kind !== "Pod") return 0;
  const { spec, status } = object as Pod;
  if ((spec.nodeName ?? "") === "" || status.phase === "Failed" || status.phase === "Succeeded") return 0;
  return Math.max(0, gracePeriodSeconds ?? spec.terminationGracePeriodSeconds ?? 30);
}

interface Marking {
  readonly finalizers: readonly string[];
  readonly grace: number;
}

/** An object that ends: itself, where it already does so no later. */
function mark(server: ApiServer, old: KubeObject, { finalizers, grace }: Marking): KubeObject {
  const { metadata } = old;
  const shorter = metadata.deletionGracePeriodSeconds === undefined || grace < metadata.deletionGracePeriodSeconds;
  if (
    metadata.deletionTimestamp !== undefined && !shorter && finalizers.length === (metadata.finalizers ?? []).length
  ) {
    return old;
  }
  const at = new Date(server.clock.now() + grace * 1000).toISOString().replace(/\.\d+Z$/, "Z");
  const { finalizers: _old, ...rest } = metadata;
  return {
    ...old,
    metadata: {
      ...rest,
      ...(metadata.generation === undefined || metadata.deletionTimestamp !== undefined
        ? {}
        : { generation: metadata.generation + 1 }),
      deletionTimestamp: shorter ? at : metadata.deletionTimestamp as string,
      deletionGracePeriodSeconds: shorter ? grace : metadata.deletionGracePeriodSeconds as number,
      ...(finalizers.length > 0 ? { finalizers: [...finalizers] } : {}),
    },
  };
}

/** A namespace ends once its controller has emptied it. */
function terminated(namespace: Namespace, now: string): Namespace {
  if (namespace.metadata.deletionTimestamp !== undefined) return namespace;
  const metadata = { ...namespace.metadata, deletionTimestamp: now };
  return { ...namespace, metadata, status: { ...namespace.status, phase: "Terminating" } };
}

function success(resource: Resource, { metadata }: KubeObject): Status {
  return {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Success",
    details: {
      name: metadata.name,
      ...(resource.group === "" ? {} : { group: resource.group }),
      kind: resource.plural,
      uid: metadata.uid,
    },
  };
}
