/** CronJobs in descriptions. */
import type { core, CronJob } from "../../kube/mod.ts";
import type { Session } from "../session.ts";
import { annotationLines, eventLines, labelLines, longTime, selectorText } from "./common.ts";
import { templateLines } from "./container.ts";
import { begin } from "./workloads.ts";

const unset = (value: unknown): string => (value === undefined ? "<unset>" : String(value));

/** A CronJob and the template of its Jobs. */
export function describeCronJob(job: CronJob, session: Session): string {
  const { metadata, spec, status = {} } = job;
  const template = spec.jobTemplate.spec;
  const writer = begin(job);
  labelLines(writer, "Labels", metadata.labels);
  annotationLines(writer, "Annotations", metadata.annotations);
  const deadline = spec.startingDeadlineSeconds;
  writer.lines(
    `Schedule:\t${spec.schedule}`,
    `Concurrency Policy:\t${spec.concurrencyPolicy}`,
    `Suspend:\t${spec.suspend === true ? "True" : "False"}`,
    `Time Zone:\t${unset(spec.timeZone)}`,
    `Successful Job History Limit:\t${unset(spec.successfulJobsHistoryLimit)}`,
    `Failed Job History Limit:\t${unset(spec.failedJobsHistoryLimit)}`,
    `Starting Deadline Seconds:\t${deadline === undefined ? "<unset>" : `${deadline}s`}`,
    `Selector:\t${template?.selector === undefined ? "<unset>" : selectorText(template.selector)}`,
    `Parallelism:\t${unset(template?.parallelism)}`,
    `Completions:\t${unset(template?.completions)}`,
  );
  if (template?.activeDeadlineSeconds !== undefined) {
    writer.line(`Active Deadline Seconds:\t${template.activeDeadlineSeconds}s`);
  }
  templateLines(writer, template?.template as core.PodTemplateSpec);
  writer.line(`Last Schedule Time:\t${status.lastScheduleTime ? longTime(status.lastScheduleTime) : "<unset>"}`);
  const active = (status.active ?? []).map(({ name }) => name).join(", ");
  writer.line(`Active Jobs:\t${active || "<none>"}`);
  eventLines(writer, session, job);
  return writer.text();
}
