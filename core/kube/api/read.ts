import type { KubeObject } from "../objects/object.ts";
import { joinGroupVersion } from "../objects/resource.ts";
import { parseSelector } from "../store/selector.ts";
import { meetsFields, parseFieldSelector } from "./fields.ts";
import { kindKey } from "./registry.ts";
import type { Route } from "./route.ts";
import type { ApiServer } from "./server.ts";
import { badRequest, failure, methodNotAllowed, notFound } from "./status.ts";
import type { Status } from "./types.ts";

/** A list as the server answers it. */
export interface ObjectList {
  readonly kind: string;
  readonly apiVersion: string;
  readonly metadata: {
    readonly resourceVersion: string;
    readonly continue?: string;
    readonly remainingItemCount?: number;
  };
  readonly items: readonly KubeObject[];
}

/** One object. */
export function readOne(server: ApiServer, { resource, namespace, name = "" }: Route): KubeObject | Status {
  return server.store.get(kindKey(resource), name, namespace) ?? notFound(resource, name);
}

/** The objects of a collection that a request's query selects. Throws TextError on a bad label selector. */
export function readMany(server: ApiServer, route: Route): ObjectList | Status {
  const { resource, namespace, query } = route;
  if (!resource.verbs.includes("list")) return methodNotAllowed();
  const limit = query.get("limit") ?? "0";
  if (!/^-?\d+$/.test(limit)) return badRequest(`strconv.ParseInt: parsing "${limit}": invalid syntax`);
  const future = checkVersion(server, query.get("resourceVersion") ?? "");
  if (future !== undefined) return future;
  const fields = parseFieldSelector(query.get("fieldSelector") ?? "", resource.kind);
  if ("kind" in fields) return fields;
  const found = server.store.list(kindKey(resource), {
    ...(namespace === undefined ? {} : { namespace }),
    labels: parseSelector(query.get("labelSelector") ?? ""),
  });
  const token = continueFrom(query.get("continue") ?? "");
  if (token === undefined) return badRequest("continue key is not valid: illegal base64 data at input byte 0");
  const items = fields.length === 0 ? found : found.filter((object) => meetsFields(object, fields));
  return page(server, route, items, { limit: Number(limit), token });
}

function checkVersion(server: ApiServer, version: string): Status | undefined {
  if (version === "" || Number(version) <= server.store.version) return undefined;
  if (!/^\d+$/.test(version)) return badRequest(`strconv.ParseUint: parsing "${version}": invalid syntax`);
  const message = `Timeout: Too large resource version: ${version}, current: ${server.store.version}`;
  return failure(504, "Timeout", message, {
    causes: [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }],
    retryAfterSeconds: 1,
  });
}

/** Where a list goes on: the place that a continue token names, "" for the beginning, undefined for no such token. */
function continueFrom(token: string): string | undefined {
  try {
    return atob(token);
  } catch {
    return undefined;
  }
}

interface Window {
  readonly limit: number;
  readonly token: string;
}

function page(
  server: ApiServer,
  { resource }: Route,
  all: readonly KubeObject[],
  { limit, token }: Window,
): ObjectList {
  const from = token === "" ? 0 : all.findIndex((object) => orderOf(object) >= token);
  const rest = from < 0 ? [] : all.slice(from);
  const items = limit > 0 ? rest.slice(0, limit) : rest;
  const next = rest[items.length];
  return {
    kind: `${resource.kind}List`,
    apiVersion: joinGroupVersion(resource.group, resource.version),
    metadata: {
      resourceVersion: String(server.store.version),
      ...(next === undefined ? {} : { continue: btoa(orderOf(next)), remainingItemCount: rest.length - items.length }),
    },
    items: items.map(withoutHead),
  };
}

function orderOf({ metadata }: KubeObject): string {
  return `${metadata.namespace ?? ""}/${metadata.name}`;
}

/** Items of a list carry no kind and apiVersion of their own. */
function withoutHead(object: KubeObject): KubeObject {
  const { kind: _kind, apiVersion: _version, ...rest } = object;
  return rest as KubeObject;
}
