/** How many replicas each ReplicaSet of a Deployment gets next, within what may be missing and what may be too many. */
import type { Deployment, ReplicaSet } from "../objects/object.ts";

/** A count or a percentage of the replicas, rounded up or down. */
export function portion(value: number | string | undefined, total: number, roundUp: boolean): number {
  if (typeof value === "number") return value;
  const percent = Number((value ?? "0%").replace("%", "")) * total / 100;
  return roundUp ? Math.ceil(percent) : Math.floor(percent);
}

function isRolling({ spec }: Deployment): boolean {
  return spec.strategy?.type !== "Recreate";
}

/** How many pods there may be too many while rolling. */
export function maxSurge(deployment: Deployment): number {
  if (!isRolling(deployment)) return 0;
  return portion(deployment.spec.strategy?.rollingUpdate?.maxSurge, deployment.spec.replicas ?? 0, true);
}

/** How many pods may be missing while rolling; at least one where none may be too many. */
export function maxUnavailable(deployment: Deployment): number {
  const replicas = deployment.spec.replicas ?? 0;
  if (!isRolling(deployment) || replicas === 0) return 0;
  const allowed = portion(deployment.spec.strategy?.rollingUpdate?.maxUnavailable, replicas, false);
  const either = allowed === 0 && maxSurge(deployment) === 0 ? 1 : allowed;
  return Math.min(either, replicas);
}

const total = (sets: readonly ReplicaSet[]): number => sets.reduce((sum, { spec }) => sum + (spec.replicas ?? 0), 0);

/** What the new set should have: as much as the surge leaves room for. `current` is undefined while it is being made. */
export function newReplicas(
  deployment: Deployment,
  current: ReplicaSet | undefined,
  all: readonly ReplicaSet[],
): number {
  const wanted = deployment.spec.replicas ?? 0;
  const own = current?.spec.replicas ?? 0;
  if (!isRolling(deployment)) return total(all.filter((set) => set !== current)) === 0 ? wanted : own;
  const room = wanted + maxSurge(deployment) - total(all);
  if (own >= wanted) return wanted;
  return room <= 0 ? own : own + Math.min(room, wanted - own);
}

/** What the old sets should have: first their unhealthy pods go, then as many as may be missing. */
export function oldReplicas(
  deployment: Deployment,
  current: ReplicaSet,
  old: readonly ReplicaSet[],
): [set: ReplicaSet, replicas: number][] {
  const wanted = deployment.spec.replicas ?? 0;
  const floor = wanted - maxUnavailable(deployment);
  const unready = (current.spec.replicas ?? 0) - (current.status.availableReplicas ?? 0);
  let budget = total([current, ...old]) - floor - unready;
  if (budget <= 0) return [];
  const left = new Map(old.map((set) => [set, set.spec.replicas ?? 0]));
  for (const set of old) {
    const unhealthy = (left.get(set) ?? 0) - (set.status.availableReplicas ?? 0);
    const go = Math.max(0, Math.min(budget, unhealthy));
    left.set(set, (left.get(set) ?? 0) - go);
    budget -= go;
  }
  const available = [current, ...old].reduce((sum, { status }) => sum + (status.availableReplicas ?? 0), 0);
  let spare = available - floor;
  for (const set of old) {
    const go = Math.max(0, Math.min(spare, left.get(set) ?? 0));
    left.set(set, (left.get(set) ?? 0) - go);
    spare -= go;
  }
  return [...left];
}
