import { copyJson } from "../../base/mod.ts";
import { isStatus } from "../api/types.ts";
import { type core, type Draft, keyOf, type Pod, type StatefulSet } from "../objects/object.ts";
import { type Controller, type ControllerApi, splitKey } from "./controller.ts";
import { enqueueOwners, ownedBy } from "./owners.ts";
import { isAvailable, isReady, isTerminal } from "./pods.ts";
import { podFromTemplate } from "./replicaset.ts";
import { currentRevision } from "./revision.ts";

/** Keeps a StatefulSet's pods: each with its number, started and ended in order. */
export const statefulSets: Controller = (change, api) => {
  if (change.object.kind === "StatefulSet") api.later(syncStatefulSet, keyOf(change.object));
  if (change.object.kind === "Pod") enqueueOwners(change, "StatefulSet", syncStatefulSet, api);
};

const REVISION = "controller-revision-hash";
const COMPONENT = "statefulset-controller";

function syncStatefulSet(key: string, api: ControllerApi): void {
  const { namespace, name } = splitKey(key);
  const set = api.store.get("StatefulSet", name, namespace);
  if (set === undefined) return;
  const revision = currentRevision(set, api);
  if (set.metadata.deletionTimestamp === undefined) step(set, revision.name, api);
  updateStatus(set, revision.name, api);
}

function ordinalOf(set: StatefulSet, { metadata }: Pod): number {
  return Number(metadata.name.slice(set.metadata.name.length + 1));
}

/** One move at a time where order matters: the first thing that is not as it should be. */
function step(set: StatefulSet, revision: string, api: ControllerApi): void {
  const start = set.spec.ordinals?.start ?? 0;
  const end = start + (set.spec.replicas ?? 0);
  const parallel = set.spec.podManagementPolicy === "Parallel";
  const pods = new Map(ownedBy<Pod>(api, set, "Pod").map((pod) => [ordinalOf(set, pod), pod]));
  for (let ordinal = start; ordinal < end; ordinal++) {
    const pod = pods.get(ordinal);
    if (pod === undefined) create(set, ordinal, wantedRevision(set, ordinal, revision), api);
    else if (isTerminal(pod) && pod.metadata.deletionTimestamp === undefined) remove(set, pod, api);
    else if (pod.metadata.deletionTimestamp === undefined && isReady(pod)) continue;
    if (!parallel) return;
  }
  const extra = [...pods].filter(([ordinal]) => ordinal < start || ordinal >= end).sort(([a], [b]) => b - a);
  for (const [, pod] of extra) {
    if (pod.metadata.deletionTimestamp === undefined) remove(set, pod, api);
    if (!parallel) return;
  }
  if (extra.length === 0 && set.spec.updateStrategy?.type !== "OnDelete") update(set, pods, revision, api);
}

/** Pods below the partition keep the revision they were made with. */
function wantedRevision(set: StatefulSet, ordinal: number, revision: string): string {
  const start = set.spec.ordinals?.start ?? 0;
  const partition = set.spec.updateStrategy?.rollingUpdate?.partition ?? 0;
  return ordinal - start < partition ? set.status.currentRevision ?? revision : revision;
}

/** Replaces pods of older revisions, from the highest number down, one after the other. */
function update(set: StatefulSet, pods: ReadonlyMap<number, Pod>, revision: string, api: ControllerApi): void {
  const start = set.spec.ordinals?.start ?? 0;
  const partition = set.spec.updateStrategy?.rollingUpdate?.partition ?? 0;
  for (const [ordinal, pod] of [...pods].sort(([a], [b]) => b - a)) {
    if (ordinal - start < partition) return;
    if (pod.metadata.labels?.[REVISION] !== revision) {
      if (pod.metadata.deletionTimestamp === undefined) remove(set, pod, api);
      return;
    }
    if (!isReady(pod)) return;
  }
}

function create(set: StatefulSet, ordinal: number, revision: string, api: ControllerApi): void {
  const answer = api.create(podOf(set, ordinal, revision));
  const name = `${set.metadata.name}-${ordinal}`;
  const words = isStatus(answer)
    ? `Create Pod ${name} in StatefulSet ${set.metadata.name} failed: ${answer.message}`
    : `Create Pod ${name} in StatefulSet ${set.metadata.name} successful`;
  const [type, reason] = isStatus(answer)
    ? ["Warning", "FailedCreate"] as const
    : ["Normal", "SuccessfulCreate"] as const;
  api.event(set, { type, reason, message: words, component: COMPONENT });
}

function remove(set: StatefulSet, pod: Pod, api: ControllerApi): void {
  const { name, namespace } = pod.metadata;
  api.delete("Pod", { name, namespace: namespace as string });
  const message = `Delete Pod ${name} in StatefulSet ${set.metadata.name} successful`;
  api.event(set, { type: "Normal", reason: "SuccessfulDelete", message, component: COMPONENT });
}

function podOf(set: StatefulSet, ordinal: number, revision: string): Draft {
  const name = `${set.metadata.name}-${ordinal}`;
  const { generateName: _generated, ...metadata } = podFromTemplate(set.spec.template, set as never).metadata;
  const spec = copyJson(set.spec.template.spec) as core.PodSpec;
  const claims = (set.spec.volumeClaimTemplates ?? []).map((claim) => claim.metadata?.name ?? "");
  const others = (spec.volumes ?? []).filter((volume) => !claims.includes(volume.name));
  const volumes = claims.map((claim) => ({ name: claim, persistentVolumeClaim: { claimName: `${claim}-${name}` } }));
  if (claims.length > 0) spec.volumes = [...others, ...volumes];
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      ...metadata,
      name,
      generateName: `${set.metadata.name}-`,
      labels: {
        ...metadata.labels,
        "apps.kubernetes.io/pod-index": String(ordinal),
        [REVISION]: revision,
        "statefulset.kubernetes.io/pod-name": name,
      },
    },
    spec: { ...spec, hostname: name, ...(set.spec.serviceName ? { subdomain: set.spec.serviceName } : {}) },
  } as Draft;
}

function updateStatus(set: StatefulSet, revision: string, api: ControllerApi): void {
  const pods = ownedBy<Pod>(api, set, "Pod");
  const now = api.clock.now();
  const ready = pods.filter((pod) => isReady(pod));
  const updated = pods.filter((pod) => pod.metadata.labels?.[REVISION] === revision);
  const replicas = set.spec.replicas ?? 0;
  const done = updated.length === replicas && ready.length === replicas && pods.length === replicas;
  const currentRevision = done ? revision : set.status.currentRevision ?? revision;
  const current = pods.filter((pod) => pod.metadata.labels?.[REVISION] === currentRevision);
  api.changeStatus("StatefulSet", set.metadata, (object) => {
    object.status = {
      observedGeneration: set.metadata.generation ?? 0,
      replicas: pods.length,
      readyReplicas: ready.length,
      currentReplicas: current.length,
      updatedReplicas: updated.length,
      currentRevision,
      updateRevision: revision,
      collisionCount: 0,
      availableReplicas: pods.filter((pod) => isAvailable(pod, set.spec.minReadySeconds ?? 0, now)).length,
    };
  });
}
