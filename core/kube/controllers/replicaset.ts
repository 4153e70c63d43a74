import { copyJson } from "../../base/mod.ts";
import { isStatus } from "../api/types.ts";
import { type apps, type Draft, keyOf, type Pod, type ReplicaSet } from "../objects/object.ts";
import { labelsSelector, matches, selectorOf } from "../store/selector.ts";
import type { Change } from "../store/store.ts";
import { type Controller, type ControllerApi, splitKey } from "./controller.ts";
import { controllerOf, enqueueOwners, ownedBy, ownerReference } from "./owners.ts";
import { availableIn, byWorth, isActive, isAvailable, isReady } from "./pods.ts";

/** Keeps as many pods as a ReplicaSet asks for. */
export const replicaSets: Controller = (change, api) => {
  const { object } = change;
  if (object.kind === "ReplicaSet") api.later(syncReplicaSet, keyOf(object));
  else if (object.kind === "Pod") {
    enqueueOwners(change, "ReplicaSet", syncReplicaSet, api);
    if (controllerOf(object) === undefined) enqueueAdopters(change, api);
  }
};

/** A pod nobody owns may be what a ReplicaSet of its namespace selects. */
function enqueueAdopters({ object }: Change, api: ControllerApi): void {
  for (const set of api.store.list("ReplicaSet", { namespace: object.metadata.namespace ?? "" })) {
    if (matches(selectorOf(set.spec.selector), object.metadata.labels)) api.later(syncReplicaSet, keyOf(set));
  }
}

function syncReplicaSet(key: string, api: ControllerApi): number {
  const { namespace, name } = splitKey(key);
  const set = api.store.get("ReplicaSet", name, namespace);
  if (set === undefined) return 0;
  if (set.metadata.deletionTimestamp === undefined) {
    adopt(set, api);
    const active = ownedBy<Pod>(api, set, "Pod").filter(isActive);
    const missing = (set.spec.replicas ?? 0) - active.length;
    if (missing > 0) createPods(set, missing, api);
    if (missing < 0) deletePods(set, active, -missing, api);
  }
  return updateStatus(set, api);
}

function adopt(set: ReplicaSet, api: ControllerApi): void {
  const selector = selectorOf(set.spec.selector);
  for (const pod of api.store.list("Pod", { namespace: set.metadata.namespace ?? "" })) {
    if (controllerOf(pod) !== undefined || !isActive(pod) || !matches(selector, pod.metadata.labels)) continue;
    const ownerReferences = [...(pod.metadata.ownerReferences ?? []), ownerReference(set)];
    api.update({ ...pod, metadata: { ...pod.metadata, ownerReferences } });
  }
}

function createPods(set: ReplicaSet, count: number, api: ControllerApi): void {
  for (let i = 0; i < count; i++) {
    const pod = api.create(podFromTemplate(set.spec.template, set));
    if (isStatus(pod)) {
      const message = `Error creating: ${pod.message}`;
      api.event(set, { type: "Warning", reason: "FailedCreate", message, component: "replicaset-controller" });
      return;
    }
    const message = `Created pod: ${pod.metadata.name}`;
    api.event(set, { type: "Normal", reason: "SuccessfulCreate", message, component: "replicaset-controller" });
  }
}

type Template = apps.ReplicaSetSpec["template"];

/** A pod out of a template, named after its owner. */
export function podFromTemplate(template: Template, owner: ReplicaSet | { metadata: ReplicaSet["metadata"] }): Draft {
  const { labels, annotations, finalizers } = template?.metadata ?? {};
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      generateName: `${owner.metadata.name}-`,
      namespace: owner.metadata.namespace as string,
      ...(labels === undefined ? {} : { labels: { ...labels } }),
      ...(annotations === undefined ? {} : { annotations: { ...annotations } }),
      ...(finalizers === undefined ? {} : { finalizers: [...finalizers] }),
      ownerReferences: [ownerReference(owner as ReplicaSet)],
    },
    spec: copyJson(template?.spec),
  } as Draft;
}

function deletePods(set: ReplicaSet, active: readonly Pod[], count: number, api: ControllerApi): void {
  for (const pod of [...active].sort(byWorth).slice(0, count)) {
    api.delete("Pod", { name: pod.metadata.name, namespace: pod.metadata.namespace as string });
    const message = `Deleted pod: ${pod.metadata.name}`;
    api.event(set, { type: "Normal", reason: "SuccessfulDelete", message, component: "replicaset-controller" });
  }
}

/** Gives the number of its pods. */
function updateStatus(set: ReplicaSet, api: ControllerApi): number {
  const wait = set.spec.minReadySeconds ?? 0;
  const now = api.clock.now();
  const pods = ownedBy<Pod>(api, set, "Pod");
  const active = pods.filter(isActive);
  const labels = labelsSelector(set.spec.template?.metadata?.labels ?? {});
  const ready = active.filter(isReady);
  const available = ready.filter((pod) => isAvailable(pod, wait, now));
  const pending = ready.filter((pod) => !available.includes(pod)).map((pod) => availableIn(pod, wait, now));
  if (pending.length > 0) api.after(Math.min(...pending), syncReplicaSet, keyOf(set));
  const ending = pods.filter((pod) => pod.metadata.deletionTimestamp !== undefined).length;
  api.changeStatus("ReplicaSet", set.metadata, (object) => {
    object.status = {
      replicas: active.length,
      fullyLabeledReplicas: active.filter((pod) => matches(labels, pod.metadata.labels)).length,
      readyReplicas: ready.length,
      availableReplicas: available.length,
      terminatingReplicas: ending,
      observedGeneration: set.metadata.generation ?? 0,
    } as ReplicaSet["status"];
  });
  return pods.length;
}
