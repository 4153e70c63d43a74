/** Request bodies into objects, refused in the server's words. */
import { type Decoded, DecodeError, decodeStruct } from "../objects/codec.ts";
import { rulesOf, SCHEMAS } from "../objects/kinds.ts";
import type { KubeObject } from "../objects/object.ts";
import { BUILTIN, joinGroupVersion, type Resource } from "../objects/resource.ts";
import { duplicateFields } from "./duplicates.ts";
import { badRequest } from "./status.ts";
import type { Status } from "./types.ts";
import { Schema, type Struct } from "../objects/schema.ts";
import { fillDefaults, prune } from "../objects/structural.ts";

/** How unknown and repeated fields are met (`fieldValidation`). */
export type FieldValidation = "Strict" | "Warn" | "Ignore";

/** An object from a request, and what to warn about. */
export interface DecodedBody {
  readonly object: KubeObject;
  readonly warnings: readonly string[];
}

/** The object in a body meant for a resource. */
export function decodeBody(body: string, resource: Resource, validation: FieldValidation): DecodedBody | Status {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch (error) {
    return unrecognized(resource.kind, body, syntaxError(body, error));
  }
  const repeated = validation === "Ignore" ? [] : duplicateFields(body);
  return decodeValue(value, resource, validation, { repeated, body });
}

/** What only the text of a body tells. */
interface Written {
  readonly repeated: readonly string[];
  readonly body: string;
}

/** A type that is nothing but its metadata. */
const HEAD_ONLY: Struct = new Schema("Object\n  metadata? ObjectMeta", SCHEMAS.meta).struct("Object");

/** The object in a JSON value meant for a resource. */
export function decodeValue(
  value: unknown,
  resource: Resource,
  validation: FieldValidation,
  { repeated, body }: Written = { repeated: [], body: JSON.stringify(value) },
): DecodedBody | Status {
  if (!isObject(value)) return notAnObject(value);
  const given = value as Record<string, unknown>;
  const mismatch = checkKind(given, resource, body);
  if (mismatch !== undefined) return mismatch;
  return decodeTyped(given, resource, validation, repeated);
}

/** The fields of a body that may leave out its kind. */
export function parseObject(body: string): Record<string, unknown> | Status {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch (error) {
    return badRequest(syntaxError(body, error));
  }
  return isObject(value) ? value : notAnObject(value);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function notAnObject(value: unknown): Status {
  const kind = Array.isArray(value) ? "array" : value === null ? "null" : typeof value;
  const words =
    `json: cannot unmarshal ${kind} into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }`;
  return badRequest(`couldn't get version/kind; json parse error: ${words}`);
}

/** What a body that names no kind is refused with. */
function unrecognized(kind: string, body: string, why: string): Status {
  const shown = body === "" ? "<empty>" : body.length > SUMMARY ? `${body.slice(0, SUMMARY)} ...` : body;
  return badRequest(`the object provided is unrecognized (must be of type ${kind}): ${why} (${shown})`);
}

/** Characters of a body that a refusal shows. */
const SUMMARY = 30;

function syntaxError(body: string, error: unknown): string {
  const why = body.trim() === "" || /unexpected end|unterminated/i.test(String(error))
    ? "unexpected end of JSON input"
    : `invalid character ${badCharacter(body, error)} looking for beginning of value`;
  return `couldn't get version/kind; json parse error: ${why}`;
}

function badCharacter(body: string, error: unknown): string {
  const at = /position (\d+)/.exec(String(error))?.[1];
  return `'${body[Number(at ?? 0)] ?? ""}'`;
}

/** Whether a body says that it is of the resource's kind and version; what it leaves out is taken for granted. */
function checkKind(value: Record<string, unknown>, resource: Resource, body: string): Status | undefined {
  for (const [field, found] of Object.entries(value)) {
    if ((field !== "apiVersion" && field !== "kind") || typeof found === "string" || found === null) continue;
    const type = Array.isArray(found) ? "array" : typeof found === "boolean" ? "bool" : typeof found;
    const words = `json: cannot unmarshal ${type} into Go struct field .${field} of type string`;
    return unrecognized(resource.kind, body, `couldn't get version/kind; json parse error: ${words}`);
  }
  const wanted = joinGroupVersion(resource.group, resource.version);
  const apiVersion = (value.apiVersion ?? "") === "" ? wanted : value.apiVersion as string;
  const kind = (value.kind ?? "") === "" ? resource.kind : value.kind as string;
  if (apiVersion.split("/").length > 2) {
    return unrecognized(resource.kind, body, `unexpected GroupVersion string: ${apiVersion}`);
  }
  if (kind === resource.kind && apiVersion === wanted) return undefined;
  if (kind !== resource.kind || !isServed(apiVersion)) {
    const version = apiVersion.split("/").at(-1);
    const words = `no kind "${kind}" is registered for version "${
      apiVersion.replace(/^\//, "")
    }" in scheme "pkg/runtime/scheme.go:111"`;
    return badRequest(`${kind} in version "${version}" cannot be handled as a ${resource.kind}: ${words}`);
  }
  return badRequest(`the API version in the data (${apiVersion}) does not match the expected API version (${wanted})`);
}

/** Versions that the server has types of: those it serves, and old ones of `apps`. */
function isServed(apiVersion: string): boolean {
  return /^apps\/v1beta[12]$/.test(apiVersion) ||
    BUILTIN.some(({ group, version }) => joinGroupVersion(group, version) === apiVersion);
}

function decodeTyped(
  value: Record<string, unknown>,
  resource: Resource,
  validation: FieldValidation,
  repeated: readonly string[],
): DecodedBody | Status {
  const head = { kind: resource.kind, apiVersion: joinGroupVersion(resource.group, resource.version) };
  const rules = rulesOf(head);
  try {
    const { value: fields, unknown } = rules === undefined
      ? decodeUntyped(value, resource)
      : decodeStruct(rules.struct, value);
    const problems = [
      ...repeated.map((path) => `duplicate field "${path}"`),
      ...unknown.map((path) => `unknown field "${path}"`),
    ];
    if (validation === "Strict" && problems.length > 0) {
      return cannotHandle(resource, `strict decoding error: ${problems.join(", ")}`);
    }
    const object = { ...head, ...fields } as unknown as KubeObject;
    const unconverted = conversionProblem(object);
    if (unconverted !== undefined) return cannotHandle(resource, unconverted);
    return { object, warnings: validation === "Warn" ? problems : [] };
  } catch (error) {
    if (error instanceof DecodeError) return cannotHandle(resource, error.message);
    throw error;
  }
}

/** Kinds without a type here: the metadata, and what the schema of their definition knows, where they have one. */
function decodeUntyped(value: Record<string, unknown>, { schema }: Resource): Decoded {
  const { value: decoded } = decodeStruct(HEAD_ONLY, { metadata: value.metadata ?? {} });
  const { apiVersion: _version, kind: _kind, ...fields } = value;
  const unknown: string[] = [];
  const kept = schema === undefined ? fields : prune(fields, schema, unknown);
  if (schema !== undefined) fillDefaults(kept, schema);
  return { value: { ...kept, metadata: decoded.metadata ?? {} }, unknown };
}

const GENERATION = "deprecated.daemonset.template.generation";

/** What keeps an object from becoming the server's own form of it: an annotation of DaemonSets that is a field there. */
function conversionProblem({ kind, metadata }: KubeObject): string | undefined {
  const generation = kind === "DaemonSet" ? metadata?.annotations?.[GENERATION] : undefined;
  if (generation === undefined || /^[+-]?\d+$/.test(generation)) return undefined;
  return `strconv.ParseInt: parsing ${JSON.stringify(generation)}: invalid syntax`;
}

function cannotHandle({ kind, version }: Resource, why: string): Status {
  return badRequest(`${kind} in version "${version}" cannot be handled as a ${kind}: ${why}`);
}
