/** `kubectl apply --prune`: objects that were applied once, and are in no file any more, go. */
import { type KubeObject, LAST_APPLIED } from "../../kube/mod.ts";
import { usageError } from "../errors.ts";
import { dryRunOf, report } from "../output.ts";
import { pathTo, type Resource } from "../resources.ts";
import type { Session } from "../session.ts";

/** The kinds that are looked through, in kubectl's order; an allow list of the command line takes their place. */
const NAMESPACED = [
  ..."v1/ConfigMap v1/Endpoints v1/PersistentVolumeClaim v1/Pod v1/ReplicationController v1/Secret v1/Service".split(
    " ",
  ),
  ..."batch/v1/Job batch/v1/CronJob networking.k8s.io/v1/Ingress".split(" "),
  ..."apps/v1/DaemonSet apps/v1/Deployment apps/v1/ReplicaSet apps/v1/StatefulSet".split(" "),
];
const CLUSTER_WIDE = ["v1/Namespace", "v1/PersistentVolume"];

/** The kinds to look through; refuses what would prune more than was meant. */
export function pruned(session: Session): readonly Resource[] {
  const { flags } = session;
  const selector = flags.value("selector") ?? "";
  if (flags.is("all") && selector !== "") throw usageError("cannot set --all and --selector at the same time");
  if (flags.is("all") || selector !== "") return allowed(session);
  throw usageError(
    "all resources selected for prune without explicitly passing --all. To prune all resources, pass the --all flag. " +
      "If you did not mean to prune all resources, specify a label selector",
  );
}

const DEPRECATED =
  "prune.go:71] Deprecated: kubectl apply will no longer prune non-namespaced resources by default when used with the " +
  "--namespace flag in a future release. To preserve the current behaviour, list the resources you want to target " +
  "explicitly in the --prune-allowlist flag.";

/** A warning as klog writes it, of process 1: `W1121 18:24:27.085652       1 FILE:LINE] TEXT`. */
function logLine(now: number, text: string): string {
  const [date = "", time = ""] = new Date(now).toISOString().slice(0, -1).split("T");
  return `W${date.slice(5).replace("-", "")} ${time}000       1 ${text}`;
}

/** Takes away what was not among the objects applied just now, in their namespaces. */
export function prune(session: Session, resources: readonly Resource[], applied: readonly KubeObject[]): void {
  const uids = new Set(applied.map(({ metadata }) => metadata.uid));
  const namespaces = new Set(applied.flatMap(({ metadata }) => metadata.namespace ?? []));
  if (!session.flags.has("prune-allowlist")) session.complain(logLine(session.now, DEPRECATED));
  for (const namespace of namespaces) {
    for (const resource of resources.filter(({ namespaced }) => namespaced)) {
      pruneIn(session, resource, { namespace, uids });
    }
  }
  for (const resource of resources.filter(({ namespaced }) => !namespaced)) pruneIn(session, resource, { uids });
}

function allowed(session: Session): Resource[] {
  const listed = session.flags.list("prune-allowlist");
  const names = listed.length === 0
    ? [...NAMESPACED, ...CLUSTER_WIDE]
    : listed.map((one) => one.replace(/^core\//, ""));
  return names.flatMap((name) => {
    const at = name.lastIndexOf("/");
    const found = session.resources.ofKind(name.slice(0, at), name.slice(at + 1));
    if (found !== undefined) return [found];
    if (listed.length === 0) return [];
    throw usageError(
      `no matches for kind ${JSON.stringify(name.slice(at + 1))} in version ${JSON.stringify(name.slice(0, at))}`,
    );
  });
}

function pruneIn(
  session: Session,
  resource: Resource,
  { namespace, uids }: { readonly namespace?: string; readonly uids: ReadonlySet<string> },
): void {
  const dry = dryRunOf(session);
  for (const object of session.client.list<KubeObject>(pathTo(resource, namespace) + session.selectorQuery())) {
    const { metadata } = object;
    if (metadata.annotations?.[LAST_APPLIED] === undefined || uids.has(metadata.uid)) continue;
    const typed = { ...object, kind: resource.kind, apiVersion: apiVersionOf(resource) };
    if (dry !== "client") {
      const path = pathTo(resource, namespace, metadata.name);
      const options = { propagationPolicy: "Background", ...(dry === "server" ? { dryRun: ["All"] } : {}) };
      session.client.send({ method: "DELETE", path, body: JSON.stringify(options) });
    }
    report(session, typed, "pruned");
  }
}

function apiVersionOf({ group, version }: Resource): string {
  return group === "" ? version : `${group}/${version}`;
}
