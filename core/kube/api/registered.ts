/** Which kinds the server has types of, in which versions: what it makes of a body that names another than the one wanted. */
import { BUILTIN, joinGroupVersion } from "../objects/resource.ts";

/** Kinds of versions that the server reads, though it serves them no longer. */
const OLD: Readonly<Record<string, string>> = {
  "apps/v1beta1": "ControllerRevision Deployment StatefulSet Scale",
  "apps/v1beta2": "ControllerRevision DaemonSet Deployment ReplicaSet StatefulSet Scale",
  "batch/v1beta1": "CronJob",
  "discovery.k8s.io/v1beta1": "EndpointSlice",
  "events.k8s.io/v1beta1": "Event",
  "extensions/v1beta1": "DaemonSet Deployment ReplicaSet Ingress NetworkPolicy Scale",
  "networking.k8s.io/v1beta1": "IngressClass Ingress IPAddress ServiceCIDR",
  "policy/v1beta1": "PodDisruptionBudget Eviction",
  "rbac.authorization.k8s.io/v1beta1": "ClusterRoleBinding ClusterRole RoleBinding Role",
  "storage.k8s.io/v1beta1": "CSIDriver CSINode CSIStorageCapacity StorageClass VolumeAttachment VolumeAttributesClass",
};

/** Groups that servers of their own answer for, which know none of the others' types. */
const APART = ["apiextensions.k8s.io", "apiregistration.k8s.io"];

const EVERYWHERE = ["Status", "APIGroup", "APIGroupList", "APIResourceList", "APIVersions"];
const OPTIONS = ["CreateOptions", "DeleteOptions", "GetOptions", "ListOptions", "PatchOptions", "UpdateOptions"];

const KINDS = new Map<string, Set<string>>();

function add(apiVersion: string, kinds: readonly string[]): void {
  const known = KINDS.get(apiVersion) ?? new Set([...OPTIONS, "WatchEvent"]);
  for (const kind of kinds) known.add(kind);
  KINDS.set(apiVersion, known);
}

for (const { group, version, kind, verbs, subresources } of BUILTIN) {
  add(joinGroupVersion(group, version), [kind, ...(verbs.includes("list") ? [`${kind}List`] : [])]);
  for (const sub of subresources) {
    if (sub.group !== "" || group === "") add(joinGroupVersion(sub.group, sub.version || version), [sub.kind]);
  }
}
for (const [apiVersion, kinds] of Object.entries(OLD)) add(apiVersion, kinds.split(" "));
add("v1", ["List"]);

/** Whether the server that answers for a group has a type for a kind in a version. */
export function isRegistered(group: string, apiVersion: string, kind: string): boolean {
  if (EVERYWHERE.includes(kind)) return true;
  const [own = ""] = apiVersion.split("/");
  const [mine, theirs] = [group, apiVersion.includes("/") ? own : ""].map((one) => APART.includes(one) ? one : "");
  return mine === theirs && (KINDS.get(apiVersion)?.has(kind) ?? false);
}

/** How Go calls the server's own form of a kind: `core.Pod`, `apps.Deployment`. */
export function internalName(group: string, kind: string): string {
  return `${group === "" ? "core" : group.split(".")[0]}.${kind}`;
}
