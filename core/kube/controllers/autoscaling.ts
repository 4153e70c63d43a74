/**
 * How many replicas a metric asks for, and how fast a count may change (pkg/controller/podautoscaler).
 *
 *     ratio = what the pods use / what they should; within a tenth of 1 nothing changes
 *     wanted = ceil(ratio * pods that are ready)
 */
import type { Usage } from "../api/metrics.ts";
import type { autoscaling, Pod } from "../objects/object.ts";
import { amount } from "./node_load.ts";
import { isReady } from "./pods.ts";

/** What came of a metric: how many replicas it wants, and what it shows; or why not. */
export type Reading =
  | {
    readonly wanted: number;
    readonly current: { averageUtilization?: number; averageValue: string };
    readonly name: string;
  }
  | { readonly problem: string; readonly reason: string };

const TOLERANCE = 0.1;

/** Reads one metric for pods of which so many are wanted now. */
export function readMetric(
  metric: autoscaling.MetricSpec,
  pods: readonly Pod[],
  { replicas, usage }: { readonly replicas: number; usage(pod: Pod): ReadonlyMap<string, Usage> | undefined },
): Reading {
  const resource = metric.type === "ContainerResource" ? metric.containerResource : metric.resource;
  if (resource === undefined || !["Resource", "ContainerResource"].includes(metric.type)) {
    const api = metric.type === "External" ? "external" : "custom";
    const why =
      `unable to fetch metrics from ${api} metrics API: no ${api} metrics API (${api}.metrics.k8s.io) registered`;
    return { problem: `unable to get metric: ${why}`, reason: `FailedGet${metric.type}Metric` };
  }
  const container = metric.containerResource?.container;
  const measure = resource.name as keyof Usage;
  const what = resource.target.averageUtilization === undefined
    ? "resource metric value"
    : `${resource.name} utilization`;
  const fail = (why: string): Reading => ({
    problem: `failed to get ${what}: ${why}`,
    reason: `FailedGet${metric.type}Metric`,
  });
  const measured = pods.map((pod) => ({ pod, used: used(usage(pod), measure, container) }));
  const known = measured.filter(({ used }) => used !== undefined) as readonly { pod: Pod; used: number }[];
  if (known.length === 0) {
    return fail(`unable to get metrics for resource ${resource.name}: no metrics returned from resource metrics API`);
  }
  const { averageUtilization, averageValue } = resource.target;
  const name = `${resource.name} resource ${
    averageUtilization === undefined ? "" : "utilization (percentage of request)"
  }`;
  if (averageUtilization === undefined) {
    const target = amount(averageValue, resource.name === "cpu" ? 1000 : 1);
    const total = known.reduce((sum, { used }) => sum + used, 0);
    const wanted = within(total / (target * replicas)) ? replicas : Math.ceil(total / target);
    return { wanted, current: { averageValue: print(measure, total / known.length) }, name: name.trim() };
  }
  const asked = new Map(known.map(({ pod }) => [pod, requestOf(pod, measure, container)]));
  const [silent] = [...asked].filter(([, request]) => typeof request === "string");
  if (silent !== undefined) return fail(`missing request for ${resource.name} in ${silent[1]}`);
  const percent = (of: readonly { pod: Pod; used: number }[]) =>
    100 * of.reduce((sum, { used }) => sum + used, 0) /
    of.reduce((sum, { pod }) => sum + (asked.get(pod) as number), 0);
  const ready = known.filter(({ pod }) => isReady(pod));
  const counted = ready.length === 0 ? known : ready;
  const now = percent(counted);
  const current = {
    averageUtilization: Math.floor(now),
    averageValue: print(measure, counted.reduce((sum, { used }) => sum + used, 0) / counted.length),
  };
  return {
    wanted: replicasFor(now / averageUtilization, { replicas, ready: counted.length, all: pods.length }),
    current,
    name,
  };
}

/** Pods that are not ready yet count as idle when more are wanted, so that a start is not answered by a start. */
function replicasFor(
  ratio: number,
  { replicas, ready, all }: { readonly replicas: number; readonly ready: number; readonly all: number },
): number {
  const starting = all - ready;
  if (starting === 0 || ratio <= 1) return within(ratio) ? replicas : Math.ceil(ratio * ready);
  const damped = ratio * ready / all;
  if (within(damped) || damped < 1) return replicas;
  return Math.max(replicas, Math.ceil(damped * all));
}

function within(ratio: number): boolean {
  return Math.abs(ratio - 1) <= TOLERANCE;
}

function used(
  usage: ReadonlyMap<string, Usage> | undefined,
  resource: keyof Usage,
  container: string | undefined,
): number | undefined {
  if (usage === undefined) return undefined;
  if (container !== undefined) return usage.get(container)?.[resource];
  return [...usage.values()].reduce((sum, one) => sum + one[resource], 0);
}

/** What a pod's containers ask for together; which one does not say, in words. */
function requestOf(
  { metadata, spec }: Pod,
  resource: keyof Usage,
  container: string | undefined,
): number | string {
  let sum = 0;
  for (const { name, resources } of spec.containers) {
    if (container !== undefined && container !== name) continue;
    const request = (resources?.requests as Record<string, string> | undefined)?.[resource];
    if (request === undefined) return `container ${name} of Pod ${metadata.name}`;
    sum += amount(request, resource === "cpu" ? 1000 : 1);
  }
  return sum;
}

function print(resource: keyof Usage, value: number): string {
  return resource === "cpu" ? `${Math.round(value)}m` : String(Math.round(value));
}

/** A change of the count, so many milliseconds after 1970. */
export interface ScaleChange {
  readonly at: number;
  readonly by: number;
}

const UP: autoscaling.HPAScalingRules = {
  policies: [{ type: "Pods", value: 4, periodSeconds: 15 }, { type: "Percent", value: 100, periodSeconds: 15 }],
};
const DOWN: autoscaling.HPAScalingRules = {
  stabilizationWindowSeconds: 300,
  policies: [{ type: "Percent", value: 100, periodSeconds: 15 }],
};

/** The rules of a direction with the server's defaults. */
export function rulesOf(
  direction: "up" | "down",
  given: autoscaling.HPAScalingRules = {},
): autoscaling.HPAScalingRules {
  return { ...(direction === "up" ? UP : DOWN), ...given };
}

/** The furthest count that the policies allow from `replicas`, given what changed lately. */
export function farthest(
  direction: "up" | "down",
  { replicas, now, changes, rules }: {
    readonly replicas: number;
    readonly now: number;
    readonly changes: readonly ScaleChange[];
    readonly rules: autoscaling.HPAScalingRules;
  },
): number {
  if (rules.selectPolicy === "Disabled") return replicas;
  const sign = direction === "up" ? 1 : -1;
  const limits = (rules.policies ?? []).map(({ type, value, periodSeconds }) => {
    const lately = changes.filter(({ at, by }) => at > now - periodSeconds * 1000 && Math.sign(by) === sign);
    const start = replicas - lately.reduce((sum, { by }) => sum + by, 0);
    if (type === "Pods") return start + sign * value;
    const share = start * (1 + sign * value / 100);
    return direction === "up" ? Math.ceil(share) : Math.floor(share);
  });
  const widest = (rules.selectPolicy ?? "Max") === "Max";
  return (direction === "up") === widest ? Math.max(...limits) : Math.min(...limits);
}
