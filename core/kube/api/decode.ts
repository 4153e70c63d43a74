/** Request bodies into objects, refused in the server's words. */
import { type Decoded, DecodeError, decodeStruct, jsonType } from "../objects/codec.ts";
import { invalid } from "../objects/issue.ts";
import { rulesOf, SCHEMAS, storeKind } from "../objects/kinds.ts";
import type { KubeObject } from "../objects/object.ts";
import { joinGroupVersion, type Resource } from "../objects/resource.ts";
import { duplicateFields } from "./duplicates.ts";
import { syntaxProblem } from "./json_syntax.ts";
import { internalName, isRegistered } from "./registered.ts";
import { badRequest, invalidStatus } from "./status.ts";
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

/** What a body is meant to be: a resource's object, or what one of its subresources takes. */
export interface Wanted extends Pick<Resource, "group" | "version" | "kind" | "schema"> {
  /** Other versions of it that are read just as well. */
  readonly also?: readonly string[];
}

/** The object in a body meant for a resource. */
export function decodeBody(body: string, wanted: Wanted, validation: FieldValidation): DecodedBody | Status {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return unrecognized(wanted.kind, body, syntaxError(body));
  }
  const problems = validation === "Ignore" ? [] : duplicateFields(body).map((path) => `duplicate field "${path}"`);
  return decodeValue(value, wanted, validation, { problems, body });
}

/** What only the text of a body tells. */
interface Written {
  /** What is superfluous in it: `duplicate field "data.a"`. */
  readonly problems: readonly string[];
  readonly body: string;
}

/** A type that is nothing but its metadata. */
const HEAD_ONLY: Struct = new Schema("Object\n  metadata? ObjectMeta", SCHEMAS.meta).struct("Object");

/** What subresources take that is stored nowhere. */
const BODIES: Readonly<Record<string, Struct>> = {
  Binding: SCHEMAS.core.struct("Binding"),
  "Eviction.policy": SCHEMAS.policy.struct("Eviction"),
  "Scale.autoscaling": SCHEMAS.autoscaling.struct("Scale"),
  ...Object.fromEntries(
    ["SelfSubjectReview", "TokenRequest", "TokenReview"].map((kind) => [
      `${kind}.authentication.k8s.io`,
      SCHEMAS.authorization.struct(kind),
    ]),
  ),
  ...Object.fromEntries(
    ["LocalSubjectAccess", "SelfSubjectAccess", "SelfSubjectRules", "SubjectAccess"].map((name) => [
      `${name}Review.authorization.k8s.io`,
      SCHEMAS.authorization.struct(`${name}Review`),
    ]),
  ),
};

/** The object in a JSON value meant for a resource. */
export function decodeValue(
  value: unknown,
  wanted: Wanted,
  validation: FieldValidation,
  { problems, body }: Written = { problems: [], body: "" },
): DecodedBody | Status {
  const given = value ?? {};
  if (!isObject(given)) return unrecognized(wanted.kind, body, notAnObject(given));
  const mismatch = checkKind(given, wanted, body);
  if (mismatch !== undefined) return mismatch;
  return decodeTyped(given, wanted, validation, problems);
}

/** The fields of a body that may leave out its kind. */
export function parseObject(body: string): Record<string, unknown> | Status {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return badRequest(syntaxError(body));
  }
  return isObject(value) ? value : badRequest(notAnObject(value));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const PROBLEM = "couldn't get version/kind; json parse error:";

/** Why something that is no object cannot be one. */
export function notAnObject(value: unknown): string {
  return `${PROBLEM} json: cannot unmarshal ${jsonType(value)} into Go value of type struct ` +
    `{ APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }`;
}

/** What a body that names no kind is refused with. */
export function unrecognized(kind: string, body: string, why: string): Status {
  return badRequest(`the object provided is unrecognized (must be of type ${kind}): ${why} (${summary(body)})`);
}

/** Bytes of a body that a refusal shows. */
const SUMMARY = 30;

/** The beginning of a body, in hexadecimal where it does not begin as an object. */
function summary(body: string): string {
  if (body === "") return "<empty>";
  const bytes = new TextEncoder().encode(body.slice(0, SUMMARY + 1));
  const shown = body.startsWith("{")
    ? new TextDecoder().decode(bytes.slice(0, SUMMARY))
    : [...bytes.slice(0, SUMMARY)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return bytes.length > SUMMARY ? `${shown} ...` : shown;
}

function syntaxError(body: string): string {
  return `${PROBLEM} ${syntaxProblem(body) ?? "unexpected end of JSON input"}`;
}

/** Whether a body says that it is of the kind and version wanted; what it leaves out is taken for granted. */
function checkKind(value: Record<string, unknown>, wanted: Wanted, body: string): Status | undefined {
  for (const field of ["apiVersion", "kind"]) {
    const found = value[field];
    if (found === undefined || typeof found === "string" || found === null) continue;
    const words = `${PROBLEM} json: cannot unmarshal ${jsonType(found)} into Go struct field .${field} of type string`;
    return unrecognized(wanted.kind, body, words);
  }
  if (wanted.schema !== undefined) return checkDefined(value, wanted, body);
  const expected = joinGroupVersion(wanted.group, wanted.version);
  const apiVersion = (value.apiVersion as string | null | undefined ?? "").replace(/^\//, "") || expected;
  const kind = value.kind as string | null | undefined || wanted.kind;
  if (apiVersion.split("/").length > 2) {
    return unrecognized(wanted.kind, body, `unexpected GroupVersion string: ${apiVersion}`);
  }
  const why = kindProblem(kind, apiVersion, wanted);
  if (why !== undefined) {
    const version = apiVersion.split("/").at(-1);
    return badRequest(`${kind} in version "${version}" cannot be handled as a ${wanted.kind}: ${why}`);
  }
  if (apiVersion === expected || wanted.also?.includes(apiVersion)) return undefined;
  return otherVersion(apiVersion, expected);
}

/** What a definition made takes nothing for granted. `body` is "" where there is none: a patch made the object. */
function checkDefined({ kind, apiVersion, metadata }: Record<string, unknown>, wanted: Wanted, body: string) {
  const missing = !kind ? "Kind" : !apiVersion ? "apiVersion" : undefined;
  if (missing !== undefined) {
    return unrecognized(wanted.kind, body, `Object '${missing}' is missing in '${body}'`);
  }
  const expected = joinGroupVersion(wanted.group, wanted.version);
  if (apiVersion !== expected && body !== "") return otherVersion(apiVersion as string, expected);
  const issues = [
    ...(apiVersion === expected ? [] : [invalid("apiVersion", apiVersion, `must be ${expected}`)]),
    ...(kind === wanted.kind ? [] : [invalid("kind", kind, `must be ${wanted.kind}`)]),
  ];
  if (issues.length === 0) return undefined;
  const { name = "" } = (metadata ?? {}) as { name?: string };
  return invalidStatus({ kind: kind as string, group: wanted.group }, name, issues);
}

function otherVersion(apiVersion: string, expected: string): Status {
  return badRequest(
    `the API version in the data (${apiVersion}) does not match the expected API version (${expected})`,
  );
}

/** Why something of another kind cannot become what is wanted. */
function kindProblem(kind: string, apiVersion: string, wanted: Wanted): string | undefined {
  if (kind === wanted.kind && apiVersion === joinGroupVersion(wanted.group, wanted.version)) return undefined;
  if (!isRegistered(wanted.group, apiVersion, kind)) return noKind(kind, apiVersion);
  if (kind === wanted.kind) return undefined;
  const version = EVERY_VERSION.test(kind) ? "v1" : apiVersion.split("/").at(-1);
  return `converting (${version}.${kind}) to (${internalName(wanted.group, wanted.kind)}): unknown conversion`;
}

/** Kinds that are of meta/v1 whatever version a body names. */
const EVERY_VERSION = /^(Status|WatchEvent|API\w+|\w+Options)$/;

/** What the server says of a kind it has no type of. */
function noKind(kind: string, apiVersion: string): string {
  return `no kind "${kind}" is registered for version "${apiVersion}" in scheme "pkg/runtime/scheme.go:111"`;
}

function decodeTyped(
  value: Record<string, unknown>,
  resource: Wanted,
  validation: FieldValidation,
  written: readonly string[],
): DecodedBody | Status {
  const head = { kind: resource.kind, apiVersion: joinGroupVersion(resource.group, resource.version) };
  const struct = rulesOf(head)?.struct ?? BODIES[storeKind(head)];
  try {
    const { value: fields, unknown } = struct === undefined
      ? decodeUntyped(value, resource)
      : decodeStruct(struct, value);
    const problems = [
      ...written,
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
function decodeUntyped(value: Record<string, unknown>, { schema }: Wanted): Decoded {
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

/** What a body is refused with that does not fit its kind. */
export function cannotHandle({ kind, version }: Wanted, why: string): Status {
  return badRequest(`${kind} in version "${version}" cannot be handled as a ${kind}: ${why}`);
}
