import type { DnsQuery } from "../../plugin.ts";
import { matchingZone } from "../../zones.ts";
import type { ClusterIndex } from "./index.ts";
import { parseClusterName } from "./name.ts";

/** What the kubernetes plugin tells the metadata plugin: the pod that asks, and what a name means. */
export function tellLabels(index: ClusterIndex, query: DnsQuery, labels: Map<string, string>): void {
  const tell = (label: string, value: string) => void labels.set(`kubernetes/${label}`, value);
  const [pod] = index.podsByIp.get(query.client.address) ?? [];
  if (pod !== undefined) {
    tell("client-namespace", pod.namespace);
    tell("client-pod-name", pod.name);
    for (const [key, value] of Object.entries(pod.labels)) tell(`client-label/${key}`, value);
  }
  const zone = matchingZone(index.options.zones, query.name);
  if (zone === undefined) return;
  const { multicluster, zonal } = index.options;
  const forms = { multicluster: multicluster.includes(zone), zonal };
  const name = parseClusterName(query.name.slice(0, query.name.length - zone.length), forms);
  if (name === undefined) return tell("parse-error", "invalid query name");
  tell("port-name", name.port);
  tell("protocol", name.protocol);
  for (const label of ["endpoint", "service", "namespace", "kind"] as const) tell(label, name[label]);
  if (forms.multicluster) tell("cluster", name.cluster);
}
