/** HorizontalPodAutoscaler: looks every fifteen seconds at what the pods of a workload use, and changes how many there are. */
import { type autoscaling, type HorizontalPodAutoscaler, keyOf, type Pod } from "../objects/object.ts";
import { parseSelector } from "../store/selector.ts";
import { farthest, type Reading, readMetric, rulesOf, type ScaleChange } from "./autoscaling.ts";
import { type Controller, type ControllerApi, splitKey } from "./controller.ts";
import { isActive } from "./pods.ts";

type Status = NonNullable<HorizontalPodAutoscaler["status"]>;

/** Milliseconds between two looks. */
const PERIOD = 15_000;
const KIND = "HorizontalPodAutoscaler";

/** What is remembered of one: what it wanted, what it did, when it looks again. */
interface Memory {
  wanted: ScaleChange[];
  changes: ScaleChange[];
  next: number;
}

const memories = new WeakMap<object, Map<string, Memory>>();

/** The controller. */
export const autoscaler: Controller = ({ type, object, old }, api) => {
  if (object.kind !== KIND || type === "DELETED") return;
  const spec = ({ spec }: HorizontalPodAutoscaler) => JSON.stringify(spec);
  if (old === undefined || spec(object as HorizontalPodAutoscaler) !== spec(old as HorizontalPodAutoscaler)) {
    api.later(look, keyOf(object));
  }
};

function memoryOf(api: ControllerApi, uid: string): Memory {
  const all = memories.get(api) ?? new Map<string, Memory>();
  memories.set(api, all);
  const memory = all.get(uid) ?? { wanted: [], changes: [], next: 0 };
  all.set(uid, memory);
  return memory;
}

function look(key: string, api: ControllerApi): void {
  const { namespace, name } = splitKey(key);
  const scaler = api.store.get(KIND, name, namespace);
  if (scaler === undefined) return;
  const memory = memoryOf(api, scaler.metadata.uid);
  const now = api.clock.now();
  if (memory.next <= now) {
    memory.next = now + PERIOD;
    api.after(PERIOD, look, key);
  }
  const target = new Target(scaler, api);
  if (target.scale === undefined) return refuse(scaler, target.missing, api);
  decide(scaler, target, { api, memory });
}

interface Scale {
  readonly spec: { readonly replicas?: number };
  readonly status: { readonly replicas: number; readonly selector?: string };
}

/** The workload that is scaled, by its subresource `scale`. */
class Target {
  readonly scale: Scale | undefined;
  readonly missing: string = "";
  readonly #path: string;

  constructor({ metadata, spec: { scaleTargetRef } }: HorizontalPodAutoscaler, readonly api: ControllerApi) {
    const { apiVersion = "v1", kind, name } = scaleTargetRef;
    const root = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    this.#path = `${root}/namespaces/${metadata.namespace}/${kind.toLowerCase()}s/${name}/scale`;
    const { code, body } = api.handle({ method: "GET", path: this.#path });
    if (code === 200) this.scale = body as Scale;
    else this.missing = (body as { message?: string }).message ?? "the server could not find the requested resource";
  }

  set(replicas: number): boolean {
    const body = JSON.stringify({ spec: { replicas } });
    const contentType = "application/merge-patch+json";
    return this.api.handle({ method: "PATCH", path: this.#path, body, contentType }).code === 200;
  }

  pods(namespace: string): Pod[] {
    const selector = parseSelector(this.scale?.status.selector ?? "");
    return this.api.store.list("Pod", { namespace, labels: selector }).filter(isActive);
  }
}

function refuse(scaler: HorizontalPodAutoscaler, why: string, api: ControllerApi): void {
  say(scaler, api, { type: "Warning", reason: "FailedGetScale", message: why });
  const message = `the HPA controller was unable to get the target's current scale: ${why}`;
  write(scaler, api, { desiredReplicas: 0 }, [["AbleToScale", "False", "FailedGetScale", message]]);
}

type Row = readonly [type: string, status: string, reason: string, message: string];

const FOUND: Row = [
  "AbleToScale",
  "True",
  "SucceededGetScale",
  "the HPA controller was able to get the target's current scale",
];
const READY: Row = ["AbleToScale", "True", "ReadyForNewScale", "recommended size matches current size"];
const DISABLED: Row = [
  "ScalingActive",
  "False",
  "ScalingDisabled",
  "scaling is disabled since the replica count of the target is zero",
];

function decide(
  scaler: HorizontalPodAutoscaler,
  target: Target,
  { api, memory }: { readonly api: ControllerApi; readonly memory: Memory },
): void {
  const { replicas = 0 } = (target.scale as Scale).spec;
  if (replicas === 0) return write(scaler, api, { currentReplicas: 0, desiredReplicas: 0 }, [FOUND, DISABLED]);
  const { spec, metadata } = scaler;
  const min = spec.minReplicas ?? 1;
  const outside = replicas > spec.maxReplicas ? spec.maxReplicas : replicas < min ? min : undefined;
  const readings = outside === undefined ? read(scaler, target.pods(metadata.namespace as string), replicas, api) : [];
  const good = readings.filter((one) => "wanted" in one);
  const [bad] = readings.filter((one) => "problem" in one);
  if (
    outside === undefined && (good.length === 0 || (bad && Math.max(...good.map(({ wanted }) => wanted)) < replicas))
  ) {
    return fail(scaler, api, { replicas, readings, bad: bad as Failed["bad"] });
  }
  const best = good.toSorted((a, b) => b.wanted - a.wanted)[0];
  const limits = outside === undefined
    ? limited(spec, memory, { replicas, wanted: best?.wanted ?? replicas, now: api.clock.now() })
    : { desired: outside, rows: [] };
  const { desired } = limits;
  const active: Row[] = best === undefined ? [] : [[
    "ScalingActive",
    "True",
    "ValidMetricFound",
    `the HPA was able to successfully calculate a replica count from ${best.name}`,
  ]];
  let row: Row = limits.stable ?? READY;
  const status: Status = {
    currentReplicas: replicas,
    desiredReplicas: desired,
    currentMetrics: shown(scaler, readings),
  };
  if (desired !== replicas && target.set(desired)) {
    memory.changes.push({ at: api.clock.now(), by: desired - replicas });
    const why = outside !== undefined
      ? `Current number of replicas ${outside === min ? "below Spec.MinReplicas" : "above Spec.MaxReplicas"}`
      : desired > replicas
      ? `${best?.name} above target`
      : "All metrics below target";
    say(scaler, api, { type: "Normal", reason: "SuccessfulRescale", message: `New size: ${desired}; reason: ${why}` });
    row = [
      "AbleToScale",
      "True",
      "SucceededRescale",
      `the HPA controller was able to update the target scale to ${desired}`,
    ];
    status.lastScaleTime = api.timestamp();
  }
  write(scaler, api, status, [row, ...active, ...limits.rows]);
}

function read(scaler: HorizontalPodAutoscaler, pods: readonly Pod[], replicas: number, api: ControllerApi): Reading[] {
  const { metrics, targetCPUUtilizationPercentage: percent = 80 } = scaler.spec;
  const one = {
    type: "Resource",
    resource: { name: "cpu", target: { type: "Utilization", averageUtilization: percent } },
  };
  const usage = (pod: Pod) => api.metrics?.pod(pod);
  return (metrics ?? [one as autoscaling.MetricSpec]).map((metric) => readMetric(metric, pods, { replicas, usage }));
}

interface Limited {
  readonly desired: number;
  readonly rows: readonly Row[];
  readonly stable?: Row;
}

/** A wish within bounds: steady for a while, no faster than allowed, between the smallest and the largest count. */
function limited(
  { minReplicas: min = 1, maxReplicas: max, behavior }: HorizontalPodAutoscaler["spec"],
  memory: Memory,
  { replicas, wanted, now }: { readonly replicas: number; readonly wanted: number; readonly now: number },
): Limited {
  const [up, down] = [rulesOf("up", behavior?.scaleUp), rulesOf("down", behavior?.scaleDown)];
  memory.wanted.push({ at: now, by: wanted });
  const since = (rules: autoscaling.HPAScalingRules) =>
    memory.wanted.filter(({ at }) => at > now - (rules.stabilizationWindowSeconds ?? 0) * 1000 || at === now);
  const lowest = Math.min(...since(up).map(({ by }) => by));
  const highest = Math.max(...since(down).map(({ by }) => by));
  memory.wanted = memory.wanted.filter(({ at }) => at > now - 3_600_000);
  const steady = wanted > replicas ? Math.max(replicas, lowest) : Math.min(replicas, highest);
  const held = "applying the";
  const stable: Row | undefined = steady === wanted ? undefined : wanted > replicas
    ? [
      "AbleToScale",
      "True",
      "ScaleUpStabilized",
      `recent recommendations were lower than current one, ${held} lowest recent recommendation`,
    ]
    : [
      "AbleToScale",
      "True",
      "ScaleDownStabilized",
      `recent recommendations were higher than current one, ${held} highest recent recommendation`,
    ];
  const direction = steady > replicas ? "up" : "down";
  const edge = farthest(direction, { replicas, now, changes: memory.changes, rules: direction === "up" ? up : down });
  const paced = direction === "up"
    ? Math.min(steady, Math.max(edge, replicas))
    : Math.max(steady, Math.min(edge, replicas));
  const desired = Math.min(max, Math.max(min, paced));
  return { desired, rows: [limitRow({ steady, paced, desired, max })], ...(stable === undefined ? {} : { stable }) };
}

function limitRow(
  { steady, paced, desired, max }: Readonly<Record<"steady" | "paced" | "desired" | "max", number>>,
): Row {
  const row = (status: string, reason: string, message: string): Row => ["ScalingLimited", status, reason, message];
  if (desired < paced || steady > max) {
    return row("True", "TooManyReplicas", "the desired replica count is more than the maximum replica count");
  }
  if (desired > paced) {
    return row("True", "TooFewReplicas", "the desired replica count is less than the minimum replica count");
  }
  if (paced < steady) {
    return row("True", "ScaleUpLimit", "the desired replica count is increasing faster than the maximum scale rate");
  }
  if (paced > steady) {
    return row("True", "ScaleDownLimit", "the desired replica count is decreasing faster than the maximum scale rate");
  }
  return row("False", "DesiredWithinRange", "the desired count is within the acceptable range");
}

interface Failed {
  readonly replicas: number;
  readonly readings: readonly Reading[];
  readonly bad: { readonly problem: string; readonly reason: string };
}

function fail(scaler: HorizontalPodAutoscaler, api: ControllerApi, { replicas, readings, bad }: Failed): void {
  const invalid = readings.filter((one) => "problem" in one).length;
  const summary = `invalid metrics (${invalid} invalid out of ${readings.length}), first error is: ${bad.problem}`;
  say(scaler, api, { type: "Warning", reason: bad.reason, message: bad.problem });
  say(scaler, api, { type: "Warning", reason: "FailedComputeMetricsReplicas", message: summary });
  const message = `the HPA was unable to compute the replica count: ${bad.problem}`;
  write(scaler, api, { currentReplicas: replicas, desiredReplicas: scaler.status?.desiredReplicas ?? 0 }, [
    FOUND,
    ["ScalingActive", "False", bad.reason, message],
  ]);
}

function shown({ spec }: HorizontalPodAutoscaler, readings: readonly Reading[]): autoscaling.MetricStatus[] | null {
  if (spec.metrics === undefined) return null;
  return readings.map((reading, i) => {
    if (!("wanted" in reading)) return { type: "" };
    const { type, resource, containerResource } = spec.metrics?.[i] as autoscaling.MetricSpec;
    const { current } = reading;
    if (type !== "ContainerResource") return { type, resource: { name: resource?.name as string, current } };
    const { name, container } = containerResource as autoscaling.ContainerResourceMetricSource;
    return { type, containerResource: { name, container, current } };
  });
}

function say(
  scaler: HorizontalPodAutoscaler,
  api: ControllerApi,
  event: { readonly type: "Normal" | "Warning"; readonly reason: string; readonly message: string },
): void {
  api.event(scaler, { ...event, component: "horizontal-pod-autoscaler" });
}

function write(scaler: HorizontalPodAutoscaler, api: ControllerApi, status: Status, rows: readonly Row[]): void {
  api.changeStatus(KIND, scaler.metadata, (object) => {
    const target = object as HorizontalPodAutoscaler;
    const known = new Map((target.status?.conditions ?? []).map((one) => [one.type, one]));
    for (const [type, state, reason, message] of rows) {
      const before = known.get(type);
      const since = before?.status === state ? before.lastTransitionTime : api.timestamp();
      known.set(type, { type, status: state, lastTransitionTime: since, reason, message });
    }
    const { lastScaleTime } = target.status ?? {};
    target.status = {
      ...(lastScaleTime === undefined ? {} : { lastScaleTime }),
      ...status,
      conditions: [...known.values()],
    };
  });
}
