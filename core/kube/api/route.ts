/**
 * Paths of the API:
 *
 *     path = ( "/api/v1" / "/apis/GROUP/VERSION" ) [ "/watch" ] [ "/namespaces/NS" ] "/RESOURCE" [ "/NAME" [ "/SUBRESOURCE" ] ]
 */
import type { Resource } from "../objects/resource.ts";
import type { Registry } from "./registry.ts";

/** What a request is about. */
export interface Route {
  readonly resource: Resource;
  readonly namespace?: string;
  readonly name?: string;
  readonly subresource?: string;
  readonly query: URLSearchParams;
  /** Whether the path itself asks for a watch. */
  readonly watched?: true;
}

/** The parts of a path that names a group and version, before anybody looked them up. */
interface Parts {
  readonly group: string;
  readonly version: string;
  readonly rest: readonly string[];
}

/** The parts of a path; undefined where one of them is empty or would be two, or where it is none of the API's. */
function split(path: string): Parts | undefined {
  const parts = path.replace(/^\/+|\/+$/g, "").split("/").map(decodePart);
  if (parts.some((part) => part === "" || part.includes("/"))) return undefined;
  const [first, second, third, ...rest] = parts;
  if (first === "api" && second !== undefined) {
    return { group: "", version: second, rest: third === undefined ? [] : [third, ...rest] };
  }
  if (first !== "apis" || second === undefined || third === undefined) return undefined;
  return { group: second, version: third, rest };
}

/** A part as it was meant; one with a broken escape stays as it is and names nothing. */
function decodePart(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** Path and query of a request's target. */
export function splitTarget(target: string): { path: string; query: URLSearchParams } {
  const [path = "", query = ""] = target.split(/\?(.*)/s);
  return { path, query: new URLSearchParams(query) };
}

/** What a path is about; undefined where the server knows no such path. */
export function parseRoute(target: string, registry: Registry): Route | undefined {
  const { path, query } = splitTarget(target);
  const parts = split(path);
  if (parts === undefined || parts.rest.length === 0) return undefined;
  const find = (plural: string) => registry.find(parts.group, parts.version, plural);
  if (parts.rest[0] !== "watch") return within(parts.rest, query, find);
  // The old way to ask for a watch.
  const watched = within(parts.rest.slice(1), new URLSearchParams([...query, ["watch", "true"]]), find);
  return watched === undefined || watched.subresource !== undefined ? undefined : watchedByName(watched);
}

/** A watch of one object is one of its collection with a field selector. */
function watchedByName({ name, ...route }: Route): Route {
  if (name !== undefined) route.query.set("fieldSelector", `metadata.name=${name}`);
  return { ...route, watched: true };
}

type Find = (plural: string) => Resource | undefined;

function within(parts: readonly string[], query: URLSearchParams, find: Find): Route | undefined {
  const [first = "", second, third, ...more] = parts;
  if (first === "namespaces" && second !== undefined && third !== undefined && find(third)?.namespaced) {
    return route(find(third), [...more], { namespace: second, query });
  }
  return route(find(first), parts.slice(1), { query });
}

/** Subresources that pass on what stands behind them in the path. */
const PASSING = ["proxy"];

function route(
  resource: Resource | undefined,
  [name, subresource, ...more]: readonly string[],
  place: { readonly namespace?: string; readonly query: URLSearchParams },
): Route | undefined {
  if (resource === undefined || (more.length > 0 && !PASSING.includes(subresource ?? ""))) return undefined;
  const lists = resource.verbs.includes("list");
  // Across namespaces there are only lists; what is asked and not kept has no names.
  if (resource.namespaced && place.namespace === undefined && (name !== undefined || !lists)) return undefined;
  if (name !== undefined && !resource.verbs.includes("get")) return undefined;
  if (subresource !== undefined && !resource.subresources.some((one) => one.name === subresource)) return undefined;
  return {
    resource,
    ...place,
    ...(name === undefined ? {} : { name }),
    ...(subresource === undefined ? {} : { subresource }),
  };
}

/** Whether a route is a list across the namespaces of what is in namespaces. */
export function isAcross({ resource, namespace }: Route): boolean {
  return resource.namespaced && namespace === undefined;
}

/** The path of a resource's collection or of one object. */
export function pathOf(resource: Resource, namespace?: string, name?: string): string {
  const base = resource.group === "" ? `/api/${resource.version}` : `/apis/${resource.group}/${resource.version}`;
  const within = resource.namespaced && namespace !== undefined ? `/namespaces/${encodeURIComponent(namespace)}` : "";
  const one = name === undefined ? "" : `/${encodeURIComponent(name)}`;
  return `${base}${within}/${resource.plural}${one}`;
}
