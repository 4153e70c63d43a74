import type { apps, batch, core } from "../object.ts";
import { defaultPodSpec } from "./pod.ts";

/** What the server fills in for a Deployment. */
export function defaultDeployment({ spec }: { spec: apps.DeploymentSpec }): void {
  defaultTemplate(spec.template);
  spec.replicas ??= 1;
  const strategy = spec.strategy ??= {};
  strategy.type ??= "RollingUpdate";
  if (strategy.type === "RollingUpdate") {
    strategy.rollingUpdate ??= {};
    strategy.rollingUpdate.maxUnavailable ??= "25%";
    strategy.rollingUpdate.maxSurge ??= "25%";
  }
  spec.revisionHistoryLimit ??= 10;
  spec.progressDeadlineSeconds ??= 600;
}

/** What the server fills in for a ReplicaSet. */
export function defaultReplicaSet({ spec }: { spec: apps.ReplicaSetSpec }): void {
  if (spec.template !== undefined) defaultTemplate(spec.template);
  spec.replicas ??= 1;
}

/** What the server fills in for a ReplicationController: its selector and labels come from its template. */
export function defaultReplicationController(
  object: { metadata: { labels?: Record<string, string> }; spec: core.ReplicationControllerSpec },
): void {
  const labels = object.spec.template?.metadata?.labels;
  if (object.spec.template !== undefined) defaultTemplate(object.spec.template);
  if (labels !== undefined) {
    object.spec.selector ??= { ...labels };
    object.metadata.labels ??= { ...labels };
  }
  object.spec.replicas ??= 1;
}

/** What the server fills in for a StatefulSet. */
export function defaultStatefulSet({ spec }: { spec: apps.StatefulSetSpec }): void {
  defaultTemplate(spec.template);
  spec.podManagementPolicy ??= "OrderedReady";
  const strategy = spec.updateStrategy ??= {};
  strategy.type ??= "RollingUpdate";
  if (strategy.type === "RollingUpdate") {
    strategy.rollingUpdate ??= {};
    strategy.rollingUpdate.partition ??= 0;
  }
  spec.persistentVolumeClaimRetentionPolicy ??= {};
  spec.persistentVolumeClaimRetentionPolicy.whenDeleted ??= "Retain";
  spec.persistentVolumeClaimRetentionPolicy.whenScaled ??= "Retain";
  spec.replicas ??= 1;
  spec.revisionHistoryLimit ??= 10;
  spec.volumeClaimTemplates?.forEach(defaultClaimTemplate);
}

function defaultClaimTemplate(claim: core.PersistentVolumeClaim): void {
  claim.apiVersion ??= "v1";
  claim.kind ??= "PersistentVolumeClaim";
  if (claim.spec !== undefined) claim.spec.volumeMode ??= "Filesystem";
  Object.assign(claim, { status: { ...claim.status, phase: claim.status?.phase ?? "Pending" } });
}

/** What the server fills in for a DaemonSet. */
export function defaultDaemonSet({ spec }: { spec: apps.DaemonSetSpec }): void {
  defaultTemplate(spec.template);
  const strategy = spec.updateStrategy ??= {};
  strategy.type ??= "RollingUpdate";
  if (strategy.type === "RollingUpdate") {
    strategy.rollingUpdate ??= {};
    strategy.rollingUpdate.maxUnavailable ??= 1;
    strategy.rollingUpdate.maxSurge ??= 0;
  }
  spec.revisionHistoryLimit ??= 10;
}

/** What the server fills in for a Job. */
export function defaultJob({ spec }: { spec: batch.JobSpec }): void {
  defaultTemplate(spec.template);
  if (spec.completions === undefined && spec.parallelism === undefined) spec.completions = 1;
  spec.parallelism ??= 1;
  spec.backoffLimit ??= 6;
  spec.completionMode ??= "NonIndexed";
  spec.suspend ??= false;
  spec.podReplacementPolicy ??= spec.podFailurePolicy === undefined ? "TerminatingOrFailed" : "Failed";
  spec.manualSelector ??= false;
}

/** What the server fills in for a CronJob. */
export function defaultCronJob({ spec }: { spec: batch.CronJobSpec }): void {
  spec.concurrencyPolicy ??= "Allow";
  spec.suspend ??= false;
  spec.successfulJobsHistoryLimit ??= 3;
  spec.failedJobsHistoryLimit ??= 1;
  if (spec.jobTemplate?.spec?.template !== undefined) defaultTemplate(spec.jobTemplate.spec.template);
}

function defaultTemplate(template: core.PodTemplateSpec | undefined): void {
  if (template?.spec !== undefined) defaultPodSpec(template.spec);
}
