import { sameJson } from "../../base/mod.ts";
import type { KubeObject, Namespace, Pod } from "../objects/object.ts";
import { type Resource, splitGroupVersion } from "../objects/resource.ts";
import type { DeleteOptions, ObjectName } from "./api.ts";
import { kindKey } from "./registry.ts";
import type { ApiServer } from "./server.ts";
import { conflict, forbiddenStatus, notFound, preconditionWords } from "./status.ts";
import type { Status } from "./types.ts";

const IMMORTAL = ["default", "kube-system", "kube-public"];

/** Kinds of which the server answers the deleted object itself. */
const RETURNED = [
  "Pod",
  "Service",
  "PersistentVolumeClaim",
  "PersistentVolume",
  "ServiceAccount",
  "PodTemplate",
  "ResourceQuota",
];

/** Deletes an object: at once, or, where something must end first, by marking it. */
export function deleteObject(
  server: ApiServer,
  resource: Resource,
  { name, namespace }: ObjectName,
  options: DeleteOptions = {},
): KubeObject | Status {
  const kind = kindKey(resource);
  const old = server.store.get(kind, name, namespace);
  if (resource.kind === "Namespace" && IMMORTAL.includes(name)) {
    return forbiddenStatus(resource, name, "this namespace may not be deleted");
  }
  if (old === undefined) return notFound(resource, name);
  const { dryRun = false, preconditions } = options;
  const unmet = checkPreconditions(old, preconditions);
  if (unmet !== undefined) return unmet;
  const finalizers = withPropagation(old, options.propagationPolicy ?? policyOf(old));
  const grace = gracePeriod(old, options);
  const stays = old.kind === "Namespace" || finalizers.length > 0 || grace > 0;
  const marked = old.kind === "Namespace"
    ? terminated(old as Namespace, server.now(), finalizers)
    : stays || old.kind === "Pod"
    ? mark(server, old, { finalizers, grace })
    : old;
  if (stays) return dryRun || marked === old ? marked : server.store.put(marked, kind);
  if (!dryRun) server.store.remove(kind, name, namespace);
  return RETURNED.includes(old.kind) ? marked : success(resource, old);
}

/** The refusal of a deletion that is meant for the object as it was, or for another of its name. */
export function checkPreconditions(
  { kind, apiVersion, metadata }: KubeObject,
  { uid = metadata.uid, resourceVersion = metadata.resourceVersion }: NonNullable<DeleteOptions["preconditions"]> = {},
): Status | undefined {
  if (kind === "Namespace" && uid !== metadata.uid) {
    const why = preconditionWords(["UID", uid, metadata.uid]);
    return conflict({ plural: "namespaces", group: "" }, metadata.name, why);
  }
  const differs = (what: string, wanted?: string, known?: string) =>
    `the ${what} in the precondition (${wanted}) does not match the ${what} in record (${known}).`;
  const refused = (why: string) =>
    conflict({ plural: kind, group: splitGroupVersion(apiVersion)[0] }, metadata.name, why);
  if (uid !== metadata.uid) {
    const why = differs("UID", uid, metadata.uid);
    return refused(`${why} The object might have been deleted and then recreated`);
  }
  if (resourceVersion === metadata.resourceVersion) return undefined;
  const why = differs("ResourceVersion", resourceVersion, metadata.resourceVersion);
  return refused(`${why} The object might have been modified`);
}

type Policy = NonNullable<DeleteOptions["propagationPolicy"]>;

/** The finalizers on which foreground and orphaning deletions wait, until the garbage collector takes them off. */
const WAITING: Readonly<Record<string, Policy>> = { orphan: "Orphan", foregroundDeletion: "Foreground" };

/** Kinds whose dependents stay unless somebody says otherwise. */
const ORPHANING = ["ReplicationController", "Job"];

/** What becomes of an object's dependents where nobody says it: what its finalizers ask for, else what its kind does. */
function policyOf({ kind, metadata }: KubeObject): Policy {
  const asked = Object.keys(WAITING).find((one) => metadata.finalizers?.includes(one));
  if (asked !== undefined) return WAITING[asked] as Policy;
  return ORPHANING.includes(kind) ? "Orphan" : "Background";
}

function withPropagation({ metadata }: KubeObject, policy: Policy): string[] {
  const others = (metadata.finalizers ?? []).filter((one) => WAITING[one] === undefined);
  return [...others, ...Object.keys(WAITING).filter((one) => WAITING[one] === policy)];
}

/** What the server warns of where a Job is deleted and nobody says what becomes of its pods. */
export function deletionWarnings({ kind }: Resource, { propagationPolicy }: DeleteOptions): string[] {
  if (kind !== "Job" || propagationPolicy !== undefined) return [];
  const ways = ["Background to remove them", "Orphan to suppress this warning"];
  return [
    `child pods are preserved by default when jobs are deleted; set ${
      ways.map((way) => `propagationPolicy=${way}`).join(" or set ")
    }`,
  ];
}

/** Seconds a pod still has; everything else has none, nor has a pod no kubelet runs. */
function gracePeriod(object: KubeObject, { gracePeriodSeconds }: DeleteOptions): number {
  if (object.kind !== "Pod") return 0;
  const { spec, status } = object as Pod;
  if ((spec.nodeName ?? "") === "" || status.phase === "Failed" || status.phase === "Succeeded") return 0;
  return Math.max(0, gracePeriodSeconds ?? spec.terminationGracePeriodSeconds ?? 30);
}

interface Marking {
  readonly finalizers: readonly string[];
  readonly grace: number;
}

/** An object that ends: itself, where it already does so no later. */
function mark(server: ApiServer, old: KubeObject, { finalizers, grace }: Marking): KubeObject {
  const { metadata } = old;
  const shorter = metadata.deletionGracePeriodSeconds === undefined || grace < metadata.deletionGracePeriodSeconds;
  if (
    metadata.deletionTimestamp !== undefined && !shorter && sameJson(finalizers, metadata.finalizers ?? [])
  ) {
    return old;
  }
  const at = new Date(server.clock.now() + grace * 1000).toISOString().replace(/\.\d+Z$/, "Z");
  const { finalizers: _old, ...rest } = metadata;
  return {
    ...old,
    metadata: {
      ...rest,
      ...(metadata.generation === undefined || metadata.deletionTimestamp !== undefined
        ? {}
        : { generation: metadata.generation + 1 }),
      deletionTimestamp: shorter ? at : metadata.deletionTimestamp as string,
      deletionGracePeriodSeconds: shorter ? grace : metadata.deletionGracePeriodSeconds as number,
      ...(finalizers.length > 0 ? { finalizers: [...finalizers] } : {}),
    },
  };
}

/** A namespace ends once its controller has emptied it. */
function terminated(namespace: Namespace, now: string, finalizers: readonly string[]): Namespace {
  if (namespace.metadata.deletionTimestamp !== undefined) return namespace;
  const kept = finalizers.length > 0 ? { finalizers: [...finalizers] } : {};
  const metadata = { ...namespace.metadata, deletionTimestamp: now, ...kept };
  return { ...namespace, metadata, status: { ...namespace.status, phase: "Terminating" } };
}

function success(resource: Resource, { metadata }: KubeObject): Status {
  return {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Success",
    details: {
      name: metadata.name,
      ...(resource.group === "" ? {} : { group: resource.group }),
      kind: resource.plural,
      uid: metadata.uid,
    },
  };
}
