/**
 * What a pod would rather have, of the nodes it may run on: preferred affinity to nodes and pods, spread that is only wished
 * for, taints that are only disliked. Weights are the scheduler's; each part counts from 0 to 100 over the nodes compared.
 */
import type { core, Node, Pod } from "../objects/object.ts";
import { matches, selectorOf } from "../store/selector.ts";
import type { ControllerApi } from "./controller.ts";
import { isActive } from "./pods.ts";
import { meetsTerm, tolerates } from "./scheduling.ts";

/** Points of a node, the more the better. */
export type Score = (node: Node) => number;

interface Part {
  readonly weight: number;
  /** What is counted of a node; `inverse`: less is better. */
  readonly points: Score;
  readonly inverse?: boolean;
}

/** The score of nodes for a pod, or undefined where it wishes for nothing. */
export function scoreOf(pod: Pod, nodes: readonly Node[], api: ControllerApi): Score | undefined {
  const parts = [nodeAffinity(pod), podAffinity(pod, nodes, api), spread(pod, nodes, api), taints(pod, nodes)]
    .filter((part) => part !== undefined);
  if (parts.length === 0) return undefined;
  const scaled = parts.map((part) => normalized(part, nodes));
  return (node) => scaled.reduce((sum, score) => sum + score(node), 0);
}

function normalized({ weight, points, inverse = false }: Part, nodes: readonly Node[]): Score {
  const all = new Map(nodes.map((node) => [node, points(node)]));
  const [least, most] = [Math.min(...all.values()), Math.max(...all.values())];
  if (least === most) return () => 0;
  return (node) => {
    const share = 100 * ((all.get(node) as number) - least) / (most - least);
    return weight * (inverse ? 100 - share : share);
  };
}

function nodeAffinity({ spec }: Pod): Part | undefined {
  const wishes = spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  if (wishes.length === 0) return undefined;
  const points = (node: Node) =>
    wishes.reduce((sum, { weight, preference }) => sum + (meetsTerm(preference, node) ? weight : 0), 0);
  return { weight: 2, points };
}

/** How many of some pods stand in each domain of a topology. */
function counted(
  topologyKey: string,
  nodes: readonly Node[],
  { api, fits }: { readonly api: ControllerApi; fits(pod: Pod): boolean },
): Score {
  const domainOf = new Map(nodes.map(({ metadata }) => [metadata.name, metadata.labels?.[topologyKey]]));
  const domains = new Map<string, number>();
  for (const pod of api.store.list("Pod")) {
    const domain = domainOf.get(pod.spec.nodeName ?? "");
    if (domain !== undefined && isActive(pod) && fits(pod)) domains.set(domain, (domains.get(domain) ?? 0) + 1);
  }
  return ({ metadata }) => domains.get(metadata.labels?.[topologyKey] ?? "") ?? 0;
}

function podAffinity(pod: Pod, nodes: readonly Node[], api: ControllerApi): Part | undefined {
  const { podAffinity: near, podAntiAffinity: apart } = pod.spec.affinity ?? {};
  const wishes = [
    ...(near?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map((one) => ({ ...one, sign: 1 })),
    ...(apart?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map((one) => ({ ...one, sign: -1 })),
  ];
  if (wishes.length === 0) return undefined;
  const counts = wishes.map(({ weight, sign, podAffinityTerm: { topologyKey, labelSelector, namespaces } }) => {
    const selector = selectorOf(labelSelector);
    const spaces = namespaces?.length ? namespaces : [pod.metadata.namespace ?? ""];
    const fits = ({ metadata }: Pod) => spaces.includes(metadata.namespace ?? "") && matches(selector, metadata.labels);
    const count = counted(topologyKey, nodes, { api, fits });
    return (node: Node) => sign * weight * count(node);
  });
  return { weight: 2, points: (node) => counts.reduce((sum, count) => sum + count(node), 0) };
}

function spread(pod: Pod, nodes: readonly Node[], api: ControllerApi): Part | undefined {
  const wishes = (pod.spec.topologySpreadConstraints ?? []).filter((one) => one.whenUnsatisfiable === "ScheduleAnyway");
  if (wishes.length === 0) return undefined;
  const counts = wishes.map(({ topologyKey, labelSelector }: core.TopologySpreadConstraint) => {
    const selector = selectorOf(labelSelector);
    const fits = ({ metadata }: Pod) =>
      metadata.namespace === pod.metadata.namespace && matches(selector, metadata.labels);
    return counted(topologyKey, nodes, { api, fits });
  });
  return { weight: 2, points: (node) => counts.reduce((sum, count) => sum + count(node), 0), inverse: true };
}

function taints({ spec }: Pod, nodes: readonly Node[]): Part | undefined {
  const disliked = ({ spec: { taints = [] } }: Node) =>
    taints.filter((taint) => taint.effect === "PreferNoSchedule" && !tolerates(spec, taint)).length;
  return nodes.some((node) => disliked(node) > 0) ? { weight: 3, points: disliked, inverse: true } : undefined;
}
