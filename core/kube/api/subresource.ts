/** What is asked of a part of an object: its status, its scale, its binding. */
import type { KubeObject, Namespace } from "../objects/object.ts";
import { bind } from "./binding.ts";
import { decodeBody, type DecodedBody, type Wanted } from "./decode.ts";
import { evict } from "./eviction.ts";
import { present } from "./negotiate.ts";
import { patchOptions, type WriteOptions, writeOptions } from "./options.ts";
import { type Patched, patchObject, refusalOf, storePart } from "./patch.ts";
import { checkPlace } from "./place.ts";
import { readOne } from "./read.ts";
import { kindKey } from "./registry.ts";
import type { Route } from "./route.ts";
import { SCALE, type Scale, scaleOf, setScale } from "./scale.ts";
import type { ApiServer } from "./server.ts";
import { badRequest, failure, methodNotAllowed, statusResponse } from "./status.ts";
import { tokenRequest } from "./token.ts";
import { type ApiRequest, type ApiResponse, isStatus, type Status } from "./types.ts";

type Answering = (server: ApiServer, route: Route, request: ApiRequest) => ApiResponse | Status;

/** Who answers for a subresource. */
const ANSWERS: Readonly<Record<string, Answering>> = {
  status: handleStatus,
  scale: handleScale,
  binding: bind,
  eviction: evict,
  token,
  finalize: handleStatus,
  log: (server, route) => known(server, route) ?? badRequest("logs come from the kubelet of the pod's node"),
  exec: upgrade,
  attach: upgrade,
  portforward: upgrade,
  ephemeralcontainers: handleStatus,
  resize: handleStatus,
};

/** Answers a request for a subresource. */
export function handleSubresource(server: ApiServer, route: Route, request: ApiRequest): ApiResponse | Status {
  const { resource, subresource } = route;
  const verb = VERBS[request.method];
  const own = resource.subresources.find(({ name }) => name === subresource);
  if (verb === undefined || !own?.verbs.includes(verb)) return methodNotAllowed();
  const answer = ANSWERS[own.name];
  if (answer !== undefined) return answer(server, route, request);
  return known(server, route) ?? failure(501, "NotImplemented", `${resource.plural}/${own.name} is not modelled`);
}

const VERBS: Readonly<Record<string, string>> = {
  GET: "get",
  POST: "create",
  PUT: "update",
  PATCH: "patch",
  DELETE: "delete",
};

/** The refusal where there is no such object. */
function known(server: ApiServer, route: Route): Status | undefined {
  const found = readOne(server, route);
  return isStatus(found) ? found : undefined;
}

function upgrade(server: ApiServer, route: Route): Status {
  return known(server, route) ?? badRequest("Upgrade request required");
}

function handleStatus(server: ApiServer, route: Route, request: ApiRequest): ApiResponse | Status {
  if (request.method === "GET") {
    const found = readOne(server, route);
    return isStatus(found) ? found : present(server, route, request, { code: 200, body: found });
  }
  if (request.method === "PATCH") {
    const patched = patch(server, route, request);
    if ("kind" in patched) return patched;
    const { object, warnings } = patched;
    return refusalOf(patched) ?? present(server, route, request, { code: 200, body: object, warnings });
  }
  const options = writeOptions(route, "UpdateOptions");
  if ("kind" in options) return options;
  const decoded = decodePlaced(route, request, route.resource, options);
  if ("kind" in decoded) return decoded;
  const answer = storePart(server, route, decoded.object, options);
  const { warnings } = decoded;
  if (isStatus(answer)) return { ...statusResponse(answer), warnings };
  return present(server, route, request, { code: 200, body: answer, warnings });
}

function patch(server: ApiServer, route: Route, request: ApiRequest): Patched | Status {
  const options = patchOptions(route, request);
  return "kind" in options ? options : patchObject(server, route, request, options);
}

/** A body of the kind wanted, with the name and the namespace of the path. */
function decodePlaced(
  route: Route,
  { body = "" }: ApiRequest,
  wanted: Wanted,
  { validation }: WriteOptions,
): DecodedBody | Status {
  const decoded = decodeBody(body, wanted, validation);
  if ("kind" in decoded) return decoded;
  return checkPlace(route, decoded.object.metadata) ?? decoded;
}

function handleScale(server: ApiServer, route: Route, request: ApiRequest): ApiResponse | Status {
  const { columns: _columns, ...own } = route.resource;
  const shown = { ...route, resource: { ...own, ...SCALE } };
  if (request.method === "GET") {
    const found = readOne(server, route);
    return isStatus(found)
      ? found
      : present(server, shown, request, { code: 200, body: scaleOf(found, route.resource) });
  }
  if (request.method === "PATCH") {
    const patched = patch(server, route, request);
    if ("kind" in patched) return patched;
    return refusalOf(patched) ?? { ...ok(200, patched.object), warnings: patched.warnings };
  }
  const options = writeOptions(route, "UpdateOptions");
  if ("kind" in options) return options;
  const decoded = decodePlaced(route, request, SCALE, options);
  if ("kind" in decoded) return decoded;
  const answer = setScale(server, route.resource, decoded.object as Scale, options);
  const response = isStatus(answer) ? statusResponse(answer) : ok(200, scaleOf(answer, route.resource));
  return { ...response, warnings: decoded.warnings };
}

function token(server: ApiServer, route: Route, request: ApiRequest): ApiResponse | Status {
  const account = readOne(server, route);
  if (isStatus(account)) return account;
  const answer = tokenRequest(server, route, request, account);
  return "kind" in answer ? answer : { ...ok(201, answer.body), warnings: answer.warnings };
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
