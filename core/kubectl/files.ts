/** The objects in the files `-f` names: a file, a folder, or `-` for standard input. */
import { parse } from "yaml";
import { type Draft, type YamlProblem, yamlWords } from "../kube/mod.ts";
import { CommandError, usageError } from "./errors.ts";
import { buildKustomization } from "./kustomize/build.ts";
import type { Session } from "./session.ts";

/** An object from a file. */
export interface FileObject {
  readonly draft: Draft;
  /** How messages name where it stands: `STDIN` or the path. */
  readonly source: string;
}

const EXTENSIONS = [".json", ".yaml", ".yml"];

/** Whether the command line names files, or a kustomization. */
export function namesFiles({ flags }: Session): boolean {
  return flags.has("filename") || flags.has("kustomize");
}

/** Every object of all files, in order; throws CommandError on what kubectl would not read. */
export function readFiles(session: Session): FileObject[] {
  const names = session.flags.list("filename");
  const folder = session.flags.value("kustomize");
  if (folder !== undefined) return readKustomized(session, folder);
  return names.flatMap((name) => {
    if (name === "-") return readText(session.stdin, "STDIN");
    return filesAt(session, name).flatMap((path) => readText(session.host.files.read(path) ?? "", path));
  });
}

/** What `-k` names. */
function readKustomized(session: Session, folder: string): FileObject[] {
  const objects = buildKustomization(session.host.files, folder, (warning) => session.complain(warning));
  return objects.map((object) => ({ draft: object as unknown as Draft, source: folder }));
}

function filesAt(session: Session, path: string): string[] {
  const { files } = session.host;
  if (files.read(path) !== undefined) return [path];
  const names = files.list(path);
  if (names === undefined) throw usageError(`the path ${JSON.stringify(path)} does not exist`);
  return [...names].sort().filter((name) => EXTENSIONS.some((one) => name.endsWith(one))).map((name) =>
    `${path.replace(/\/$/, "")}/${name}`
  );
}

function readText(text: string, source: string): FileObject[] {
  return text.split(/^---(?:[ \t].*)?$/m).flatMap((part) => {
    const value = parsePart(part, source);
    if (value === null || value === undefined) return [];
    return takeApart(value as Record<string, unknown>, source);
  });
}

function parsePart(text: string, source: string): unknown {
  try {
    return parse(text, { version: "1.1", merge: true, prettyErrors: false });
  } catch (error) {
    throw usageError(
      `error parsing ${source}: error converting YAML to JSON: yaml: ${yamlProblem(text, error as YamlProblem)}`,
    );
  }
}

/** The reader's complaint in the words of kubectl's YAML reader, and its line. */
function yamlProblem(text: string, problem: YamlProblem): string {
  const line = text.slice(0, problem.pos?.[0] ?? 0).split("\n").length;
  return `line ${Math.max(1, Math.min(line, text.trimEnd().split("\n").length))}: ${yamlWords(problem)}`;
}

function takeApart(value: Record<string, unknown>, source: string): FileObject[] {
  if (typeof value !== "object" || Array.isArray(value)) {
    throw new CommandError(
      `error: error parsing ${source}: json: cannot unmarshal ${
        Array.isArray(value) ? "array" : typeof value
      } into Go value of type unstructured.detector`,
    );
  }
  const { kind, items } = value as { kind?: string; items?: Record<string, unknown>[] };
  if (kind?.endsWith("List") && Array.isArray(items)) return items.flatMap((item) => takeApart(item, source));
  return [{ draft: value as unknown as Draft, source }];
}

/** Checks what kubectl checks before it asks the server: that apiVersion and kind are there. */
export function checkHead({ draft, source }: FileObject, validate: boolean): void {
  const missing = [
    ...(draft.apiVersion ? [] : ["apiVersion not set"]),
    ...(draft.kind ? [] : ["kind not set"]),
  ];
  if (missing.length === 0) return;
  const what = missing.length === 1 ? missing[0] : `[${missing.join(", ")}]`;
  if (!validate) throw usageError(`unable to decode ${JSON.stringify(source)}: Object 'Kind' is missing`);
  throw usageError(
    `error validating ${
      JSON.stringify(source)
    }: error validating data: ${what}; if you choose to ignore these errors, turn validation off with --validate=false`,
  );
}
