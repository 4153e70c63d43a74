import type { KubeObject } from "../objects/object.ts";
import { bind } from "./binding.ts";
import { readableBody } from "./body.ts";
import { createObject } from "./create.ts";
import { decodeBody } from "./decode.ts";
import { deleteObject, deletionWarnings } from "./delete.ts";
import { discover, nowhere } from "./discovery.ts";
import { isMetrics, readMetrics } from "./metrics.ts";
import { inMedia, present, unacceptable } from "./negotiate.ts";
import { deleteOptions, patchOptions, writeOptions } from "./options.ts";
import { patchObject, refusalOf } from "./patch.ts";
import { checkPlace, placeIn } from "./place.ts";
import { getOne, type ObjectList, readMany } from "./read.ts";
import { kindKey } from "./registry.ts";
import { answerReview, isReview } from "./review.ts";
import { isAcross, parseRoute, type Route } from "./route.ts";
import { handleSubresource } from "./subresource.ts";
import type { ApiServer } from "./server.ts";
import { failure, methodNotAllowed, statusResponse } from "./status.ts";
import { type ApiRequest, type ApiResponse, isStatus, type Status } from "./types.ts";
import { updateObject } from "./update.ts";
import { warningsOf } from "./warnings.ts";
import { initialEvents, isWatch } from "./watch.ts";

/** Answers any request as the API server does. */
export function handle(server: ApiServer, request: ApiRequest): ApiResponse {
  const found = discover(server, request);
  if (found !== undefined) return found;
  const route = parseRoute(request.path, server.registry);
  if (route === undefined) return nowhere(request);
  return inMedia(withDeprecations(negotiated(server, route, request), route), request);
}

/** Parts that answer something else than objects, or nothing. */
const SPEAKING = ["log", "exec", "attach", "portforward", "proxy"];

function negotiated(server: ApiServer, route: Route, request: ApiRequest): ApiResponse {
  const watchable = request.method === "GET" && route.name === undefined && route.resource.verbs.includes("watch");
  const refused = SPEAKING.includes(route.subresource ?? "") ? undefined : unacceptable(request, watchable);
  if (refused !== undefined) return statusResponse(refused);
  const readable = readableBody(route, request);
  if ("kind" in readable) return statusResponse(readable);
  const answer = answerRoute(server, route, readable.request);
  const response = "warnings" in answer ? answer : statusResponse(answer);
  return { ...response, warnings: [...readable.warnings, ...response.warnings] };
}

/** Warnings of resources that are on their way out. */
function withDeprecations(answer: ApiResponse, { resource }: Route): ApiResponse {
  if (resource.kind !== "Endpoints" || resource.group !== "") return answer;
  const warning = "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice";
  return { ...answer, warnings: [warning, ...answer.warnings] };
}

function answerRoute(server: ApiServer, route: Route, request: ApiRequest): ApiResponse | Status {
  if (route.subresource !== undefined) return handleSubresource(server, route, request);
  if (request.method === "GET") return read(server, route, request);
  if (isAcross(route) || route.watched) return methodNotAllowed();
  switch (request.method) {
    case "POST":
      return route.name === undefined ? create(server, route, request) : methodNotAllowed();
    case "PUT":
      return route.name === undefined ? methodNotAllowed() : replace(server, route, request);
    case "PATCH":
      return route.name === undefined ? methodNotAllowed() : patch(server, route, request);
    case "DELETE":
      return route.name === undefined ? removeAll(server, route, request) : remove(server, route, request);
    default:
      return methodNotAllowed();
  }
}

function read(server: ApiServer, route: Route, request: ApiRequest): ApiResponse | Status {
  if (isMetrics(route)) return measured(server, route, request);
  if (isWatch(route)) return unwatchable(route) ?? watch(server, route);
  const answer = route.name === undefined ? readMany(server, route) : getOne(server, route);
  return isStatus(answer as Status) ? answer as Status : present(server, route, request, { code: 200, body: answer });
}

function unwatchable({ resource: { plural, verbs } }: Route): Status | undefined {
  if (verbs.includes("watch") || !verbs.includes("list")) return undefined;
  const words = `watch is not supported on resources of kind ${JSON.stringify(plural)}`;
  return failure(405, "MethodNotAllowed", words, { kind: plural });
}

function measured(server: ApiServer, route: Route, request: ApiRequest): ApiResponse | Status {
  const answer = readMetrics(server, route);
  return isStatus(answer as Status) ? answer as Status : present(server, route, request, { code: 200, body: answer });
}

/** A watch as far as it is known now: the events it starts with. Later ones come from the store. */
function watch(server: ApiServer, route: Route): ApiResponse | Status {
  const events = initialEvents(server, route);
  if (!Array.isArray(events)) {
    const error = { type: "ERROR", object: events };
    return events.code === 410
      ? { ...statusResponse(events), code: 200, body: [error] }
      : { ...statusResponse(events), body: [events] };
  }
  return { code: 200, contentType: "application/json", body: events, warnings: [] };
}

function create(server: ApiServer, route: Route, request: ApiRequest): ApiResponse | Status {
  if (!route.resource.verbs.includes("create")) return methodNotAllowed();
  if (route.resource.kind === "Binding") return bind(server, route, request);
  if (isReview(route.resource)) return review(server, route, request);
  const options = writeOptions(route, "CreateOptions");
  if ("kind" in options) return options;
  const decoded = decodeBody(request.body ?? "", route.resource, options.validation);
  if ("kind" in decoded) return decoded;
  const { object, warnings } = decoded;
  const misplaced = placeIn(route, object.metadata);
  if (misplaced !== undefined) return misplaced;
  const answer = createObject(server, route.resource, object, options);
  return answered(server, { route, request, code: 201, warnings }, answer);
}

function review(server: ApiServer, route: Route, request: ApiRequest): ApiResponse | Status {
  const answer = answerReview(server, route, request);
  return "kind" in answer ? answer : present(server, route, request, { code: 201, ...answer });
}

function replace(server: ApiServer, route: Route, request: ApiRequest): ApiResponse | Status {
  const options = writeOptions(route, "UpdateOptions");
  if ("kind" in options) return options;
  const decoded = decodeBody(request.body ?? "", route.resource, options.validation);
  if ("kind" in decoded) return decoded;
  const { object, warnings } = decoded;
  const misplaced = checkPlace(route, object.metadata);
  if (misplaced !== undefined) return misplaced;
  const { resource } = route;
  const isNew = known(server, route) === undefined && CREATED_BY_UPDATE.includes(resource.kind);
  const answer = isNew
    ? createObject(server, resource, object, options)
    : updateObject(server, resource, object, options);
  return answered(server, { route, request, code: isNew ? 201 : 200, warnings }, answer);
}

/** Kinds whose objects are made by putting them where there are none. */
const CREATED_BY_UPDATE = [
  "Service",
  "Endpoints",
  "Event",
  "LimitRange",
  "Lease",
  "PriorityClass",
  "Role",
  "RoleBinding",
  "ClusterRole",
  "ClusterRoleBinding",
];

function known(server: ApiServer, { resource, name = "", namespace }: Route): KubeObject | undefined {
  return server.store.get(kindKey(resource), name, namespace);
}

function patch(server: ApiServer, route: Route, request: ApiRequest): ApiResponse | Status {
  const options = patchOptions(route, request);
  if ("kind" in options) return options;
  const patched = patchObject(server, route, request, options);
  if ("kind" in patched) return patched;
  const refused = refusalOf(patched);
  if (refused !== undefined) return refused;
  const { code } = patched;
  const object = patched.object as KubeObject;
  return present(server, route, request, {
    code,
    body: object,
    warnings: [...patched.warnings, ...warningsOf(object)],
  });
}

function remove(server: ApiServer, route: Route, request: ApiRequest): ApiResponse | Status {
  const { resource, name = "", namespace } = route;
  const wanted = deleteOptions(route, request);
  if ("kind" in wanted) return wanted;
  const place = { name, ...(namespace === undefined ? {} : { namespace }) };
  const answer = deleteObject(server, resource, place, wanted);
  const warnings = deletionWarnings(resource, wanted);
  const done = isStatus(answer as Status) && (answer as Status).status === "Success";
  return done
    ? { ...statusResponse(answer as Status), code: 200, warnings }
    : answered(server, { route, request, code: 200, warnings }, answer);
}

function removeAll(server: ApiServer, route: Route, request: ApiRequest): ApiResponse | Status {
  if (!route.resource.verbs.includes("deletecollection")) return methodNotAllowed();
  const wanted = deleteOptions(route, request);
  if ("kind" in wanted) return wanted;
  const list = readMany(server, route);
  if (isStatus(list as Status)) return list as Status;
  for (const { metadata } of (list as ObjectList).items) {
    const known = server.store.get(kindKey(route.resource), metadata.name, metadata.namespace);
    if (known === undefined) continue;
    const answer = deleteObject(server, route.resource, metadata, wanted);
    if (isStatus(answer) && answer.status === "Failure") return answer;
  }
  return present(server, route, request, { code: 200, body: list });
}

interface Answering {
  readonly route: Route;
  readonly request: ApiRequest;
  readonly code: number;
  readonly warnings: readonly string[];
}

function answered(
  server: ApiServer,
  { route, request, code, warnings }: Answering,
  answer: object,
): ApiResponse | Status {
  if (isStatus(answer as Status)) {
    return warnings.length === 0 ? answer as Status : { ...statusResponse(answer as Status), warnings };
  }
  const all = request.method === "DELETE" ? warnings : [...warnings, ...warningsOf(answer as KubeObject, code === 201)];
  return present(server, route, request, { code, body: answer, warnings: all });
}
