import { copyJson } from "../../base/mod.ts";
import { isStatus } from "../api/types.ts";
import { type CronJob, type Draft, type Job, keyOf } from "../objects/object.ts";
import { type Controller, type ControllerApi, splitKey } from "./controller.ts";
import { nextTimeIn, parseSchedule } from "../objects/cron.ts";
import { enqueueOwners, ownedBy, ownerReference } from "./owners.ts";

/** Makes a Job whenever its schedule says so, on virtual time, in its time zone. */
export const cronJobs: Controller = (change, api) => {
  if (change.object.kind === "CronJob" && change.type !== "DELETED") api.later(syncCronJob, keyOf(change.object));
  if (change.object.kind === "Job") enqueueOwners(change, "CronJob", syncCronJob, api);
};

const COMPONENT = "cronjob-controller";
const MINUTE = 60_000;
const SCHEDULED = "batch.kubernetes.io/cronjob-scheduled-timestamp";

function syncCronJob(key: string, api: ControllerApi): void {
  const { namespace, name } = splitKey(key);
  const cron = api.store.get("CronJob", name, namespace);
  if (cron === undefined || cron.metadata.deletionTimestamp !== undefined) return;
  const jobs = ownedBy<Job>(api, cron, "Job");
  const active = jobs.filter((job) => !isOver(job));
  forgetOld(cron, jobs, api);
  noteStatus(cron, { jobs, active }, api);
  const schedule = parseSchedule(cron.spec.schedule);
  if (schedule === undefined || cron.spec.suspend) return;
  const now = api.clock.now();
  const last = Date.parse(cron.status?.lastScheduleTime ?? cron.metadata.creationTimestamp);
  const next = (after: number) => nextTimeIn(schedule, after, cron.spec.timeZone);
  const due = next(last);
  if (due === undefined) return;
  if (due > now) return api.after(due - now, syncCronJob, key);
  start(cron, { due: latest(next, due, now), active }, api);
}

/** Of several times that passed only the last one counts. */
function latest(next: (after: number) => number | undefined, due: number, now: number): number {
  let time = due;
  for (let later = next(time); later !== undefined && later <= now; later = next(later)) time = later;
  return time;
}

function isOver({ status }: Job): boolean {
  return (status.conditions ?? []).some(({ type, status }) =>
    (type === "Complete" || type === "Failed") && status === "True"
  );
}

interface Due {
  readonly due: number;
  readonly active: readonly Job[];
}

function start(cron: CronJob, { due, active }: Due, api: ControllerApi): void {
  const { name, namespace = "" } = cron.metadata;
  const scheduled = new Date(due).toISOString().replace(".000Z", "Z");
  if (active.length > 0 && cron.spec.concurrencyPolicy === "Forbid") {
    const message = "Not starting job because prior execution is running and concurrency policy is Forbid";
    api.event(cron, { type: "Normal", reason: "JobAlreadyActive", message, component: COMPONENT });
  } else {
    if (cron.spec.concurrencyPolicy === "Replace") {
      for (const job of active) {
        api.delete("Job", { name: job.metadata.name, namespace }, { propagationPolicy: "Background" });
      }
    }
    const made = api.create(jobOf(cron, due, scheduled));
    if (!isStatus(made)) {
      const message = `Created job ${made.metadata.name}`;
      api.event(cron, { type: "Normal", reason: "SuccessfulCreate", message, component: COMPONENT });
    }
  }
  api.changeStatus("CronJob", { name, namespace }, (object) => {
    (object as CronJob).status.lastScheduleTime = scheduled;
  });
}

/** A Job is called after its minute, so that it is made once. */
function jobOf({ metadata, spec, ...cron }: CronJob, due: number, scheduled: string): Draft {
  const { metadata: template = {}, spec: job } = copyJson(spec.jobTemplate);
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: {
      name: `${metadata.name}-${Math.floor(due / MINUTE)}`,
      namespace: metadata.namespace,
      ...(template.labels === undefined ? {} : { labels: template.labels }),
      annotations: { ...template.annotations, [SCHEDULED]: scheduled },
      ownerReferences: [ownerReference({ metadata, ...cron } as never)],
    },
    spec: job,
  } as Draft;
}

/** Keeps only so many ended Jobs as the limits say, the youngest ones. */
function forgetOld({ metadata, spec }: CronJob, jobs: readonly Job[], api: ControllerApi): void {
  const ended = (type: string) =>
    jobs.filter(({ status }) => (status.conditions ?? []).some((one) => one.type === type && one.status === "True"))
      .sort((a, b) => (a.metadata.name < b.metadata.name ? 1 : -1));
  const old = [
    ...ended("Complete").slice(spec.successfulJobsHistoryLimit ?? 3),
    ...ended("Failed").slice(spec.failedJobsHistoryLimit ?? 1),
  ];
  for (const job of old) {
    api.delete("Job", { name: job.metadata.name, namespace: metadata.namespace ?? "" }, {
      propagationPolicy: "Background",
    });
    const message = `Deleted job ${job.metadata.name}`;
    api.event({ metadata, spec, kind: "CronJob", apiVersion: "batch/v1" } as never, {
      type: "Normal",
      reason: "SuccessfulDelete",
      message,
      component: COMPONENT,
    });
  }
}

function noteStatus(
  { metadata }: CronJob,
  { jobs, active }: { jobs: readonly Job[]; active: readonly Job[] },
  api: ControllerApi,
): void {
  const times = jobs.map(({ status }) => status.completionTime).filter((time) => time !== undefined).sort();
  api.changeStatus("CronJob", metadata, (object) => {
    const { status } = object as CronJob;
    status.active = active.map(({ metadata: { name, namespace, uid, resourceVersion } }) => ({
      kind: "Job",
      namespace: namespace as string,
      name,
      uid,
      apiVersion: "batch/v1",
      resourceVersion: resourceVersion as string,
    }));
    const last = times.at(-1);
    if (last !== undefined) status.lastSuccessfulTime = last;
  });
}
