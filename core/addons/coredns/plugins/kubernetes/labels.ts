import { labelsOf } from "../../../../dns/mod.ts";
import type { DnsQuery } from "../../plugin.ts";
import { matchingZone } from "../../zones.ts";
import type { ClusterIndex } from "./index.ts";

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
  const meaning = meaningOf(query.name.slice(0, query.name.length - zone.length));
  if (meaning === undefined) tell("parse-error", "invalid query name");
  else for (const [label, value] of Object.entries(meaning)) tell(label, value);
}

/** The parts of the labels left of a zone, empty where they are absent; undefined where they mean nothing. */
function meaningOf(left: string): Readonly<Record<string, string>> | undefined {
  const labels = labelsOf(left);
  const parts = { "port-name": "", protocol: "", endpoint: "", service: "", namespace: "", kind: "" };
  if (labels.length === 0 || left === "svc." || left === "pod.") return parts;
  const [kind = "", namespace = "", service = "", ...front] = labels.toReversed();
  if (kind !== "svc" && kind !== "pod") return undefined;
  const named = { ...parts, kind, namespace, service };
  const plain = (label: string | undefined) => (label ?? "").replace(/^_/, "");
  if (front.length === 0) return named;
  if (front.length === 1) return { ...named, endpoint: front[0] as string };
  if (front.length > 2) return undefined;
  return { ...named, protocol: plain(front[0]), "port-name": plain(front[1]) };
}
