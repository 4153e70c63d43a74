import type { PrinterColumn } from "./definition.ts";
import { RESOURCES } from "./resources.ts";
import type { Structural } from "./structural.ts";

/** One resource of the API as discovery names it. */
export interface Resource {
  /** "" for the core group. */
  readonly group: string;
  readonly version: string;
  /** `services` */
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly kind: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
  readonly storageHash?: string;
  readonly categories: readonly string[];
  readonly subresources: readonly Subresource[];
  /** The columns of its tables, where a definition names them. */
  readonly columns?: readonly PrinterColumn[];
  /** Where its numbers of replicas and its selector stand, where a definition says that it can be scaled. */
  readonly scale?: ScalePaths;
  /** What a definition says of its objects. */
  readonly schema?: Structural;
}

/** Steps to the numbers of what can be scaled, and to its selector as text. */
export interface ScalePaths {
  readonly spec: readonly string[];
  readonly status: readonly string[];
  readonly selector?: readonly string[];
}

/** A subresource such as `status`; its kind may be of another group. */
export interface Subresource {
  readonly name: string;
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly verbs: readonly string[];
}

const ALL_VERBS = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];

/** Reads the notation of `resources.ts`. */
export function parseResources(text: string): Resource[] {
  const resources: Resource[] = [];
  let [group, version] = ["", ""];
  for (const line of text.split("\n").filter((line) => line.trim() !== "")) {
    if (!line.startsWith(" ")) [group, version] = splitGroupVersion(line);
    else if (!line.startsWith("    ")) resources.push(parseResource(line.trim().split(" "), group, version));
    else (resources.at(-1)?.subresources as Subresource[]).push(parseSubresource(line.trim().split(" ")));
  }
  return resources;
}

/** Group and version of an apiVersion: `apps/v1`, `v1`. */
export function splitGroupVersion(apiVersion: string): [group: string, version: string] {
  const [first = "", second] = apiVersion.split("/");
  return second === undefined ? ["", first] : [first, second];
}

/** The apiVersion of a group and version. */
export function joinGroupVersion(group: string, version: string): string {
  return group === "" ? version : `${group}/${version}`;
}

function parseResource(words: string[], group: string, version: string): Resource {
  const [names = "", kind = "", scope, verbs = "*", ...marks] = words;
  const [plural = "", ...shortNames] = names.split(",");
  const categories = marks.find((mark) => mark.startsWith("["))?.slice(1, -1).split(",") ?? [];
  const storageHash = marks.find((mark) => !mark.startsWith("["));
  return {
    group,
    version,
    plural,
    singular: kind.toLowerCase(),
    shortNames,
    kind,
    namespaced: scope === "namespaced",
    verbs: verbs === "*" ? ALL_VERBS : verbs.split(","),
    ...(storageHash === undefined ? {} : { storageHash }),
    categories,
    subresources: [],
  };
}

function parseSubresource([name = "", kind = "", verbs = ""]: string[]): Subresource {
  const foreign = /^(.+)\/([^./]+)\.(\w+)$/.exec(kind);
  const [group = "", version = "", own = kind] = foreign?.slice(1) ?? [];
  return { name, group, version, kind: own, verbs: verbs.split(",") };
}

/** All resources the server serves, in discovery's order. */
export const BUILTIN: readonly Resource[] = parseResources(RESOURCES);

/** `deployments.apps`: how messages name a resource. */
export function resourceName({ plural, group }: Resource): string {
  return group === "" ? plural : `${plural}.${group}`;
}

/** `Deployment.apps`: how messages name a kind. */
export function kindName({ kind, group }: { kind: string; group: string }): string {
  return group === "" ? kind : `${kind}.${group}`;
}
