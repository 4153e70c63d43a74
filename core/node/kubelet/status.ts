/** A pod's status from what its worker knows: phase, conditions, container statuses. Pure. */
import type { core, Pod } from "../../kube/mod.ts";

/** What a worker knows of one container. */
export interface ContainerState {
  readonly spec: core.Container;
  readonly init: boolean;
  readonly id?: string;
  readonly restarts: number;
  readonly ready: boolean;
  readonly started: boolean;
  readonly state: core.ContainerState;
  readonly last?: core.ContainerState;
}

/** What a worker knows of its pod. */
export interface PodState {
  readonly addresses: readonly string[];
  readonly hostIP: string;
  readonly containers: readonly ContainerState[];
  readonly ephemeral?: readonly ContainerState[];
  /** Its containers were told to end. */
  readonly terminating: boolean;
  /** RFC 3339, whole seconds. */
  readonly startTime: string;
  readonly now: string;
}

/** Writes the state into a copy of the pod's status; a condition keeps its transition time while its status stays. */
export function writeStatus(pod: Pod, state: PodState): void {
  const { addresses, containers, ephemeral = [] } = state;
  const init = containers.filter((container) => container.init);
  const main = containers.filter((container) => !container.init);
  const phase = phaseOf(pod, init, main);
  Object.assign(pod.status, {
    phase,
    hostIP: state.hostIP,
    hostIPs: [{ ip: state.hostIP }],
    ...(addresses.length === 0 ? {} : { podIP: addresses[0], podIPs: addresses.map((ip) => ({ ip })) }),
    startTime: state.startTime,
    ...(init.length === 0 ? {} : { initContainerStatuses: init.map(containerStatus) }),
    containerStatuses: main.map(containerStatus),
    ...(ephemeral.length === 0 ? {} : {
      ephemeralContainerStatuses: ephemeral.map((one) => ({
        ...containerStatus(one),
        ready: false,
        started: undefined,
      })),
    }),
    conditions: conditions(pod, state, { init, main, phase }),
  });
}

function phaseOf(pod: Pod, init: readonly ContainerState[], main: readonly ContainerState[]): string {
  const policy = pod.spec.restartPolicy ?? "Always";
  if (init.some(({ state }) => policy === "Never" && (state.terminated?.exitCode ?? 0) !== 0)) return "Failed";
  const ended = main.filter(({ state }) => state.terminated !== undefined);
  if (main.length > 0 && ended.length === main.length && policy !== "Always") {
    return ended.every(({ state }) => state.terminated?.exitCode === 0)
      ? "Succeeded"
      : policy === "Never"
      ? "Failed"
      : "Running";
  }
  const begun = main.some(({ state, restarts }) =>
    state.running !== undefined || state.terminated !== undefined || restarts > 0
  );
  return begun ? "Running" : "Pending";
}

function containerStatus({ spec, id, restarts, ready, started, state, last }: ContainerState): core.ContainerStatus {
  return {
    name: spec.name,
    image: spec.image ?? "",
    imageID: id === undefined ? "" : imageId(spec.image ?? ""),
    restartCount: restarts,
    ready,
    started,
    state,
    lastState: last ?? {},
    ...(id === undefined ? {} : { containerID: `containerd://${id}` }),
  };
}

/** What the runtime calls a pulled image. */
function imageId(image: string): string {
  return image.includes("@") ? image : `${image.replace(/:[^:/]+$/, "")}@sha256:${digest(image)}`;
}

/** 64 hexadecimal digits that depend on the name alone: no registry is asked. */
function digest(text: string): string {
  let hash = 2166136261;
  return Array.from({ length: 8 }, (_, i) => {
    for (const char of `${i}${text}`) hash = Math.imul(hash ^ char.charCodeAt(0), 16777619) >>> 0;
    return hash.toString(16).padStart(8, "0");
  }).join("");
}

interface Parts {
  readonly init: readonly ContainerState[];
  readonly main: readonly ContainerState[];
  readonly phase: string;
}

function conditions(
  pod: Pod,
  { addresses, now, terminating }: PodState,
  { init, main, phase }: Parts,
): core.PodCondition[] {
  const initialized = init.every(({ state, ready }) => ready || state.terminated?.exitCode === 0);
  const unready = main.filter(({ ready }) => !ready).map(({ spec }) => spec.name);
  const done = phase === "Succeeded" || phase === "Failed";
  const ready = unready.length === 0 && !done && initialized;
  const why = done
    ? { reason: phase === "Succeeded" ? "PodCompleted" : "PodFailed" }
    : { reason: "ContainersNotReady", message: `containers with unready status: [${unready.join(" ")}]` };
  const unfinished = init.filter(({ ready }) => !ready).map(({ spec }) => spec.name);
  const whyNot = {
    reason: "ContainersNotInitialized",
    message: `containers with incomplete status: [${unfinished.join(" ")}]`,
  };
  const scheduled = pod.status.conditions?.find(({ type }) => type === "PodScheduled");
  const wanted: [string, boolean, object][] = [
    ["PodReadyToStartContainers", addresses.length > 0 && !(terminating && done), {}],
    ["Initialized", initialized, whyNot],
    ["Ready", ready, why],
    ["ContainersReady", ready, why],
  ];
  return [
    ...wanted.map(([type, ok, reason]) =>
      condition(pod, { type, status: ok ? "True" : "False", ...(ok ? {} : reason) }, now)
    ),
    ...(scheduled === undefined ? [] : [scheduled]),
  ];
}

function condition(
  pod: Pod,
  wanted: Pick<core.PodCondition, "type" | "status" | "reason" | "message">,
  now: string,
): core.PodCondition {
  const before = pod.status.conditions?.find(({ type }) => type === wanted.type);
  const since = before?.status === wanted.status ? before.lastTransitionTime ?? now : now;
  const { type, status, ...why } = wanted;
  return { type, status, lastProbeTime: null as unknown as string, lastTransitionTime: since, ...why };
}
