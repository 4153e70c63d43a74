/** What keeps numbers of pods: PodDisruptionBudgets and HorizontalPodAutoscalers. */
import type { autoscaling, HorizontalPodAutoscaler, PodDisruptionBudget } from "../../kube/mod.ts";
import type { Session } from "../session.ts";
import { annotationLines, eventLines, labelLines, longTime, selectorText } from "./common.ts";
import { begin } from "./workloads.ts";

/** A PodDisruptionBudget. */
export function describeBudget(budget: PodDisruptionBudget, session: Session): string {
  const { spec, status } = budget;
  const writer = begin(budget);
  if (spec.minAvailable !== undefined) writer.line(`Min available:\t${spec.minAvailable}`);
  else if (spec.maxUnavailable !== undefined) writer.line(`Max unavailable:\t${spec.maxUnavailable}`);
  writer.lines(
    `Selector:\t${spec.selector === undefined ? "<unset>" : selectorText(spec.selector)}`,
    "Status:",
    `    Allowed disruptions:\t${status.disruptionsAllowed}`,
    `    Current:\t${status.currentHealthy}`,
    `    Desired:\t${status.desiredHealthy}`,
    `    Total:\t${status.expectedPods}`,
  );
  eventLines(writer, session, budget);
  return writer.text();
}

/** A HorizontalPodAutoscaler (autoscaling/v2). */
export function describeAutoscaler(autoscaler: HorizontalPodAutoscaler, session: Session): string {
  const { metadata, spec, status } = autoscaler;
  const { kind, name } = spec.scaleTargetRef;
  const writer = begin(autoscaler);
  labelLines(writer, "Labels", metadata.labels);
  annotationLines(writer, "Annotations", metadata.annotations);
  writer.lines(
    `CreationTimestamp:\t${longTime(metadata.creationTimestamp)}`,
    `Reference:\t${kind}/${name}`,
    "Metrics:\t( current / target )",
    ...(spec.metrics ?? []).map((metric, index) => metricLine(metric, status?.currentMetrics?.[index])),
    `Min replicas:\t${spec.minReplicas ?? "<unset>"}`,
    `Max replicas:\t${spec.maxReplicas}`,
    `${kind} pods:\t${status?.currentReplicas ?? 0} current / ${status?.desiredReplicas ?? 0} desired`,
  );
  const conditions = status?.conditions ?? [];
  if (conditions.length > 0) {
    writer.flush();
    writer.lines("Conditions:", "  Type\tStatus\tReason\tMessage", "  ----\t------\t------\t-------");
    for (const { type, status: is, reason, message } of conditions) {
      writer.line([type, is, reason ?? "", message ?? ""].join("\t"), 1);
    }
  }
  eventLines(writer, session, autoscaler);
  return writer.text();
}

function metricLine({ type, resource }: autoscaling.MetricSpec, current: autoscaling.MetricStatus | undefined): string {
  if (resource === undefined) return `  <unknown metric type ${JSON.stringify(type)}>`;
  const { name, target } = resource;
  const now = current?.resource?.current;
  if (target.averageValue !== undefined) {
    return `  resource ${name} on pods:\t${now?.averageValue ?? "<unknown>"} / ${target.averageValue}`;
  }
  const share = now?.averageUtilization === undefined
    ? "<unknown>"
    : `${now.averageUtilization}% (${now.averageValue})`;
  const wanted = target.averageUtilization === undefined ? "<auto>" : `${target.averageUtilization}%`;
  return `  resource ${name} on pods  (as a percentage of request):\t${share} / ${wanted}`;
}
