import { labelsSelector, printSelector, selectorOf } from "../store/selector.ts";
import { copyOf, type KubeObject, type LabelSelector } from "../objects/object.ts";
import type { Resource } from "../objects/resource.ts";
import { decodeValue } from "./decode.ts";
import type { ApiServer } from "./server.ts";
import type { Status } from "./types.ts";
import { updateObject } from "./update.ts";

interface Scalable extends KubeObject {
  spec: { replicas?: number; selector?: LabelSelector | Record<string, string> };
  status?: { replicas?: number };
}

/** The Scale of a Deployment, ReplicaSet, StatefulSet or ReplicationController. */
export function scaleOf(object: KubeObject) {
  const { metadata, spec, status, kind } = object as Scalable;
  const selector = kind === "ReplicationController"
    ? labelsSelector((spec.selector ?? {}) as Record<string, string>)
    : selectorOf(spec.selector as LabelSelector) ?? [];
  const { name, namespace, uid, resourceVersion, creationTimestamp } = metadata;
  return {
    kind: "Scale",
    apiVersion: "autoscaling/v1",
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: { replicas: spec.replicas ?? 0 },
    status: { replicas: status?.replicas ?? 0, selector: printSelector(selector) },
  };
}

/** Changes how many replicas an object asks for. */
export function setScale(
  server: ApiServer,
  resource: Resource,
  object: KubeObject,
  replicas: number,
  { dryRun = false }: { readonly dryRun?: boolean } = {},
): KubeObject | Status {
  const scaled = copyOf(object) as Scalable;
  scaled.spec.replicas = replicas;
  const decoded = decodeValue(scaled, resource, "Ignore");
  return "object" in decoded ? updateObject(server, resource, decoded.object, { dryRun }) : decoded;
}
