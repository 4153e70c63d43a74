/** Who reaches whom: every ready pod to every Service port that has endpoints, or to every pod on one port. */
import type { Pod, Service } from "../kube/mod.ts";
import type { MatrixRow, Protocol } from "./answers.ts";
import type { Cluster } from "./cluster.ts";
import { decidedBy } from "./decision.ts";
import { namesOf } from "./names.ts";
import { attempt } from "./probe.ts";

/** One thing to try to reach. */
interface Destination {
  readonly to: string;
  readonly address: string;
  readonly port: number;
  readonly protocol: Protocol;
}

/** Tries every pair, one after the other, with packets of the plane. */
export async function matrix(cluster: Cluster, port?: number): Promise<MatrixRow[]> {
  const rows: MatrixRow[] = [];
  const names = namesOf(cluster.world, cluster);
  for (const pod of cluster.runningPods()) {
    const from = `pod/${pod.metadata.namespace}/${pod.metadata.name}`;
    const ns = cluster.namespaceOf(pod)?.id;
    if (ns === undefined) continue;
    for (const { to, address, port: at, protocol } of destinations(cluster, port)) {
      const { verdict, records } = await attempt(cluster.world, { from: ns, address, port: at, protocol });
      const by = verdict === "delivered" ? null : decidedBy(records, names, cluster);
      rows.push({ from, to, port: at, proto: protocol, verdict, ...(by === null ? {} : { decidedBy: by }) });
    }
  }
  return rows;
}

function destinations(cluster: Cluster, port: number | undefined): Destination[] {
  return port === undefined
    ? cluster.services().flatMap((service) => servicePorts(cluster, service))
    : cluster.runningPods().map((pod) => podPort(pod, port));
}

function podPort(pod: Pod, port: number): Destination {
  return {
    to: `pod/${pod.metadata.namespace}/${pod.metadata.name}`,
    address: pod.status.podIP as string,
    port,
    protocol: "tcp",
  };
}

/** The ports of a Service that has an address of its own and at least one ready endpoint. */
function servicePorts(cluster: Cluster, service: Service): Destination[] {
  const { clusterIP, ports = [], type } = service.spec;
  if (
    clusterIP === undefined || clusterIP === "None" || type === "ExternalName" ||
    cluster.endpoints(service).length === 0
  ) return [];
  const to = `svc/${service.metadata.namespace}/${service.metadata.name}`;
  return ports.map(({ port, protocol }) => ({
    to,
    address: clusterIP,
    port,
    protocol: (protocol ?? "TCP").toLowerCase() as Protocol,
  }));
}
