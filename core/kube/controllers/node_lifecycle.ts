import { copyOf, type core } from "../objects/object.ts";
import type { Controller, ControllerApi } from "./controller.ts";

const NOT_READY = "node.kubernetes.io/not-ready";
const UNREACHABLE = "node.kubernetes.io/unreachable";
const UNSCHEDULABLE = "node.kubernetes.io/unschedulable";

/** Keeps the taints that tell how a node is: not ready, unreachable, unschedulable. */
export const nodeLifecycle: Controller = ({ type, object }, api) => {
  if (object.kind === "Node" && type !== "DELETED") api.later(taintNode, object.metadata.name);
};

function taintNode(name: string, api: ControllerApi): void {
  const node = api.store.get("Node", name);
  if (node === undefined) return;
  const ready = node.status.conditions?.find(({ type }) => type === "Ready")?.status;
  const wanted: core.Taint[] = [];
  if (ready === "False") wanted.push(noSchedule(NOT_READY), noExecute(NOT_READY, api));
  if (ready === "Unknown") wanted.push(noSchedule(UNREACHABLE), noExecute(UNREACHABLE, api));
  if (ready === undefined) wanted.push(noSchedule(NOT_READY));
  if (node.spec.unschedulable) wanted.push({ ...noSchedule(UNSCHEDULABLE), timeAdded: api.timestamp() });
  const now = node.spec.taints ?? [];
  const others = now.filter(({ key }) => ![NOT_READY, UNREACHABLE, UNSCHEDULABLE].includes(key));
  const kept = wanted.map((taint) => now.find((one) => one.key === taint.key && one.effect === taint.effect) ?? taint);
  const next = [...others, ...kept];
  if (next.length === now.length && next.every((taint) => now.includes(taint))) return;
  const changed = copyOf(node);
  if (next.length > 0) changed.spec.taints = next;
  else delete changed.spec.taints;
  api.update(changed);
}

function noSchedule(key: string): core.Taint {
  return { key, effect: "NoSchedule" };
}

function noExecute(key: string, api: ControllerApi): core.Taint {
  return { key, effect: "NoExecute", timeAdded: api.timestamp() };
}
