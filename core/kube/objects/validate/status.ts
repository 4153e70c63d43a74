/** What the server checks of the status that controllers and kubelets report. */
import { invalid, type Issue } from "../issue.ts";
import type { KubeObject, Namespace, Service } from "../object.ts";
import { ipIssues } from "./addresses.ts";

type Counts = Readonly<Record<string, number | undefined>>;

const CHECKS: Readonly<Record<string, (object: never, old: never) => Issue[]>> = {
  Deployment: ({ status }: { status: Counts }) =>
    countIssues(status, ["updatedReplicas", "readyReplicas", "availableReplicas"]),
  Service: serviceIssues,
  Namespace: namespaceIssues,
};

/** Everything wrong with a new status. */
export function statusIssues(object: KubeObject, old: KubeObject): Issue[] {
  return CHECKS[object.kind]?.(object as never, old as never) ?? [];
}

/** Replicas are counted from 0, and none of their parts is more than all. */
function countIssues(status: Counts, parts: readonly string[]): Issue[] {
  const all = status["replicas"] ?? 0;
  const negative = ["replicas", ...parts].filter((one) => (status[one] ?? 0) < 0);
  const more = parts.filter((one) => (status[one] ?? 0) > all);
  return [
    ...negative.map((one) => invalid(`status.${one}`, status[one], "must be greater than or equal to 0")),
    ...more.map((one) => invalid(`status.${one}`, status[one] ?? 0, "cannot be greater than status.replicas")),
  ];
}

function serviceIssues({ status }: Service): Issue[] {
  return (status.loadBalancer?.ingress ?? []).flatMap(({ ip }, index) =>
    ip ? ipIssues(`status.loadBalancer.ingress[${index}].ip`, ip) : []
  );
}

/** A namespace is Terminating exactly while it is being deleted. */
function namespaceIssues({ metadata, status: { phase } }: Namespace, old: Namespace): Issue[] {
  const ends = (metadata.deletionTimestamp ?? old.metadata.deletionTimestamp) !== undefined;
  if (phase === undefined || (phase === "Terminating") === ends) return [];
  const words = ends
    ? "may only be 'Terminating' if `deletionTimestamp` is not empty"
    : "may only be 'Active' if `deletionTimestamp` is empty";
  return [invalid("status.Phase", phase, words)];
}
