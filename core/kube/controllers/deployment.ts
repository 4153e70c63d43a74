import { LAST_APPLIED } from "../api/apply.ts";
import { isStatus } from "../api/types.ts";
import { copyOf, type Deployment, type Draft, keyOf, type Pod, type ReplicaSet } from "../objects/object.ts";
import { sameJson } from "../../base/mod.ts";
import { type Controller, type ControllerApi, splitKey } from "./controller.ts";
import { updateDeploymentStatus } from "./deployment_status.ts";
import { templateHash } from "./hash.ts";
import { enqueueOwners, ownedBy, ownerReference } from "./owners.ts";
import { maxSurge, newReplicas, oldReplicas } from "./rollout.ts";

/** Rolls a Deployment's template out: one ReplicaSet per template, the new one up as the old ones go down. */
export const deployments: Controller = (change, api) => {
  const { object } = change;
  if (object.kind === "Deployment") api.later(syncDeployment, keyOf(object));
  if (object.kind === "ReplicaSet") enqueueOwners(change, "Deployment", syncDeployment, api);
  if (object.kind === "Pod" && change.type === "DELETED") enqueueGrandparent(change.object as Pod, api);
};

/** Recreate waits for the last old pod to be gone. */
function enqueueGrandparent(pod: Pod, api: ControllerApi): void {
  const owner = pod.metadata.ownerReferences?.find(({ kind, controller }) => controller && kind === "ReplicaSet");
  const set = owner === undefined ? undefined : api.store.get("ReplicaSet", owner.name, pod.metadata.namespace);
  if (set !== undefined) {
    enqueueOwners({ type: "MODIFIED", object: set, version: 0 }, "Deployment", syncDeployment, api);
  }
}

const REVISION = "deployment.kubernetes.io/revision";
const DESIRED = "deployment.kubernetes.io/desired-replicas";
const MAX = "deployment.kubernetes.io/max-replicas";
const HASH = "pod-template-hash";
const NOT_COPIED = [LAST_APPLIED, REVISION, DESIRED, MAX];

function syncDeployment(key: string, api: ControllerApi): void {
  const { namespace, name } = splitKey(key);
  const deployment = api.store.get("Deployment", name, namespace);
  if (deployment === undefined) return;
  const all = () => ownedBy<ReplicaSet>(api, deployment, "ReplicaSet").sort(byCreation);
  if (deployment.metadata.deletionTimestamp === undefined) {
    const current = all().find((set) => sameTemplate(set, deployment)) ??
      (deployment.spec.paused ? undefined : createSet(deployment, all(), api));
    const old = all().filter(({ metadata }) => metadata.uid !== current?.metadata.uid);
    if (current !== undefined) annotate(deployment, current, old, api);
    if (deployment.spec.paused || current === undefined) scaleProportionally(deployment, all(), api);
    else if (deployment.spec.strategy?.type === "Recreate") recreate(deployment, current, old, api);
    else roll(deployment, current, old, api);
    if (!deployment.spec.paused) cleanUp(deployment, old, api);
  }
  updateDeploymentStatus(deployment, all(), (set) => sameTemplate(set, deployment), api);
}

function byCreation(a: ReplicaSet, b: ReplicaSet): number {
  const [left, right] = [a.metadata.creationTimestamp, b.metadata.creationTimestamp];
  return left === right ? revisionOf(a) - revisionOf(b) : left < right ? -1 : 1;
}

function sameTemplate({ spec }: ReplicaSet, deployment: Deployment): boolean {
  const template = copyOf(spec.template);
  delete template?.metadata?.labels?.[HASH];
  return sameJson(template, deployment.spec.template);
}

function revisionOf({ metadata }: ReplicaSet): number {
  return Number(metadata.annotations?.[REVISION] ?? 0);
}

function createSet(deployment: Deployment, all: readonly ReplicaSet[], api: ControllerApi): ReplicaSet | undefined {
  const { metadata, spec } = deployment;
  for (let collisions = deployment.status.collisionCount ?? 0; collisions < 100; collisions++) {
    const hash = templateHash(spec.template, collisions);
    const answer = api.create(draftSet(deployment, hash, all));
    if (!isStatus(answer)) {
      scaled(deployment, answer as ReplicaSet, 0, api);
      return answer as ReplicaSet;
    }
    if (answer.reason !== "AlreadyExists") {
      const message = `Failed to create new replica set "${metadata.name}-${hash}": ${answer.message}`;
      api.event(deployment, {
        type: "Warning",
        reason: "ReplicaSetCreateError",
        message,
        component: "deployment-controller",
      });
      return undefined;
    }
  }
  return undefined;
}

function draftSet(deployment: Deployment, hash: string, all: readonly ReplicaSet[]): Draft {
  const { metadata, spec } = deployment;
  const template = copyOf(spec.template);
  template.metadata = { ...template.metadata, labels: { ...template.metadata?.labels, [HASH]: hash } };
  const revision = Math.max(0, ...all.map(revisionOf)) + 1;
  return {
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    metadata: {
      name: `${metadata.name}-${hash}`,
      namespace: metadata.namespace as string,
      labels: { ...template.metadata.labels },
      annotations: { ...copied(deployment), ...limits(deployment), [REVISION]: String(revision) },
      ownerReferences: [ownerReference(deployment)],
    },
    spec: {
      replicas: newReplicas(deployment, undefined, all),
      ...(spec.minReadySeconds ? { minReadySeconds: spec.minReadySeconds } : {}),
      selector: { ...spec.selector, matchLabels: { ...spec.selector.matchLabels, [HASH]: hash } },
      template,
    },
  } as Draft;
}

function copied({ metadata }: Deployment): Record<string, string> {
  return Object.fromEntries(Object.entries(metadata.annotations ?? {}).filter(([key]) => !NOT_COPIED.includes(key)));
}

function limits(deployment: Deployment): Record<string, string> {
  const desired = deployment.spec.replicas ?? 0;
  return { [DESIRED]: String(desired), [MAX]: String(desired + maxSurge(deployment)) };
}

/** The new set has the highest revision, and the Deployment carries its number. */
function annotate(deployment: Deployment, current: ReplicaSet, old: readonly ReplicaSet[], api: ControllerApi): void {
  const revision = String(Math.max(revisionOf(current), Math.max(0, ...old.map(revisionOf)) + 1));
  const annotations = {
    ...current.metadata.annotations,
    ...copied(deployment),
    ...limits(deployment),
    [REVISION]: revision,
  };
  api.update({ ...current, metadata: { ...current.metadata, annotations } });
  if (deployment.metadata.annotations?.[REVISION] === revision) return;
  const fresh = api.store.get("Deployment", deployment.metadata.name, deployment.metadata.namespace) ?? deployment;
  const noted = { ...fresh.metadata.annotations, [REVISION]: revision };
  api.update({ ...fresh, metadata: { ...fresh.metadata, annotations: noted } });
}

function scale(deployment: Deployment, { metadata }: ReplicaSet, replicas: number, api: ControllerApi): void {
  const set = api.store.get("ReplicaSet", metadata.name, metadata.namespace);
  if (set === undefined || set.spec.replicas === replicas) return;
  const before = set.spec.replicas ?? 0;
  const answer = api.update({ ...set, spec: { ...set.spec, replicas } } as ReplicaSet);
  if (!isStatus(answer)) scaled(deployment, answer as ReplicaSet, before, api);
}

function scaled(deployment: Deployment, { metadata, spec }: ReplicaSet, before: number, api: ControllerApi): void {
  const now = spec.replicas ?? 0;
  if (now === before) return;
  const message = `Scaled ${now > before ? "up" : "down"} replica set ${metadata.name} from ${before} to ${now}`;
  api.event(deployment, { type: "Normal", reason: "ScalingReplicaSet", message, component: "deployment-controller" });
}

/** A paused Deployment still follows its replica count: the one set that has pods gets it. */
function scaleProportionally(deployment: Deployment, sets: readonly ReplicaSet[], api: ControllerApi): void {
  const active = sets.filter(({ spec }) => (spec.replicas ?? 0) > 0);
  const target = active.length === 1 ? active[0] : active.length === 0 ? sets.at(-1) : undefined;
  if (target !== undefined) scale(deployment, target, deployment.spec.replicas ?? 0, api);
}

function recreate(deployment: Deployment, current: ReplicaSet, old: readonly ReplicaSet[], api: ControllerApi): void {
  for (const set of old) scale(deployment, set, 0, api);
  const left = old.some((set) => ownedBy<Pod>(api, set, "Pod").some(({ status }) => status.phase !== "Succeeded"));
  if (!left) scale(deployment, current, deployment.spec.replicas ?? 0, api);
}

function roll(deployment: Deployment, current: ReplicaSet, old: readonly ReplicaSet[], api: ControllerApi): void {
  const fresh = () =>
    [current, ...old].map(({ metadata }) => api.store.get("ReplicaSet", metadata.name, metadata.namespace))
      .filter((set) => set !== undefined);
  const mine = () => fresh().find(({ metadata }) => metadata.uid === current.metadata.uid) ?? current;
  scale(deployment, current, newReplicas(deployment, mine(), fresh()), api);
  const others = fresh().filter(({ metadata }) => metadata.uid !== current.metadata.uid);
  for (const [set, replicas] of oldReplicas(deployment, mine(), others)) scale(deployment, set, replicas, api);
}

/** Keeps only as many empty old sets as the history limit says. */
function cleanUp(deployment: Deployment, old: readonly ReplicaSet[], api: ControllerApi): void {
  const limit = deployment.spec.revisionHistoryLimit ?? 10;
  const done = (deployment.status.updatedReplicas ?? 0) === (deployment.spec.replicas ?? 0) &&
    (deployment.status.replicas ?? 0) === (deployment.spec.replicas ?? 0);
  const empty = old.filter(({ spec, status }) => (spec.replicas ?? 0) === 0 && (status.replicas ?? 0) === 0);
  if (!done || empty.length <= limit) return;
  for (const { metadata } of [...empty].sort((a, b) => revisionOf(a) - revisionOf(b)).slice(0, empty.length - limit)) {
    api.delete("ReplicaSet", { name: metadata.name, namespace: metadata.namespace as string });
  }
}
