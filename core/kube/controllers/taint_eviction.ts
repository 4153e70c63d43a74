import { type core, keyOf, type Node, type Pod } from "../objects/object.ts";
import { type Controller, type ControllerApi, splitKey } from "./controller.ts";
import { isActive } from "./pods.ts";

/** Deletes pods from nodes whose NoExecute taints they do not tolerate, at once or when their patience is over. */
export const taintEviction: Controller = ({ type, object }, api) => {
  if (type === "DELETED") return;
  if (object.kind === "Pod" && (object as Pod).spec.nodeName) api.later(syncPod, keyOf(object));
  if (object.kind !== "Node" || noExecute((object as Node).spec).length === 0) return;
  for (const pod of api.store.list("Pod")) {
    if (pod.spec.nodeName === object.metadata.name) api.later(syncPod, keyOf(pod));
  }
};

function noExecute({ taints = [] }: core.NodeSpec): core.Taint[] {
  return taints.filter(({ effect }) => effect === "NoExecute");
}

function syncPod(key: string, api: ControllerApi): void {
  const { namespace, name } = splitKey(key);
  const pod = api.store.get("Pod", name, namespace);
  if (pod === undefined || !isActive(pod)) return;
  const node = api.store.get("Node", pod.spec.nodeName ?? "");
  const ends = noExecute(node?.spec ?? {}).map((taint) => endOf(pod, taint, api.clock.now()));
  const end = Math.min(...ends, Infinity);
  if (end === Infinity) return;
  if (end > api.clock.now()) return api.after(end - api.clock.now(), syncPod, key);
  const message = `Marking for deletion Pod ${key}`;
  api.event(pod, { type: "Normal", reason: "TaintManagerEviction", message, component: "taint-eviction-controller" });
  api.delete("Pod", { name, namespace });
}

/** Until when a pod stays on a node with a taint, in milliseconds since 1970: now, later, or for ever. */
function endOf({ spec }: Pod, taint: core.Taint, now: number): number {
  const meets = (one: core.Toleration) =>
    (!one.effect || one.effect === taint.effect) && (!one.key || one.key === taint.key) &&
    (one.operator === "Exists" || (one.key !== undefined && (one.value ?? "") === (taint.value ?? "")));
  const tolerated = (spec.tolerations ?? []).filter(meets);
  if (tolerated.length === 0) return now;
  const seconds = tolerated.map(({ tolerationSeconds }) => tolerationSeconds ?? Infinity);
  const since = taint.timeAdded === undefined || taint.timeAdded === null ? now : Date.parse(taint.timeAdded);
  return since + Math.max(0, Math.min(...seconds)) * 1000;
}
