/** Watches: what a client that watches a collection is told, and in which order. */
import type { KubeObject } from "../objects/object.ts";
import { forbidden } from "../objects/issue.ts";
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
export function isWatch({ query, name }: Route): boolean {
  return name === undefined && ["true", "1"].includes(query.get("watch") ?? "");
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
  const follow = watcher(server, route);
  if ("kind" in follow) return follow;
  if (version !== "" && version !== "0" && !streaming) {
    const since = server.store.since(Number(version));
    if (since === undefined) return gone();
    return since.map(follow.event).filter((event) => event !== undefined);
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

function headed({ resource }: Route, object: KubeObject): KubeObject {
  return { ...object, kind: resource.kind, apiVersion: joinGroupVersion(resource.group, resource.version) };
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

/** Turns changes of the store into what one watch is told: an object that no longer fits its selectors is DELETED there. */
export function watcher(
  server: ApiServer,
  route: Route,
): { event(change: Change): WatchEvent | undefined } | Status {
  const { resource, namespace, query } = route;
  const labels = parseSelector(query.get("labelSelector") ?? "");
  const fields = parseFieldSelector(query.get("fieldSelector") ?? "", resource.kind);
  if ("kind" in fields) return fields;
  const kind = kindKey(resource);
  const known = server.registry;
  const fits = (object: KubeObject | undefined): boolean =>
    object !== undefined && matches(labels, object.metadata.labels) && meetsFields(object, fields);
  return {
    event({ type, object, old }) {
      const mine = known.ofKind(object.apiVersion, object.kind);
      if (mine === undefined || kindKey(mine) !== kind) return undefined;
      if (namespace !== undefined && object.metadata.namespace !== namespace) return undefined;
      const [before, now] = [fits(old), type !== "DELETED" && fits(object)];
      const shown = headed(route, object);
      if (now) return { type: before ? "MODIFIED" : "ADDED", object: shown };
      return before ? { type: "DELETED", object: shown } : undefined;
    },
  };
}
