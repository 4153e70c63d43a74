import { isTimeZone, parseSchedule } from "../cron.ts";
import { invalid, type Issue, required, unsupported } from "../issue.ts";
import type { CronJob, Job } from "../object.ts";
import { validateJob } from "./workloads.ts";

const POLICIES = ["Allow", "Forbid", "Replace"];
/** A Job's name is the CronJob's with a dash and ten digits. */
const LONGEST_NAME = 52;

/** What is wrong with a CronJob beyond its metadata. */
export function validateCronJob({ metadata, spec }: CronJob): Issue[] {
  const { schedule, concurrencyPolicy = "Allow", jobTemplate } = spec;
  const tooLong = "must be no more than 52 characters";
  return [
    ...scheduleIssues(schedule),
    ...zoneIssues(spec.timeZone),
    ...(POLICIES.includes(concurrencyPolicy)
      ? []
      : [unsupported("spec.concurrencyPolicy", concurrencyPolicy, POLICIES)]),
    ...validateJob({ spec: jobTemplate.spec } as Job).map((issue) => ({
      ...issue,
      field: issue.field.replace(/^spec\./, "spec.jobTemplate.spec."),
    })),
    ...(metadata.name.length > LONGEST_NAME ? [invalid("metadata.name", metadata.name, tooLong)] : []),
  ];
}

function zoneIssues(zone: string | undefined): Issue[] {
  const field = "spec.timeZone";
  if (zone === undefined) return [];
  if (zone === "") return [invalid(field, zone, "timeZone must be nil or non-empty string")];
  if (zone.toLowerCase() === "local") {
    return [
      invalid(field, zone, "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones"),
    ];
  }
  return isTimeZone(zone) ? [] : [invalid(field, zone, `unknown time zone ${zone}`)];
}

function scheduleIssues(schedule: string): Issue[] {
  if (schedule === "") return [required("spec.schedule")];
  if (schedule.includes("TZ")) {
    return [invalid("spec.schedule", schedule, "cannot use TZ or CRON_TZ in schedule, use timeZone field instead")];
  }
  if (parseSchedule(schedule) !== undefined) return [];
  return [invalid("spec.schedule", schedule, scheduleProblem(schedule))];
}

/** The words of the cron library. */
function scheduleProblem(schedule: string): string {
  if (schedule.startsWith("@")) return `unrecognized descriptor: ${schedule}`;
  const fields = schedule.trim().split(/\s+/);
  if (fields.length !== 5) return `expected exactly 5 fields, found ${fields.length}: [${fields.join(" ")}]`;
  const limits = [59, 23, 31, 12, 6];
  for (const [i, field] of fields.entries()) {
    for (const part of field.split(",")) {
      const word = /[^\d*?/,-]+/.exec(part)?.[0];
      if (word !== undefined && i < 3) {
        return `failed to parse int from ${word}: strconv.Atoi: parsing ${JSON.stringify(word)}: invalid syntax`;
      }
      const end = Number(/(\d+)(?:\/\d+)?$/.exec(part.replace(/\/\d+$/, ""))?.[1] ?? 0);
      if (end > (limits[i] as number)) return `end of range (${end}) above maximum (${limits[i]}): ${part}`;
    }
  }
  return `failed to parse ${schedule}`;
}
