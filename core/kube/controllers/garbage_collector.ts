import type { KubeObject, OwnerReference } from "../objects/object.ts";
import { storeKind } from "../objects/kinds.ts";
import type { Controller, ControllerApi } from "./controller.ts";

/** Deletes what has lost its last owner, and takes off the finalizers of foreground and orphaning deletions. */
export const garbageCollector: Controller = ({ type, object }, api) => {
  if (type === "DELETED") {
    api.later(collect, object.metadata.uid);
    for (const owner of object.metadata.ownerReferences ?? []) api.later(finish, ownerId(owner, object));
  } else if (object.metadata.deletionTimestamp !== undefined) api.later(finish, idOf(object));
  else if (type === "ADDED" && object.metadata.ownerReferences !== undefined) api.later(checkOwners, idOf(object));
};

function ownerId(owner: OwnerReference, { metadata }: KubeObject): string {
  return [storeKind(owner), metadata.namespace ?? "", owner.name].join("\n");
}

function idOf(object: KubeObject): string {
  return [storeKind(object), object.metadata.namespace ?? "", object.metadata.name].join("\n");
}

function find(id: string, api: ControllerApi): KubeObject | undefined {
  const [kind = "", namespace = "", name = ""] = id.split("\n");
  return api.store.get(kind, name, namespace) as KubeObject | undefined;
}

function collect(uid: string, api: ControllerApi): void {
  for (const object of api.dependents(uid)) removeUnowned(object, api);
}

function checkOwners(id: string, api: ControllerApi): void {
  const object = find(id, api);
  if (object !== undefined) removeUnowned(object, api);
}

function removeUnowned(object: KubeObject, api: ControllerApi): void {
  const { name, namespace, ownerReferences = [] } = object.metadata;
  const alive = ownerReferences.some((owner) => {
    const kind = storeKind(owner);
    const found = (api.store.get(kind, owner.name, namespace) ?? api.store.get(kind, owner.name)) as
      | KubeObject
      | undefined;
    return found?.metadata.uid === owner.uid;
  });
  if (alive) return;
  api.delete(storeKind(object), { name, ...(namespace === undefined ? {} : { namespace }) }, {
    propagationPolicy: "Background",
  });
}

/** A foreground deletion ends when nothing that blocks it is left; an orphaning one lets the dependents go. */
function finish(id: string, api: ControllerApi): void {
  const object = find(id, api);
  const finalizers = object?.metadata.finalizers ?? [];
  if (object === undefined) return;
  const { uid } = object.metadata;
  if (finalizers.includes("orphan")) {
    for (const one of api.dependents(uid)) disown(one, uid, api);
    release(object, "orphan", api);
  }
  if (!finalizers.includes("foregroundDeletion")) return;
  const blocking = api.dependents(uid);
  if (blocking.length === 0) return release(object, "foregroundDeletion", api);
  for (const { kind, apiVersion, metadata } of blocking) {
    if (metadata.deletionTimestamp !== undefined) continue;
    const name = {
      name: metadata.name,
      ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
    };
    api.delete(storeKind({ kind, apiVersion }), name, { propagationPolicy: "Foreground" });
  }
}

function disown(object: KubeObject, uid: string, api: ControllerApi): void {
  const ownerReferences = (object.metadata.ownerReferences ?? []).filter((owner) => owner.uid !== uid);
  api.update({ ...object, metadata: { ...object.metadata, ownerReferences } });
}

function release(object: KubeObject, finalizer: string, api: ControllerApi): void {
  const finalizers = (object.metadata.finalizers ?? []).filter((one) => one !== finalizer);
  api.update({ ...object, metadata: { ...object.metadata, finalizers } });
}
