/** Watches: what a client that watches a collection is told, and in which order. */
import type { KubeObject } from "../objects/object.ts";
import { forbidden } from "../objects/issue.ts";
import { storeKind } from "../objects/kinds.ts";
import { joinGroupVersion } from "../objects/resource.ts";
import { matches, parseSelector } from "../store/selector.ts";
import type { Change } from "../store/store.ts";
import { meetsFields, parseFieldSelector } from "./fields.ts";
import { readMany } from "./read.ts";
import { kindKey } from "./registry.ts";
import type { Route } from "./route.ts";
import type { ApiServer } from "./server.ts";
import { failure, invalidStatus } from "./status.ts";
import type { Status } from "./types.ts";

/** One line of a watch. */
export interface WatchEvent {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";
  readonly object: unknown;
}

/** Whether a request watches. */
export function isWatch({ query }: Route): boolean {
  return ["true", "1"].includes(query.get("watch") ?? "");
}

/** What a watch starts with: everything there is, or everything that happened since its resourceVersion. */
export function initialEvents(server: ApiServer, route: Route): WatchEvent[] | Status {
  const { query } = route;
  const streaming = query.get("sendInitialEvents") === "true";
  if (streaming && query.get("resourceVersionMatch") !== "NotOlderThan") {
    const detail = "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan";
    return invalidStatus({ kind: "ListOptions", group: "meta.k8s.io" }, "", [
      forbidden("resourceVersionMatch", detail),
    ]);
  }
  const version = query.get("resourceVersion") ?? "";
  const follow = watcher(route);
  if (!("event" in follow)) return follow;
  if (version !== "" && version !== "0" && !streaming) {
    const since = server.store.since(Number(version));
    if (since === undefined) return gone();
    const mine = since.filter(({ object }) => storeKind(object) === follow.kind);
    return mine.map(follow.event).filter((event) => event !== undefined);
  }
  const list = readMany(server, {
    ...route,
    query: new URLSearchParams([...query].filter(([key]) => !key.startsWith("resourceVersion"))),
  });
  if (!("items" in list)) return list;
  const added = list.items.map((item): WatchEvent => ({ type: "ADDED", object: headed(route, item) }));
  return streaming ? [...added, bookmark(server, route, true)] : added;
}

function gone(): Status {
  return failure(410, "Expired", "The resourceVersion for the provided watch is too old.");
}

/** The object with the kind and version it was asked for; itself where it has them, so that all its watchers share it. */
function headed({ resource }: Route, object: KubeObject): KubeObject {
  const apiVersion = joinGroupVersion(resource.group, resource.version);
  if (object.kind === resource.kind && object.apiVersion === apiVersion) return object;
  return { ...object, kind: resource.kind, apiVersion };
}

/** The bookmark that tells how far a watch has come; `end` marks the end of the initial events. */
export function bookmark(server: ApiServer, { resource }: Route, end = false): WatchEvent {
  const annotations = end ? { annotations: { "k8s.io/initial-events-end": "true" } } : {};
  return {
    type: "BOOKMARK",
    object: {
      kind: resource.kind,
      apiVersion: joinGroupVersion(resource.group, resource.version),
      metadata: { resourceVersion: String(server.store.version), creationTimestamp: null, ...annotations },
    },
  };
}

/** One watch over the store. */
export interface Watcher {
  /** The kind under which the store keeps what is watched. */
  readonly kind: string;
  /** What the watch is told of a change of such an object, or nothing. */
  event(change: Change): WatchEvent | undefined;
}

/** Turns changes of the store into what one watch is told: an object that no longer fits its selectors is DELETED there. */
export function watcher(route: Route): Watcher | Status {
  const { resource, namespace, query } = route;
  const labels = parseSelector(query.get("labelSelector") ?? "");
  const fields = parseFieldSelector(query.get("fieldSelector") ?? "", resource.kind);
  if ("kind" in fields) return fields;
  const kind = kindKey(resource);
  const fits = (object: KubeObject | undefined): boolean =>
    object !== undefined && matches(labels, object.metadata.labels) && meetsFields(object, fields);
  return {
    kind,
    event({ type, object, old }) {
      if (namespace !== undefined && object.metadata.namespace !== namespace) return undefined;
      const [before, now] = [fits(old), type !== "DELETED" && fits(object)];
      if (now) return { type: before ? "MODIFIED" : "ADDED", object: headed(route, object) };
      return before ? { type: "DELETED", object: headed(route, lastState(object, old)) } : undefined;
    },
  };
}

/** What a watch whose selectors no longer fit is shown: the object as it was when they did, with the new version. */
function lastState(object: KubeObject, old: KubeObject | undefined): KubeObject {
  if (old === undefined) return object;
  return { ...old, metadata: { ...old.metadata, resourceVersion: object.metadata.resourceVersion } };
}
