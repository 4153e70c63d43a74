import { storeKind } from "../objects/kinds.ts";
import type { KubeObject } from "../objects/object.ts";
import { joinGroupVersion, type Resource } from "../objects/resource.ts";
import { matches } from "../store/selector.ts";
import type { Store } from "../store/store.ts";
import { type Continue, parseContinue, printContinue } from "./continue_token.ts";
import { meetsFields } from "./fields.ts";
import { type ListOptions, listOptions } from "./list_options.ts";
import { isDefined, kindKey } from "./registry.ts";
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

/** One object that a request gets: it waits for no version that is yet to come. */
export function getOne(server: ApiServer, route: Route): KubeObject | Status {
  const version = route.query.get("resourceVersion") ?? "";
  const problem = versionProblem(version);
  if (problem !== undefined) return failure(500, undefined, problem);
  return future(server, version) ?? readOne(server, route);
}

/** Why a text is no version. */
export function versionProblem(version: string): string | undefined {
  if (/^\d*$/.test(version)) return undefined;
  const text = JSON.stringify(version);
  return `resourceVersion: Invalid value: ${text}: strconv.ParseUint: parsing ${text}: invalid syntax`;
}

/** The objects of a collection that a request's query selects. */
export function readMany(server: ApiServer, route: Route): ObjectList | Status {
  if (!route.resource.verbs.includes("list")) return methodNotAllowed();
  const options = listOptions(route);
  return "kind" in options ? options : list(server, route, options);
}

/** The objects of a collection that options select. */
export function list(server: ApiServer, route: Route, options: ListOptions): ObjectList | Status {
  const { version, token } = options;
  const problem = versionProblem(version);
  if (problem !== undefined) return badRequest(`invalid resource version: ${problem}`);
  const exact = options.match === "Exact" || (options.match === "" && options.limit > 0);
  const late = future(server, version, options.match === "Exact");
  if (late !== undefined) return late;
  if (token === "") return listFrom(server, route, options, { version: exact ? Number(version) : 0, start: "" });
  const from = parseContinue(token);
  if (typeof from === "string") return badRequest(`invalid continue token: ${from}`);
  if (version !== "" && version !== "0") {
    return badRequest("specifying resource version is not allowed when using continue");
  }
  return listFrom(server, route, options, from);
}

/** 504: a version that is yet to come. */
function future(server: ApiServer, version: string, exact = false): Status | undefined {
  if (Number(version) <= server.store.version) return undefined;
  const message = `Timeout: Too large resource version: ${version}, current: ${server.store.version}`;
  return failure(504, "Timeout", message, {
    causes: [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }],
    ...(exact ? {} : { retryAfterSeconds: 1 }),
  });
}

function listFrom(server: ApiServer, route: Route, options: ListOptions, from: Continue): ObjectList | Status {
  const { resource, namespace } = route;
  const { store } = server;
  const past = from.version > 0 && from.version < store.version;
  const scope = { ...(namespace === undefined ? {} : { namespace }), labels: options.labels };
  const found = past ? listAt(store, kindKey(resource), scope, from.version) : store.list(kindKey(resource), scope);
  if (found === undefined) return expired(from);
  const items = options.fields.length === 0 ? found : found.filter((one) => meetsFields(one, options.fields));
  return page(route, options, items, { version: past ? from.version : store.version, start: from.start });
}

/** The objects as they were at a version; undefined where the store no longer remembers what happened since. */
function listAt(store: Store, kind: string, scope: StoreScope, version: number): KubeObject[] | undefined {
  const since = store.since(version);
  if (since === undefined) return undefined;
  const then = new Map<string, KubeObject>(store.list(kind).map((object) => [orderOf(object), object]));
  for (const { object, old } of since.toReversed()) {
    if (storeKind(object) !== kind) continue;
    if (old === undefined) then.delete(orderOf(object));
    else then.set(orderOf(object), old);
  }
  const { namespace, labels } = scope;
  const kept = [...then.values()].filter(({ metadata }) =>
    (namespace === undefined || metadata.namespace === namespace) && matches(labels, metadata.labels)
  );
  return kept.sort((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1));
}

type StoreScope = Parameters<Store["list"]>[1] & object;

/** 410, for a list: with a token that goes on where the old one would have, though with what is there now. */
function expired({ start }: Continue): Status {
  const status = failure(410, "Expired", start === "" ? TOO_OLD : TOKEN_TOO_OLD);
  return start === "" ? status : { ...status, metadata: { continue: printContinue({ version: -1, start }) } };
}

const TOO_OLD = "The resourceVersion for the provided list is too old.";
const TOKEN_TOO_OLD = "The provided continue parameter is too old to display a consistent list result. " +
  "You can start a new list without the continue parameter, or use the continue token in this response to retrieve " +
  "the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that " +
  "were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.";

function page(
  { resource, namespace }: Route,
  { limit, labels, fields, version: asked }: ListOptions,
  all: readonly KubeObject[],
  { version, start }: Continue,
): ObjectList {
  const keyOf = (object: KubeObject) => namespace === undefined ? orderOf(object) : object.metadata.name;
  const from = start === "" ? 0 : all.findIndex((object) => keyOf(object) >= start);
  const rest = from < 0 ? [] : all.slice(from);
  // What comes from memory comes whole.
  const items = limit > 0 && asked !== "0" ? rest.slice(0, limit) : rest;
  const last = items.at(-1);
  const left = rest.length - items.length;
  const own = isDefined(resource);
  const more = left === 0 || last === undefined ? "" : printContinue({ version, start: `${keyOf(last)}\0` });
  return {
    kind: `${resource.kind}List`,
    apiVersion: joinGroupVersion(resource.group, resource.version),
    metadata: {
      resourceVersion: String(version),
      ...(more === "" && !own ? {} : { continue: more }),
      // How many are left is only known where nothing is selected.
      ...(left > 0 && labels.length + fields.length === 0 ? { remainingItemCount: left } : {}),
    },
    items: own ? items.map((object) => headed(resource, object)) : items.map(withoutHead),
  };
}

function orderOf({ metadata }: KubeObject): string {
  return metadata.namespace === undefined ? metadata.name : `${metadata.namespace}/${metadata.name}`;
}

/** The object with the kind and version it was asked for; itself where it has them, so that all its watchers share it. */
export function headed(resource: Resource, object: KubeObject): KubeObject {
  const apiVersion = joinGroupVersion(resource.group, resource.version);
  if (object.kind === resource.kind && object.apiVersion === apiVersion) return object;
  return { ...object, kind: resource.kind, apiVersion };
}

/** Items of a list carry no kind and apiVersion of their own. */
function withoutHead(object: KubeObject): KubeObject {
  const { kind: _kind, apiVersion: _version, ...rest } = object;
  return rest as KubeObject;
}
