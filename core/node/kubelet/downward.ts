/** The downward API: a pod's own fields as values (fieldRef, resourceFieldRef). */
import type { core, Pod } from "../../kube/mod.ts";

/** The value of a field path such as `status.podIP` or `metadata.labels['app']`; empty where the pod has none. */
export function fieldValue(pod: Pod, path: string): string {
  const subscript = /^metadata\.(labels|annotations)\['(.*)'\]$/.exec(path);
  if (subscript !== null) return pod.metadata[subscript[1] as "labels" | "annotations"]?.[subscript[2] as string] ?? "";
  return FIELDS[path]?.(pod) ?? "";
}

const FIELDS: Readonly<Record<string, (pod: Pod) => string | undefined>> = {
  "metadata.name": ({ metadata }) => metadata.name,
  "metadata.namespace": ({ metadata }) => metadata.namespace,
  "metadata.uid": ({ metadata }) => metadata.uid,
  "spec.nodeName": ({ spec }) => spec.nodeName,
  "spec.serviceAccountName": ({ spec }) => spec.serviceAccountName,
  "status.hostIP": ({ status }) => status.hostIP,
  "status.hostIPs": ({ status }) => status.hostIP,
  "status.podIP": ({ status }) => status.podIP,
  "status.podIPs": ({ status }) => status.podIPs?.map(({ ip }) => ip).join(","),
};

const SUFFIXES: Readonly<Record<string, number>> = {
  "": 1,
  m: 0.001,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
};

/** A request or limit as a whole number, rounded up, in units of the divisor. */
export function resourceValue(container: core.Container, { resource, divisor }: core.ResourceFieldSelector): string {
  const [side = "", name = ""] = resource.split(".");
  const quantities = container.resources?.[side as "limits" | "requests"];
  const quantity = quantities?.[name];
  return quantity === undefined ? "0" : String(Math.ceil(amount(quantity) / (amount(divisor ?? "1") || 1)));
}

function amount(quantity: string): number {
  const [, number = "0", suffix = ""] = /^([0-9.]+)([A-Za-z]*)$/.exec(quantity) ?? [];
  return Number(number) * (SUFFIXES[suffix] || 1);
}
