import { copyOf, keyOf, type Node, type Pod } from "../objects/object.ts";
import { type Controller, type ControllerApi, splitKey } from "./controller.ts";
import { controllerOf } from "./owners.ts";
import { loadsOf, type NodeLoads, requestOf } from "./node_load.ts";
import { whyFull, whyNot } from "./scheduling.ts";
import { type Score, scoreOf } from "./scoring.ts";
import { neighboursOf } from "./spreading.ts";

/** Gives each pod a node: one it may run on and has room on, that it wants most, with the fewest pods of its kind, then the fewest pods. */
export const scheduler: Controller = (change, api) => {
  const { type, object } = change;
  if (object.kind === "Pod" && type !== "DELETED") api.later(schedule, keyOf(object));
  if (object.kind === "Pod") loadsOf(api).note(change);
  if (object.kind === "Node" || (object.kind === "Pod" && type === "DELETED")) {
    for (const pod of api.store.list("Pod")) if (isWaiting(pod)) api.later(schedule, keyOf(pod));
  }
};

function isWaiting({ spec, metadata }: Pod): boolean {
  return !spec.nodeName && metadata.deletionTimestamp === undefined && (spec.schedulingGates ?? []).length === 0 &&
    spec.schedulerName === "default-scheduler";
}

function schedule(key: string, api: ControllerApi): void {
  const { namespace, name } = splitKey(key);
  const pod = api.store.get("Pod", name, namespace);
  if (pod === undefined || !isWaiting(pod)) return;
  const nodes = api.store.list("Node");
  const loads = loadsOf(api);
  const neighbours = neighboursOf(pod, nodes, api);
  const request = requestOf(pod.spec);
  const why = (node: Node): readonly string[] => {
    const reason = whyNot(pod.spec, node);
    if (reason !== undefined) return [reason];
    const crowded = whyFull(request, node, loads.of(node.metadata.name));
    if (crowded.length > 0) return crowded;
    const apart = neighbours?.(node);
    return apart === undefined ? [] : [apart];
  };
  const fit = nodes.filter((node) => why(node).length === 0);
  const best = pick(pod, mostWanted(fit, scoreOf(pod, fit, api)), loads);
  if (best === undefined) return refuse(pod, nodes.map(why), api);
  if (api.bind(pod, best.metadata.name) !== undefined) return;
  loads.count(pod, best.metadata.name);
  const message = `Successfully assigned ${key} to ${best.metadata.name}`;
  api.event(pod, { type: "Normal", reason: "Scheduled", message, component: "default-scheduler" });
}

/** The nodes with the highest score. */
function mostWanted(nodes: readonly Node[], score: Score | undefined): readonly Node[] {
  if (score === undefined || nodes.length < 2) return nodes;
  const scores = nodes.map(score);
  const most = Math.max(...scores);
  return nodes.filter((_node, i) => scores[i] === most);
}

/** The node with the fewest pods of the same owner, then the fewest pods, then the first. */
function pick(pod: Pod, nodes: readonly Node[], loads: NodeLoads): Node | undefined {
  const owner = controllerOf(pod)?.uid;
  let best: { readonly node: Node; readonly kin: number; readonly all: number } | undefined;
  for (const node of nodes) {
    const load = loads.of(node.metadata.name);
    const kin = owner === undefined ? 0 : load.kin.get(owner) ?? 0;
    if (best === undefined || kin < best.kin || (kin === best.kin && load.pods < best.all)) {
      best = { node, kin, all: load.pods };
    }
  }
  return best?.node;
}

function refuse(pod: Pod, perNode: readonly (readonly string[])[], api: ControllerApi): void {
  const nodes = perNode;
  const why = new Map<string, number>();
  for (const reason of perNode.flat()) why.set(reason, (why.get(reason) ?? 0) + 1);
  const reasons = [...why].map(([reason, count]) => `${count} ${reason}`).sort().join(", ");
  const none = "no nodes available to schedule pods";
  const message = nodes.length === 0
    ? none
    : `0/${nodes.length} nodes are available: ${reasons}. preemption: 0/${nodes.length} ` +
      `nodes are available: ${nodes.length} Preemption is not helpful for scheduling.`;
  const known = pod.status.conditions?.find(({ type }) => type === "PodScheduled");
  if (known?.message === message) return;
  api.event(pod, { type: "Warning", reason: "FailedScheduling", message, component: "default-scheduler" });
  api.changeStatus("Pod", pod.metadata, (object) => {
    const others = copyOf(object.status.conditions ?? []).filter(({ type }) => type !== "PodScheduled");
    object.status.conditions = [...others, {
      type: "PodScheduled",
      status: "False",
      reason: "Unschedulable",
      message,
      lastTransitionTime: known?.status === "False" ? known.lastTransitionTime as string : api.timestamp(),
    }];
  });
}
