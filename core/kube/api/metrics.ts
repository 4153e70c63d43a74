/** metrics.k8s.io: what containers and nodes use, as metrics-server answers it from what the kubelets measured. */
import type { KubeObject, Pod } from "../objects/object.ts";
import { parseResources, type Resource } from "../objects/resource.ts";
import { matches } from "../store/selector.ts";
import { listOptions } from "./list_options.ts";
import type { Route } from "./route.ts";
import type { ApiServer } from "./server.ts";
import { notFound } from "./status.ts";
import type { Status } from "./types.ts";

/** What something uses: thousandths of a core, and bytes. */
export interface Usage {
  readonly cpu: number;
  readonly memory: number;
}

/** Who measures. */
export interface Metrics {
  /** What each running container of a pod uses, by name; undefined where nothing is known of the pod. */
  pod(pod: Pod): ReadonlyMap<string, Usage> | undefined;
  /** What a node uses altogether; undefined where nothing is known of it. */
  node(name: string): Usage | undefined;
}

/** The resources of metrics-server, which a server has that somebody measures for. */
export const METRICS_RESOURCES: readonly Resource[] = parseResources(
  "metrics.k8s.io/v1beta1\n  nodes NodeMetrics cluster get,list\n  pods PodMetrics namespaced get,list\n",
);

/** Seconds over which usage is measured, as metrics-server says it. */
const WINDOW = "15s";

/** Whether a request is about metrics. */
export function isMetrics({ resource }: Route): boolean {
  return METRICS_RESOURCES.includes(resource);
}

/** One object's metrics, or those of all that the query selects. */
export function readMetrics(server: ApiServer, { resource, namespace, name, query }: Route): object | Status {
  const of = resource.kind === "NodeMetrics" ? nodeMetrics : podMetrics;
  const kind = resource.plural === "nodes" ? "Node" : "Pod";
  if (name !== undefined) {
    const object = server.store.get(kind, name, namespace) as KubeObject | undefined;
    return (object && of(server, object)) ??
      notFound(resource, namespace === undefined ? name : `${namespace}/${name}`);
  }
  const options = listOptions({ resource, query });
  if ("kind" in options) return options;
  const { labels } = options;
  const objects = server.store.list(kind, namespace === undefined ? {} : { namespace }) as readonly KubeObject[];
  return {
    kind: `${resource.kind}List`,
    apiVersion: "metrics.k8s.io/v1beta1",
    metadata: {},
    items: objects.filter(({ metadata }) => matches(labels, metadata.labels)).flatMap((one) => of(server, one) ?? []),
  };
}

function nodeMetrics(server: ApiServer, node: KubeObject): object | undefined {
  const usage = server.options.metrics?.node(node.metadata.name);
  return usage && { ...head(server, "NodeMetrics", node), usage: printUsage(usage) };
}

function podMetrics(server: ApiServer, pod: KubeObject): object | undefined {
  const usage = server.options.metrics?.pod(pod as Pod);
  if (usage === undefined) return undefined;
  const containers = [...usage].map(([name, one]) => ({ name, usage: printUsage(one) }));
  return { ...head(server, "PodMetrics", pod), containers };
}

function head(server: ApiServer, kind: string, { metadata }: KubeObject): object {
  const { name, namespace, labels } = metadata;
  return {
    kind,
    apiVersion: "metrics.k8s.io/v1beta1",
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      creationTimestamp: server.now(),
      ...(labels === undefined ? {} : { labels }),
    },
    timestamp: server.now(),
    window: WINDOW,
  };
}

function printUsage({ cpu, memory }: Usage): { cpu: string; memory: string } {
  return { cpu: `${Math.round(cpu * 1e6)}n`, memory: `${Math.ceil(memory / 1024)}Ki` };
}
