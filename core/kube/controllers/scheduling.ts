/** Which nodes a pod may run on: names, labels, taints. */
import type { core, Node } from "../objects/object.ts";
import { labelsSelector, matches, type Requirement } from "../store/selector.ts";

/** Why a node does not do, in the scheduler's words; undefined where it does. */
export function whyNot(spec: core.PodSpec, node: Node, options: FitOptions = {}): string | undefined {
  const { metadata, spec: { unschedulable, taints = [] } } = node;
  if (unschedulable && !options.ignoreUnschedulable && !tolerates(spec, UNSCHEDULABLE)) {
    return "node(s) were unschedulable";
  }
  if (spec.nodeName && spec.nodeName !== metadata.name) return "node(s) didn't match the requested node name";
  const affine = matches(labelsSelector(spec.nodeSelector ?? {}), metadata.labels) && meetsAffinity(spec, node);
  if (!affine) return "node(s) didn't match Pod's node affinity/selector";
  const taint = taints.find((one) =>
    one.effect !== "PreferNoSchedule" && !ignored(one, options) && !tolerates(spec, one)
  );
  return taint === undefined ? undefined : `node(s) had untolerated taint(s)`;
}

/** What a check leaves out. */
export interface FitOptions {
  /** Daemon pods run on cordoned nodes, too. */
  readonly ignoreUnschedulable?: boolean;
}

const UNSCHEDULABLE: core.Taint = { key: "node.kubernetes.io/unschedulable", effect: "NoSchedule" };

function ignored({ key }: core.Taint, { ignoreUnschedulable }: FitOptions): boolean {
  return ignoreUnschedulable === true && key === UNSCHEDULABLE.key;
}

/** Whether a pod may run on a node. */
export function fitsNode(spec: core.PodSpec, node: Node, options: FitOptions = {}): boolean {
  return whyNot(spec, node, options) === undefined;
}

/** Whether a pod tolerates a taint. */
export function tolerates({ tolerations = [] }: core.PodSpec, taint: core.Taint): boolean {
  return tolerations.some((one) => {
    if (one.effect && one.effect !== taint.effect) return false;
    if (one.key && one.key !== taint.key) return false;
    return one.operator === "Exists" || (one.key !== undefined && (one.value ?? "") === (taint.value ?? ""));
  });
}

const OPERATORS: Readonly<Record<string, Requirement["operator"]>> = {
  In: "in",
  NotIn: "notin",
  Exists: "exists",
  DoesNotExist: "!",
  Gt: "gt",
  Lt: "lt",
};

function meetsAffinity({ affinity }: core.PodSpec, node: Node): boolean {
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  if (required === undefined) return true;
  return required.nodeSelectorTerms.some((term) => {
    if ((term.matchExpressions ?? []).length + (term.matchFields ?? []).length === 0) return false;
    return meets(term.matchExpressions, node.metadata.labels) &&
      meets(term.matchFields, { "metadata.name": node.metadata.name });
  });
}

function meets(terms: core.NodeSelectorRequirement[] = [], labels: Record<string, string> | undefined): boolean {
  const requirements = terms.map(({ key, operator, values = [] }): Requirement => ({
    key,
    operator: OPERATORS[operator] ?? "in",
    values,
  }));
  return matches(requirements, labels);
}
