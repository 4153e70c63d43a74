import type { KubeObject, Namespace, Pod } from "../objects/object.ts";
import type { Resource } from "../objects/resource.ts";
import type { DeleteOptions, ObjectName } from "./api.ts";
import { kindKey } from "./registry.ts";
import type { ApiServer } from "./server.ts";
import { forbiddenStatus, notFound } from "./status.ts";
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
  options: DeleteOptions & { readonly dryRun?: boolean } = {},
): KubeObject | Status {
  const kind = kindKey(resource);
  const old = server.store.get(kind, name, namespace);
  if (resource.kind === "Namespace" && IMMORTAL.includes(name)) {
    return forbiddenStatus(resource, name, "this namespace may not be deleted");
  }
  if (old === undefined) return notFound(resource, name);
  if (options.dryRun) return old;
  const finalizers = withPropagation(old, options);
  const grace = gracePeriod(old, options);
  if (old.kind === "Namespace") return terminateNamespace(server, old as Namespace);
  if (finalizers.length === 0 && grace === 0) {
    server.store.remove(kind, name, namespace);
    return RETURNED.includes(old.kind) ? old : success(resource, old);
  }
  return mark(server, resource, old, { finalizers, grace });
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

function mark(server: ApiServer, resource: Resource, old: KubeObject, { finalizers, grace }: Marking): KubeObject {
  const { metadata } = old;
  const shorter = metadata.deletionGracePeriodSeconds === undefined || grace < metadata.deletionGracePeriodSeconds;
  if (
    metadata.deletionTimestamp !== undefined && !shorter && finalizers.length === (metadata.finalizers ?? []).length
  ) {
    return old;
  }
  const at = new Date(server.clock.now() + grace * 1000).toISOString().replace(/\.\d+Z$/, "Z");
  const { finalizers: _old, ...rest } = metadata;
  return server.store.put({
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
  }, kindKey(resource));
}

/** A namespace ends once its controller has emptied it. */
function terminateNamespace(server: ApiServer, namespace: Namespace): KubeObject {
  if (namespace.metadata.deletionTimestamp !== undefined) return namespace;
  const metadata = { ...namespace.metadata, deletionTimestamp: server.now() };
  const status = { ...namespace.status, phase: "Terminating" };
  return server.store.put({ ...namespace, metadata, status });
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
