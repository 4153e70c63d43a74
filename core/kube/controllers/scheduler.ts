import { copyOf, keyOf, type Node, type Pod } from "../objects/object.ts";
import { type Controller, type ControllerApi, splitKey } from "./controller.ts";
import { controllerOf } from "./owners.ts";
import { isTerminal } from "./pods.ts";
import { whyNot } from "./scheduling.ts";

/** Gives each pod a node: one it may run on, with the fewest pods of its kind, then the fewest pods. */
export const scheduler: Controller = ({ type, object }, api) => {
  if (object.kind === "Pod" && type !== "DELETED") api.later(schedule, keyOf(object));
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
  const fitting = nodes.filter((node) => whyNot(pod.spec, node) === undefined);
  const best = pick(pod, fitting, api);
  if (best === undefined) return refuse(pod, nodes, api);
  const refused = api.bind(pod, best.metadata.name);
  if (refused !== undefined) return;
  const message = `Successfully assigned ${key} to ${best.metadata.name}`;
  api.event(pod, { type: "Normal", reason: "Scheduled", message, component: "default-scheduler" });
}

function pick(pod: Pod, nodes: readonly Node[], api: ControllerApi): Node | undefined {
  const owner = controllerOf(pod)?.uid;
  const load = new Map(nodes.map(({ metadata }) => [metadata.name, { kin: 0, all: 0 }]));
  for (const other of api.store.list("Pod")) {
    const counts = load.get(other.spec.nodeName ?? "");
    if (counts === undefined || isTerminal(other)) continue;
    counts.all++;
    if (owner !== undefined && controllerOf(other)?.uid === owner) counts.kin++;
  }
  const cost = ({ metadata }: Node) => load.get(metadata.name) as { kin: number; all: number };
  return [...nodes].sort((a, b) => cost(a).kin - cost(b).kin || cost(a).all - cost(b).all)[0];
}

function refuse(pod: Pod, nodes: readonly Node[], api: ControllerApi): void {
  const why = new Map<string, number>();
  for (const node of nodes) {
    const reason = whyNot(pod.spec, node) ?? "";
    why.set(reason, (why.get(reason) ?? 0) + 1);
  }
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
