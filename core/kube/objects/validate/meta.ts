import { forbidden, invalid, type Issue, required } from "../issue.ts";
import type { Meta } from "../object.ts";
import { type Check, check, dns1123Label, labelIssues, qualifiedName } from "./names.ts";

/** What a kind's metadata must be. */
export interface MetaRules {
  readonly namespaced: boolean;
  readonly name: Check;
}

const STANDARD_FINALIZERS = ["kubernetes", "orphan", "foregroundDeletion"];
const TOTAL_ANNOTATIONS = 256 * 1024;

/** What is wrong with the metadata of a new object. */
export function validateMeta(metadata: Meta, { namespaced, name: nameRule }: MetaRules): Issue[] {
  const issues: Issue[] = [];
  const { generateName = "", name = "", namespace = "" } = metadata;
  if (generateName !== "") issues.push(...check("metadata.generateName", generateName, prefixOf(nameRule)));
  if (name === "") issues.push(required("metadata.name", "name or generateName is required"));
  else issues.push(...check("metadata.name", name, nameRule));
  if (namespaced && namespace === "") issues.push(required("metadata.namespace"));
  if (namespaced && namespace !== "") issues.push(...check("metadata.namespace", namespace, dns1123Label));
  if (!namespaced && namespace !== "") issues.push(forbidden("metadata.namespace", "not allowed on this type"));
  return [...issues, ...writtenIssues(metadata), ...finalizerIssues(metadata.finalizers)];
}

/** A generateName is checked without its last dash: the name goes on after it. */
function prefixOf(rule: Check): Check {
  return (text) => rule(text.endsWith("-") ? `${text.slice(0, -1)}a` : text);
}

/** What is wrong with annotations: their keys, and how long they are together. */
export function annotationIssues(field: string, annotations: Readonly<Record<string, string>> | undefined): Issue[] {
  const issues = Object.keys(annotations ?? {}).flatMap((key) =>
    qualifiedName(key.toLowerCase()).map((problem) => invalid(field, key, problem))
  );
  const total = Object.entries(annotations ?? {}).reduce((sum, [key, value]) => sum + key.length + value.length, 0);
  if (total > TOTAL_ANNOTATIONS) {
    const message = `Too long: may not be more than ${TOTAL_ANNOTATIONS} bytes`;
    issues.push({ field, reason: "FieldValueTooLong", message });
  }
  return issues;
}

function ownerIssues({ ownerReferences = [] }: Meta): Issue[] {
  const field = "metadata.ownerReferences";
  const issues = ownerReferences.flatMap((owner) => {
    return (["apiVersion", "kind", "name", "uid"] as const).flatMap((key) =>
      owner[key] ? [] : [
        key === "apiVersion"
          ? invalid(`${field}.${key}`, "", "version must not be empty")
          : invalid(`${field}.${key}`, "", "must not be empty"),
      ]
    );
  });
  const controllers = ownerReferences.filter(({ controller }) => controller);
  if (controllers.length > 1) {
    const [first, second] = controllers.map(({ kind, name }) => `${kind}/${name}`);
    const detail = 'Only one reference can have Controller set to true. Found "true" in references for ' +
      `${first} and ${second}`;
    issues.push(invalid(field, ownerReferences, detail));
  }
  return issues;
}

function finalizerIssues(finalizers: readonly string[] | undefined): Issue[] {
  const field = "metadata.finalizers";
  return [
    ...(finalizers ?? []).flatMap((finalizer) => check(field, finalizer, qualifiedName)),
    ...(finalizers ?? []).flatMap((finalizer, index) => finalizerIssue(`${field}[${index}]`, finalizer)),
    ...(["orphan", "foregroundDeletion"].every((one) => finalizers?.includes(one))
      ? [invalid(field, finalizers, "finalizer orphan and foregroundDeletion cannot be both set")]
      : []),
  ];
}

/** What is wrong with one finalizer: only the server's own have no domain. */
export function finalizerIssue(field: string, finalizer: string): Issue[] {
  if (STANDARD_FINALIZERS.includes(finalizer) || finalizer.includes("/")) return [];
  return [invalid(field, finalizer, "name is neither a standard finalizer name nor is it fully qualified")];
}

/** What an update of metadata may not do. The server comes by labels, annotations and owners three times, and tells of each. */
export function validateMetaUpdate(metadata: Meta, old: Meta): Issue[] {
  const issues: Issue[] = [];
  const fixed = ["name", "namespace", "uid", "creationTimestamp"] as const;
  for (const key of fixed) {
    if (metadata[key] !== old[key]) issues.push(invalid(`metadata.${key}`, metadata[key], "field is immutable"));
  }
  if ((metadata.generation ?? 0) < (old.generation ?? 0)) {
    issues.push(invalid("metadata.generation", metadata.generation, "must not be decremented"));
  }
  const written = writtenIssues(metadata);
  return [...issues, ...written, ...written, ...written, ...finalizerIssues(metadata.finalizers)];
}

/** What of metadata users write, but for its finalizers. */
function writtenIssues(metadata: Meta): Issue[] {
  return [
    ...labelIssues("metadata.labels", metadata.labels),
    ...annotationIssues("metadata.annotations", metadata.annotations),
    ...ownerIssues(metadata),
  ];
}
