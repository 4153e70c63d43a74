/** The cells of a Pod's row: how ready it is, and the one word for how it is doing. */
import type { core, Pod } from "../../objects/object.ts";
import { age } from "./age.ts";
import type { Cell } from "./shape.ts";

interface Summary {
  readonly ready: number;
  readonly total: number;
  readonly status: string;
  readonly restarts: number;
  /** When a container last ended before it was restarted. */
  readonly lastRestart: string;
}

/** A Pod's row. */
export function podCells(pod: Pod, now: number): Cell[] {
  const { ready, total, status, restarts, lastRestart } = summarize(pod);
  const ago = restarts > 0 && lastRestart !== "" ? ` (${age(lastRestart, now)} ago)` : "";
  return [
    pod.metadata.name,
    `${ready}/${total}`,
    status,
    `${restarts}${ago}`,
    age(pod.metadata.creationTimestamp, now),
    pod.status.podIPs?.[0]?.ip ?? "<none>",
    pod.spec.nodeName || "<none>",
    pod.status.nominatedNodeName || "<none>",
    readinessGates(pod),
  ];
}

function readinessGates({ spec, status }: Pod): string {
  const gates = spec.readinessGates ?? [];
  if (gates.length === 0) return "<none>";
  const open = gates.filter(({ conditionType }) => hasCondition(status, conditionType));
  return `${open.length}/${gates.length}`;
}

function hasCondition(status: core.PodStatus, type: string): boolean {
  return (status.conditions ?? []).some((one) => one.type === type && one.status === "True");
}

function summarize(pod: Pod): Summary {
  const { spec, status } = pod;
  const sidecars = new Set(
    (spec.initContainers ?? []).filter((one) => one.restartPolicy === "Always").map((one) => one.name),
  );
  const gated = (status.conditions ?? []).some((one) =>
    one.type === "PodScheduled" && one.reason === "SchedulingGated"
  );
  const phase = gated ? "SchedulingGated" : status.reason || status.phase || "";
  const init = summarizeInit(pod, sidecars);
  const total = (spec.containers ?? []).length + sidecars.size;
  const running = init.waiting === undefined || hasCondition(status, "Initialized");
  const main = running ? summarizeMain(status, phase) : undefined;
  const counted = main === undefined ? init.all : init.sidecars;
  const word = main?.status ?? init.waiting ?? phase;
  return {
    ready: init.ready + (main?.ready ?? 0),
    total,
    status: deletionWord(pod) ?? word,
    restarts: counted.restarts + (main?.restarts ?? 0),
    lastRestart: latest([counted.lastRestart, main?.lastRestart ?? ""]),
  };
}

function deletionWord({ metadata, status }: Pod): string | undefined {
  if (metadata.deletionTimestamp === undefined) return undefined;
  if (status.reason === "NodeLost") return "Unknown";
  return status.phase === "Failed" || status.phase === "Succeeded" ? undefined : "Terminating";
}

interface Counted {
  readonly restarts: number;
  readonly lastRestart: string;
}

function count(statuses: readonly core.ContainerStatus[]): Counted {
  return {
    restarts: statuses.reduce((sum, { restartCount }) => sum + (restartCount ?? 0), 0),
    lastRestart: latest(statuses.map(({ lastState }) => lastState?.terminated?.finishedAt ?? "")),
  };
}

function latest(times: readonly string[]): string {
  return times.reduce((last, time) => (time > last ? time : last), "");
}

interface InitSummary {
  readonly ready: number;
  readonly all: Counted;
  readonly sidecars: Counted;
  /** Why it still initializes: `Init:0/2`. */
  readonly waiting: string | undefined;
}

function summarizeInit({ spec, status }: Pod, sidecars: ReadonlySet<string>): InitSummary {
  const statuses = status.initContainerStatuses ?? [];
  const total = (spec.initContainers ?? []).length;
  const stuck = statuses.findIndex((one) => !isDone(one, sidecars));
  const seen = stuck < 0 ? statuses : statuses.slice(0, stuck + 1);
  const running = seen.filter((one) => sidecars.has(one.name));
  return {
    ready: running.filter((one) => one.started && one.ready && one.state?.terminated === undefined).length,
    all: count(seen),
    sidecars: count(running),
    waiting: stuck < 0 ? undefined : initWord(statuses[stuck] as core.ContainerStatus, stuck, total),
  };
}

function isDone(status: core.ContainerStatus, sidecars: ReadonlySet<string>): boolean {
  return status.state?.terminated?.exitCode === 0 || (sidecars.has(status.name) && status.started === true);
}

function initWord({ state }: core.ContainerStatus, index: number, total: number): string {
  if (state?.terminated !== undefined) return `Init:${endWord(state.terminated)}`;
  const reason = state?.waiting?.reason ?? "";
  return reason !== "" && reason !== "PodInitializing" ? `Init:${reason}` : `Init:${index}/${total}`;
}

function endWord({ reason, signal, exitCode }: core.ContainerStateTerminated): string {
  if (reason) return reason;
  return signal ? `Signal:${signal}` : `ExitCode:${exitCode}`;
}

interface MainSummary extends Counted {
  readonly ready: number;
  readonly status: string;
}

function summarizeMain(status: core.PodStatus, phase: string): MainSummary {
  const statuses = status.containerStatuses ?? [];
  let [word, error, ready] = [phase, "", 0];
  for (const one of [...statuses].reverse()) {
    if (one.state?.waiting?.reason) word = one.state.waiting.reason;
    else if (one.state?.terminated !== undefined) {
      word = endWord(one.state.terminated);
      if (one.state.terminated.exitCode !== 0) error = word;
    } else if (one.ready && one.state?.running !== undefined) ready++;
  }
  if (word === "Completed") {
    if (ready > 0 && hasCondition(status, "Ready")) word = "Running";
    else if (error !== "") word = error;
    else if (ready > 0) word = "NotReady";
  }
  return { ready, status: word, ...count(statuses) };
}

/** Marks of a row whose Pod has ended. */
export function podConditions({ status }: Pod): readonly object[] | undefined {
  if (status.phase === "Succeeded") {
    return [{ type: "Completed", status: "True", reason: "Succeeded", message: "The pod has completed successfully." }];
  }
  if (status.phase !== "Failed") return undefined;
  return [{ type: "Completed", status: "True", reason: "Failed", message: "The pod failed." }];
}
