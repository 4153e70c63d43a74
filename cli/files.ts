import { Lab, type LabFile, type LabOptions } from "../mod.ts";
import { UsageError, wholeNumber, type Words } from "./usage.ts";

const MANIFEST = /\.(ya?ml|json)$/;

/** The texts behind every `-f`: a file, a folder (its manifests, by name, not deeper), or `-` for standard input. */
export function readFiles(paths: readonly string[]): LabFile[] {
  return paths.flatMap(readPath);
}

/** The text of a file. */
export function readText(file: string): string {
  try {
    return Deno.readTextFileSync(file);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw new UsageError(`${file}: no such file`);
    throw error;
  }
}

function readPath(path: string): LabFile[] {
  if (path === "-") return [{ name: "-", text: readStandardInput() }];
  const info = stat(path);
  if (!info.isDirectory) return [{ name: path, text: Deno.readTextFileSync(path) }];
  const names = [...Deno.readDirSync(path)].filter(({ isFile, name }) => isFile && MANIFEST.test(name)).map((
    { name },
  ) => name).sort();
  if (names.length === 0) throw new UsageError(`${path}: no .yaml, .yml or .json file in this folder`);
  return names.map((name) => ({
    name: `${path.replace(/\/$/, "")}/${name}`,
    text: Deno.readTextFileSync(`${path}/${name}`),
  }));
}

function stat(path: string): Deno.FileInfo {
  try {
    return Deno.statSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw new UsageError(`${path}: no such file or folder`);
    throw error;
  }
}

function readStandardInput(): string {
  const chunks: string[] = [];
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(1 << 16);
  for (let n = Deno.stdin.readSync(buffer); n !== null; n = Deno.stdin.readSync(buffer)) {
    chunks.push(decoder.decode(buffer.subarray(0, n), { stream: true }));
  }
  return chunks.join("");
}

/** What the common flags say about a lab. */
export function labOptions(words: Words): LabOptions {
  const { network, proxy } = words.text;
  return {
    files: readFiles(words.files),
    nodes: wholeNumber(words, "nodes"),
    seed: wholeNumber(words, "seed"),
    network,
    proxy,
  };
}

/** The lab behind a verb's `-f` and other common flags, booted and ready. */
export async function openLab(words: Words): Promise<Lab> {
  return await Lab.open(labOptions(words));
}
