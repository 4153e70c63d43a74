import { storeEphemeral } from "./ephemeral.ts";
import { copyJson } from "../../base/mod.ts";
import type { KubeObject, Namespace, Pod } from "../objects/object.ts";
import { budgetsOf } from "../controllers/disruption.ts";
import { isReady, isTerminal } from "../controllers/pods.ts";
import type { ObjectName } from "./api.ts";
import { decodeBody } from "./decode.ts";
import { deleteObject } from "./delete.ts";
import { present } from "./negotiate.ts";
import { checkDeleteOptions, writeOptions } from "./options.ts";
import { patchObject } from "./patch.ts";
import { copyTopology } from "./prepare.ts";
import { readOne } from "./read.ts";
import { kindKey } from "./registry.ts";
import { tokenRequest } from "./review.ts";
import type { Route } from "./route.ts";
import { scaleOf, setScale } from "./scale.ts";
import type { ApiServer } from "./server.ts";
import { badRequest, conflict, failure, methodNotAllowed, statusResponse } from "./status.ts";
import { type ApiRequest, type ApiResponse, isStatus, type Status } from "./types.ts";
import { updateObject } from "./update.ts";

/** Answers a request for a subresource. */
export function handleSubresource(server: ApiServer, route: Route, request: ApiRequest): ApiResponse | Status {
  const known = readOne(server, route);
  if (isStatus(known)) return known;
  switch (route.subresource) {
    case "status":
      return handleStatus(server, route, request);
    case "scale":
      return handleScale(server, route, request, known);
    case "binding":
      return request.method === "POST" ? bind(server, route, request, known as Pod) : methodNotAllowed();
    case "eviction":
      return request.method === "POST" ? evict(server, route, request, known as Pod) : methodNotAllowed();
    case "token":
      return request.method === "POST" ? token(server, route, request) : methodNotAllowed();
    case "finalize":
      return finalize(server, request, known as Namespace);
    case "log":
      return request.method === "GET" ? badRequest("logs come from the kubelet of the pod's node") : methodNotAllowed();
    case "exec":
    case "attach":
    case "portforward":
      return ["GET", "POST"].includes(request.method) ? badRequest("Upgrade request required") : methodNotAllowed();
    case "ephemeralcontainers":
    case "resize":
      return handleStatus(server, route, request);
    default:
      return failure(501, "NotImplemented", `${route.resource.plural}/${route.subresource} is not modelled`);
  }
}

function handleStatus(server: ApiServer, route: Route, request: ApiRequest): ApiResponse | Status {
  if (request.method === "GET") return present(server, route, request, { code: 200, body: readOne(server, route) });
  if (request.method === "PATCH") {
    const options = writeOptions(route, "PatchOptions");
    if ("kind" in options) return options;
    const patched = patchObject(server, route, request, options);
    if ("kind" in patched) return patched;
    return present(server, route, request, { code: 200, body: patched.object });
  }
  if (request.method !== "PUT") return methodNotAllowed();
  const options = writeOptions(route, "UpdateOptions");
  if ("kind" in options) return options;
  const decoded = decodeBody(request.body ?? "", route.resource, options.validation);
  if ("kind" in decoded) return decoded;
  if (route.namespace !== undefined) decoded.object.metadata.namespace = route.namespace;
  const answer = route.subresource === "ephemeralcontainers"
    ? storeEphemeral(server, route.resource, decoded.object, options.dryRun)
    : updateObject(server, route.resource, decoded.object, { dryRun: options.dryRun, subresource: "status" });
  return isStatus(answer) ? answer : present(server, route, request, { code: 200, body: answer });
}

function handleScale(server: ApiServer, route: Route, request: ApiRequest, known: KubeObject): ApiResponse | Status {
  if (request.method === "GET") {
    const { columns: _columns, ...own } = route.resource;
    const resource = { ...own, group: "autoscaling", version: "v1", kind: "Scale" };
    return present(server, { ...route, resource }, request, { code: 200, body: scaleOf(known) });
  }
  const options = writeOptions(route, request.method === "PUT" ? "UpdateOptions" : "PatchOptions");
  if ("kind" in options) return options;
  if (request.method === "PATCH") {
    const patched = patchObject(server, route, request, options);
    return "kind" in patched ? patched : ok(200, patched.object);
  }
  if (request.method !== "PUT") return methodNotAllowed();
  const wanted = parseJson(request.body) as { spec?: { replicas?: number } } | undefined;
  if (wanted === undefined) return badRequest("couldn't get version/kind; json parse error");
  const answer = setScale(server, route.resource, known, wanted.spec?.replicas ?? 0, options);
  return isStatus(answer) ? answer : ok(200, scaleOf(answer));
}

function bind(server: ApiServer, route: Route, request: ApiRequest, pod: Pod): ApiResponse | Status {
  const options = writeOptions(route, "CreateOptions");
  if ("kind" in options) return options;
  const node = (parseJson(request.body) as { target?: { name?: string } } | undefined)?.target?.name ?? "";
  const answer = bindPod(server, pod, node, options);
  if (answer !== undefined) return answer;
  return statusResponse({ kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", code: 201 });
}

/** Gives a pod its node: only once. */
export function bindPod(
  server: ApiServer,
  pod: Pod,
  node: string,
  { dryRun = false }: { readonly dryRun?: boolean } = {},
): Status | undefined {
  const { name } = pod.metadata;
  if ((pod.spec.nodeName ?? "") !== "") {
    return conflict(
      { plural: "pods/binding", group: "" },
      name,
      `pod ${name} is already assigned to node "${pod.spec.nodeName}"`,
    );
  }
  if (dryRun) return undefined;
  const bound = copyJson(pod);
  bound.spec.nodeName = node;
  copyTopology(bound, server.store);
  const time = server.now();
  const others = (bound.status.conditions ?? []).filter(({ type }) => type !== "PodScheduled");
  bound.status.conditions = [...others, {
    type: "PodScheduled",
    status: "True",
    lastProbeTime: null as never,
    lastTransitionTime: time,
    observedGeneration: bound.metadata.generation,
  } as never];
  server.store.put(bound);
  return undefined;
}

/** Deletes a pod where its disruption budget allows it. */
function evict(server: ApiServer, route: Route, request: ApiRequest, pod: Pod): ApiResponse | Status {
  const options = writeOptions(route, "CreateOptions");
  if ("kind" in options) return options;
  const { resource, name = "", namespace = "" } = route;
  const wanted = parseJson(request.body) as { metadata?: { name?: string }; deleteOptions?: object } | undefined;
  if (wanted?.metadata?.name !== name) return badRequest("name in URL does not match name in Eviction object");
  const deletion = checkDeleteOptions(wanted.deleteOptions ?? {});
  if ("kind" in deletion) return deletion;
  const dryRun = options.dryRun || deletion.dryRun === true;
  const refused = useBudget(server, pod, dryRun);
  if (refused !== undefined) return refused;
  const answer = deleteObject(server, resource, { name, namespace }, { ...deletion, dryRun });
  if (isStatus(answer) && answer.status === "Failure") return answer;
  return statusResponse({ kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", code: 201 });
}

/** Takes one disruption off the budget of a pod that counts for one; refuses where there is none left. */
function useBudget(server: ApiServer, pod: Pod, dryRun: boolean): Status | undefined {
  const [budget, second] = budgetsOf(server.store, pod);
  if (budget === undefined || isTerminal(pod) || pod.status.phase === "Pending") return undefined;
  if (second !== undefined) {
    const words = "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.";
    return failure(500, "InternalError", words);
  }
  const { disruptionsAllowed = 0, currentHealthy = 0, desiredHealthy = 0 } = budget.status ?? {};
  if (!isReady(pod) && desiredHealthy > 0 && currentHealthy >= desiredHealthy) return undefined;
  if (disruptionsAllowed <= 0) {
    const needs = `needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`;
    const message = `The disruption budget ${budget.metadata.name} ${needs}`;
    return failure(429, "TooManyRequests", "Cannot evict pod as it would violate the pod's disruption budget.", {
      causes: [{ reason: "DisruptionBudget", message }],
    });
  }
  if (dryRun) return undefined;
  server.changeStatus("PodDisruptionBudget", budget.metadata as ObjectName, (object) => {
    (object as typeof budget).status.disruptionsAllowed--;
  });
  return undefined;
}

function token(server: ApiServer, { name = "", namespace = "" }: Route, request: ApiRequest): ApiResponse | Status {
  const answer = tokenRequest(server, request.body ?? "{}", { name, namespace });
  return isStatus(answer as Status) ? answer as Status : ok(201, answer);
}

/** The namespace controller takes its finalizer off: with the last one the namespace goes. */
function finalize(server: ApiServer, request: ApiRequest, known: Namespace): ApiResponse | Status {
  const wanted = parseJson(request.body) as Namespace | undefined;
  if (wanted === undefined) return badRequest("couldn't get version/kind; json parse error");
  return ok(200, finalizeNamespace(server, known, wanted.spec?.finalizers ?? []));
}

/** Sets a namespace's finalizers; one that is being deleted goes with the last of them. */
export function finalizeNamespace(server: ApiServer, known: Namespace, finalizers: readonly string[]): KubeObject {
  const spec = finalizers.length > 0 ? { finalizers: [...finalizers] } : {};
  if (known.metadata.deletionTimestamp !== undefined && finalizers.length === 0) {
    server.store.remove(kindKey(server.registry.ofStoreKind("Namespace") as never), known.metadata.name);
    return { ...known, spec } as Namespace;
  }
  return server.store.put({ ...known, spec } as Namespace);
}

function ok(code: number, body: object): ApiResponse {
  return { code, contentType: "application/json", body, warnings: [] };
}

function parseJson(body: string | undefined): unknown {
  try {
    return JSON.parse(body ?? "");
  } catch {
    return undefined;
  }
}
