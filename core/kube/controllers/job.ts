import { isStatus } from "../api/types.ts";
import { type batch, type Job, keyOf, type Pod } from "../objects/object.ts";
import { type Controller, type ControllerApi, splitKey } from "./controller.ts";
import { enqueueOwners, ownedBy } from "./owners.ts";
import { isActive, isReady } from "./pods.ts";
import { podFromTemplate } from "./replicaset.ts";

/** Runs a Job's pods until enough of them succeeded, or too many failed. */
export const jobs: Controller = (change, api) => {
  if (change.object.kind === "Job") api.later(syncJob, keyOf(change.object));
  if (change.object.kind === "Pod") enqueueOwners(change, "Job", syncJob, api);
};

const COMPONENT = "job-controller";

function syncJob(key: string, api: ControllerApi): void {
  const { namespace, name } = splitKey(key);
  const job = api.store.get("Job", name, namespace);
  if (job === undefined || job.metadata.deletionTimestamp !== undefined) return;
  const pods = ownedBy<Pod>(api, job, "Pod");
  const succeeded = pods.filter(({ status }) => status.phase === "Succeeded").length;
  const failed = pods.filter(({ status }) => status.phase === "Failed").length;
  const over = failed > (job.spec.backoffLimit ?? 6);
  const wanted = job.spec.completions ?? 1;
  const finished = over || succeeded >= wanted;
  const active = pods.filter(isActive);
  if (!finished && !job.spec.suspend) {
    start(job, Math.min(job.spec.parallelism ?? 1, wanted - succeeded) - active.length, api);
  }
  if (over) { for (const pod of active) api.delete("Pod", { name: pod.metadata.name, namespace }); }
  updateStatus(job, { succeeded, failed, complete: succeeded >= wanted, over }, api);
}

function start(job: Job, count: number, api: ControllerApi): void {
  for (let i = 0; i < count; i++) {
    const pod = api.create(podFromTemplate(job.spec.template as never, job as never));
    if (isStatus(pod)) return;
    const message = `Created pod: ${pod.metadata.name}`;
    api.event(job, { type: "Normal", reason: "SuccessfulCreate", message, component: COMPONENT });
  }
}

interface Progress {
  readonly succeeded: number;
  readonly failed: number;
  readonly complete: boolean;
  readonly over: boolean;
}

function updateStatus(job: Job, { succeeded, failed, complete, over }: Progress, api: ControllerApi): void {
  const now = api.timestamp();
  const ended = (job.status.conditions ?? []).some(({ type }) => type === "Complete" || type === "Failed");
  const active = ownedBy<Pod>(api, job, "Pod").filter(isActive);
  api.changeStatus("Job", job.metadata, ({ status }) => {
    status.startTime ??= now;
    Object.assign(status, {
      active: active.length,
      ready: active.filter(isReady).length,
      succeeded,
      failed,
      terminating: 0,
      uncountedTerminatedPods: {},
    });
    if (ended || (!complete && !over)) return;
    if (complete) status.completionTime = now;
    status.conditions = [...(status.conditions ?? []), ...endConditions(over, now)];
  });
  if (ended || (!complete && !over)) return;
  const [type, reason, message] = complete
    ? ["Normal", "Completed", "Job completed"] as const
    : ["Warning", "BackoffLimitExceeded", "Job has reached the specified backoff limit"] as const;
  api.event(job, { type, reason, message, component: COMPONENT });
}

function endConditions(over: boolean, now: string): batch.JobCondition[] {
  const one = (type: string, reason: string, message: string): batch.JobCondition => ({
    type,
    status: "True",
    lastProbeTime: now,
    lastTransitionTime: now,
    reason,
    message,
  });
  if (over) return [one("Failed", "BackoffLimitExceeded", "Job has reached the specified backoff limit")];
  const message = "Reached expected number of succeeded pods";
  return [one("SuccessCriteriaMet", "CompletionsReached", message), one("Complete", "CompletionsReached", message)];
}
