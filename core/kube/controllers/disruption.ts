import { keyOf, type KubeObject, type Pod, type PodDisruptionBudget } from "../objects/object.ts";
import { matches, selectorOf } from "../store/selector.ts";
import type { Store } from "../store/store.ts";
import { type Controller, type ControllerApi, splitKey } from "./controller.ts";
import { controllerOf } from "./owners.ts";
import { isActive, isReady } from "./pods.ts";
import { portion } from "./rollout.ts";

/** Counts for every budget how many of its pods may go at once. */
export const disruption: Controller = ({ object, old }, api) => {
  if (object.kind === "PodDisruptionBudget") api.later(syncBudget, keyOf(object));
  if (object.kind !== "Pod") return;
  for (const budget of budgetsOf(api.store, object as Pod)) api.later(syncBudget, keyOf(budget));
  if (old !== undefined) {
    for (const budget of budgetsOf(api.store, old as Pod)) {
      api.later(syncBudget, keyOf(budget));
    }
  }
};

/** The budgets a pod counts for. */
export function budgetsOf(store: Store, { metadata }: Pod): PodDisruptionBudget[] {
  const all = store.list("PodDisruptionBudget", { namespace: metadata.namespace ?? "" });
  return all.filter(({ spec }) => spec.selector !== undefined && matches(selectorOf(spec.selector), metadata.labels));
}

function syncBudget(key: string, api: ControllerApi): void {
  const { namespace, name } = splitKey(key);
  const budget = api.store.get("PodDisruptionBudget", name, namespace);
  if (budget === undefined) return;
  const selector = selectorOf(budget.spec.selector);
  const pods = api.store.list("Pod", { namespace }).filter((pod) =>
    isActive(pod) && matches(selector, pod.metadata.labels)
  );
  const { expected, desired } = expectation(budget, pods, api);
  const healthy = pods.filter(isReady).length;
  const allowed = expected <= 0 ? 0 : Math.max(0, healthy - desired);
  const now = api.timestamp();
  api.changeStatus("PodDisruptionBudget", { name, namespace }, (object) => {
    const { status, metadata } = object as PodDisruptionBudget;
    const [condition] = status.conditions ?? [];
    const state = allowed > 0 ? "True" : "False";
    Object.assign(status, {
      observedGeneration: metadata.generation,
      disruptionsAllowed: allowed,
      currentHealthy: healthy,
      desiredHealthy: desired,
      expectedPods: expected,
      conditions: [{
        type: "DisruptionAllowed",
        status: state,
        observedGeneration: metadata.generation,
        lastTransitionTime: condition?.status === state ? condition.lastTransitionTime : now,
        reason: allowed > 0 ? "SufficientPods" : "InsufficientPods",
        message: "",
      }],
    });
  });
}

/** How many pods there should be, and how many of them have to stay. */
function expectation(
  { spec }: PodDisruptionBudget,
  pods: readonly Pod[],
  api: ControllerApi,
): { expected: number; desired: number } {
  const { minAvailable, maxUnavailable } = spec;
  if (maxUnavailable !== undefined) {
    const expected = wantedReplicas(pods, api);
    return { expected, desired: Math.max(0, expected - portion(maxUnavailable, expected, true)) };
  }
  if (typeof minAvailable === "string") {
    const expected = wantedReplicas(pods, api);
    return { expected, desired: portion(minAvailable, expected, true) };
  }
  return { expected: pods.length, desired: minAvailable ?? 0 };
}

/** What the pods' owners ask for together; a ReplicaSet's own owner counts once. */
function wantedReplicas(pods: readonly Pod[], api: ControllerApi): number {
  const owners = new Map<string, number>();
  for (const pod of pods) {
    const reference = controllerOf(pod);
    if (reference === undefined) continue;
    const owner = api.store.get(reference.kind, reference.name, pod.metadata.namespace) as Scaled | undefined;
    const above = owner === undefined ? undefined : controllerOf(owner);
    const top = above === undefined
      ? owner
      : api.store.get(above.kind, above.name, pod.metadata.namespace) as Scaled | undefined;
    if (top !== undefined) owners.set(top.metadata.uid, top.spec?.replicas ?? 1);
  }
  return [...owners.values()].reduce((sum, count) => sum + count, 0);
}

type Scaled = KubeObject & { spec?: { replicas?: number } };
