/**
 * Manifests: YAML (or JSON) texts of one or more documents, each an object or a List of objects, read as kubectl reads them,
 * with the place of every field kept for messages.
 */
import {
  type Document,
  isCollection,
  isMap,
  isScalar,
  LineCounter,
  type Node,
  parseAllDocuments,
  type Tags,
} from "yaml";
import { TextError } from "../base/mod.ts";
import { DecodeError, decodeStruct } from "./objects/codec.ts";
import { KINDS, resourceFor } from "./objects/kinds.ts";
import type { Draft } from "./objects/object.ts";
import { BUILTIN, joinGroupVersion } from "./objects/resource.ts";
import type { Struct } from "./objects/schema.ts";
import { draftIssues } from "./objects/validate/draft.ts";
import { structOf } from "./patch/strategic.ts";

/** A path inside an object: `["spec", "ports", 0, "port"]`. */
export type FieldPath = readonly (string | number)[];

/** A value and where it was written. Lines and columns count from 1. */
export interface Located<T> {
  readonly value: T;
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** Where a field's name (an item of a list: the item) or its value stands, or the nearest thing around it that does. */
  at(path: FieldPath, part?: "name" | "value"): Place;
}

/** A place in a text. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** What a text holds: Kubernetes objects, and the objects of podwire.dev/v1, which are not applied. */
export interface Manifest {
  readonly objects: readonly Located<Draft>[];
  readonly labs: readonly Located<Draft>[];
  readonly expectations: readonly Located<Draft>[];
}

/** The API version of podwire's own objects. */
export const PODWIRE = "podwire.dev/v1";

const OWN_KINDS = ["Lab", "Expectations"];

/** Reads a text; throws TextError at the first thing wrong with it. */
export function parseManifest(text: string, file: string): Manifest {
  const found = readDocuments(text, file);
  for (const located of found) checkObject(located);
  const own = (kind: string) => found.filter(({ value }) => value.apiVersion === PODWIRE && value.kind === kind);
  return {
    objects: found.filter(({ value }) => value.apiVersion !== PODWIRE),
    labs: own("Lab"),
    expectations: own("Expectations"),
  };
}

/** Scalars as kubectl's YAML reader takes them: YAML 1.1's booleans and octals, but no clock times and no dates. */
const withoutTimes = (tags: Tags): Tags =>
  tags.filter((tag) => {
    if (typeof tag !== "object") return !/timestamp|Time/.test(tag);
    return !/timestamp/.test(tag.tag) && !("format" in tag && tag.format === "TIME");
  });

/** The objects in a text, Lists taken apart, nothing checked beyond apiVersion and kind. */
export function readDocuments(text: string, file: string): Located<Draft>[] {
  const counter = new LineCounter();
  const documents = parseAllDocuments(text, {
    lineCounter: counter,
    version: "1.1",
    merge: true,
    customTags: withoutTimes,
  });
  if (!Array.isArray(documents)) return [];
  return documents.flatMap((document) => readDocument(document as Document, { text, file, counter }));
}

interface Text {
  readonly text: string;
  readonly file: string;
  readonly counter: LineCounter;
}

/** Where a mistake began: a quote never closed is one from where it was opened, not from where the text ended. */
function startOf({ pos, message }: { pos: readonly [number, number]; message: string }, text: string): number {
  const quote = /^Missing closing (["'])/.exec(message)?.[1];
  if (quote === undefined) return pos[0];
  const opened = [...text.slice(0, pos[0]).matchAll(/["']/g)].findLast(([one]) => one === quote);
  return opened?.index ?? pos[0];
}

function readDocument(document: Document, { text, file, counter }: Text): Located<Draft>[] {
  const [error] = document.errors;
  if (error !== undefined) {
    const { line, col } = counter.linePos(startOf(error, text));
    const problem = (error.message.split(/ at line \d+|\n/)[0] ?? "").replace(/(["'])quote$/, "$1 quote");
    throw new TextError(file, line, col, `bad YAML: ${problem}`, "well-formed YAML");
  }
  if (document.contents === null || (isScalar(document.contents) && document.contents.value === null)) return [];
  const start = positionOf(document.contents as Node, counter);
  if (!isMap(document.contents)) {
    throw new TextError(file, start.line, start.column, "not an object", "a map with apiVersion and kind");
  }
  const value = document.toJS() as Record<string, unknown>;
  return takeApart(value, { document, file, counter, path: [] });
}

interface Source {
  readonly document: Document;
  readonly file: string;
  readonly counter: LineCounter;
  readonly path: FieldPath;
}

function takeApart(value: Record<string, unknown>, source: Source): Located<Draft>[] {
  const located = locate(value, source);
  checkHead(located);
  const isList = value.kind === "List" || (String(value.kind).endsWith("List") && Array.isArray(value.items));
  if (!isList) return [located];
  const items = (value.items ?? []) as Record<string, unknown>[];
  const kind = String(value.kind).replace(/List$/, "");
  return items.flatMap((item, index) => {
    const head = kind === "" ? {} : { apiVersion: value.apiVersion, kind };
    return takeApart({ ...head, ...item }, { ...source, path: [...source.path, "items", index] });
  });
}

function locate(value: Record<string, unknown>, { document, file, counter, path }: Source): Located<Draft> {
  const at = (inner: FieldPath, part?: "name" | "value") => {
    const all = [...path, ...inner];
    const node = part === "value" ? valueNode(document, all) : undefined;
    return node === undefined ? place(document, counter, all) : positionOf(node, counter);
  };
  return { value: value as unknown as Draft, file, ...at([]), at };
}

function place(document: Document, counter: LineCounter, path: FieldPath): Place {
  for (let length = path.length; length >= 0; length--) {
    const node = nodeAt(document, path.slice(0, length));
    if (node !== undefined) return positionOf(node, counter);
  }
  return { line: 1, column: 1 };
}

/** The key of a map's field, where it has one: that is what a reader looks for. */
function nodeAt(document: Document, path: FieldPath): Node | undefined {
  const parent = path.length === 0 ? undefined : document.getIn(path.slice(0, -1), true);
  if (isMap(parent)) {
    const pair = parent.items.find(({ key }) => isScalar(key) && key.value === path.at(-1));
    return pair?.key as Node | undefined;
  }
  return valueNode(document, path);
}

function valueNode(document: Document, path: FieldPath): Node | undefined {
  const node = path.length === 0 ? document.contents : document.getIn(path, true);
  return isCollection(node) || isScalar(node) ? node as Node : undefined;
}

function positionOf(node: Node, counter: LineCounter): Place {
  const { line, col } = counter.linePos(node.range?.[0] ?? 0);
  return { line, column: col };
}

function checkHead(located: Located<Draft>): void {
  const { apiVersion, kind } = located.value as { apiVersion?: unknown; kind?: unknown };
  if (typeof apiVersion !== "string" || apiVersion === "") {
    fail(located, [], "apiVersion not set", "apiVersion, such as v1");
  }
  if (typeof kind !== "string" || kind === "") fail(located, [], "kind not set", "kind, such as Service");
}

function fail({ file, at }: Located<Draft>, path: FieldPath, problem: string, expected: string): never {
  const { line, column } = at(path, "value");
  throw new TextError(file, line, column, problem, expected);
}

function checkObject(located: Located<Draft>): void {
  const { apiVersion, kind } = located.value;
  if (apiVersion === PODWIRE) {
    if (!OWN_KINDS.includes(kind)) fail(located, ["kind"], `no kind "${kind}" in ${PODWIRE}`, OWN_KINDS.join(" or "));
    return;
  }
  if (resourceFor(apiVersion, kind) === undefined) return checkForeign(located);
  const rules = KINDS[kind];
  if (rules !== undefined) checkFields(located, rules.struct);
  const [issue] = draftIssues(located.value);
  if (issue === undefined) return;
  const [, what = issue.message, detail = ""] = /^(.*?: .*?): (.*)$/s.exec(issue.message) ?? [];
  const expected = (detail || "a value").replace(/^must be /, "").replace(/^supported values: /, "one of ");
  fail(located, parsePath(issue.field), `${issue.field}: ${what}`, expected);
}

/** A known kind in a version nobody serves is a mistake; any other unknown kind is kept. */
function checkForeign(located: Located<Draft>): void {
  const { apiVersion, kind } = located.value;
  const [group = ""] = apiVersion.includes("/") ? apiVersion.split("/") : [""];
  const same = BUILTIN.filter((one) => one.kind === kind && one.group === group);
  const versions = same.map((one) => joinGroupVersion(one.group, one.version));
  const misplaced = BUILTIN.find((one) => one.kind === kind && KINDS[kind] !== undefined);
  const builtinGroup = !group.includes(".") || BUILTIN.some((one) => one.group === group);
  if (versions.length === 0 && misplaced !== undefined && builtinGroup) {
    versions.push(joinGroupVersion(misplaced.group, misplaced.version));
  }
  if (versions.length === 0) return;
  fail(located, ["apiVersion"], `no kind "${kind}" in version "${apiVersion}"`, versions.join(" or "));
}

function checkFields(located: Located<Draft>, struct: Struct): void {
  try {
    const { unknown } = decodeStruct(struct, located.value);
    const [field] = unknown;
    if (field === undefined) return;
    const path = parsePath(field);
    const { line, column } = located.at(path);
    const known = knownFields(struct, path.slice(0, -1)).join(", ");
    throw new TextError(located.file, line, column, `unknown field "${field}"`, `one of ${known}`);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    const found = /cannot unmarshal (.*?) into/.exec(error.message)?.[1] ?? error.message.replace(/^json: /, "");
    fail(located, parsePath(error.path), `${error.path}: ${article(found)}`, error.expected);
  }
}

function article(found: string): string {
  return /^(array|object)$/.test(found) ? `an ${found}` : /^(string|number|bool)\b/.test(found) ? `a ${found}` : found;
}

function knownFields(struct: Struct, path: FieldPath): string[] {
  let inner: Struct | undefined = struct;
  for (const step of path) {
    if (typeof step === "string") inner = inner === undefined ? undefined : fieldStruct(inner, step);
  }
  return [...(inner?.fields.keys() ?? [])];
}

function fieldStruct(struct: Struct, name: string): Struct | undefined {
  const field = struct.fields.get(name);
  return field === undefined ? undefined : structOf(field.ref);
}

/** The steps of a field as messages write it: `spec.ports[0].port`, `metadata.annotations[a.b/c]`. */
export function parsePath(field: string): FieldPath {
  const steps = field.matchAll(/\[(\d+)\]|\[([^\]]*)\]|([^.[\]]+)/g);
  return [...steps].map(([, index, key, name]) => (index !== undefined ? Number(index) : key ?? name ?? ""));
}
