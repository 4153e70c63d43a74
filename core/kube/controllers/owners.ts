import { keyOf, type KubeObject, type OwnerReference } from "../objects/object.ts";
import type { Change } from "../store/store.ts";
import type { ControllerApi, Sync } from "./controller.ts";

/** The reference that makes an object belong to its controller. */
export function ownerReference(owner: KubeObject): OwnerReference {
  const { name, uid } = owner.metadata;
  return { apiVersion: owner.apiVersion, kind: owner.kind, name, uid, controller: true, blockOwnerDeletion: true };
}

/** The reference to the controller an object belongs to. */
export function controllerOf(object: KubeObject): OwnerReference | undefined {
  return object.metadata.ownerReferences?.find(({ controller }) => controller);
}

/** Whether an object belongs to this controller object. */
export function isOwnedBy(object: KubeObject, owner: KubeObject): boolean {
  return controllerOf(object)?.uid === owner.metadata.uid;
}

/** Objects of a kind that belong to a controller object. */
export function ownedBy<T extends KubeObject>(api: ControllerApi, owner: KubeObject, kind: string): T[] {
  return api.dependents(owner.metadata.uid).filter((one) => one.kind === kind && isOwnedBy(one, owner)) as T[];
}

/** Asks for work on the owners, of one kind, of an object that changed: those before and those now. */
export function enqueueOwners({ object, old }: Change, ownerKind: string, sync: Sync, api: ControllerApi): void {
  for (const one of [object, old]) {
    const owner = one === undefined ? undefined : controllerOf(one);
    if (owner?.kind === ownerKind) api.later(sync, keyOf({ metadata: { ...object.metadata, name: owner.name } }));
  }
}
