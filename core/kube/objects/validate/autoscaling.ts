import { forbidden, invalid, type Issue, required, unsupported } from "../issue.ts";
import type { autoscaling, HorizontalPodAutoscaler } from "../object.ts";
import { parseQuantity } from "../quantity.ts";

/** What is wrong with a HorizontalPodAutoscaler beyond its metadata. */
export function validateAutoscaler({ spec }: HorizontalPodAutoscaler): Issue[] {
  const { minReplicas, maxReplicas, scaleTargetRef, metrics = [], behavior = {} } = spec;
  return [
    ...(minReplicas !== undefined && minReplicas < 1
      ? [invalid("spec.minReplicas", minReplicas, "must be greater than or equal to 1")]
      : []),
    ...(maxReplicas < 1 ? [invalid("spec.maxReplicas", maxReplicas, "must be greater than 0")] : []),
    ...(minReplicas !== undefined && maxReplicas < minReplicas
      ? [invalid("spec.maxReplicas", maxReplicas, "must be greater than or equal to `minReplicas`")]
      : []),
    ...(scaleTargetRef.kind === "" ? [required("spec.scaleTargetRef.kind")] : []),
    ...(scaleTargetRef.name === "" ? [required("spec.scaleTargetRef.name")] : []),
    ...metrics.flatMap((metric, i) => metricIssues(metric, `spec.metrics[${i}]`)),
    ...(["scaleUp", "scaleDown"] as const).flatMap((way) => rulesIssues(behavior[way], `spec.behavior.${way}`)),
  ];
}

/** Types of metrics with the field each is described in. */
const SOURCES: Readonly<Record<string, keyof autoscaling.MetricSpec>> = {
  ContainerResource: "containerResource",
  External: "external",
  Object: "object",
  Pods: "pods",
  Resource: "resource",
};

function metricIssues(metric: autoscaling.MetricSpec, field: string): Issue[] {
  const { type } = metric;
  if (type === "") return [required(`${field}.type`, "must specify a metric source type")];
  const source = SOURCES[type];
  if (source === undefined) return [unsupported(`${field}.type`, type, Object.keys(SOURCES))];
  const others = Object.values(SOURCES).filter((one) => one !== source && metric[one] !== undefined);
  if (metric[source] === undefined) {
    return [required(`${field}.${source}`, `must populate information for the given metric source`)];
  }
  return [
    ...others.map((other) => forbidden(`${field}.${other}`, `must populate the given metric source only`)),
    ...(source === "resource" || source === "containerResource"
      ? sourceIssues(metric[source] as autoscaling.ResourceMetricSource, `${field}.${source}`)
      : []),
  ];
}

function sourceIssues({ name, target }: autoscaling.ResourceMetricSource, field: string): Issue[] {
  const { averageUtilization, averageValue } = target;
  const at = `${field}.target`;
  const positive = averageValue === undefined || (parseQuantity(averageValue)?.nano ?? 0n) > 0n;
  return [
    ...(name === "" ? [required(`${field}.name`, "must specify a resource name")] : []),
    ...(target.type === "" ? [required(`${at}.type`, "must specify a metric target type")] : []),
    ...(["", "AverageValue", "Utilization", "Value"].includes(target.type)
      ? []
      : [invalid(`${at}.type`, target.type, "must be either Utilization, Value, or AverageValue")]),
    ...(averageUtilization !== undefined && averageUtilization < 1
      ? [invalid(`${at}.averageUtilization`, averageUtilization, "must be greater than 0")]
      : []),
    ...(averageUtilization === undefined && averageValue === undefined
      ? [required(`${at}.averageUtilization`, "must set either a target raw value or a target utilization")]
      : []),
    ...(averageUtilization !== undefined && averageValue !== undefined
      ? [forbidden(`${at}.averageValue`, "may not set both a target raw value and a target utilization")]
      : []),
    ...(positive ? [] : [invalid(`${at}.averageValue`, averageValue, "must be positive")]),
  ];
}

const LONGEST_WINDOW = 3600;
const LONGEST_PERIOD = 1800;

function rulesIssues(rules: autoscaling.HPAScalingRules | undefined, field: string): Issue[] {
  if (rules === undefined) return [];
  const { stabilizationWindowSeconds: window, selectPolicy, policies } = rules;
  const range = (value: number, at: string, most: number) => [
    ...(value <= 0 && most === LONGEST_PERIOD ? [invalid(at, value, "must be greater than zero")] : []),
    ...(value < 0 && most === LONGEST_WINDOW ? [invalid(at, value, "must be greater than or equal to zero")] : []),
    ...(value > most ? [invalid(at, value, `must be less than or equal to ${most}`)] : []),
  ];
  return [
    ...(window === undefined ? [] : range(window, `${field}.stabilizationWindowSeconds`, LONGEST_WINDOW)),
    ...(selectPolicy === undefined || ["Disabled", "Max", "Min"].includes(selectPolicy)
      ? []
      : [unsupported(`${field}.selectPolicy`, selectPolicy, ["Disabled", "Max", "Min"])]),
    ...(policies ?? []).flatMap(({ type, value, periodSeconds }, i) => [
      ...(["Percent", "Pods"].includes(type)
        ? []
        : [unsupported(`${field}.policies[${i}].type`, type, ["Percent", "Pods"])]),
      ...(value <= 0 ? [invalid(`${field}.policies[${i}].value`, value, "must be greater than zero")] : []),
      ...range(periodSeconds, `${field}.policies[${i}].periodSeconds`, LONGEST_PERIOD),
    ]),
  ];
}
