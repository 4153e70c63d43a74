/** What the server does to objects of certain kinds on their way in, beyond defaults: its strategies and admission plugins. */
import { storeKind } from "../objects/kinds.ts";
import { type Random, sameJson } from "../../base/mod.ts";
import { qosClass } from "../objects/defaults/pod.ts";
import type {
  core,
  EndpointSlice,
  HorizontalPodAutoscaler,
  Ingress,
  Job,
  KubeObject,
  Namespace,
  Node,
  Pod,
  Secret,
  Service,
} from "../objects/object.ts";
import type { Store } from "../store/store.ts";

/** Which admission plugins run. */
export interface Admission {
  /** Gives pods their service account and its token volume, as a kubeadm cluster does. */
  readonly serviceAccount: boolean;
}

/** What preparing an object may look at. */
export interface Preparing {
  readonly store: Store;
  readonly random: Random;
  readonly admission: Admission;
}

type Prepare = (object: never, preparing: Preparing) => void;

const CREATE: Readonly<Record<string, Prepare>> = {
  Namespace: prepareNamespace,
  Node: prepareNode,
  Pod: preparePod,
  Secret: prepareSecret,
  Ingress: prepareIngress,
  Job: prepareJob,
  DaemonSet: prepareDaemonSet,
  EndpointSlice: dropTopology,
  HorizontalPodAutoscaler: prepareAutoscaler,
};

/** Prepares a new object in place. */
export function prepareNew(object: KubeObject, preparing: Preparing): void {
  CREATE[storeKind(object)]?.(object as never, preparing);
}

/** Prepares a changed object in place. */
export function prepareChanged(object: KubeObject, old: KubeObject): void {
  if (object.kind === "Namespace") labelNamespace(object as Namespace);
  if (object.kind === "Secret") prepareSecret(object as Secret);
  if (object.kind === "DaemonSet") countTemplates(object, old);
  if (object.kind === "Pod") keepPriority(object as Pod, old as Pod);
  if (object.kind === "EndpointSlice") dropTopology(object as EndpointSlice);
  if (object.kind === "HorizontalPodAutoscaler") prepareAutoscaler(object as HorizontalPodAutoscaler);
}

const STATUS: Readonly<Record<string, (object: never, old: never) => void>> = {
  Namespace: labelNamespace,
  Node: ({ status }: Node) => void (status.allocatable ??= status.capacity),
  Pod: preparePodStatus,
  Service: ({ status }: Service) => {
    for (const ingress of status.loadBalancer?.ingress ?? []) if (ingress.ip) ingress.ipMode ??= "VIP";
  },
};

/** Prepares an object whose status is changed, in place. */
export function prepareStatus(object: KubeObject, old: KubeObject): void {
  STATUS[object.kind]?.(object as never, old as never);
}

function preparePodStatus({ status }: Pod, old: Pod): void {
  if (old.status.qosClass !== undefined) status.qosClass = old.status.qosClass;
  if (status.podIP && (status.podIPs ?? []).length === 0) status.podIPs = [{ ip: status.podIP }];
}

/** Labels a namespace with its name, in place. */
function labelNamespace(namespace: Namespace): void {
  namespace.metadata.labels = {
    ...namespace.metadata.labels,
    "kubernetes.io/metadata.name": namespace.metadata.name ?? "",
  };
}

function prepareNamespace(namespace: Namespace): void {
  labelNamespace(namespace);
  const finalizers = new Set([...(namespace.spec.finalizers ?? []), "kubernetes"]);
  namespace.spec = { finalizers: [...finalizers] };
  namespace.status = { phase: "Active" };
}

/** What the server fills in for an autoscaler: one replica at least, and 80 % of the CPU asked for. */
function prepareAutoscaler({ apiVersion, spec }: HorizontalPodAutoscaler): void {
  if (typeof spec !== "object" || spec === null || apiVersion !== "autoscaling/v2") return;
  spec.minReplicas ??= 1;
  if (Array.isArray(spec.metrics) && spec.metrics.length > 0) return;
  spec.metrics = [{
    type: "Resource",
    resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 80 } },
  }];
}

const NOT_READY = "node.kubernetes.io/not-ready";

function prepareNode(node: Node): void {
  const taints = node.spec.taints ?? [];
  if (taints.some(({ key, effect }) => key === NOT_READY && effect === "NoSchedule")) return;
  node.spec.taints = [...taints, { key: NOT_READY, effect: "NoSchedule" }];
}

/** The priority classes every cluster has. */
const PRIORITIES: Readonly<Record<string, number>> = {
  "system-cluster-critical": 2_000_000_000,
  "system-node-critical": 2_000_001_000,
};

/** What admission put into a pod stays when an update leaves it out. */
function keepPriority({ spec }: Pod, { spec: old }: Pod): void {
  if (old.priority !== undefined) spec.priority ??= old.priority;
  if (old.preemptionPolicy !== undefined) spec.preemptionPolicy ??= old.preemptionPolicy;
  tolerate(spec);
}

/** The topology of old slices is not taken from clients of v1. */
function dropTopology(slice: EndpointSlice): void {
  slice.endpoints?.forEach((endpoint) => delete endpoint.deprecatedTopology);
}

function preparePod(pod: Pod, { store, random, admission }: Preparing): void {
  if (admission.serviceAccount) giveAccount(pod, random);
  pod.spec.priority ??= PRIORITIES[pod.spec.priorityClassName ?? ""] ?? 0;
  pod.spec.preemptionPolicy ??= "PreemptLowerPriority";
  tolerate(pod.spec);
  pod.status = { phase: "Pending", qosClass: qosClass(pod.spec) };
  if (pod.spec.nodeName !== undefined) copyTopology(pod, store);
}

const TOLERATED = ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"];

/** DefaultTolerationSeconds: five minutes on a node that is not ready, unless the pod says otherwise. */
function tolerate(spec: core.PodSpec): void {
  const tolerations = [...(spec.tolerations ?? [])];
  for (const key of TOLERATED) {
    const said = tolerations.some((one) =>
      (one.key === key || (one.key === undefined && one.operator === "Exists")) &&
      (one.effect === "NoExecute" || one.effect === undefined)
    );
    if (!said) tolerations.push({ key, operator: "Exists", effect: "NoExecute", tolerationSeconds: 300 });
  }
  if (tolerations.length > 0) spec.tolerations = tolerations;
}

const TOPOLOGY = ["topology.kubernetes.io/zone", "topology.kubernetes.io/region"];

/** PodTopologyLabels: a bound pod carries its node's zone and region. */
export function copyTopology(pod: Pod, store: Store): void {
  const labels = store.get("Node", pod.spec.nodeName ?? "")?.metadata.labels ?? {};
  for (const key of TOPOLOGY) {
    if (labels[key] !== undefined) pod.metadata.labels = { ...pod.metadata.labels, [key]: labels[key] as string };
  }
}

const TOKEN_PATH = "/var/run/secrets/kubernetes.io/serviceaccount";
const TOKEN_VOLUME = "kube-api-access-";
const SAFE = "bcdfghjklmnpqrstvwxz2456789";

/** ServiceAccount admission: the account's name, and its token mounted into every container. */
function giveAccount(pod: Pod, random: Random): void {
  pod.spec.serviceAccountName ??= "default";
  pod.spec.serviceAccount ??= pod.spec.serviceAccountName;
  if (pod.spec.automountServiceAccountToken === false) return;
  const containers = [...(pod.spec.initContainers ?? []), ...pod.spec.containers ?? []];
  const without = containers.filter((one) => !one.volumeMounts?.some(({ mountPath }) => mountPath === TOKEN_PATH));
  if (without.length === 0) return;
  const there = pod.spec.volumes?.find(({ name }) => name.startsWith(TOKEN_VOLUME))?.name;
  const name = there ?? `${TOKEN_VOLUME}${random.text(5, SAFE)}`;
  if (there === undefined) pod.spec.volumes = [...(pod.spec.volumes ?? []), tokenVolume(name)];
  for (const container of without) {
    container.volumeMounts = [...(container.volumeMounts ?? []), { name, readOnly: true, mountPath: TOKEN_PATH }];
  }
}

function tokenVolume(name: string): core.Volume {
  const namespace = { path: "namespace", fieldRef: { apiVersion: "v1", fieldPath: "metadata.namespace" } };
  return {
    name,
    projected: {
      sources: [
        { serviceAccountToken: { expirationSeconds: 3607, path: "token" } },
        { configMap: { name: "kube-root-ca.crt", items: [{ key: "ca.crt", path: "ca.crt" }] } },
        { downwardAPI: { items: [namespace] } },
      ],
      defaultMode: 0o644,
    },
  };
}

function prepareSecret(secret: Secret & { stringData?: Record<string, string> }): void {
  secret.type ??= "Opaque";
  if (secret.stringData !== undefined) {
    const encoded = Object.entries(secret.stringData).map(([key, value]) => [key, base64(value)]);
    const all = { ...secret.data, ...Object.fromEntries(encoded) } as Record<string, string>;
    secret.data = Object.fromEntries(Object.entries(all).sort(([a], [b]) => (a < b ? -1 : 1)));
    delete secret.stringData;
  }
}

function base64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}

const DEFAULT_CLASS = "ingressclass.kubernetes.io/is-default-class";

/** DefaultIngressClass: an Ingress without a class gets the newest default one. */
function prepareIngress(ingress: Ingress, { store }: Preparing): void {
  if (ingress.spec.ingressClassName !== undefined) return;
  if (ingress.metadata.annotations?.["kubernetes.io/ingress.class"] !== undefined) return;
  const defaults = store.list("IngressClass").filter((one) => one.metadata.annotations?.[DEFAULT_CLASS] === "true");
  defaults.sort((a, b) => (a.metadata.creationTimestamp < b.metadata.creationTimestamp ? 1 : -1));
  if (defaults[0] !== undefined) ingress.spec.ingressClassName = defaults[0].metadata.name;
}

/** A Job selects its pods by its own uid. */
function prepareJob(job: Job): void {
  if (job.spec.manualSelector) return;
  const labels = {
    "batch.kubernetes.io/controller-uid": job.metadata.uid,
    "batch.kubernetes.io/job-name": job.metadata.name,
    "controller-uid": job.metadata.uid,
    "job-name": job.metadata.name,
  };
  const metadata = job.spec.template.metadata ??= {};
  metadata.labels = { ...metadata.labels, ...labels };
  // A Job without labels has those of its pods.
  if (Object.keys(job.metadata.labels ?? {}).length === 0) job.metadata.labels = { ...metadata.labels };
  job.spec.selector ??= { matchLabels: { "batch.kubernetes.io/controller-uid": job.metadata.uid } };
}

const GENERATION = "deprecated.daemonset.template.generation";

function prepareDaemonSet(set: KubeObject): void {
  set.metadata.annotations = { ...set.metadata.annotations, [GENERATION]: "1" };
}

function countTemplates(object: KubeObject, old: KubeObject): void {
  const template = (one: KubeObject) => (one as { spec?: { template?: unknown } }).spec?.template;
  const before = Number(old.metadata.annotations?.[GENERATION] ?? 1);
  const now = before + (sameJson(template(object), template(old)) ? 0 : 1);
  object.metadata.annotations = { ...object.metadata.annotations, [GENERATION]: String(now) };
}
