import type { Pod, Store } from "../../kube/mod.ts";

type Listener = (pod: Pod) => void;

/** Who wants to hear of the pods of which node: one listener to each store's pods, however many nodes there are. */
const KUBELETS = new WeakMap<Store, Map<string, Set<Listener>>>();

/** Calls `listener` with every pod of a node that comes, or changes, from now on. */
export function watchPodsOf(node: string, store: Store, listener: Listener): void {
  const byNode = KUBELETS.get(store) ?? follow(store);
  byNode.set(node, (byNode.get(node) ?? new Set()).add(listener));
}

function follow(store: Store): Map<string, Set<Listener>> {
  const byNode = new Map<string, Set<Listener>>();
  KUBELETS.set(store, byNode);
  store.watch(({ type, object }) => {
    if (type === "DELETED") return;
    const pod = object as Pod;
    for (const listener of byNode.get(pod.spec.nodeName ?? "") ?? []) listener(pod);
  }, ["Pod"]);
  return byNode;
}
