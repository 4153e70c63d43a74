import type {
  batch,
  core,
  CronJob,
  DaemonSet,
  Deployment,
  Job,
  KubeObject,
  ReplicaSet,
  StatefulSet,
} from "../../objects/object.ts";
import { age, humanDuration } from "./age.ts";
import { type Cell, containerCells, labelsCell, selectorCell, shape, type TableShape } from "./shape.ts";

interface ReplicationController extends KubeObject {
  spec: core.ReplicationControllerSpec;
  status: core.ReplicationControllerStatus;
}

const WIDE = "| Containers Images Selector";
const COUNTED = `Name:name Desired:integer Current:integer Ready:integer Age ${WIDE}`;
const DAEMONS = "Name:name Desired:integer Current:integer Ready:integer Up-to-date:integer Available:integer " +
  `'Node Selector' Age ${WIDE}`;
const CRON = `Name:name Schedule Timezone Suspend:boolean Active:integer 'Last Schedule' Age ${WIDE}`;

/** Tables of what runs pods. */
export const WORKLOAD_TABLES: Readonly<Record<string, TableShape>> = {
  Deployment: shape<Deployment>(
    `Name:name Ready Up-to-date Available Age ${WIDE}`,
    ({ metadata, spec, status }, now) => [
      metadata.name,
      `${status.readyReplicas ?? 0}/${spec.replicas ?? 0}`,
      status.updatedReplicas ?? 0,
      status.availableReplicas ?? 0,
      age(metadata.creationTimestamp, now),
      ...containerCells(spec.template),
      selectorCell(spec.selector),
    ],
  ),
  ReplicaSet: shape<ReplicaSet>(COUNTED, ({ metadata, spec, status }, now) => [
    metadata.name,
    spec.replicas ?? 0,
    status.replicas ?? 0,
    status.readyReplicas ?? 0,
    age(metadata.creationTimestamp, now),
    ...containerCells(spec.template),
    selectorCell(spec.selector),
  ]),
  ReplicationController: shape<ReplicationController>(COUNTED, ({ metadata, spec, status }, now) => [
    metadata.name,
    spec.replicas ?? 0,
    status?.replicas ?? 0,
    status?.readyReplicas ?? 0,
    age(metadata.creationTimestamp, now),
    ...containerCells(spec.template),
    labelsCell(spec.selector),
  ]),
  StatefulSet: shape<StatefulSet>("Name:name Ready Age | Containers Images", ({ metadata, spec, status }, now) => [
    metadata.name,
    `${status.readyReplicas ?? 0}/${spec.replicas ?? 0}`,
    age(metadata.creationTimestamp, now),
    ...containerCells(spec.template),
  ]),
  DaemonSet: shape<DaemonSet>(DAEMONS, ({ metadata, spec, status }, now) => [
    metadata.name,
    status.desiredNumberScheduled ?? 0,
    status.currentNumberScheduled ?? 0,
    status.numberReady ?? 0,
    status.updatedNumberScheduled ?? 0,
    status.numberAvailable ?? 0,
    labelsCell(spec.template.spec?.nodeSelector),
    age(metadata.creationTimestamp, now),
    ...containerCells(spec.template),
    selectorCell(spec.selector),
  ]),
  Job: shape<Job>(`Name:name Status Completions Duration Age ${WIDE}`, jobCells),
  CronJob: shape<CronJob>(CRON, ({ metadata, spec, status }, now) => [
    metadata.name,
    spec.schedule,
    spec.timeZone ?? "<none>",
    spec.suspend ? "True" : "False",
    (status?.active ?? []).length,
    status?.lastScheduleTime ? age(status.lastScheduleTime, now) : "<none>",
    age(metadata.creationTimestamp, now),
    ...containerCells(spec.jobTemplate?.spec?.template),
    selectorCell(spec.jobTemplate?.spec?.selector),
  ]),
};

function jobCells({ metadata, spec, status }: Job, now: number): Cell[] {
  const end = status.completionTime === undefined ? now : Date.parse(status.completionTime);
  const duration = status.startTime === undefined ? "" : humanDuration(end - Date.parse(status.startTime));
  const done = status.succeeded ?? 0;
  const parallel = spec.parallelism ?? 0;
  const completions = spec.completions === undefined
    ? `${done}/1${parallel > 1 ? ` of ${parallel}` : ""}`
    : `${done}/${spec.completions}`;
  return [
    metadata.name,
    jobStatus(metadata, status),
    completions,
    duration,
    age(metadata.creationTimestamp, now),
    ...containerCells(spec.template),
    selectorCell(spec.selector),
  ];
}

function jobStatus(metadata: KubeObject["metadata"], status: batch.JobStatus): string {
  const has = (type: string) => (status.conditions ?? []).some((one) => one.type === type && one.status === "True");
  if (has("Complete")) return "Complete";
  if (has("Failed")) return "Failed";
  if (metadata.deletionTimestamp !== undefined) return "Terminating";
  return ["Suspended", "FailureTarget", "SuccessCriteriaMet"].find(has) ?? "Running";
}
