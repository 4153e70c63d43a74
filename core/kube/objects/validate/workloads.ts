import { sameJson } from "../../../base/mod.ts";
import { matches, selectorOf } from "../../store/selector.ts";
import { wasGivenEmpty } from "../codec.ts";
import { forbidden, invalid, type Issue, required, unsupported } from "../issue.ts";
import type {
  apps,
  batch,
  core,
  DaemonSet,
  Deployment,
  Job,
  LabelSelector,
  ReplicaSet,
  StatefulSet,
} from "../object.ts";
import { annotationIssues } from "./meta.ts";
import { check, dns1123Label, labelIssues, nonNegative } from "./names.ts";
import { podSpecIssues } from "./pod.ts";
import { isEmptySelector, isUsable, selectorIssues } from "./selectors.ts";

type Template = core.PodTemplateSpec;

interface Owned {
  readonly selector?: LabelSelector | undefined;
  readonly template: Template;
}

function templateIssues({ metadata, spec }: Template): Issue[] {
  return [...templateMetaIssues(metadata), ...podSpecIssues("spec.template.spec", spec ?? { containers: [] })];
}

function templateMetaIssues(metadata: Template["metadata"]): Issue[] {
  return [
    ...labelIssues("spec.template.labels", metadata?.labels),
    ...annotationIssues("spec.template.annotations", metadata?.annotations),
  ];
}

/** A selector that is missing matches nothing, one that is empty or wrong is not checked against the template. */
function mismatch({ selector, template }: Owned): Issue[] {
  if (selector && (isEmptySelector(selector) || !isUsable(selector))) return [];
  if (matches(selectorOf(selector), template.metadata?.labels)) return [];
  const detail = "`selector` does not match template `labels`";
  const none = wasGivenEmpty(template.metadata, "labels") ? {} : null;
  return [invalid("spec.template.metadata.labels", template.metadata?.labels ?? none, detail)];
}

function selectorProblems(selector: LabelSelector | undefined, what: string): Issue[] {
  if (!selector) return [required("spec.selector")];
  const empty = isEmptySelector(selector)
    ? [invalid("spec.selector", selector, `empty selector is invalid for ${what}`)]
    : [];
  return [...selectorIssues("spec.selector", selector), ...empty];
}

/** A template and its fit to a selector; one that cannot be used hides whatever is wrong with the template. */
function selectedTemplate({ selector, template }: Owned, what: string, detail: string): Issue[] {
  if (selector && !isUsable(selector)) return [invalid("spec.selector", selector, detail)];
  // Of a StatefulSet the server looks at its template's labels twice.
  const again = what === "StatefulSet" ? templateMetaIssues(template.metadata) : [];
  return [...mismatch({ selector, template }), ...templateIssues(template), ...again, ...endings(template, what)];
}

function endings(template: Template, what: string): Issue[] {
  const issues: Issue[] = [];
  const policy = template.spec?.restartPolicy;
  if (policy !== undefined && policy !== "Always") {
    issues.push(unsupported("spec.template.spec.restartPolicy", policy, ["Always"]));
  }
  if (template.spec?.activeDeadlineSeconds !== undefined) {
    const detail = `activeDeadlineSeconds in ${what} is not Supported`;
    issues.push(forbidden("spec.template.spec.activeDeadlineSeconds", detail));
  }
  return issues;
}

/** What is wrong with a Deployment beyond its metadata. */
export function validateDeployment({ spec }: Deployment): Issue[] {
  return [
    ...nonNegative("spec.replicas", spec.replicas),
    ...selectorProblems(spec.selector, "deployment"),
    ...selectedTemplate(spec, "ReplicaSet", "invalid label selector"),
    ...strategyIssues(spec.strategy ?? {}),
    ...nonNegative("spec.minReadySeconds", spec.minReadySeconds),
    ...nonNegative("spec.revisionHistoryLimit", spec.revisionHistoryLimit),
    ...deadlineIssues(spec),
  ];
}

function deadlineIssues({ progressDeadlineSeconds: deadline, minReadySeconds = 0 }: apps.DeploymentSpec): Issue[] {
  const field = "spec.progressDeadlineSeconds";
  if (deadline === undefined) return [];
  const late = deadline <= minReadySeconds ? [invalid(field, deadline, "must be greater than minReadySeconds")] : [];
  return [...nonNegative(field, deadline), ...late];
}

function strategyIssues({ type, rollingUpdate }: apps.DeploymentStrategy): Issue[] {
  const field = "spec.strategy";
  if (type === "Recreate") {
    const detail = "may not be specified when strategy `type` is 'Recreate'";
    return rollingUpdate === undefined ? [] : [forbidden(`${field}.rollingUpdate`, detail)];
  }
  if (type !== "RollingUpdate") {
    return [
      unsupported(field, { Type: type, RollingUpdate: shownUpdate(rollingUpdate) }, ["Recreate", "RollingUpdate"]),
    ];
  }
  const at = `${field}.rollingUpdate`;
  const { maxUnavailable, maxSurge } = rollingUpdate ?? {};
  const issues = [...amountIssues(`${at}.maxUnavailable`, maxUnavailable), ...amountIssues(`${at}.maxSurge`, maxSurge)];
  if (amountOf(maxUnavailable) === 0 && amountOf(maxSurge) === 0) {
    issues.push(invalid(`${at}.maxUnavailable`, maxUnavailable, "may not be 0 when `maxSurge` is 0"));
  }
  return [...issues, ...hundredIssues(`${at}.maxUnavailable`, maxUnavailable)];
}

type Amount = number | string | undefined;

/** A rolling update as the server's own type is printed. */
function shownUpdate(update: { maxUnavailable?: Amount; maxSurge?: Amount } | undefined): object | null {
  return update === undefined ? null : { MaxUnavailable: update.maxUnavailable ?? 0, MaxSurge: update.maxSurge ?? 0 };
}

function amountOf(amount: Amount): number {
  return typeof amount === "number" ? amount : parseInt(amount ?? "0", 10);
}

/** What is wrong with a number or a share of pods. */
export function amountIssues(field: string, amount: Amount): Issue[] {
  if (typeof amount !== "string") return nonNegative(field, amount);
  if (/^[0-9]+%$/.test(amount)) return [];
  const detail =
    "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used " +
    "for validation is '[0-9]+%')";
  return [invalid(field, amount, detail)];
}

/** A share cannot be more than all. */
export function hundredIssues(field: string, amount: Amount): Issue[] {
  if (typeof amount !== "string" || !/^[0-9]+%$/.test(amount) || amountOf(amount) <= 100) return [];
  return [invalid(field, amount, "must not be greater than 100%")];
}

/** What an update of a Deployment may not do. */
export function validateDeploymentUpdate(deployment: Deployment, old: Deployment): Issue[] {
  return [...validateDeployment(deployment), ...fixedSelector(deployment.spec.selector, old.spec.selector)];
}

function fixedSelector(selector: LabelSelector | undefined, old: LabelSelector | undefined): Issue[] {
  if (JSON.stringify(selector) === JSON.stringify(old)) return [];
  return [invalid("spec.selector", selector, "field is immutable")];
}

/** What is wrong with a ReplicaSet beyond its metadata. */
export function validateReplicaSet({ spec }: ReplicaSet): Issue[] {
  const template = spec.template ?? {};
  return [
    ...nonNegative("spec.replicas", spec.replicas),
    ...nonNegative("spec.minReadySeconds", spec.minReadySeconds),
    ...selectorProblems(spec.selector, "deployment"),
    ...selectedTemplate({ selector: spec.selector, template }, "ReplicaSet", "invalid label selector"),
  ];
}

/** What an update of a ReplicaSet may not do. */
export function validateReplicaSetUpdate(set: ReplicaSet, old: ReplicaSet): Issue[] {
  return [...validateReplicaSet(set), ...fixedSelector(set.spec.selector, old.spec.selector)];
}

/** What is wrong with a StatefulSet beyond its metadata. */
export function validateStatefulSet({ spec }: StatefulSet): Issue[] {
  const claims = (spec.volumeClaimTemplates ?? []).map(({ metadata }) => metadata?.name ?? "");
  const volumes = [...new Set(claims)].map((name) => ({ name, persistentVolumeClaim: { claimName: name } }));
  const own = (spec.template.spec?.volumes ?? []).filter(({ name }) => !claims.includes(name));
  const template = { ...spec.template, spec: { ...spec.template.spec as core.PodSpec, volumes: [...volumes, ...own] } };
  const issues: Issue[] = [];
  const policy = spec.podManagementPolicy;
  if (policy !== "OrderedReady" && policy !== "Parallel") {
    issues.push(invalid("spec.podManagementPolicy", policy, "must be 'OrderedReady' or 'Parallel'"));
  }
  return [
    ...issues,
    ...statefulStrategyIssues(spec.updateStrategy ?? {}),
    ...retentionIssues(spec.persistentVolumeClaimRetentionPolicy ?? {}),
    ...nonNegative("spec.replicas", spec.replicas),
    ...nonNegative("spec.minReadySeconds", spec.minReadySeconds),
    ...nonNegative("spec.ordinals.start", spec.ordinals?.start),
    ...(spec.volumeClaimTemplates ?? []).flatMap((claim, index) =>
      claimIssues(`spec.volumeClaimTemplates[${index}].spec`, claim.spec ?? {})
    ),
    ...(spec.serviceName ? check("spec.serviceName", spec.serviceName, dns1123Label) : []),
    ...selectorProblems(spec.selector, "statefulset"),
    ...selectedTemplate({ selector: spec.selector, template }, "StatefulSet", ""),
  ];
}

const ACCESS_MODES = ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"];

/** What is wrong with a claim for storage. */
function claimIssues(at: string, { accessModes = [], resources }: core.PersistentVolumeClaimSpec): Issue[] {
  const modes = `${at}.accessModes`;
  const issues = accessModes.length === 0 ? [required(modes, "at least 1 access mode is required")] : [];
  for (const mode of accessModes) if (!ACCESS_MODES.includes(mode)) issues.push(unsupported(modes, mode, ACCESS_MODES));
  if (accessModes.length > 1 && accessModes.includes("ReadWriteOncePod")) {
    issues.push(forbidden(modes, "may not use ReadWriteOncePod with other access modes"));
  }
  const storage = resources?.requests?.["storage"];
  if (storage === undefined) return [...issues, required(`${at}.resources[storage]`)];
  if (!/^-|^0+$/.test(storage)) return issues;
  return [...issues, invalid(`${at}.resources.requests[storage]`, storage, "must be greater than zero")];
}

function statefulStrategyIssues({ type, rollingUpdate }: apps.StatefulSetUpdateStrategy): Issue[] {
  const field = "spec.updateStrategy";
  if (type === "RollingUpdate") return nonNegative(`${field}.rollingUpdate.partition`, rollingUpdate?.partition);
  if (type === "OnDelete") {
    if (rollingUpdate === undefined) return [];
    return [invalid(`${field}.rollingUpdate`, rollingUpdate, "only allowed for updateStrategy 'RollingUpdate'")];
  }
  const { partition = 0, maxUnavailable = null } = rollingUpdate ?? {};
  const update = rollingUpdate === undefined ? null : { Partition: partition, MaxUnavailable: maxUnavailable };
  return [invalid(field, { Type: type ?? "", RollingUpdate: update }, "must be 'RollingUpdate' or 'OnDelete'")];
}

const RETENTIONS = ["Retain", "Delete"];

function retentionIssues(policy: apps.StatefulSetPersistentVolumeClaimRetentionPolicy): Issue[] {
  return (["whenDeleted", "whenScaled"] as const).flatMap((when) => {
    const word = policy[when];
    if (word === undefined || RETENTIONS.includes(word)) return [];
    return [unsupported(`spec.persistentVolumeClaimRetentionPolicy.${when}`, word, RETENTIONS)];
  });
}

const CHANGEABLE = [
  "replicas",
  "ordinals",
  "template",
  "updateStrategy",
  "revisionHistoryLimit",
  "persistentVolumeClaimRetentionPolicy",
  "minReadySeconds",
];

/** What an update of a StatefulSet may not do. */
export function validateStatefulSetUpdate(set: StatefulSet, old: StatefulSet): Issue[] {
  const rest = (spec: apps.StatefulSetSpec) =>
    Object.fromEntries(Object.entries(spec).filter(([key]) => !CHANGEABLE.includes(key)));
  const list = CHANGEABLE.slice(0, -1).map((name) => `'${name}'`).join(", ");
  const detail = `updates to statefulset spec for fields other than ${list} and 'minReadySeconds' are forbidden`;
  const changed = sameJson(rest(set.spec), rest(old.spec)) ? [] : [forbidden("spec", detail)];
  // A name that was taken once is taken again.
  const issues = validateStatefulSet(set).filter(({ field }) => field !== "spec.serviceName");
  return [...issues, ...changed];
}

/** What is wrong with a DaemonSet beyond its metadata. */
export function validateDaemonSet({ spec }: DaemonSet): Issue[] {
  const issues = selectorIssues("spec.selector", spec.selector);
  issues.push(...mismatch(spec));
  if (spec.selector && isEmptySelector(spec.selector)) {
    issues.push(invalid("spec.selector", spec.selector, "empty selector is invalid for daemonset"));
  }
  return [
    ...issues,
    ...templateIssues(spec.template),
    ...endings(spec.template, "DaemonSet"),
    ...nonNegative("spec.minReadySeconds", spec.minReadySeconds),
    ...daemonStrategyIssues(spec.updateStrategy ?? {}),
    ...nonNegative("spec.revisionHistoryLimit", spec.revisionHistoryLimit),
  ];
}

function daemonStrategyIssues({ type, rollingUpdate }: apps.DaemonSetUpdateStrategy): Issue[] {
  const field = "spec.updateStrategy";
  if (type === "OnDelete") return [];
  if (type !== "RollingUpdate") {
    const shown = { Type: type ?? "", RollingUpdate: shownUpdate(rollingUpdate) };
    return [unsupported(field, shown, ["RollingUpdate", "OnDelete"])];
  }
  if (rollingUpdate === undefined) return [required(`${field}.rollingUpdate`)];
  const { maxUnavailable, maxSurge } = rollingUpdate;
  const [down, up] = [`${field}.rollingUpdate.maxUnavailable`, `${field}.rollingUpdate.maxSurge`];
  const issues = [
    ...amountIssues(down, maxUnavailable),
    ...amountIssues(up, maxSurge),
    ...hundredIssues(down, maxUnavailable),
    ...hundredIssues(up, maxSurge),
  ];
  const [missing, surplus] = [amountOf(maxUnavailable) !== 0, amountOf(maxSurge) !== 0];
  if (missing && surplus) issues.push(invalid(up, maxSurge, "may not be set when maxUnavailable is non-zero"));
  if (!missing && !surplus) issues.push(required(down, "cannot be 0 when maxSurge is 0"));
  return issues;
}

/** What an update of a DaemonSet may not do. */
export function validateDaemonSetUpdate(set: DaemonSet, old: DaemonSet): Issue[] {
  return [...fixedSelector(set.spec.selector, old.spec.selector), ...validateDaemonSet(set)];
}

/** What is wrong with a Job beyond its metadata. */
export function validateJob({ spec }: Job): Issue[] {
  const template = spec.template as Template;
  return [
    ...nonNegative("spec.parallelism", spec.parallelism),
    ...nonNegative("spec.completions", spec.completions),
    ...nonNegative("spec.activeDeadlineSeconds", spec.activeDeadlineSeconds),
    ...nonNegative("spec.backoffLimit", spec.backoffLimit),
    ...nonNegative("spec.ttlSecondsAfterFinished", spec.ttlSecondsAfterFinished),
    ...templateIssues(template),
    ...jobRestartIssues(spec),
  ];
}

function jobRestartIssues({ template }: batch.JobSpec): Issue[] {
  const policy = template.spec?.restartPolicy;
  if (policy === "Always") {
    return [{
      field: "spec.template.spec.restartPolicy",
      reason: "FieldValueRequired",
      message: `Required value: valid values: "OnFailure", "Never"`,
    }];
  }
  if (policy === undefined || policy === "OnFailure" || policy === "Never") return [];
  return [unsupported("spec.template.spec.restartPolicy", policy, ["OnFailure", "Never"])];
}
