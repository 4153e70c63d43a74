/** Watches: what a client that watches a collection is told, and in which order. */
import type { KubeObject } from "../objects/object.ts";
import { storeKind } from "../objects/kinds.ts";
import { joinGroupVersion } from "../objects/resource.ts";
import { matches } from "../store/selector.ts";
import type { Change } from "../store/store.ts";
import { meetsFields } from "./fields.ts";
import { flag, type ListOptions, listOptions } from "./list_options.ts";
import { headed, list, versionProblem } from "./read.ts";
import { kindKey } from "./registry.ts";
import type { Route } from "./route.ts";
import type { ApiServer } from "./server.ts";
import { failure } from "./status.ts";
import type { Status } from "./types.ts";

/** One line of a watch. */
export interface WatchEvent {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";
  readonly object: unknown;
}

/** Whether a request watches: of one object there is nothing but itself. */
export function isWatch({ query, name }: Route): boolean {
  return name === undefined && flag(query, "watch") === true;
}

/** What a watch starts with: everything there is, or everything that happened since its resourceVersion. */
export function initialEvents(server: ApiServer, route: Route): WatchEvent[] | Status {
  const options = listOptions(route);
  if ("kind" in options) return options;
  const { version, sendInitialEvents } = options;
  const problem = versionProblem(version);
  if (problem !== undefined) return failure(500, undefined, problem);
  if (sendInitialEvents === false) return [];
  if (version !== "" && version !== "0" && sendInitialEvents === undefined) {
    const since = server.store.since(Number(version));
    if (since === undefined) return gone();
    const follow = watcher(route, options);
    const mine = since.filter(({ object }) => storeKind(object) === follow.kind);
    return mine.map(follow.event).filter((event) => event !== undefined);
  }
  const all = list(server, route, { ...options, version: "", match: "", limit: 0, token: "" });
  if (!("items" in all)) return all;
  const added = all.items.map((item): WatchEvent => ({ type: "ADDED", object: headed(route.resource, item) }));
  return sendInitialEvents === true ? [...added, bookmark(server, route, true)] : added;
}

function gone(): Status {
  return failure(410, "Expired", "The resourceVersion for the provided watch is too old.");
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
export function watcher({ resource, namespace }: Route, { labels, fields }: ListOptions): Watcher {
  const kind = kindKey(resource);
  const fits = (object: KubeObject | undefined): boolean =>
    object !== undefined && matches(labels, object.metadata.labels) && meetsFields(object, fields);
  return {
    kind,
    event({ type, object, old }) {
      if (namespace !== undefined && object.metadata.namespace !== namespace) return undefined;
      const [before, now] = [fits(old), type !== "DELETED" && fits(object)];
      if (now) return { type: before ? "MODIFIED" : "ADDED", object: headed(resource, object) };
      return before ? { type: "DELETED", object: headed(resource, lastState(object, old)) } : undefined;
    },
  };
}

/** What a watch whose selectors no longer fit is shown: the object as it was when they did, with the new version. */
function lastState(object: KubeObject, old: KubeObject | undefined): KubeObject {
  if (old === undefined) return object;
  return { ...old, metadata: { ...old.metadata, resourceVersion: object.metadata.resourceVersion } };
}
