/** Watches that stay open: what they begin with, then every change as it happens, in the form the client accepts. */
import type { KubeObject } from "../objects/object.ts";
import { flag, type ListOptions, listOptions } from "./list_options.ts";
import { acceptedForm, type Form, partial, unacceptable } from "./negotiate.ts";
import { parseRoute, type Route } from "./route.ts";
import type { ApiServer } from "./server.ts";
import { noResource, statusResponse } from "./status.ts";
import { tableOf } from "./table/table.ts";
import type { ApiRequest, ApiResponse, Status } from "./types.ts";
import { bookmark, initialEvents, isWatch, watcher, type WatchEvent } from "./watch.ts";

/** A watch that is open. */
export interface Watching {
  /** What it begins with. */
  readonly initial: readonly WatchEvent[];
  /** Seconds after which the client wants it closed; undefined: the server chooses. */
  readonly timeoutSeconds?: number;
  /** The event that says how far it has come; undefined where the client did not ask for bookmarks. */
  bookmark(): WatchEvent | undefined;
  /** Ends it: nothing is told any more. */
  stop(): void;
}

/** Whether a request asks for a watch. */
export function asksToWatch(server: ApiServer, request: ApiRequest): boolean {
  if (request.method !== "GET") return false;
  const route = parseRoute(request.path, server.registry);
  return route !== undefined && route.resource.verbs.includes("watch") && isWatch(route);
}

/** Opens a watch: `tell` hears every event after the initial ones. Or the answer that refuses it. */
export function openWatch(
  server: ApiServer,
  request: ApiRequest,
  tell: (event: WatchEvent) => void,
): Watching | ApiResponse {
  const route = parseRoute(request.path, server.registry);
  if (route === undefined) return statusResponse(noResource());
  const refused = unacceptable(request, true);
  if (refused !== undefined) return statusResponse(refused);
  const options = listOptions(route);
  return "kind" in options ? statusResponse(options) : open(server, route, options, { request, tell });
}

interface Listening {
  readonly request: ApiRequest;
  readonly tell: (event: WatchEvent) => void;
}

function open(
  server: ApiServer,
  route: Route,
  options: ListOptions,
  { request, tell }: Listening,
): Watching | ApiResponse {
  const shape = shaper(server, route, request);
  const follow = watcher(route, options);
  const events = initialEvents(server, route);
  if (!Array.isArray(events)) return refusal(events);
  const initial = events.map(shape);
  const stop = server.store.watch((change) => {
    const event = follow.event(change);
    if (event !== undefined) tell(shape(event));
  }, [follow.kind]);
  const seconds = Number(route.query.get("timeoutSeconds") ?? "");
  const wanted = flag(route.query, "allowWatchBookmarks") === true;
  return {
    initial,
    stop,
    bookmark: () => wanted ? shape(bookmark(server, route)) : undefined,
    ...(seconds > 0 ? { timeoutSeconds: seconds } : {}),
  };
}

/** 410 comes as the stream's only event, other refusals as the answer. */
function refusal(status: Status): ApiResponse {
  if (status.code !== 410) return statusResponse(status);
  return { ...statusResponse(status), code: 200, body: [{ type: "ERROR", object: status }] };
}

/** Gives events the form the client accepts; of Tables only the first carries the columns. */
function shaper(server: ApiServer, route: Route, request: ApiRequest): (event: WatchEvent) => WatchEvent {
  const form = acceptedForm(request.accept ?? "");
  if (form === "object") return (event) => event;
  let first = true;
  return (event) => {
    if (event.type === "ERROR") return event;
    const object = formOf(server, route, form, event);
    if (form !== "table") return { type: event.type, object };
    const shown = first ? object : { ...object, columnDefinitions: null };
    first = false;
    return { type: event.type, object: shown };
  };
}

function formOf(server: ApiServer, route: Route, form: Form, { type, object }: WatchEvent): object {
  const item = object as KubeObject;
  if (form !== "table") return partial(item);
  return tableOf({
    resource: route.resource,
    items: type === "BOOKMARK" ? [] : [item],
    metadata: { resourceVersion: item.metadata.resourceVersion },
    now: server.clock.now(),
    include: (route.query.get("includeObject") ?? "Metadata") as "Metadata" | "Object" | "None",
  });
}
