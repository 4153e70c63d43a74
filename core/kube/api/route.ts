/**
 * Paths of the API:
 *
 *     path = ( "/api/v1" / "/apis/GROUP/VERSION" ) [ "/namespaces/NS" ] "/RESOURCE" [ "/NAME" [ "/SUBRESOURCE" ] ]
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
}

/** The parts of a path that names a group and version, before anybody looked them up. */
interface Parts {
  readonly group: string;
  readonly version: string;
  readonly rest: readonly string[];
}

function split(path: string): Parts | undefined {
  const [first, second, third, ...rest] = path.split("/").filter((part) => part !== "").map(decodePart);
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
  const [first = "", second, third, fourth, fifth] = parts.rest;
  const find = (plural: string) => registry.find(parts.group, parts.version, plural);
  if (first === "namespaces" && second !== undefined && third !== undefined && find(third)?.namespaced) {
    return route(find(third), { namespace: second, name: fourth, subresource: fifth, query });
  }
  return route(find(first), { name: second, subresource: third, query });
}

interface Where {
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
  readonly subresource?: string | undefined;
  readonly query: URLSearchParams;
}

function route(resource: Resource | undefined, { namespace, name, subresource, query }: Where): Route | undefined {
  if (resource === undefined) return undefined;
  if (subresource !== undefined && !resource.subresources.some((one) => one.name === subresource)) return undefined;
  return {
    resource,
    query,
    ...(namespace === undefined ? {} : { namespace }),
    ...(name === undefined ? {} : { name }),
    ...(subresource === undefined ? {} : { subresource }),
  };
}

/** The path of a resource's collection or of one object. */
export function pathOf(resource: Resource, namespace?: string, name?: string): string {
  const base = resource.group === "" ? `/api/${resource.version}` : `/apis/${resource.group}/${resource.version}`;
  const within = resource.namespaced && namespace !== undefined ? `/namespaces/${encodeURIComponent(namespace)}` : "";
  const one = name === undefined ? "" : `/${encodeURIComponent(name)}`;
  return `${base}${within}/${resource.plural}${one}`;
}
