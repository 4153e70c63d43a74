/**
 * What a folder's kustomization comes to:
 *
 *     resources and folders below -> generated objects -> patches -> namespace, names, labels, images -> references -> hashes
 */
import { order } from "../../base/mod.ts";
import { applyJsonPatch, applyStrategic, matches, parseSelector, rulesOf } from "../../kube/mod.ts";
import { CommandError, usageError } from "../errors.ts";
import type { KubectlFiles } from "../host.ts";
import { generate, hashOf, mergeGenerated } from "./generate.ts";
import {
  joinPath,
  type Kustomization,
  notThere,
  parseYaml,
  type PatchSpec,
  type PatchTarget,
  readKustomization,
} from "./kustomization.ts";
import { rename, type Resource, type ResourceObject, resourceOf } from "./resource.ts";
import { followNames, transform } from "./transform.ts";

type Warn = (warning: string) => void;

/** The objects of a folder's kustomization, in the order in which they are printed and applied. Throws CommandError. */
export function buildKustomization(files: KubectlFiles, folder: string, warn: Warn): readonly ResourceObject[] {
  const resources = accumulate(files, folder, warn);
  for (const resource of resources) {
    if (resource.hashed) rename(resource, `${resource.object.metadata.name}-${hashOf(resource.object)}`);
  }
  followNames(resources);
  return resources.map(({ object }) => object).sort(byOrder);
}

function accumulate(files: KubectlFiles, folder: string, warn: Warn): Resource[] {
  const { kustomization, warnings } = readKustomization(files, folder);
  warnings.forEach(warn);
  let resources: Resource[] = [];
  for (const path of [...kustomization.resources ?? [], ...kustomization.bases ?? []]) {
    const at = joinPath(folder, path);
    const below = files.read(at) === undefined;
    const from = below
      ? `accumulation err='accumulating resources from '${path}': '${at}' must resolve to a file': recursed merging from path '${at}': `
      : "";
    for (const one of load(files, folder, { path, warn })) add(resources, one, from);
  }
  addGenerated(resources, kustomization, { files, folder });
  for (const spec of patchesOf(kustomization)) resources = patch(resources, spec, { files, folder });
  transform(resources, kustomization);
  return resources;
}

function load(
  files: KubectlFiles,
  folder: string,
  { path, warn }: { readonly path: string; readonly warn: Warn },
): Resource[] {
  if (/^https?:|^git@|github\.com/.test(path)) {
    throw usageError(`remote resource ${JSON.stringify(path)} is not modelled here`);
  }
  const at = joinPath(folder, path);
  const text = files.read(at);
  if (text !== undefined) return documents(text, path).map((value) => resourceOf(value, path));
  if (files.list(at) !== undefined) return accumulate(files, at, warn);
  const why = `evalsymlink failure on '${at}' : lstat ${at}: no such file or directory`;
  throw usageError(
    `accumulating resources: accumulation err='accumulating resources from '${path}': ${why}': ${notThere(at)}`,
  );
}

function documents(text: string, source: string): unknown[] {
  return text.split(/^---(?:[ \t].*)?$/m).map((part) => parseYaml(part, source)).filter((value) =>
    value !== null && value !== undefined
  ).flatMap((value) => {
    const { kind, items } = value as { kind?: string; items?: unknown[] };
    return kind?.endsWith("List") && Array.isArray(items) ? items : [value];
  });
}

function add(resources: Resource[], one: Resource, from = ""): void {
  if (resources.some((other) => idOf(other.object) === idOf(one.object))) {
    throw usageError(
      `accumulating resources: ${from}may not add resource with an already registered id: ${idOf(one.object)}`,
    );
  }
  resources.push(one);
}

/** `Deployment.v1.apps/web.prod` */
function idOf({ apiVersion, kind, metadata }: ResourceObject): string {
  const [group = "", version] = apiVersion.includes("/") ? apiVersion.split("/") : ["[noGrp]", apiVersion];
  return `${kind}.${version}.${group}/${metadata.name}.${metadata.namespace ?? "[noNs]"}`;
}

interface Here {
  readonly files: KubectlFiles;
  readonly folder: string;
}

function addGenerated(resources: Resource[], kustomization: Kustomization, here: Here): void {
  const { configMapGenerator = [], secretGenerator = [], generatorOptions: options = {} } = kustomization;
  for (const [kind, specs] of [["ConfigMap", configMapGenerator], ["Secret", secretGenerator]] as const) {
    for (const spec of specs) {
      const made = generate(kind, spec, { ...here, options });
      const there = resources.find(({ object, names }) => object.kind === kind && names.has(spec.name));
      if ((spec.behavior ?? "create") === "create") add(resources, made);
      else if (there === undefined) {
        throw usageError(`merging from generator: id ${idOf(made.object)} does not exist; cannot merge or replace`);
      } else mergeGenerated(there.object, made.object, spec.behavior as "merge" | "replace");
    }
  }
}

function patchesOf({ patches = [], patchesStrategicMerge = [], patchesJson6902 = [] }: Kustomization): PatchSpec[] {
  const merged = patchesStrategicMerge.map((one) => one.includes("\n") ? { patch: one } : { path: one });
  return [...merged, ...patches, ...patchesJson6902];
}

function patch(resources: readonly Resource[], spec: PatchSpec, { files, folder }: Here): Resource[] {
  const { path = "", target } = spec;
  const text = spec.patch ?? files.read(joinPath(folder, path));
  if (text === undefined) {
    throw usageError(notThere(joinPath(folder, path)).replace("must build at directory: not a valid directory: ", ""));
  }
  let all = [...resources];
  for (const value of documents(text, path)) {
    const found = all.filter((one) =>
      target === undefined ? isSame(one, value as ResourceObject) : isMeant(one, target)
    );
    if (found.length === 0 && target === undefined) {
      throw new CommandError(
        `error: no resource matches strategic merge patch ${
          JSON.stringify(idOf(value as ResourceObject))
        }: no matches for Id ${idOf(value as ResourceObject)}; failed to find unique target for patch ${
          idOf(value as ResourceObject)
        }`,
      );
    }
    for (const resource of found) if (!applied(resource, value, spec)) all = all.filter((one) => one !== resource);
  }
  return all;
}

/** Changes a resource; false where the patch takes it away. */
function applied(resource: Resource, value: unknown, { options }: PatchSpec): boolean {
  const { object } = resource;
  if (Array.isArray(value)) {
    resource.object = applyJsonPatch(object, value) as ResourceObject;
    return true;
  }
  const { $patch, ...change } = value as Record<string, unknown>;
  if ($patch === "delete") return false;
  const { name, namespace } = object.metadata;
  const { kind } = object;
  const next = applyStrategic(object, change, rulesOf(object)?.struct) as ResourceObject;
  if (!options?.allowNameChange) {
    next.metadata = { ...next.metadata, name, ...(namespace === undefined ? {} : { namespace }) };
  }
  if (!options?.allowKindChange) next.kind = kind;
  resource.object = next;
  return true;
}

function isSame({ object, names }: Resource, patch: ResourceObject): boolean {
  const group = (apiVersion: string) => apiVersion.includes("/") ? apiVersion.split("/")[0] : "";
  return object.kind === patch.kind && group(object.apiVersion) === group(patch.apiVersion) &&
    names.has(patch.metadata.name);
}

function isMeant({ object, names }: Resource, target: PatchTarget): boolean {
  const [group, version] = object.apiVersion.includes("/") ? object.apiVersion.split("/") : ["", object.apiVersion];
  const fits = (pattern: string | undefined, ...values: (string | undefined)[]) =>
    pattern === undefined || values.some((value) => new RegExp(`^(?:${pattern})$`).test(value ?? ""));
  const { metadata } = object;
  return fits(target.group, group) && fits(target.version, version) && fits(target.kind, object.kind) &&
    fits(target.name, ...names) && fits(target.namespace, metadata.namespace) &&
    matches(parseSelector(target.labelSelector ?? ""), metadata.labels) &&
    matches(parseSelector(target.annotationSelector ?? ""), metadata.annotations);
}

/** Kinds that others need come first; those that stop others, last. */
const FIRST = [
  ..."Namespace ResourceQuota StorageClass CustomResourceDefinition ServiceAccount PodSecurityPolicy Role ClusterRole"
    .split(" "),
  ..."RoleBinding ClusterRoleBinding ConfigMap Secret Endpoints Service LimitRange PriorityClass PersistentVolume"
    .split(" "),
  ..."PersistentVolumeClaim Deployment StatefulSet CronJob PodDisruptionBudget".split(" "),
];
const LAST = ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"];

function byOrder(a: ResourceObject, b: ResourceObject): number {
  const rank = ({ kind }: ResourceObject) => {
    const at = FIRST.indexOf(kind);
    return at >= 0 ? at - FIRST.length : LAST.indexOf(kind) + 1;
  };
  return rank(a) - rank(b) || order(idOf(a), idOf(b));
}
