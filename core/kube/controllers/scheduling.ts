/** Which nodes a pod may run on: names, labels, taints. */
import type { core, Node } from "../objects/object.ts";
import { amount, type Load, type Request } from "./node_load.ts";
import { labelsSelector, matches, requirementOf } from "../store/selector.ts";

/** Why a node does not do, in the scheduler's words; undefined where it does. */
export function whyNot(spec: core.PodSpec, node: Node, options: FitOptions = {}): string | undefined {
  const { metadata, spec: { unschedulable, taints } } = node;
  if (unschedulable && !options.ignoreUnschedulable && !tolerates(spec, UNSCHEDULABLE)) {
    return "node(s) were unschedulable";
  }
  if (spec.nodeName && spec.nodeName !== metadata.name) return "node(s) didn't match the requested node name";
  const chosen = spec.nodeSelector === undefined || matches(labelsSelector(spec.nodeSelector), metadata.labels);
  const affine = chosen && meetsAffinity(spec, node);
  if (!affine) return "node(s) didn't match Pod's node affinity/selector";
  const taint = taints?.find((one) =>
    one.effect !== "PreferNoSchedule" && !ignored(one, options) && !tolerates(spec, one)
  );
  return taint === undefined ? undefined : `node(s) had untolerated taint(s)`;
}

/** What a node has too little of for a pod, in the scheduler's words. */
export function whyFull({ cpu, memory, ports }: Request, { status }: Node, load: Load): readonly string[] {
  if (ports.length > 0 && ports.some((port) => (load.ports.get(port) ?? 0) > 0)) {
    return ["node(s) didn't have free ports for the requested pod ports"];
  }
  const has = roomOf(status);
  if (load.pods < has.pods && load.cpu + cpu <= has.cpu && load.memory + memory <= has.memory) return NOTHING;
  return [
    ...(load.pods + 1 > has.pods ? ["Too many pods"] : []),
    ...(cpu > 0 && load.cpu + cpu > has.cpu ? ["Insufficient cpu"] : []),
    ...(memory > 0 && load.memory + memory > has.memory ? ["Insufficient memory"] : []),
  ];
}

const NOTHING: readonly string[] = [];

interface Room {
  readonly pods: number;
  readonly cpu: number;
  readonly memory: number;
}

const rooms = new WeakMap<object, Room>();

/** What a node can give; one that does not say has no bounds. */
function roomOf(status: Node["status"]): Room {
  const allocatable = status?.allocatable as Record<string, string> | undefined;
  if (allocatable === undefined) return { pods: Infinity, cpu: Infinity, memory: Infinity };
  const known = rooms.get(allocatable);
  if (known !== undefined) return known;
  const give = (name: string, scale?: number) =>
    allocatable[name] === undefined ? Infinity : amount(allocatable[name], scale);
  const room = { pods: give("pods"), cpu: give("cpu", 1000), memory: give("memory") };
  rooms.set(allocatable, room);
  return room;
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

function meetsAffinity({ affinity }: core.PodSpec, node: Node): boolean {
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  if (required === undefined) return true;
  return required.nodeSelectorTerms.some((term) => meetsTerm(term, node));
}

/** Whether a node is one that a term means; a term that says nothing means none. */
export function meetsTerm({ matchExpressions, matchFields }: core.NodeSelectorTerm, { metadata }: Node): boolean {
  if ((matchExpressions ?? []).length + (matchFields ?? []).length === 0) return false;
  return meets(matchExpressions, metadata.labels) && meets(matchFields, { "metadata.name": metadata.name });
}

function meets(terms: core.NodeSelectorRequirement[] = [], labels: Record<string, string> | undefined): boolean {
  return matches(terms.map(requirementOf), labels);
}
