/** kustomization.yaml as it is read here; the fields that are not modelled are named when they are used. */
import { parse } from "yaml";
import { CommandError, unmodelled, usageError } from "../errors.ts";
import type { KubectlFiles } from "../host.ts";

/** Which objects a patch is for: regular expressions, and selectors. */
export interface PatchTarget {
  readonly group?: string;
  readonly version?: string;
  readonly kind?: string;
  readonly name?: string;
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly annotationSelector?: string;
}

/** A patch: its text, or the file it stands in. */
export interface PatchSpec {
  readonly path?: string;
  readonly patch?: string;
  readonly target?: PatchTarget;
  readonly options?: { readonly allowNameChange?: boolean; readonly allowKindChange?: boolean };
}

/** Labels and annotations for what is generated, and whether its name says what is in it. */
export interface GeneratorOptions {
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly disableNameSuffixHash?: boolean;
  readonly immutable?: boolean;
}

/** A ConfigMap or Secret out of files and words. */
export interface GeneratorSpec {
  readonly name: string;
  readonly namespace?: string;
  readonly behavior?: "create" | "merge" | "replace";
  readonly type?: string;
  readonly literals?: readonly string[];
  readonly files?: readonly string[];
  readonly envs?: readonly string[];
  readonly options?: GeneratorOptions;
}

/** The file. */
export interface Kustomization {
  readonly resources?: readonly string[];
  readonly bases?: readonly string[];
  readonly namespace?: string;
  readonly namePrefix?: string;
  readonly nameSuffix?: string;
  readonly commonLabels?: Readonly<Record<string, string>>;
  readonly commonAnnotations?: Readonly<Record<string, string>>;
  readonly labels?: readonly {
    readonly pairs: Readonly<Record<string, string>>;
    readonly includeSelectors?: boolean;
    readonly includeTemplates?: boolean;
  }[];
  readonly images?: readonly ImageSpec[];
  readonly replicas?: readonly { readonly name: string; readonly count: number }[];
  readonly patches?: readonly PatchSpec[];
  readonly patchesStrategicMerge?: readonly string[];
  readonly patchesJson6902?: readonly PatchSpec[];
  readonly configMapGenerator?: readonly GeneratorSpec[];
  readonly secretGenerator?: readonly GeneratorSpec[];
  readonly generatorOptions?: GeneratorOptions;
}

/** Another name, tag or digest for an image. */
export interface ImageSpec {
  readonly name: string;
  readonly newName?: string;
  readonly newTag?: string;
  readonly digest?: string;
}

const KNOWN = new Set([
  ..."apiVersion kind metadata resources bases namespace namePrefix nameSuffix commonLabels commonAnnotations labels"
    .split(" "),
  ..."images replicas patches patchesStrategicMerge patchesJson6902 configMapGenerator secretGenerator".split(" "),
  "generatorOptions",
]);
const UNMODELLED = new Set([
  ..."components crds configurations generators transformers validators replacements vars helmCharts helmGlobals".split(
    " ",
  ),
  ..."helmChartInflationGenerator openapi buildMetadata sortOptions inventory imageTags".split(" "),
]);

/** Fields on their way out, and what takes their place. */
const DEPRECATED: Readonly<Record<string, string>> = {
  bases: "resources",
  commonLabels: "labels",
  patchesJson6902: "patches",
  patchesStrategicMerge: "patches",
};

const NAMES = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/** A folder's kustomization, what to warn about first. Throws CommandError in kustomize's words. */
export function readKustomization(
  files: KubectlFiles,
  folder: string,
): { readonly kustomization: Kustomization; readonly warnings: readonly string[] } {
  const name = NAMES.find((one) => files.read(joinPath(folder, one)) !== undefined);
  if (name === undefined) {
    if (files.read(folder) !== undefined) {
      throw usageError(`must build at directory: '${folder}': file is not directory`);
    }
    if (files.list(folder) === undefined) throw usageError(notThere(folder));
    const names = `'${NAMES[0]}', '${NAMES[1]}' or '${NAMES[2]}'`;
    throw usageError(`unable to find one of ${names} in directory '${folder}'`);
  }
  const value = parseYaml(files.read(joinPath(folder, name)) as string, name);
  if (value === null || value === undefined) throw usageError("kustomization.yaml is empty");
  const fields = Object.keys(value as object);
  const unread = fields.find((field) => UNMODELLED.has(field));
  if (unread !== undefined) throw unmodelled(`${unread} of a kustomization`);
  const unknown = fields.find((field) => !KNOWN.has(field));
  if (unknown !== undefined) throw usageError(`invalid Kustomization: json: unknown field ${JSON.stringify(unknown)}`);
  checkPairs(value as Kustomization);
  const warnings = fields.filter((field) => DEPRECATED[field] !== undefined).map((field) =>
    `# Warning: '${field}' is deprecated. Please use '${DEPRECATED[field]}' instead. ` +
    "Run 'kustomize edit fix' to update your Kustomization automatically."
  );
  return { kustomization: value as Kustomization, warnings };
}

/** Labels and annotations are texts: a bare `y` is none. */
function checkPairs({ labels = [], commonLabels, commonAnnotations }: Kustomization): void {
  const groups = [
    ...labels.map(({ pairs }) => ["Label.labels.pairs", pairs] as const),
    ["Kustomization.commonLabels", commonLabels] as const,
    ["Kustomization.commonAnnotations", commonAnnotations] as const,
  ];
  for (const [field, pairs] of groups) {
    for (const value of Object.values<unknown>(pairs ?? {})) {
      if (typeof value === "string") continue;
      const type = typeof value === "boolean" ? "bool" : typeof value;
      throw usageError(
        `invalid Kustomization: json: cannot unmarshal ${type} into Go struct field ${field} of type string`,
      );
    }
  }
}

/** That a folder is not there. */
export function notThere(path: string): string {
  return `must build at directory: not a valid directory: evalsymlink failure on '${path}' : lstat ${path}: no such file or directory`;
}

/** One YAML document; a text that is none ends the command. */
export function parseYaml(text: string, source: string): unknown {
  try {
    return parse(text, { version: "1.1", merge: true, prettyErrors: false });
  } catch (error) {
    throw new CommandError(
      `error: invalid Kustomization: error converting YAML to JSON: yaml: ${(error as Error).message} (${source})`,
    );
  }
}

/** A path below a folder, without `.` and `..`. */
export function joinPath(folder: string, path: string): string {
  const parts: string[] = [];
  for (const part of (path.startsWith("/") ? path : `${folder}/${path}`).split("/")) {
    if (part === "..") {
      if (parts.length === 0 || parts.at(-1) === "..") parts.push("..");
      else parts.pop();
    } else if (part !== "." && part !== "") parts.push(part);
  }
  const rooted = (path.startsWith("/") ? path : folder).startsWith("/") ? "/" : "";
  return `${rooted}${parts.join("/")}` || ".";
}
