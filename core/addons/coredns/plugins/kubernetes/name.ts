/**
 * Names left of a cluster zone:
 *
 *     name   = [ front "." ] service "." namespace "." "svc" | [ "x." ] address "." namespace "." "pod"
 *     front  = endpoint | port "." protocol | endpoint "." cluster | zone "." ( "pin" | "prefer" ) "." "_zone"
 *
 * A leading `_` of port and protocol is not needed; `endpoint.cluster` is read in multicluster zones only, where neither has
 * one; the last form only where the plugin is `zonal`. `svc`, `pod`, `namespace.svc` and nothing at all are names too.
 */
import { labelsOf } from "../../../../dns/mod.ts";

/** The parts of a name, empty where they are absent. */
export interface ClusterName {
  readonly port: string;
  readonly protocol: string;
  readonly endpoint: string;
  readonly cluster: string;
  readonly service: string;
  readonly namespace: string;
  readonly kind: "svc" | "pod" | "";
  /** A topology zone, and whether only its endpoints count or they come first. */
  readonly zone: string;
  readonly zoneMode: "pin" | "prefer" | "";
}

/** Which forms a zone knows. */
export interface NameForms {
  readonly multicluster: boolean;
  readonly zonal: boolean;
}

const NOTHING: ClusterName = {
  port: "",
  protocol: "",
  endpoint: "",
  cluster: "",
  service: "",
  namespace: "",
  kind: "",
  zone: "",
  zoneMode: "",
};

/** The parts of the labels left of a zone; undefined where they mean nothing. */
export function parseClusterName(left: string, forms: NameForms): ClusterName | undefined {
  const labels = labelsOf(left);
  const kind = labels.pop();
  if (kind === undefined) return NOTHING;
  if (kind !== "svc" && kind !== "pod") return undefined;
  const namespace = labels.pop();
  if (namespace === undefined) return NOTHING;
  const service = labels.pop() ?? "";
  const front = parseFront(labels, kind === "svc" ? forms : { ...forms, zonal: false });
  return front === undefined ? undefined : { ...NOTHING, kind, namespace, service, ...front };
}

function parseFront(labels: readonly string[], { multicluster, zonal }: NameForms): Partial<ClusterName> | undefined {
  const [first, second] = labels;
  if (first === undefined) return {};
  if (second === undefined) return { endpoint: first };
  if (labels.length === 2) {
    const plain = !first.startsWith("_") && !second.startsWith("_");
    if (multicluster && plain) return { endpoint: first, cluster: second };
    return { port: first.replace(/^_/, ""), protocol: second.replace(/^_/, "") };
  }
  const [mode, mark] = labels.slice(-2);
  if (!zonal || multicluster || mark !== "_zone" || (mode !== "pin" && mode !== "prefer")) return undefined;
  return { zone: labels.slice(0, -2).join("."), zoneMode: mode };
}
