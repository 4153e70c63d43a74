/** The cluster of suite `netpol`: cyclonus' nine pods in three namespaces, and what its steps do to it. */
import type { Namespace, NetworkPolicy, Pod } from "../../core/kube/mod.ts";

/** A file of cases. */
export interface NetpolFile {
  readonly cluster: {
    readonly ns: Readonly<Record<string, Labels>>;
    readonly pods: Readonly<Record<string, { readonly labels: Labels; readonly ip: string }>>;
  };
  readonly cases: readonly NetpolCase[];
}

/** Steps one after the other, from a cluster without policies. */
export interface NetpolCase {
  readonly description: string;
  readonly tags: readonly string[];
  readonly steps: readonly {
    readonly actions: readonly Action[];
    /** By `PROTOCOL/PORT`: the pairs `FROM>TO` that are denied. */
    readonly blocked: Readonly<Record<string, readonly string[]>>;
  }[];
}

type Labels = Readonly<Record<string, string>>;
type Written = { readonly namespace: string; readonly name: string; readonly spec: NetworkPolicy["spec"] };

/** What a step does. */
export type Action =
  | readonly ["create" | "update", Written]
  | readonly ["deletePolicy", string, string]
  | readonly ["createNamespace", string, Labels]
  | readonly ["deleteNamespace", string]
  | readonly ["setNamespaceLabels", string, Labels]
  | readonly ["createPod", string, Labels, string]
  | readonly ["setPodLabels", string, Labels];

/** The objects of a cluster, by `KIND NAMESPACE/NAME` or `KIND NAME`. */
export type Objects = ReadonlyMap<string, NetworkPolicy | Namespace | Pod>;

const META = { uid: "", resourceVersion: "", creationTimestamp: "2026-01-01T00:00:00Z" };
/** The node by the third octet of a pod's address. */
const NODE = (ip: string): string => `node-${ip.split(".")[2]}`;

/** The cluster before any step. */
export function startingObjects({ cluster }: NetpolFile): Objects {
  return new Map<string, Namespace | Pod>([
    ...Object.entries(cluster.ns).map(([name, labels]) => [`Namespace ${name}`, namespace(name, labels)] as const),
    ...Object.entries(cluster.pods).map(([key, { labels, ip }]) => [`Pod ${key}`, pod(key, labels, ip)] as const),
  ]);
}

/** The objects after an action. */
export function after(objects: Objects, action: Action): Objects {
  const next = new Map(objects);
  switch (action[0]) {
    case "create":
    case "update":
      next.set(`NetworkPolicy ${action[1].namespace}/${action[1].name}`, policy(action[1]));
      break;
    case "deletePolicy":
      next.delete(`NetworkPolicy ${action[1]}/${action[2]}`);
      break;
    case "createNamespace":
    case "setNamespaceLabels":
      next.set(`Namespace ${action[1]}`, namespace(action[1], action[2]));
      break;
    case "deleteNamespace":
      for (const key of objects.keys()) {
        if (key === `Namespace ${action[1]}` || key.includes(` ${action[1]}/`)) next.delete(key);
      }
      break;
    case "createPod":
      next.set(`Pod ${action[1]}`, pod(action[1], action[2], action[3]));
      break;
    case "setPodLabels": {
      const old = next.get(`Pod ${action[1]}`) as Pod;
      next.set(`Pod ${action[1]}`, { ...old, metadata: { ...old.metadata, labels: { ...action[2] } } });
    }
  }
  return next;
}

/** Objects of a kind. */
export function ofKind<T>(objects: Objects, kind: string): T[] {
  return [...objects.values()].filter((object) => object.kind === kind) as T[];
}

function namespace(name: string, labels: Labels): Namespace {
  return {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { ...META, name, labels: { ...labels, "kubernetes.io/metadata.name": name } },
    spec: {},
    status: {},
  };
}

function policy({ namespace, name, spec }: Written): NetworkPolicy {
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: { ...META, namespace, name },
    spec,
  };
}

/** Every pod has ports 80 and 81 of three protocols, named `serve-80-tcp`; it asks Calico for the address of the file. */
function pod(key: string, labels: Labels, ip: string): Pod {
  const [namespace = "", name = ""] = key.split("/");
  const ports = [80, 81].flatMap((containerPort) =>
    ["TCP", "UDP", "SCTP"].map((protocol) => ({
      name: `serve-${containerPort}-${protocol.toLowerCase()}`,
      containerPort,
      protocol,
    }))
  );
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      ...META,
      namespace,
      name,
      labels: { ...labels },
      annotations: { "cni.projectcalico.org/ipAddrs": JSON.stringify([ip]) },
    },
    spec: { nodeName: NODE(ip), containers: [{ name: "serve", image: "cyclonus/serve", ports }] },
    status: { phase: "Running", podIP: ip, podIPs: [{ ip }] },
  };
}
