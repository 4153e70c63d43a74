import { isStatus } from "../api/types.ts";
import { copyOf, type DaemonSet, type Draft, type KubeObject, type StatefulSet } from "../objects/object.ts";
import { sameJson } from "../../base/mod.ts";
import type { ControllerApi } from "./controller.ts";
import { templateHash } from "./hash.ts";
import { ownedBy, ownerReference } from "./owners.ts";

/** A ControllerRevision as far as podwire reads it. */
interface Revision extends KubeObject {
  revision: number;
  data: unknown;
}

/** The revision of a StatefulSet's or DaemonSet's current template, made when it is new: its name, and its hash. */
export function currentRevision(owner: StatefulSet | DaemonSet, api: ControllerApi): { name: string; hash: string } {
  const template = copyOf(owner.spec.template);
  const data = { spec: { template: { ...template, $patch: "replace" } } };
  const known = ownedBy<Revision>(api, owner, "ControllerRevision");
  const same = known.find((one) => sameJson(one.data, data));
  const hash = same?.metadata.labels?.["controller-revision-hash"] ?? templateHash(template);
  const bare = hash.startsWith(`${owner.metadata.name}-`) ? hash.slice(owner.metadata.name.length + 1) : hash;
  const name = `${owner.metadata.name}-${bare}`;
  if (same === undefined) createRevision(owner, { name, hash: bare, data, revision: known.length + 1 }, api);
  return { name, hash: bare };
}

interface NewRevision {
  readonly name: string;
  readonly hash: string;
  readonly data: unknown;
  readonly revision: number;
}

function createRevision(
  owner: StatefulSet | DaemonSet,
  { name, hash, data, revision }: NewRevision,
  api: ControllerApi,
): void {
  const label = owner.kind === "StatefulSet" ? name : hash;
  const answer = api.create({
    apiVersion: "apps/v1",
    kind: "ControllerRevision",
    metadata: {
      name,
      namespace: owner.metadata.namespace as string,
      labels: { ...owner.spec.template.metadata?.labels, "controller-revision-hash": label },
      ownerReferences: [ownerReference(owner)],
    },
    data,
    revision,
  } as Draft);
  if (isStatus(answer) && answer.reason !== "AlreadyExists") throw new Error(`revision ${name}: ${answer.message}`);
}
