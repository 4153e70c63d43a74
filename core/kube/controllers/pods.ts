import type { core, Pod } from "../objects/object.ts";

/** A condition of a pod's status. */
export function podCondition({ status }: Pod, type: string): core.PodCondition | undefined {
  return (status.conditions ?? []).find((one) => one.type === type);
}

/** Whether a pod may get traffic. */
export function isReady(pod: Pod): boolean {
  return podCondition(pod, "Ready")?.status === "True";
}

/** Whether a phase is one pods end in. */
export function isTerminalPhase(phase: string | undefined): boolean {
  return phase === "Failed" || phase === "Succeeded";
}

/** Whether a pod has ended for good. */
export function isTerminal({ status }: Pod): boolean {
  return isTerminalPhase(status.phase);
}

/** Whether a pod counts as one of its controller's: neither ended nor being deleted. */
export function isActive(pod: Pod): boolean {
  return !isTerminal(pod) && pod.metadata.deletionTimestamp === undefined;
}

/** Whether a pod has been ready for long enough; `now` in milliseconds. */
export function isAvailable(pod: Pod, minReadySeconds: number, now: number): boolean {
  return isReady(pod) && availableIn(pod, minReadySeconds, now) <= 0;
}

/** Milliseconds until a ready pod counts as available. */
export function availableIn(pod: Pod, minReadySeconds: number, now: number): number {
  const since = podCondition(pod, "Ready")?.lastTransitionTime;
  return minReadySeconds === 0 || since === undefined ? 0 : Date.parse(since) + minReadySeconds * 1000 - now;
}

/** Orders pods so that those to be deleted first stand first: without node, not running, not ready, youngest. */
export function byWorth(a: Pod, b: Pod): number {
  return compare(bound(a), bound(b)) || compare(phase(a), phase(b)) ||
    compare(Number(isReady(a)), Number(isReady(b))) ||
    byReadyTime(a, b) || restarts(b) - restarts(a) || byAge(b, a);
}

function compare(a: number, b: number): number {
  return a - b;
}

const bound = ({ spec }: Pod): number => (spec.nodeName ? 1 : 0);
const phase = ({ status }: Pod): number => ({ Pending: 0, Unknown: 1, Running: 2 })[status.phase ?? ""] ?? 2;
const restarts = ({ status }: Pod): number =>
  Math.max(0, ...(status.containerStatuses ?? []).map((one) => one.restartCount));

function byReadyTime(a: Pod, b: Pod): number {
  const [left, right] = [a, b].map((pod) => podCondition(pod, "Ready")?.lastTransitionTime ?? "") as [string, string];
  return left === right ? 0 : left > right ? -1 : 1;
}

function byAge(a: Pod, b: Pod): number {
  const [left, right] = [a.metadata.creationTimestamp, b.metadata.creationTimestamp];
  return left === right ? 0 : left < right ? -1 : 1;
}
