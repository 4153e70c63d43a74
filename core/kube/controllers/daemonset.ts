import { copyJson } from "../../base/mod.ts";
import { isStatus } from "../api/types.ts";
import { type core, type DaemonSet, type Draft, keyOf, type Node, type Pod } from "../objects/object.ts";
import { type Controller, type ControllerApi, splitKey } from "./controller.ts";
import { enqueueOwners, ownedBy } from "./owners.ts";
import { isActive, isAvailable, isReady, isTerminal } from "./pods.ts";
import { podFromTemplate } from "./replicaset.ts";
import { currentRevision } from "./revision.ts";
import { portion } from "./rollout.ts";
import { fitsNode } from "./scheduling.ts";

/** Keeps one pod of a DaemonSet on every node it may run on. */
export const daemonSets: Controller = (change, api) => {
  const { object } = change;
  if (object.kind === "DaemonSet") api.later(syncDaemonSet, keyOf(object));
  if (object.kind === "Pod") enqueueOwners(change, "DaemonSet", syncDaemonSet, api);
  if (object.kind === "Node") { for (const set of api.store.list("DaemonSet")) api.later(syncDaemonSet, keyOf(set)); }
};

const COMPONENT = "daemonset-controller";
const HASH = "controller-revision-hash";

/** What a daemon pod tolerates beyond its template: it stays where others must go. */
const TOLERATED: readonly core.Toleration[] = [
  { key: "node.kubernetes.io/not-ready", operator: "Exists", effect: "NoExecute" },
  { key: "node.kubernetes.io/unreachable", operator: "Exists", effect: "NoExecute" },
  { key: "node.kubernetes.io/disk-pressure", operator: "Exists", effect: "NoSchedule" },
  { key: "node.kubernetes.io/memory-pressure", operator: "Exists", effect: "NoSchedule" },
  { key: "node.kubernetes.io/pid-pressure", operator: "Exists", effect: "NoSchedule" },
  { key: "node.kubernetes.io/unschedulable", operator: "Exists", effect: "NoSchedule" },
];

const NETWORK: core.Toleration = {
  key: "node.kubernetes.io/network-unavailable",
  operator: "Exists",
  effect: "NoSchedule",
};

function syncDaemonSet(key: string, api: ControllerApi): void {
  const { namespace, name } = splitKey(key);
  const set = api.store.get("DaemonSet", name, namespace);
  if (set === undefined) return;
  const { hash } = currentRevision(set, api);
  const nodes = api.store.list("Node").filter((node) => belongs(set, node));
  if (set.metadata.deletionTimestamp === undefined) {
    place(set, nodes, hash, api);
    if (set.spec.updateStrategy?.type !== "OnDelete") update(set, nodes.length, hash, api);
  }
  updateStatus(set, nodes, hash, api);
}

/** The node a daemon pod is made for, whether it is bound yet or not. */
function nodeOf({ spec }: Pod): string {
  const terms = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  const named = terms[0]?.matchFields?.find(({ key }) => key === "metadata.name")?.values?.[0];
  return spec.nodeName || named || "";
}

function daemonSpec(set: DaemonSet): core.PodSpec {
  const spec = copyJson(set.spec.template.spec) as core.PodSpec;
  const added = spec.hostNetwork ? [...TOLERATED, NETWORK] : TOLERATED;
  return { ...spec, tolerations: [...(spec.tolerations ?? []), ...added] };
}

function belongs(set: DaemonSet, node: Node): boolean {
  return fitsNode(daemonSpec(set), node, { ignoreUnschedulable: true });
}

function place(set: DaemonSet, nodes: readonly Node[], hash: string, api: ControllerApi): void {
  const pods = ownedBy<Pod>(api, set, "Pod");
  const wanted = new Set(nodes.map(({ metadata }) => metadata.name));
  for (const pod of pods) {
    const ended = isTerminal(pod) && isActive(pod) === false && pod.metadata.deletionTimestamp === undefined;
    if (pod.metadata.deletionTimestamp === undefined && (!wanted.has(nodeOf(pod)) || ended)) remove(set, pod, api);
  }
  const served = new Set(pods.map(nodeOf));
  for (const name of wanted) if (!served.has(name)) create(set, name, hash, api);
}

function create(set: DaemonSet, node: string, hash: string, api: ControllerApi): void {
  const draft = podFromTemplate(set.spec.template, set as never);
  const generation = set.metadata.annotations?.["deprecated.daemonset.template.generation"] ?? "1";
  const labels = { ...draft.metadata.labels, [HASH]: hash, "pod-template-generation": generation };
  const spec = daemonSpec(set);
  const term = { matchFields: [{ key: "metadata.name", operator: "In", values: [node] }] };
  const others = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [{}];
  spec.affinity = {
    ...spec.affinity,
    nodeAffinity: {
      ...spec.affinity?.nodeAffinity,
      requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: others.map((one) => ({ ...one, ...term })) },
    },
  };
  const answer = api.create({ ...draft, metadata: { ...draft.metadata, labels }, spec } as Draft);
  const [type, reason, message] = isStatus(answer)
    ? ["Warning", "FailedCreate", `Error creating: ${answer.message}`] as const
    : ["Normal", "SuccessfulCreate", `Created pod: ${answer.metadata.name}`] as const;
  api.event(set, { type, reason, message, component: COMPONENT });
}

function remove(set: DaemonSet, { metadata }: Pod, api: ControllerApi): void {
  api.delete("Pod", { name: metadata.name, namespace: metadata.namespace as string });
  const message = `Deleted pod: ${metadata.name}`;
  api.event(set, { type: "Normal", reason: "SuccessfulDelete", message, component: COMPONENT });
}

/** Replaces pods of an older template, no more at once than may be missing. */
function update(set: DaemonSet, nodes: number, hash: string, api: ControllerApi): void {
  const pods = ownedBy<Pod>(api, set, "Pod");
  const allowed = Math.max(1, portion(set.spec.updateStrategy?.rollingUpdate?.maxUnavailable, nodes, true));
  const old = pods.filter((pod) =>
    pod.metadata.labels?.[HASH] !== hash && pod.metadata.deletionTimestamp === undefined
  );
  const missing = nodes - pods.filter((pod) => isReady(pod) && pod.metadata.deletionTimestamp === undefined).length;
  const broken = old.filter((pod) => !isReady(pod));
  const healthy = old.filter(isReady).slice(0, Math.max(0, allowed - missing));
  for (const pod of [...broken, ...healthy]) remove(set, pod, api);
}

function updateStatus(set: DaemonSet, nodes: readonly Node[], hash: string, api: ControllerApi): void {
  const wanted = new Set(nodes.map(({ metadata }) => metadata.name));
  const pods = ownedBy<Pod>(api, set, "Pod").filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  const placed = pods.filter((pod) => wanted.has(nodeOf(pod)));
  const available = placed.filter((pod) => isAvailable(pod, set.spec.minReadySeconds ?? 0, api.clock.now()));
  api.changeStatus("DaemonSet", set.metadata, (object) => {
    object.status = {
      currentNumberScheduled: placed.length,
      numberMisscheduled: pods.length - placed.length,
      desiredNumberScheduled: nodes.length,
      numberReady: placed.filter(isReady).length,
      observedGeneration: set.metadata.generation ?? 0,
      updatedNumberScheduled: placed.filter(({ metadata }) => metadata.labels?.[HASH] === hash).length,
      numberAvailable: available.length,
      numberUnavailable: nodes.length - available.length,
    };
  });
}
