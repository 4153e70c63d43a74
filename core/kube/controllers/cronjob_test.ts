import { assertEquals, assertThrows } from "@std/assert";
import type { Status } from "../api/types.ts";
import type { KubeObject } from "../objects/object.ts";
import { nextTime, nextTimeIn, parseSchedule } from "../objects/cron.ts";
import { LittleCluster } from "./little_cluster.ts";

const cron = (schedule: string, more = "") =>
  `apiVersion: batch/v1
kind: CronJob
metadata: {name: tick}
spec:
  schedule: "${schedule}"
  ${more}
  jobTemplate:
    spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: busybox}]}}}
`;

/** Ends every pod of a Job well, as a kubelet would say. */
function succeed(cluster: LittleCluster): void {
  for (const pod of cluster.list("Pod")) {
    if (pod.status.phase === "Succeeded") continue;
    cluster.control.api.changeStatus("Pod", pod.metadata, ({ status }) => void (status.phase = "Succeeded"));
  }
  cluster.control.settle();
}

Deno.test("schedules name their times: steps, lists, ranges, names, day or weekday", () => {
  const after = (schedule: string, time: string) => {
    const next = nextTime(parseSchedule(schedule) as never, Date.parse(time));
    return next === undefined ? "never" : new Date(next).toISOString().slice(0, 16);
  };
  assertEquals(after("*/15 * * * *", "2026-01-01T00:01:00Z"), "2026-01-01T00:15");
  assertEquals(after("0 9-17 * * mon-fri", "2026-01-02T17:00:00Z"), "2026-01-05T09:00");
  assertEquals(after("30 4 1,15 * 5", "2026-01-02T05:00:00Z"), "2026-01-09T04:30");
  assertEquals(after("@monthly", "2026-01-31T12:00:00Z"), "2026-02-01T00:00");
  assertEquals(after("0 0 29 feb *", "2026-01-01T00:00:00Z"), "2028-02-29T00:00");
  assertEquals(after("0 0 31 feb *", "2026-01-01T00:00:00Z"), "never");
  assertEquals(["* * * *", "60 * * * *", "x * * * *", "*/0 * * * *"].map(parseSchedule), [
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});

Deno.test("a CronJob makes a Job a minute, keeps three that ended, and knows when it last did", () => {
  const cluster = new LittleCluster();
  assertEquals(cluster.apply(cron("* * * * *")), ["created"]);
  for (let minute = 0; minute < 6; minute++) {
    cluster.run(60);
    succeed(cluster);
  }
  cluster.run(2);
  const jobs = cluster.list("Job");
  assertEquals(jobs.length, 3);
  const { status } = cluster.get("CronJob", "tick");
  assertEquals(status.lastScheduleTime, "2026-11-21T09:36:00Z");
  assertEquals(status.active ?? [], []);
});

Deno.test("Forbid waits for the Job that runs, Replace ends it, suspend makes none", () => {
  for (const [policy, count] of [["Forbid", 1], ["Replace", 1], ["Allow", 3]] as const) {
    const cluster = new LittleCluster();
    cluster.apply(cron("* * * * *", `concurrencyPolicy: ${policy}`));
    cluster.run(185);
    assertEquals(cluster.list("Job").length, count, policy);
  }
  const cluster = new LittleCluster();
  cluster.apply(cron("* * * * *", "suspend: true"));
  cluster.run(185);
  assertEquals(cluster.list("Job"), []);
});

Deno.test("a wrong schedule is refused in the server's words", () => {
  const said = (schedule: string) => {
    const job = { template: { spec: { restartPolicy: "Never", containers: [{ name: "c", image: "busybox" }] } } };
    const body = JSON.stringify({ metadata: { name: "tick" }, spec: { schedule, jobTemplate: { spec: job } } });
    const { api } = new LittleCluster().control;
    return (api.handle({ method: "POST", path: "/apis/batch/v1/namespaces/default/cronjobs", body }).body as Status)
      .message;
  };
  const head = 'CronJob.batch "tick" is invalid: spec.schedule: Invalid value:';
  assertEquals(said("* *"), `${head} "* *": expected exactly 5 fields, found 2: [* *]`);
  assertEquals(said("99 * * * *"), `${head} "99 * * * *": end of range (99) above maximum (59): 99`);
});

Deno.test("a schedule counts on the clocks of its time zone, also where they are put forward and back", () => {
  const after = (schedule: string, zone: string, time: string) =>
    new Date(nextTimeIn(parseSchedule(schedule) as never, Date.parse(time), zone) as number).toISOString().slice(0, 16);
  assertEquals(after("0 9 * * *", "Europe/Berlin", "2026-01-10T12:00:00Z"), "2026-01-11T08:00");
  assertEquals(after("0 9 * * *", "Europe/Berlin", "2026-07-10T12:00:00Z"), "2026-07-11T07:00");
  assertEquals(after("0 9 * * *", "Asia/Kolkata", "2026-07-10T12:00:00Z"), "2026-07-11T03:30");
  assertEquals(after("30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z"), "2026-03-30T00:30");
  assertEquals(after("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z"), "2026-10-25T00:30");
});

Deno.test("a CronJob runs by its time zone; one that does not exist is refused", () => {
  const cluster = new LittleCluster();
  assertEquals(cluster.apply(cron("0 11 * * *", "timeZone: Europe/Berlin")), ["created"]);
  cluster.run(1800 + 60);
  const [job] = cluster.list("Job") as KubeObject[];
  assertEquals(job?.metadata.annotations?.["batch.kubernetes.io/cronjob-scheduled-timestamp"], "2026-11-21T10:00:00Z");
  assertThrows(
    () => cluster.apply(cron("0 11 * * *", "timeZone: Mars/Olympus")),
    Error,
    "unknown time zone Mars/Olympus",
  );
});
