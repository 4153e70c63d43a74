import type { apps, Deployment, ReplicaSet } from "../objects/object.ts";
import type { ControllerApi } from "./controller.ts";
import { maxUnavailable } from "./rollout.ts";

interface Counts {
  readonly total: number;
  readonly updated: number;
  readonly ready: number;
  readonly available: number;
  readonly ending: number;
}

function count(sets: readonly ReplicaSet[], current: ReplicaSet | undefined): Counts {
  const sum = (field: "replicas" | "readyReplicas" | "availableReplicas") =>
    sets.reduce((all, { status }) => all + (status[field] ?? 0), 0);
  const ending = sets.reduce(
    (all, { status }) => all + ((status as { terminatingReplicas?: number }).terminatingReplicas ?? 0),
    0,
  );
  return {
    total: sum("replicas"),
    updated: current?.status.replicas ?? 0,
    ready: sum("readyReplicas"),
    available: sum("availableReplicas"),
    ending,
  };
}

/** Writes down how far a Deployment's rollout is. */
export function updateDeploymentStatus(
  deployment: Deployment,
  sets: readonly ReplicaSet[],
  isCurrent: (set: ReplicaSet) => boolean,
  api: ControllerApi,
): void {
  const current = sets.find(isCurrent);
  const counts = count(sets, current);
  const wanted = deployment.spec.replicas ?? 0;
  const { generation } =
    api.store.get("Deployment", deployment.metadata.name, deployment.metadata.namespace)?.metadata ?? {};
  api.changeStatus("Deployment", deployment.metadata, (object) => {
    object.status = {
      observedGeneration: generation ?? 0,
      replicas: counts.total,
      updatedReplicas: counts.updated,
      readyReplicas: counts.ready,
      availableReplicas: counts.available,
      unavailableReplicas: Math.max(0, Math.max(counts.total, wanted) - counts.available),
      terminatingReplicas: counts.ending,
      ...(object.status.collisionCount === undefined ? {} : { collisionCount: object.status.collisionCount }),
      conditions: conditions(object, counts, current, api.timestamp()),
    } as Deployment["status"];
  });
}

type Condition = apps.DeploymentCondition;

function conditions(deployment: Deployment, counts: Counts, current: ReplicaSet | undefined, now: string): Condition[] {
  const old = deployment.status.conditions ?? [];
  const wanted = deployment.spec.replicas ?? 0;
  const enough = counts.available >= wanted - maxUnavailable(deployment);
  const availability = enough
    ? condition("Available", "True", "MinimumReplicasAvailable", "Deployment has minimum availability.")
    : condition("Available", "False", "MinimumReplicasUnavailable", "Deployment does not have minimum availability.");
  const progress = progressing(deployment, counts, current, old);
  const next = [availability, ...(progress === undefined ? [] : [progress])].map((one) => keepTimes(one, old, now));
  return old.length > 0 && old[0]?.type === "Progressing" ? [...next].reverse() : next;
}

function condition(type: string, status: string, reason: string, message: string): Condition {
  return { type, status, reason, message } as Condition;
}

function progressing(
  deployment: Deployment,
  counts: Counts,
  current: ReplicaSet | undefined,
  old: readonly Condition[],
): Condition | undefined {
  const was = old.find(({ type }) => type === "Progressing");
  if (deployment.spec.paused) {
    return condition("Progressing", "Unknown", "DeploymentPaused", "Deployment is paused");
  }
  if (current === undefined) return was;
  const name = current.metadata.name;
  const wanted = deployment.spec.replicas ?? 0;
  const complete = counts.updated === wanted && counts.total === wanted && counts.available === wanted;
  if (complete) {
    return condition(
      "Progressing",
      "True",
      "NewReplicaSetAvailable",
      `ReplicaSet "${name}" has successfully progressed.`,
    );
  }
  if (was?.reason === "NewReplicaSetAvailable" && was.message?.includes(`"${name}"`)) return was;
  const moved = counts.updated > 0 || (deployment.status.updatedReplicas ?? 0) > 0;
  return moved
    ? condition("Progressing", "True", "ReplicaSetUpdated", `ReplicaSet "${name}" is progressing.`)
    : condition("Progressing", "True", "NewReplicaSetCreated", `Created new replica set "${name}"`);
}

/** A condition that says the same keeps its times; a new status has a new transition time. */
function keepTimes(next: Condition, old: readonly Condition[], now: string): Condition {
  const before = old.find(({ type }) => type === next.type);
  if (
    before !== undefined && before.status === next.status && before.reason === next.reason &&
    before.message === next.message
  ) {
    return before;
  }
  const lastTransitionTime = before?.status === next.status ? before.lastTransitionTime as string : now;
  return { ...next, lastUpdateTime: now, lastTransitionTime };
}
