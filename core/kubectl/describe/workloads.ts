import { sameJson } from "../../base/mod.ts";
import {
  type DaemonSet,
  type Deployment,
  humanDuration,
  type Job,
  printSelector,
  type ReplicaSet,
  selectorOf,
  type StatefulSet,
} from "../../kube/mod.ts";
import type { Session } from "../session.ts";
import {
  annotationLines,
  conditionLines,
  controllerText,
  eventLines,
  labelLines,
  labelsText,
  longTime,
  podCounts,
  selectorText,
} from "./common.ts";
import { templateLines } from "./container.ts";
import { Writer } from "./writer.ts";

/** A description that has begun with name and namespace. */
export function begin({ metadata }: { metadata: Deployment["metadata"] }): Writer {
  const writer = new Writer();
  writer.lines(`Name:\t${metadata.name}`, `Namespace:\t${metadata.namespace}`);
  return writer;
}

/** A Deployment, its template, and its ReplicaSets. */
export function describeDeployment(deployment: Deployment, session: Session): string {
  const { metadata, spec, status } = deployment;
  const writer = begin(deployment);
  writer.line(`CreationTimestamp:\t${longTime(metadata.creationTimestamp)}`);
  labelLines(writer, "Labels", metadata.labels);
  annotationLines(writer, "Annotations", metadata.annotations);
  writer.line(`Selector:\t${selectorText(spec.selector)}`);
  const { updatedReplicas = 0, replicas = 0, availableReplicas = 0, unavailableReplicas = 0 } = status;
  const counts = [`${spec.replicas ?? 0} desired`, `${updatedReplicas} updated`, `${replicas} total`];
  writer.line(
    `Replicas:\t${[...counts, `${availableReplicas} available`, `${unavailableReplicas} unavailable`].join(" | ")}`,
  );
  writer.lines(`StrategyType:\t${spec.strategy?.type}`, `MinReadySeconds:\t${spec.minReadySeconds ?? 0}`);
  const rolling = spec.strategy?.rollingUpdate;
  if (rolling !== undefined) {
    writer.line(`RollingUpdateStrategy:\t${rolling.maxUnavailable} max unavailable, ${rolling.maxSurge} max surge`);
  }
  templateLines(writer, spec.template);
  conditionLines(writer, status.conditions);
  const { fresh, old } = replicaSetsOf(session, deployment);
  if (fresh.length + old.length > 0) {
    writer.lines(`OldReplicaSets:\t${setsText(old)}`, `NewReplicaSet:\t${setsText(fresh)}`);
  }
  eventLines(writer, session, deployment);
  return writer.text();
}

/** The ReplicaSets of a Deployment: the one of its template, and the older ones that have pods. */
export function replicaSetsOf(
  session: Session,
  deployment: Deployment,
): { fresh: ReplicaSet[]; old: ReplicaSet[]; all: ReplicaSet[] } {
  const { metadata, spec } = deployment;
  const selector = encodeURIComponent(printSelector(selectorOf(spec.selector) ?? []));
  const path = `/apis/apps/v1/namespaces/${metadata.namespace}/replicasets?labelSelector=${selector}&limit=500`;
  const all = session.client.list<ReplicaSet>(path).filter((set) =>
    set.metadata.ownerReferences?.some(({ uid, controller }) => controller && uid === metadata.uid)
  );
  const isFresh = (set: ReplicaSet) => {
    const template = structuredClone(set.spec.template);
    delete template?.metadata?.labels?.["pod-template-hash"];
    return sameJson(template, spec.template);
  };
  const fresh = all.filter(isFresh).slice(0, 1);
  return { fresh, old: all.filter((set) => !fresh.includes(set)), all };
}

function setsText(sets: readonly ReplicaSet[]): string {
  const texts = sets.map(({ metadata, spec, status }) =>
    `${metadata.name} (${status.replicas ?? 0}/${spec.replicas ?? 0} replicas created)`
  );
  return texts.join(", ") || "<none>";
}

/** A ReplicaSet. */
export function describeReplicaSet(set: ReplicaSet, session: Session): string {
  const { metadata, spec, status } = set;
  const writer = begin(set);
  writer.line(`Selector:\t${selectorText(spec.selector)}`);
  labelLines(writer, "Labels", metadata.labels);
  annotationLines(writer, "Annotations", metadata.annotations);
  const controller = controllerText(set);
  if (controller !== "") writer.line(`Controlled By:\t${controller}`);
  writer.line(`Replicas:\t${status.replicas ?? 0} current / ${spec.replicas ?? 0} desired`);
  writer.line(`Pods Status:\t${podCounts(session, set, spec.selector)}`);
  templateLines(writer, spec.template);
  conditionLines(writer, status.conditions);
  eventLines(writer, session, set);
  return writer.text();
}

/** A StatefulSet. */
export function describeStatefulSet(set: StatefulSet, session: Session): string {
  const { metadata, spec, status } = set;
  const writer = begin(set);
  writer.line(`CreationTimestamp:\t${longTime(metadata.creationTimestamp)}`);
  writer.line(`Selector:\t${selectorText(spec.selector)}`);
  labelLines(writer, "Labels", metadata.labels);
  annotationLines(writer, "Annotations", metadata.annotations);
  writer.line(`Replicas:\t${spec.replicas ?? 0} desired | ${status.replicas ?? 0} total`);
  writer.line(`Update Strategy:\t${spec.updateStrategy?.type}`);
  const partition = spec.updateStrategy?.rollingUpdate?.partition;
  if (partition !== undefined) writer.line(`Partition:\t${partition}`, 1);
  writer.line(`Pods Status:\t${podCounts(session, set, spec.selector)}`);
  templateLines(writer, spec.template);
  claimLines(writer, set);
  eventLines(writer, session, set);
  return writer.text();
}

function claimLines(writer: Writer, { spec }: StatefulSet): void {
  const claims = spec.volumeClaimTemplates ?? [];
  if (claims.length === 0) return writer.line("Volume Claims:\t<none>");
  writer.line("Volume Claims:");
  for (const { metadata, spec: claim } of claims) {
    writer.line(`  Name:\t${metadata?.name ?? ""}`);
    writer.line(`  StorageClass:\t${claim?.storageClassName ?? ""}`);
    labelLines(writer, "  Labels", metadata?.labels);
    annotationLines(writer, "  Annotations", metadata?.annotations);
    writer.line(`  Capacity:\t${claim?.resources?.requests?.storage ?? "<default>"}`);
    writer.line(`  Access Modes:\t[${(claim?.accessModes ?? []).join(" ")}]`);
  }
}

/** A DaemonSet. */
export function describeDaemonSet(set: DaemonSet, session: Session): string {
  const { metadata, spec, status } = set;
  const writer = begin(set);
  writer.line(`Selector:\t${selectorText(spec.selector)}`);
  writer.line(`Node-Selector:\t${labelsText(spec.template.spec?.nodeSelector)}`);
  labelLines(writer, "Labels", metadata.labels);
  annotationLines(writer, "Annotations", metadata.annotations);
  writer.lines(
    `Desired Number of Nodes Scheduled: ${status.desiredNumberScheduled ?? 0}`,
    `Current Number of Nodes Scheduled: ${status.currentNumberScheduled ?? 0}`,
    `Number of Nodes Scheduled with Up-to-date Pods: ${status.updatedNumberScheduled ?? 0}`,
    `Number of Nodes Scheduled with Available Pods: ${status.numberAvailable ?? 0}`,
    `Number of Nodes Misscheduled: ${status.numberMisscheduled ?? 0}`,
    `Pods Status:\t${podCounts(session, set, spec.selector)}`,
  );
  templateLines(writer, spec.template);
  eventLines(writer, session, set);
  return writer.text();
}

/** A Job. */
export function describeJob(job: Job, session: Session): string {
  const { metadata, spec, status } = job;
  const writer = begin(job);
  writer.line(`Selector:\t${selectorText(spec.selector)}`);
  labelLines(writer, "Labels", metadata.labels);
  annotationLines(writer, "Annotations", metadata.annotations);
  const controller = controllerText(job);
  if (controller !== "") writer.line(`Controlled By:\t${controller}`);
  writer.lines(`Parallelism:\t${spec.parallelism}`, `Completions:\t${spec.completions ?? "<unset>"}`);
  writer.lines(
    `Completion Mode:\t${spec.completionMode}`,
    `Suspend:\t${spec.suspend}`,
    `Backoff Limit:\t${spec.backoffLimit}`,
  );
  if (spec.ttlSecondsAfterFinished !== undefined) {
    writer.line(`TTL Seconds After Finished:\t${spec.ttlSecondsAfterFinished}`);
  }
  if (status.startTime) writer.line(`Start Time:\t${longTime(status.startTime)}`);
  if (status.completionTime) writer.line(`Completed At:\t${longTime(status.completionTime)}`);
  if (status.startTime && status.completionTime) {
    writer.line(`Duration:\t${humanDuration(Date.parse(status.completionTime) - Date.parse(status.startTime))}`);
  }
  if (spec.activeDeadlineSeconds !== undefined) writer.line(`Active Deadline Seconds:\t${spec.activeDeadlineSeconds}s`);
  const active = `${status.active ?? 0} Active${status.ready === undefined ? "" : ` (${status.ready} Ready)`}`;
  writer.line(`Pods Statuses:\t${active} / ${status.succeeded ?? 0} Succeeded / ${status.failed ?? 0} Failed`);
  templateLines(writer, spec.template);
  eventLines(writer, session, job);
  return writer.text();
}
