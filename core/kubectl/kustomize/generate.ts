/** ConfigMaps and Secrets out of a kustomization, and the hashes in their names. */
import { sha256 } from "@noble/hashes/sha2";
import { usageError } from "../errors.ts";
import type { KubectlFiles } from "../host.ts";
import { type GeneratorOptions, type GeneratorSpec, joinPath } from "./kustomization.ts";
import { type Resource, type ResourceObject, resourceOf } from "./resource.ts";

/** Where and how to generate. */
export interface Generating {
  readonly files: KubectlFiles;
  readonly folder: string;
  readonly options: GeneratorOptions;
}

/** The object that a generator makes. */
export function generate(kind: "ConfigMap" | "Secret", spec: GeneratorSpec, generating: Generating): Resource {
  const { options } = generating;
  const own = { ...options, ...spec.options };
  const labels = { ...options.labels, ...spec.options?.labels };
  const annotations = { ...options.annotations, ...spec.options?.annotations };
  const pairs = pairsOf(spec, generating);
  const data = Object.fromEntries(pairs.map(([key, value]) => [key, kind === "Secret" ? base64(value) : value]));
  const resource = resourceOf({
    apiVersion: "v1",
    ...(Object.keys(data).length === 0 ? {} : { data }),
    kind,
    metadata: {
      ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
      ...(Object.keys(labels).length === 0 ? {} : { labels }),
      name: spec.name,
      ...(spec.namespace === undefined ? {} : { namespace: spec.namespace }),
    },
    ...(own.immutable ? { immutable: true } : {}),
    ...(kind === "Secret" ? { type: spec.type ?? "Opaque" } : {}),
  }, spec.name);
  resource.hashed = own.disableNameSuffixHash !== true;
  return resource;
}

function pairsOf({ literals = [], files = [], envs = [] }: GeneratorSpec, { files: host, folder }: Generating) {
  const read = (path: string): string => {
    const text = host.read(joinPath(folder, path));
    if (text === undefined) {
      throw usageError(
        `loading KV pairs: file sources: [${path}]: evalsymlink failure on '${joinPath(folder, path)}' : lstat ${
          joinPath(folder, path)
        }: no such file or directory`,
      );
    }
    return text;
  };
  const fromFiles = files.map((source): [string, string] => {
    const [first = "", second] = source.split(/=(.*)/s);
    const path = second ?? first;
    return [second === undefined ? path.split("/").at(-1) as string : first, read(path)];
  });
  const fromEnvs = envs.flatMap((path) =>
    read(path).split("\n").map((line) => line.trimStart()).filter((line) => line !== "" && !line.startsWith("#")).map((
      line,
    ) => pairOf(line))
  );
  return [...fromEnvs, ...fromFiles, ...literals.map(literalOf)];
}

function pairOf(line: string): [string, string] {
  const [key = "", value = ""] = line.split(/=(.*)/s);
  return [key, value];
}

function literalOf(text: string): [string, string] {
  const [key, value] = pairOf(text);
  if (!text.includes("=")) {
    throw usageError(
      `loading KV pairs: literal sources: [${text}]: invalid literal source ${text}, expected key=value`,
    );
  }
  return [key, value.replace(/^(["'])(.*)\1$/s, "$2")];
}

function base64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}

/** A generator's object over the one of the same name that is there already. */
export function mergeGenerated(old: ResourceObject, made: ResourceObject, behavior: "merge" | "replace"): void {
  const data = behavior === "merge" ? { ...old["data"] as object, ...made["data"] as object } : made["data"];
  for (const part of ["labels", "annotations"] as const) {
    const all = { ...old.metadata[part], ...made.metadata[part] };
    if (Object.keys(all).length > 0) old.metadata[part] = all;
  }
  old["data"] = data;
}

const LETTERS: Readonly<Record<string, string>> = { "0": "g", "1": "h", "3": "k", a: "m", e: "t" };

/** Ten letters that change with what is in a ConfigMap or Secret. The name does not count. */
export function hashOf(object: ResourceObject): string {
  const { kind, binaryData } = object;
  const sorted = (value: unknown) =>
    Object.fromEntries(Object.entries(value as object).sort(([a], [b]) => (a < b ? -1 : 1)));
  const data = object["data"] === undefined ? "" : sorted(object["data"]);
  const value = kind === "Secret"
    ? { data, kind, name: "", type: object["type"] ?? "" }
    : { ...(binaryData === undefined ? {} : { binaryData: sorted(binaryData) }), data, kind, name: "" };
  const text = JSON.stringify(value).replace(/[<>&]/g, (letter) => `\\u00${letter.charCodeAt(0).toString(16)}`);
  const hex = Array.from(sha256(new TextEncoder().encode(text)), (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.slice(0, 10).replace(/[013ae]/g, (letter) => LETTERS[letter] as string);
}
