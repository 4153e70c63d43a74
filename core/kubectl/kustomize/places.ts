/** Where in objects labels, annotations, names and images stand (kustomize's default configuration). */

type JsonMap = Record<string, unknown>;

/** A place: which kinds have it, the way to it, and whether it is made where it is missing. `[]` after a field: each item. */
export interface Place {
  readonly kinds: readonly string[];
  readonly path: string;
  readonly create?: boolean;
}

const TEMPLATED = ["ReplicationController", "Deployment", "ReplicaSet", "DaemonSet", "StatefulSet", "Job"];
const TEMPLATES: readonly Place[] = [
  { kinds: TEMPLATED, path: "spec/template/metadata", create: true },
  { kinds: ["CronJob"], path: "spec/jobTemplate/metadata", create: true },
  { kinds: ["CronJob"], path: "spec/jobTemplate/spec/template/metadata", create: true },
];

/** Pod templates' metadata. */
export const TEMPLATE_META: readonly Place[] = TEMPLATES;

/** Selectors. */
export const SELECTORS: readonly Place[] = [
  { kinds: ["Service", "ReplicationController"], path: "spec/selector", create: true },
  { kinds: ["Deployment", "ReplicaSet", "DaemonSet", "StatefulSet"], path: "spec/selector/matchLabels", create: true },
  { kinds: ["Job", "PodDisruptionBudget"], path: "spec/selector/matchLabels" },
  { kinds: ["CronJob"], path: "spec/jobTemplate/spec/selector/matchLabels" },
  { kinds: ["NetworkPolicy"], path: "spec/podSelector/matchLabels" },
  { kinds: ["NetworkPolicy"], path: "spec/ingress[]/from[]/podSelector/matchLabels" },
  { kinds: ["NetworkPolicy"], path: "spec/egress[]/to[]/podSelector/matchLabels" },
  ...["podAffinity", "podAntiAffinity"].flatMap((affinity) => [
    {
      kinds: TEMPLATED,
      path:
        `spec/template/spec/affinity/${affinity}/requiredDuringSchedulingIgnoredDuringExecution[]/labelSelector/matchLabels`,
    },
    {
      kinds: TEMPLATED,
      path:
        `spec/template/spec/affinity/${affinity}/preferredDuringSchedulingIgnoredDuringExecution[]/podAffinityTerm/labelSelector/matchLabels`,
    },
  ]),
  { kinds: TEMPLATED, path: "spec/template/spec/topologySpreadConstraints[]/labelSelector/matchLabels" },
];

const POD_SPECS: readonly { readonly kinds: readonly string[]; readonly path: string }[] = [
  { kinds: ["Pod"], path: "spec" },
  { kinds: TEMPLATED, path: "spec/template/spec" },
  { kinds: ["CronJob"], path: "spec/jobTemplate/spec/template/spec" },
];

function inPods(...paths: readonly string[]): Place[] {
  return POD_SPECS.flatMap(({ kinds, path }) => paths.map((one) => ({ kinds, path: `${path}/${one}` })));
}

function inContainers(...paths: readonly string[]): Place[] {
  return inPods(...["containers[]", "initContainers[]"].flatMap((list) => paths.map((path) => `${list}/${path}`)));
}

/** Fields that hold the name of an object of a kind. */
export const REFERENCES: readonly { readonly kind: string; readonly places: readonly Place[] }[] = [
  {
    kind: "ConfigMap",
    places: [
      ...inPods("volumes[]/configMap/name", "volumes[]/projected/sources[]/configMap/name"),
      ...inContainers("env[]/valueFrom/configMapKeyRef/name", "envFrom[]/configMapRef/name"),
    ],
  },
  {
    kind: "Secret",
    places: [
      ...inPods("volumes[]/secret/secretName", "volumes[]/projected/sources[]/secret/name", "imagePullSecrets[]/name"),
      ...inContainers("env[]/valueFrom/secretKeyRef/name", "envFrom[]/secretRef/name"),
      { kinds: ["Ingress"], path: "spec/tls[]/secretName" },
      { kinds: ["ServiceAccount"], path: "secrets[]/name" },
      { kinds: ["ServiceAccount"], path: "imagePullSecrets[]/name" },
    ],
  },
  {
    kind: "Service",
    places: [
      { kinds: ["StatefulSet"], path: "spec/serviceName" },
      { kinds: ["Ingress"], path: "spec/rules[]/http/paths[]/backend/service/name" },
      { kinds: ["Ingress"], path: "spec/defaultBackend/service/name" },
    ],
  },
  { kind: "ServiceAccount", places: inPods("serviceAccountName") },
  { kind: "PersistentVolumeClaim", places: inPods("volumes[]/persistentVolumeClaim/claimName") },
  { kind: "PriorityClass", places: inPods("priorityClassName") },
  { kind: "IngressClass", places: [{ kinds: ["Ingress"], path: "spec/ingressClassName" }] },
];

/** Calls `change` with the holder and key of each place of an object. */
export function eachPlace(
  object: JsonMap,
  { kinds, path, create = false }: Place,
  change: (holder: JsonMap, key: string) => void,
): void {
  if (kinds.includes(String(object["kind"]))) walk(object, path.split("/"), { create, change });
}

interface Walk {
  readonly create: boolean;
  change(holder: JsonMap, key: string): void;
}

function walk(at: unknown, [step = "", ...rest]: readonly string[], how: Walk): void {
  if (typeof at !== "object" || at === null) return;
  const holder = at as JsonMap;
  const key = step.replace(/\[\]$/, "");
  if (rest.length === 0) return how.change(holder, key);
  if (holder[key] === undefined && how.create && !step.endsWith("[]")) holder[key] = {};
  const next = holder[key];
  if (step.endsWith("[]")) { for (const item of Array.isArray(next) ? next : []) walk(item, rest, how); }
  else walk(next, rest, how);
}
