/** CustomResourceDefinitions: what is filled in, what is wrong with them, and their status once they are taken. */
import { invalid, type Issue, required, unsupported } from "./issue.ts";
import type { KubeObject } from "./object.ts";
import type { Structural } from "./structural.ts";
import { dns1123Label, dns1123Subdomain } from "./validate/names.ts";

/** A definition as it is stored. */
export interface CustomResourceDefinition extends KubeObject {
  spec: {
    group: string;
    scope: string;
    names: DefinedNames;
    versions: DefinedVersion[] | null;
    conversion?: { strategy: string };
  };
  status?: unknown;
}

/** What a kind is called. */
export interface DefinedNames {
  plural: string;
  kind: string;
  singular?: string;
  listKind?: string;
  shortNames?: string[];
  categories?: string[];
}

/** One version of a kind. */
export interface DefinedVersion {
  readonly name: string;
  readonly served: boolean;
  readonly storage: boolean;
  readonly schema?: { readonly openAPIV3Schema?: Structural };
  readonly subresources?: { readonly status?: unknown; readonly scale?: DefinedScale };
  readonly additionalPrinterColumns?: readonly PrinterColumn[];
}

/** Where something that can be scaled has its numbers: `.spec.replicas`. */
export interface DefinedScale {
  readonly specReplicasPath: string;
  readonly statusReplicasPath: string;
  readonly labelSelectorPath?: string;
}

/** One column of the kind's tables. */
export interface PrinterColumn {
  readonly name: string;
  readonly type: string;
  readonly format?: string;
  readonly description?: string;
  readonly priority?: number;
  readonly jsonPath: string;
}

/** Names and conversion as the server fills them in. */
export function defaultDefinition({ spec }: CustomResourceDefinition): void {
  spec.conversion ??= { strategy: "None" };
  if (spec.names.kind === "") return;
  spec.names.singular ||= spec.names.kind.toLowerCase();
  spec.names.listKind ||= `${spec.names.kind}List`;
}

/** Everything wrong with a definition. */
export function validateDefinition({ metadata, spec }: CustomResourceDefinition): Issue[] {
  const { group, scope, names } = spec;
  const versions = spec.versions ?? [];
  const name = `${names.plural}.${group}`;
  return [
    ...(metadata.name === name
      ? []
      : [invalid("metadata.name", metadata.name, 'must be spec.names.plural+"."+spec.group')]),
    ...(group === ""
      ? [required("spec.group")]
      : dns1123Subdomain(group).map((why) => invalid("spec.group", group, why))),
    ...(group === "" || group.includes(".")
      ? []
      : [invalid("spec.group", group, "should be a domain with at least one dot")]),
    ...scopeIssues(scope),
    ...versionIssues(versions),
    ...nameIssues(names),
  ];
}

function scopeIssues(scope: string): Issue[] {
  if (scope === "") return [required("spec.scope")];
  return ["Cluster", "Namespaced"].includes(scope) ? [] : [unsupported("spec.scope", scope, ["Cluster", "Namespaced"])];
}

function versionIssues(versions: readonly DefinedVersion[]): Issue[] {
  const stored = versions.filter(({ storage }) => storage).length;
  const one = "must have exactly one version marked as storage version";
  return [
    ...(stored === 1 ? [] : [invalid("spec.versions", versions, one)]),
    ...versions.flatMap(({ name, schema }, i) => [
      ...(name === "" ? [required(`spec.versions[${i}].name`)] : []),
      ...dns1123Label(name).filter(() => name !== "").map((why) => invalid(`spec.versions[${i}].name`, name, why)),
      ...(schema?.openAPIV3Schema === undefined
        ? [required(`spec.versions[${i}].schema.openAPIV3Schema`, "schemas are required")]
        : rootIssues(`spec.versions[${i}].schema.openAPIV3Schema`, schema.openAPIV3Schema)),
    ]),
  ];
}

/** A schema must be structural: each value has a type, the root is an object. */
function rootIssues(field: string, schema: Structural): Issue[] {
  const { type = "" } = schema;
  if (type === "") return [required(`${field}.type`, "must not be empty at the root"), ...partIssues(field, schema)];
  const wrong = type === "object" ? [] : [invalid(`${field}.type`, type, "must be object at the root")];
  return [...wrong, ...partIssues(field, schema)];
}

function partIssues(field: string, { properties, items, additionalProperties }: Structural): Issue[] {
  return [
    ...Object.entries(properties ?? {}).flatMap(([name, part]) =>
      typeIssues(`${field}.properties[${name}]`, part, "object fields")
    ),
    ...(items === undefined ? [] : typeIssues(`${field}.items`, items, "array items")),
    ...(typeof additionalProperties === "object"
      ? typeIssues(`${field}.additionalProperties`, additionalProperties, "object fields")
      : []),
  ];
}

function typeIssues(field: string, part: Structural, what: string): Issue[] {
  const free = part["x-kubernetes-int-or-string"] || part["x-kubernetes-preserve-unknown-fields"];
  const missing = (part.type ?? "") === "" && !free;
  return [
    ...(missing ? [required(`${field}.type`, `must not be empty for specified ${what}`)] : []),
    ...partIssues(field, part),
  ];
}

function nameIssues(names: DefinedNames): Issue[] {
  const { plural, singular = "", kind, listKind = "" } = names;
  const check = (field: string, value: string): Issue[] =>
    value === ""
      ? [required(`spec.names.${field}`)]
      : dns1123Label(value.toLowerCase()).map((why) => invalid(`spec.names.${field}`, value, why));
  return [
    ...check("plural", plural),
    ...check("singular", singular),
    ...check("kind", kind),
    ...check("listKind", listKind),
  ];
}

/** The status of a definition whose names are free, which is at once. */
export function establish(definition: CustomResourceDefinition, now: string): void {
  const condition = (type: string, reason: string, message: string) => ({
    type,
    status: "True",
    lastTransitionTime: now,
    reason,
    message,
  });
  definition.status = {
    conditions: [
      condition("NamesAccepted", "NoConflicts", "no conflicts found"),
      condition("Established", "InitialNamesAccepted", "the initial names have been accepted"),
    ],
    acceptedNames: definition.spec.names,
    storedVersions: (definition.spec.versions ?? []).filter(({ storage }) => storage).map(({ name }) => name),
  };
}
