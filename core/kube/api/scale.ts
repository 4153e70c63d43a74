import { labelsSelector, printSelector, selectorOf } from "../store/selector.ts";
import { invalid } from "../objects/issue.ts";
import { copyOf, type KubeObject, type LabelSelector } from "../objects/object.ts";
import type { Resource } from "../objects/resource.ts";
import { decodeValue } from "./decode.ts";
import { kindKey } from "./registry.ts";
import type { ApiServer } from "./server.ts";
import { invalidStatus, notFound } from "./status.ts";
import type { Status } from "./types.ts";
import { checkVersion, updateObject, type UpdateOptions } from "./update.ts";

/** What a Scale is called. */
export const SCALE = { group: "autoscaling", version: "v1", kind: "Scale" };

/** A Scale as clients send it. */
export interface Scale extends KubeObject {
  readonly spec?: { readonly replicas?: number };
}

/** Where the numbers of something that can be scaled stand. */
const PATHS = { spec: ["spec", "replicas"], status: ["status", "replicas"] };

type Json = Record<string, unknown>;

/** The Scale of a Deployment, ReplicaSet, StatefulSet, ReplicationController, or of what a definition says can be scaled. */
export function scaleOf(object: KubeObject, { scale = PATHS }: Pick<Resource, "scale"> = {}) {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const replicas = valueAt(object, scale.spec) as number | undefined;
  const selector = selectorText(object, scale.selector);
  return {
    kind: "Scale",
    apiVersion: "autoscaling/v1",
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: replicas ? { replicas } : {},
    status: { replicas: valueAt(object, scale.status) as number | undefined ?? 0, ...(selector ? { selector } : {}) },
  };
}

function valueAt(object: unknown, path: readonly string[]): unknown {
  return path.reduce((value, step) => (value as Json | undefined)?.[step], object);
}

/** The selector of the pods: built-in kinds have it in their spec, others as text where their definition says. */
function selectorText(object: KubeObject, path: readonly string[] | undefined): string | undefined {
  if (path !== undefined) return valueAt(object, path) as string | undefined;
  const selector = valueAt(object, ["spec", "selector"]);
  if (typeof selector === "string") return undefined;
  const requirements = object.kind === "ReplicationController"
    ? labelsSelector((selector ?? {}) as Record<string, string>)
    : selectorOf(selector as LabelSelector | undefined) ?? [];
  return printSelector(requirements);
}

/** Changes how many replicas the object of a Scale's name asks for. */
export function setScale(
  server: ApiServer,
  resource: Resource,
  { metadata, spec }: Scale,
  options: Pick<UpdateOptions, "dryRun" | "patched"> = {},
): KubeObject | Status {
  const { name = "", namespace } = metadata;
  const old = server.store.get(kindKey(resource), name, namespace);
  if (old === undefined) return notFound(resource, name);
  const { schema: _schema, ...named } = resource;
  const stale = checkVersion(named, metadata, old, options.patched === true ? "scale" : undefined);
  if (stale !== undefined) return stale;
  const { replicas = 0 } = spec ?? {};
  if (replicas < 0) {
    return invalidStatus(SCALE, name, [invalid("spec.replicas", replicas, "must be greater than or equal to 0")]);
  }
  const decoded = decodeValue(scaled(old, resource, replicas), resource, "Ignore");
  return "object" in decoded ? updateObject(server, resource, decoded.object, options) : decoded;
}

function scaled(old: KubeObject, { scale = PATHS }: Resource, replicas: number): KubeObject {
  const object = copyOf(old);
  const holder = scale.spec.slice(0, -1).reduce(
    (value, step) => (value[step] ??= {}) as Json,
    object as unknown as Json,
  );
  holder[scale.spec.at(-1) ?? "replicas"] = replicas;
  return object;
}
