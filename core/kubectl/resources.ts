/** Names of resources as users type them: plural, singular, short, with a group or version behind a dot. */
import { order } from "../base/mod.ts";
import type { Client } from "./client.ts";
import { CommandError, usageError } from "./errors.ts";

/** A resource as discovery names it. */
export interface Resource {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly kind: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
  readonly categories: readonly string[];
}

interface GroupList {
  readonly items: readonly { readonly metadata: { readonly name?: string }; readonly versions: readonly Version[] }[];
}

interface Version {
  readonly version: string;
  readonly resources: readonly Entry[];
}

interface Entry {
  readonly resource: string;
  readonly responseKind: { readonly kind: string };
  readonly scope: string;
  readonly singularResource: string;
  readonly verbs: readonly string[];
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
}

const AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json";

/** Everything the server serves, the core group first; of each group the preferred version first. */
export function discover(client: Client): Resource[] {
  return ["/api", "/apis"].flatMap((path) =>
    (client.get(path, AGGREGATED) as GroupList).items.flatMap(({ metadata, versions }) =>
      versions.flatMap(({ version, resources }) =>
        resources.map((entry) => fromEntry(entry, metadata.name ?? "", version))
      )
    )
  );
}

function fromEntry(entry: Entry, group: string, version: string): Resource {
  return {
    group,
    version,
    plural: entry.resource,
    singular: entry.singularResource,
    shortNames: entry.shortNames ?? [],
    kind: entry.responseKind.kind,
    namespaced: entry.scope === "Namespaced",
    verbs: entry.verbs,
    categories: entry.categories ?? [],
  };
}

/** Resources by the names people use. */
export class ResourceMap {
  #all: Resource[] | undefined;

  constructor(readonly client: Client) {}

  all(): Resource[] {
    this.#all ??= discover(this.client);
    return this.#all;
  }

  /** The resource of a name such as `po`, `deployments.apps`, `deployments.v1.apps`; throws where there is none. */
  named(name: string): Resource {
    const found = this.find(name);
    if (found === undefined) throw usageError(`the server doesn't have a resource type ${JSON.stringify(name)}`);
    return found;
  }

  find(name: string): Resource | undefined {
    const [first = "", ...rest] = name.toLowerCase().split(".");
    const fits = (one: Resource) =>
      one.verbs.includes("list") || one.verbs.includes("create")
        ? one.plural === first || one.singular === first || one.shortNames.includes(first)
        : false;
    const candidates = this.all().filter(fits);
    if (rest.length === 0) return candidates.find(({ plural }) => plural === first) ?? candidates[0];
    const group = rest.join(".");
    return candidates.find((one) => one.group === group || one.group.startsWith(`${group}.`)) ??
      candidates.find((one) => `${one.version}.${one.group}` === group || (one.version === group && one.group === ""));
  }

  /** The resource of an object's apiVersion and kind. */
  ofKind(apiVersion: string, kind: string): Resource | undefined {
    const [group, version] = apiVersion.includes("/") ? apiVersion.split("/") as [string, string] : ["", apiVersion];
    return this.all().find((one) => one.kind === kind && one.group === group && one.version === version);
  }

  /** The resources a name stands for: those of a category such as `all`, in its order, or the one of that name. */
  expand(name: string): Resource[] {
    const category = this.all().filter((one) => one.categories.includes(name));
    const first = new Map<string, Resource>();
    for (const one of category) if (!first.has(`${one.group}/${one.kind}`)) first.set(`${one.group}/${one.kind}`, one);
    return first.size > 0 ? [...first.values()].sort(byGroup) : [this.named(name)];
  }
}

/** Categories list the core group first, then the groups by name, each by plural. */
function byGroup(a: Resource, b: Resource): number {
  return order(`${a.group} ${a.plural}`, `${b.group} ${b.plural}`);
}

/** `deployment.apps`: how kubectl names an object's kind in its messages. */
export function kindText({ singular, group }: Resource): string {
  return group === "" ? singular : `${singular}.${group}`;
}

/** `deployment.apps/web` */
export function objectText(resource: Resource, name: string): string {
  return `${kindText(resource)}/${name}`;
}

/** The path of a collection or one object. */
export function pathTo(
  { group, version, plural, namespaced }: Resource,
  namespace: string | undefined,
  name?: string,
): string {
  const base = group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
  const within = namespaced && namespace !== undefined ? `/namespaces/${encodeURIComponent(namespace)}` : "";
  return `${base}${within}/${plural}${name === undefined ? "" : `/${encodeURIComponent(name)}`}`;
}

/** One thing named on the command line. */
export interface Named {
  readonly resource: Resource;
  readonly name: string;
}

/** What the arguments name: `pod a b`, `pod/a svc/b`, `svc,deploy`, `all`. */
export type Selection =
  | { readonly type: "named"; readonly items: readonly Named[] }
  | { readonly type: "kinds"; readonly resources: readonly Resource[] };

/** Reads the arguments that name resources; throws where they cannot be understood. */
export function parseSelection(args: readonly string[], map: ResourceMap): Selection {
  if (args.some((arg) => arg.includes("/"))) {
    return { type: "named", items: args.map((arg) => parseSlashed(arg, map)) };
  }
  const [kinds = "", ...names] = args;
  const resources = kinds.split(",").flatMap((kind) => map.expand(kind));
  if (names.length === 0) return { type: "kinds", resources };
  return { type: "named", items: resources.flatMap((resource) => names.map((name) => ({ resource, name }))) };
}

function parseSlashed(arg: string, map: ResourceMap): Named {
  const parts = arg.split("/");
  if (parts.length === 1) {
    const words =
      "there is no need to specify a resource type as a separate argument when passing arguments in resource/name form";
    throw new CommandError(
      `error: ${words} (e.g. 'kubectl get resource/<resource_name>' instead of 'kubectl get resource resource/<resource_name>'`,
    );
  }
  const [kind = "", name = ""] = parts;
  if (parts.length > 2 || kind === "" || name === "") {
    throw usageError("arguments in resource/name form must have a single resource and name");
  }
  return { resource: map.named(kind), name };
}
