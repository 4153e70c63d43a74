import type { Endpoint } from "./view.ts";

/** What decides which endpoints count. */
export interface Categorizing {
  readonly usesCluster: boolean;
  readonly usesLocal: boolean;
  readonly node: string;
  readonly zone: string;
}

/** The endpoints of a Service port by traffic policy. */
export interface Categories {
  readonly cluster: readonly Endpoint[];
  readonly local: readonly Endpoint[];
  readonly reachable: readonly Endpoint[];
  readonly any: boolean;
}

const lastResort = (endpoint: Endpoint): boolean => endpoint.serving && endpoint.terminating;

/** Whether the node decides nothing about a port's endpoints: neither a Local policy nor hints. */
export function isEverywhere(endpoints: readonly Endpoint[], { usesLocal }: Pick<Categorizing, "usesLocal">): boolean {
  return !usesLocal && endpoints.every(({ zoneHints, nodeHints }) => zoneHints.length + nodeHints.length === 0);
}

/**
 * Cluster: ready ones the topology hints allow, else the terminating ones that still serve.
 * Local: ready ones on this node, else those here that terminate and still serve. Hints never narrow the local list.
 */
export function categorize(endpoints: readonly Endpoint[], by: Categorizing): Categories {
  const cluster = by.usesCluster ? clusterEndpoints(endpoints, by) : [];
  if (!by.usesLocal) return { cluster, local: [], reachable: cluster, any: cluster.length > 0 };
  const local = localEndpoints(endpoints.filter(({ node }) => node !== "" && node === by.node));
  return { cluster, local, reachable: merged(cluster, local), any: endpoints.some((e) => e.ready || lastResort(e)) };
}

function clusterEndpoints(endpoints: readonly Endpoint[], by: Categorizing): readonly Endpoint[] {
  const ready = endpoints.filter((endpoint) => endpoint.ready);
  if (ready.length === 0) return endpoints.filter(lastResort);
  if (ready.every((e) => e.nodeHints.length > 0)) {
    const here = ready.filter((e) => e.nodeHints.includes(by.node));
    if (here.length > 0) return here;
  }
  if (by.zone !== "" && ready.every((e) => e.zoneHints.length > 0)) {
    const near = ready.filter((e) => e.zoneHints.includes(by.zone));
    if (near.length > 0) return near;
  }
  return ready;
}

function localEndpoints(here: readonly Endpoint[]): readonly Endpoint[] {
  const ready = here.filter(({ ready }) => ready);
  return ready.length > 0 ? ready : here.filter(lastResort);
}

function merged(cluster: readonly Endpoint[], local: readonly Endpoint[]): readonly Endpoint[] {
  const known = new Set(cluster.map((endpoint) => endpoint.text));
  return [...cluster, ...local.filter((endpoint) => !known.has(endpoint.text))];
}
