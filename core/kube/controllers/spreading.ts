/** Where pods may not stand because of other pods: topology spread constraints, affinity and anti-affinity between pods. */
import type { core, Node, Pod } from "../objects/object.ts";
import { matches, selectorOf } from "../store/selector.ts";
import type { ControllerApi } from "./controller.ts";
import { isActive } from "./pods.ts";

/** Why other pods keep a pod from a node, in the scheduler's words; undefined where none does. */
export type Neighbours = (node: Node) => string | undefined;

/** The check for one pod, or undefined where its spec asks for none. What stands where is counted once. */
export function neighboursOf(pod: Pod, nodes: readonly Node[], api: ControllerApi): Neighbours | undefined {
  const spread = (pod.spec.topologySpreadConstraints ?? []).filter((one) => one.whenUnsatisfiable === "DoNotSchedule");
  const near = pod.spec.affinity?.podAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
  const apart = pod.spec.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
  if (spread.length + near.length + apart.length === 0) return undefined;
  const world = { pod, nodes: new Map(nodes.map((node) => [node.metadata.name, node])), pods: standing(api) };
  const checks = [
    ...spread.map((one) => spreadCheck(one, world)),
    ...near.map((term) => affinityCheck(term, world, true)),
    ...apart.map((term) => affinityCheck(term, world, false)),
  ];
  return (node) => {
    for (const check of checks) {
      const why = check(node);
      if (why !== undefined) return why;
    }
    return undefined;
  };
}

interface World {
  readonly pod: Pod;
  readonly nodes: ReadonlyMap<string, Node>;
  readonly pods: readonly Pod[];
}

function standing(api: ControllerApi): Pod[] {
  return api.store.list("Pod").filter((pod) => (pod.spec.nodeName ?? "") !== "" && isActive(pod));
}

/** How many of some pods stand in each domain of a topology key; domains without any count 0. */
function countDomains(key: string, { nodes, pods }: World, counts: (pod: Pod) => boolean): Map<string, number> {
  const domains = new Map<string, number>();
  for (const { metadata } of nodes.values()) {
    const value = metadata.labels?.[key];
    if (value !== undefined && !domains.has(value)) domains.set(value, 0);
  }
  for (const pod of pods) {
    const value = nodes.get(pod.spec.nodeName ?? "")?.metadata.labels?.[key];
    if (value !== undefined && counts(pod)) domains.set(value, (domains.get(value) ?? 0) + 1);
  }
  return domains;
}

function spreadCheck(constraint: core.TopologySpreadConstraint, world: World): Neighbours {
  const { topologyKey, maxSkew, labelSelector } = constraint;
  const selector = selectorOf(labelSelector);
  const { namespace } = world.pod.metadata;
  const counts = (pod: Pod) => pod.metadata.namespace === namespace && matches(selector, pod.metadata.labels);
  const domains = countDomains(topologyKey, world, counts);
  const least = Math.min(...domains.values());
  const self = matches(selector, world.pod.metadata.labels) ? 1 : 0;
  return ({ metadata }) => {
    const value = metadata.labels?.[topologyKey];
    if (value === undefined) return "node(s) didn't match pod topology spread constraints (missing required label)";
    const skew = (domains.get(value) ?? 0) + self - least;
    return skew > maxSkew ? "node(s) didn't match pod topology spread constraints" : undefined;
  };
}

function affinityCheck(term: core.PodAffinityTerm, world: World, near: boolean): Neighbours {
  const { topologyKey, labelSelector, namespaces } = term;
  const selector = selectorOf(labelSelector);
  const spaces = namespaces?.length ? namespaces : [world.pod.metadata.namespace ?? ""];
  const fits = (pod: Pod) => spaces.includes(pod.metadata.namespace ?? "") && matches(selector, pod.metadata.labels);
  const domains = countDomains(topologyKey, world, fits);
  // The first of its kind may stand anywhere: nobody could ever be the first otherwise.
  const first = near && fits(world.pod) && [...domains.values()].every((count) => count === 0);
  return ({ metadata }) => {
    const value = metadata.labels?.[topologyKey];
    const there = value !== undefined && (domains.get(value) ?? 0) > 0;
    if (near) return there || (first && value !== undefined) ? undefined : "node(s) didn't match pod affinity rules";
    return there ? "node(s) didn't match pod anti-affinity rules" : undefined;
  };
}
