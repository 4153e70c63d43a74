/** `pods/NAME/binding` and `bindings`: a pod is given its node, only once. */
import { copyJson } from "../../base/mod.ts";
import { resourceOf } from "../objects/kinds.ts";
import type { core, KubeObject, Pod } from "../objects/object.ts";
import type { Resource } from "../objects/resource.ts";
import { decodeBody } from "./decode.ts";
import { writeOptions } from "./options.ts";
import { placeIn } from "./place.ts";
import { copyTopology } from "./prepare.ts";
import { readOne } from "./read.ts";
import type { Route } from "./route.ts";
import type { ApiServer } from "./server.ts";
import { badRequest, conflict, failure, statusResponse } from "./status.ts";
import { type ApiRequest, type ApiResponse, isStatus, type Status } from "./types.ts";
import { preconditionFailed } from "./update.ts";

const BINDING = { group: "", version: "v1", kind: "Binding" };

/** The resource of pods. */
export const PODS = resourceOf("Pod") as Resource;

/** What a Binding gives a pod: its node, and labels and annotations. */
export interface Bound {
  readonly target: { readonly kind?: string; readonly name?: string };
  readonly metadata?: Partial<KubeObject["metadata"]>;
}

/** Answers a Binding that is posted. */
export function bind(server: ApiServer, route: Route, request: ApiRequest): ApiResponse | Status {
  const options = writeOptions(route, "CreateOptions");
  if ("kind" in options) return options;
  const decoded = decodeBody(request.body ?? "", BINDING, options.validation);
  if ("kind" in decoded) return decoded;
  const binding = decoded.object as KubeObject & Bound;
  const { name = binding.metadata.name ?? "", namespace = "" } = route;
  const refused = placeIn(route, binding.metadata) ?? problemOf(binding, name);
  if (refused !== undefined) return refused;
  const pod = readOne(server, { ...route, resource: PODS, name, namespace });
  if (isStatus(pod)) return pod;
  const answer = heldBack(binding.metadata, pod) ?? bindPod(server, pod as Pod, binding, options);
  return { ...answer === undefined ? accepted() : statusResponse(answer), warnings: decoded.warnings };
}

/** 201 without anything to show. */
export function accepted(): ApiResponse {
  return statusResponse({ kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", code: 201 });
}

/** What a Binding may not say. */
function problemOf({ metadata, target }: KubeObject & Bound, name: string): Status | undefined {
  if (name === "") return badRequest("Name parameter required.");
  if (metadata.name !== name) return badRequest("name in URL does not match name in Binding object");
  const { kind = "" } = target;
  if (!["", "Node"].includes(kind)) {
    const words = `Unsupported value: ${JSON.stringify(kind)}: supported values: "Node", "<empty>"`;
    return failure(500, undefined, `target.kind: ${words}`);
  }
  return (target.name ?? "") === "" ? failure(500, undefined, "target.name: Required value") : undefined;
}

/** The refusal where a Binding is meant for the pod as it was, or for another of its name. */
function heldBack({ uid, resourceVersion }: KubeObject["metadata"], pod: KubeObject): Status | undefined {
  const { metadata } = pod;
  if (uid && uid !== metadata.uid) return preconditionFailed(PODS, pod, ["UID", uid, metadata.uid]);
  if (!resourceVersion || resourceVersion === metadata.resourceVersion) return undefined;
  return preconditionFailed(PODS, pod, ["ResourceVersion", resourceVersion, metadata.resourceVersion]);
}

/** Gives a pod its node; the refusal where it has one, may not have one yet, or ends. */
export function bindPod(
  server: ApiServer,
  pod: Pod,
  { target, metadata: given = {} }: Bound,
  { dryRun = false }: { readonly dryRun?: boolean } = {},
): Status | undefined {
  const { name } = pod.metadata;
  const problem = unbindable(pod);
  if (problem !== undefined) return conflict({ plural: "pods/binding", group: "" }, name, `pod ${name} ${problem}`);
  if (dryRun) return undefined;
  const bound = copyJson(pod);
  bound.spec.nodeName = target.name ?? "";
  for (const what of ["labels", "annotations"] as const) {
    if (given[what] !== undefined) bound.metadata[what] = { ...bound.metadata[what], ...given[what] };
  }
  copyTopology(bound, server.store);
  addCondition(bound, { type: "PodScheduled", status: "True" }, server.now());
  server.store.put(bound);
  return undefined;
}

function unbindable({ metadata, spec }: Pod): string | undefined {
  if (metadata.deletionTimestamp !== undefined) return "is being deleted, cannot be assigned to a host";
  if ((spec.nodeName ?? "") !== "") return `is already assigned to node "${spec.nodeName}"`;
  return (spec.schedulingGates ?? []).length > 0 ? "has non-empty .spec.schedulingGates" : undefined;
}

/** Says something of a pod's state, in place. */
export function addCondition(
  pod: Pod,
  { type, status, ...why }: Omit<core.PodCondition, "lastTransitionTime" | "lastProbeTime">,
  time: string,
): void {
  const others = (pod.status.conditions ?? []).filter((one) => one.type !== type);
  const times = { lastProbeTime: null, lastTransitionTime: time };
  pod.status.conditions = [...others, { type, status, ...times, ...why } as never];
}
