import type { CustomResourceDefinition, DefinedScale } from "../objects/definition.ts";
import { storeKind } from "../objects/kinds.ts";
import { BUILTIN, joinGroupVersion, type Resource, type ScalePaths, splitGroupVersion } from "../objects/resource.ts";
import type { Store } from "../store/store.ts";

const VERBS = ["delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"];

/** Every resource the server knows: the built-in ones, those of CustomResourceDefinitions, and kinds kept as they came. */
export class Registry {
  readonly #kept = new Map<string, Resource>();

  /** @param more resources that others than this server answer for */
  constructor(readonly store: Store, readonly more: readonly Resource[] = []) {}

  /** All of them, built-in first. */
  all(): Resource[] {
    const defined = this.store.list("CustomResourceDefinition").flatMap((one) =>
      definedResources(one as CustomResourceDefinition)
    );
    const known = new Set(defined.map(key));
    const kept = [...this.#kept.values()].filter((one) => !known.has(key(one)));
    return [...BUILTIN, ...this.more, ...defined, ...kept];
  }

  /** The resource of a request's path. */
  find(group: string, version: string, plural: string): Resource | undefined {
    const is = (one: Resource) => one.plural === plural && one.group === group && one.version === version;
    return BUILTIN.find(is) ?? this.all().find(is);
  }

  /** The resource of an object. */
  ofKind(apiVersion: string, kind: string): Resource | undefined {
    const [group, version] = splitGroupVersion(apiVersion);
    const is = (one: Resource) =>
      one.kind === kind && one.group === group && one.version === version && one.verbs.includes("list");
    return BUILTIN.find(is) ?? this.all().find(is);
  }

  /** The resource under which the store keeps a kind. */
  ofStoreKind(kind: string): Resource | undefined {
    const is = (one: Resource) => one.verbs.includes("list") && kindKey(one) === kind;
    return BUILTIN.find(is) ?? this.all().find(is);
  }

  /** Takes in a kind nobody defined, so that its objects can be kept and listed. */
  keep(apiVersion: string, kind: string, namespaced: boolean): Resource {
    const [group, version] = splitGroupVersion(apiVersion);
    const singular = kind.toLowerCase();
    const resource: Resource = {
      group,
      version,
      plural: pluralOf(singular),
      singular,
      shortNames: [],
      kind,
      namespaced,
      verbs: VERBS,
      categories: [],
      subresources: [],
    };
    this.#kept.set(key(resource), resource);
    return resource;
  }

  /** Whether a kind is only kept and listed: nothing here acts on it. */
  isKept(apiVersion: string, kind: string): boolean {
    const resource = this.ofKind(apiVersion, kind);
    if (resource === undefined) return false;
    const builtin = BUILTIN.some((one) => key(one) === key(resource));
    return !builtin || INERT.includes(kind);
  }
}

/** Built-in kinds that would do something in a real cluster, and do nothing here. */
const INERT = ["Ingress", "IPAddress", "ReplicationController", "ServiceCIDR"];

function key({ group, version, kind }: Resource): string {
  return `${group}/${version}/${kind}`;
}

/** Whether a resource is one that a definition made: such are kept as they came, and listed with their kind and version. */
export function isDefined({ schema }: Pick<Resource, "schema">): boolean {
  return schema !== undefined;
}

/** Under which kind the store keeps a resource's objects. */
export function kindKey({ group, version, kind }: Resource): string {
  return storeKind({ apiVersion: joinGroupVersion(group, version), kind });
}

/** The plural the way code generators guess it. */
function pluralOf(singular: string): string {
  if (/(s|x|ch|sh)$/.test(singular)) return `${singular}es`;
  return /[^aeiou]y$/.test(singular) ? `${singular.slice(0, -1)}ies` : `${singular}s`;
}

function definedResources({ spec }: CustomResourceDefinition): Resource[] {
  return (spec.versions ?? []).filter(({ served }) => served).map((version) => ({
    group: spec.group,
    version: version.name,
    plural: spec.names.plural,
    singular: spec.names.singular ?? spec.names.kind.toLowerCase(),
    shortNames: spec.names.shortNames ?? [],
    kind: spec.names.kind,
    namespaced: spec.scope === "Namespaced",
    verbs: VERBS,
    categories: spec.names.categories ?? [],
    columns: version.additionalPrinterColumns ?? [],
    ...(version.schema?.openAPIV3Schema === undefined ? {} : { schema: version.schema.openAPIV3Schema }),
    ...(version.subresources?.scale === undefined ? {} : { scale: pathsOf(version.subresources.scale) }),
    subresources: [
      ...(version.subresources?.status === undefined ? [] : [{
        name: "status",
        group: spec.group,
        version: version.name,
        kind: spec.names.kind,
        verbs: ["get", "patch", "update"],
      }]),
      ...(version.subresources?.scale === undefined ? [] : [{
        name: "scale",
        group: "autoscaling",
        version: "v1",
        kind: "Scale",
        verbs: ["get", "patch", "update"],
      }]),
    ],
  }));
}

function pathsOf({ specReplicasPath, statusReplicasPath, labelSelectorPath }: DefinedScale): ScalePaths {
  const steps = (path: string) => path.replace(/^\./, "").split(".");
  return {
    spec: steps(specReplicasPath),
    status: steps(statusReplicasPath),
    ...(labelSelectorPath === undefined ? {} : { selector: steps(labelSelectorPath) }),
  };
}
