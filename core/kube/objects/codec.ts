/**
 * JSON into typed objects as the server decodes it: fields in declaration order, empty ones left out or made explicit,
 * quantities canonical; a wrong JSON type stops with Go's words, unknown fields are collected.
 */
import { parseQuantity, printQuantity, QUANTITY_PROBLEM } from "./quantity.ts";
import type { Field, Scalar, Struct, TypeRef } from "./schema.ts";

/** What decoding gives. */
export interface Decoded {
  readonly value: Record<string, unknown>;
  /** Paths of fields the type does not have: `spec.ports[0].prot`. */
  readonly unknown: readonly string[];
}

/** A JSON value that does not fit its field; `message` is the server's, `path` says where. */
export class DecodeError extends Error {
  override readonly name = "DecodeError";
  /** `ends`: said by a type that decodes itself (a quantity, a time, a port by number or name), after which Go reads no further. */
  constructor(message: string, readonly path: string, readonly expected: string, readonly ends = false) {
    super(message);
  }
}

interface Place {
  /** The path with indices: `spec.ports[0].port`. */
  readonly path: string;
  /** The path as Go names it in type errors: `ServicePort.spec.ports.port`. */
  readonly go: string;
}

interface Decoding {
  readonly unknown: string[];
  /** The first value of a wrong type: Go goes on behind it, and tells of it in the end. */
  wrong?: DecodeError;
}

/** Decodes the fields of a struct; `apiVersion` and `kind` at the top are left to the caller. Throws DecodeError. */
export function decodeStruct(struct: Struct, value: unknown): Decoded {
  const decoding: Decoding = { unknown: [] };
  const decoded = decodeFields(struct, value as Record<string, unknown>, { path: "", go: "" }, decoding);
  if (decoding.wrong !== undefined) throw decoding.wrong;
  return { value: decoded, unknown: decoding.unknown };
}

function decodeFields(struct: Struct, value: Record<string, unknown>, at: Place, decoding: Decoding) {
  const decoded = new Map<string, unknown>();
  // As they stand in the document: the first that does not fit is the one that is told of.
  for (const [name, found] of Object.entries(value)) {
    const field = struct.fields.get(name);
    if (field === undefined) {
      const isHead = at.path === "" && (name === "apiVersion" || name === "kind");
      if (!isHead) decoding.unknown.push(join(at.path, name));
    } else if (found !== null && found !== undefined) {
      decoded.set(name, decodeOrNote(field.ref, found, placeOf(struct, name, at), decoding));
    }
  }
  const result: Record<string, unknown> = {};
  for (const field of struct.fields.values()) {
    const given = decoded.get(field.name);
    const kept = keep(field, given);
    if (kept !== undefined) result[field.name] = kept;
    else if (given !== undefined && (field.ref.type === "list" || field.ref.type === "map")) {
      noteEmpty(result, field.name);
    }
  }
  return result;
}

/** Fields of decoded objects that were given, but empty: left out of JSON, but `[]` and `{}` in the server's complaints. */
const EMPTIES = new WeakMap<object, Set<string>>();

function noteEmpty(holder: object, field: string): void {
  const fields = EMPTIES.get(holder) ?? new Set();
  EMPTIES.set(holder, fields.add(field));
}

/** Whether a list or map that an object does not have was given empty when it was decoded. */
export function wasGivenEmpty(holder: object | undefined, field: string): boolean {
  return holder !== undefined && (EMPTIES.get(holder)?.has(field) ?? false);
}

function placeOf(struct: Struct, name: string, at: Place): Place {
  return { path: join(at.path, name), go: `${struct.name}.${join(goPath(at.go), goName(struct.name, name))}` };
}

/** Structs that Go embeds in others: their names stand in the paths of its type errors. */
const EMBEDDED: Readonly<Record<string, readonly [struct: string, fields: RegExp]>> = {
  Volume: ["VolumeSource", /^(?!name$)/],
  IngressRule: ["IngressRuleValue", /^http$/],
  PersistentVolumeClaim: ["TypeMeta", /^(kind|apiVersion)$/],
  Probe: ["ProbeHandler", /^(exec|httpGet|tcpSocket|grpc)$/],
  EphemeralContainer: ["EphemeralContainerCommon", /^(?!targetContainerName$)/],
  ...Object.fromEntries(
    ["ConfigMapEnvSource", "SecretEnvSource", "ConfigMapKeySelector", "SecretKeySelector", "ConfigMapVolumeSource"]
      .concat("ConfigMapProjection", "SecretProjection").map((name) => [name, ["LocalObjectReference", /^name$/]]),
  ),
};

function goName(struct: string, field: string): string {
  const [embedded, fields] = EMBEDDED[struct] ?? [];
  return fields?.test(field) ? `${embedded}.${field}` : field;
}

function goPath(go: string): string {
  return go.includes(".") ? go.slice(go.indexOf(".") + 1) : "";
}

function join(path: string, name: string): string {
  return path === "" ? name : `${path}.${name}`;
}

function decodeValue(ref: TypeRef, value: unknown, at: Place, decoding: Decoding): unknown {
  switch (ref.type) {
    case "scalar":
      return decodeScalar(ref.scalar, value, ref.go, at);
    case "struct":
      if (jsonType(value) !== "object") throw mismatch(value, ref.go, at);
      return decodeFields(ref.struct, value as Record<string, unknown>, at, decoding);
    case "list":
      if (!Array.isArray(value)) throw mismatch(value, ref.go, at);
      return value.map((item, index) => decodeItem(ref.of, item, { ...at, path: `${at.path}[${index}]` }, decoding));
    case "map":
      if (jsonType(value) !== "object") throw mismatch(value, ref.go, at);
      return Object.fromEntries(
        Object.entries(value as Record<string, unknown>).sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, item]) => [
          key,
          decodeItem(ref.of, item, { ...at, path: join(at.path, key) }, decoding),
        ]),
      );
  }
}

function decodeItem(ref: TypeRef, item: unknown, at: Place, decoding: Decoding): unknown {
  return item === null ? zeroOf(ref) : decodeOrNote(ref, item, at, decoding);
}

/** Decodes a value; one of a wrong type is noted and left out. What its own type's decoder refuses ends everything. */
function decodeOrNote(ref: TypeRef, value: unknown, at: Place, decoding: Decoding): unknown {
  try {
    return decodeValue(ref, value, at, decoding);
  } catch (error) {
    if (!(error instanceof DecodeError) || error.ends) throw error;
    decoding.wrong ??= error;
    return undefined;
  }
}

function decodeScalar(scalar: Scalar, value: unknown, go: string, at: Place): unknown {
  switch (scalar) {
    case "string":
      if (typeof value !== "string") throw mismatch(value, go, at);
      return value;
    case "bool":
      if (typeof value !== "boolean") throw mismatch(value, go, at);
      return value;
    case "int":
    case "int32":
    case "int64":
      return decodeInteger(scalar, value, go, at);
    case "intstr":
      return decodeIntOrString(value, at);
    case "quantity":
      return decodeQuantity(value, at);
    case "bytes":
      return decodeBytes(value, go, at);
    case "time":
    case "microtime":
      return decodeTime(scalar, value, at);
    case "duration":
    case "raw":
      return value;
  }
}

function decodeInteger(scalar: Scalar, value: unknown, go: string, at: Place): number {
  if (typeof value !== "number") throw mismatch(value, go, at);
  const limit = scalar === "int32" ? 2 ** 31 : 2 ** 63;
  if (Number.isInteger(value) && value >= -limit && value < limit) return value;
  throw new DecodeError(
    `json: cannot unmarshal number ${value} into Go struct field ${at.go} of type ${go}`,
    at.path,
    go,
  );
}

function decodeIntOrString(value: unknown, at: Place): unknown {
  if (typeof value === "string") return value;
  if (typeof value === "number" && value === (value | 0)) return value;
  const what = typeof value === "number" ? `number ${value}` : jsonType(value);
  const words = `json: cannot unmarshal ${what} into Go struct field ${at.go} of type int32`;
  throw new DecodeError(words, at.path, "a number or a name", true);
}

function decodeQuantity(value: unknown, at: Place): string {
  const quantity = typeof value === "string" || typeof value === "number" ? parseQuantity(String(value)) : undefined;
  if (quantity === undefined) throw new DecodeError(QUANTITY_PROBLEM, at.path, "a quantity such as 100m or 64Mi", true);
  return printQuantity(quantity);
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

function decodeBytes(value: unknown, go: string, at: Place): string {
  if (typeof value !== "string") throw mismatch(value, go, at);
  const text = value.replaceAll(/[\r\n]/g, "");
  if (BASE64.test(text)) return text;
  const bad = text.search(/[^A-Za-z0-9+/]/);
  // Go counts in groups of four: one that is not whole is wrong where it begins.
  const byte = bad < 0 ? text.length - text.length % 4 : bad;
  throw new DecodeError(`illegal base64 data at input byte ${byte}`, at.path, "base64 text");
}

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

/** The time decoded last: most objects have theirs several times over. */
let lastTime = { scalar: "", value: "", printed: "" };

function decodeTime(scalar: Scalar, value: unknown, at: Place): string {
  if (typeof value !== "string") {
    const words = `json: cannot unmarshal ${jsonType(value)} into Go struct field ${at.go} of type string`;
    throw new DecodeError(words, at.path, "a time", true);
  }
  if (lastTime.value === value && lastTime.scalar === scalar) return lastTime.printed;
  if (!TIME.test(value) || Number.isNaN(Date.parse(value))) {
    const layout = scalar === "time" ? "2006-01-02T15:04:05Z07:00" : "2006-01-02T15:04:05.000000Z07:00";
    const words = `parsing time "${value}" as "${layout}": cannot parse "${value}" as "2006"`;
    throw new DecodeError(words, at.path, "a time such as 2026-01-31T12:00:00Z", true);
  }
  const iso = new Date(Date.parse(value)).toISOString();
  const printed = scalar === "time" ? iso.replace(/\.\d+Z$/, "Z") : iso.replace(/Z$/, "000Z");
  lastTime = { scalar, value, printed };
  return printed;
}

function mismatch(value: unknown, go: string, at: Place): DecodeError {
  const words = `json: cannot unmarshal ${jsonType(value)} into Go struct field ${at.go} of type ${go}`;
  return new DecodeError(words, at.path, expectation(go));
}

function expectation(go: string): string {
  if (go.startsWith("[]")) return "a list";
  if (go.startsWith("map[")) return "a map";
  if (go === "bool") return "true or false";
  if (go.startsWith("int")) return "a whole number";
  return go === "string" ? "a string" : /^v1\.[A-Z]/.test(go) ? `a ${go.slice(3)}` : go;
}

/** What Go calls the JSON type of a value. */
export function jsonType(value: unknown): string {
  if (Array.isArray(value)) return "array";
  if (typeof value === "boolean") return "bool";
  return value === null ? "null" : typeof value;
}

/** What the server's JSON has for a field: undefined where it leaves it out. */
function keep(field: Field, value: unknown): unknown {
  if (field.pointer) return value === undefined && field.omit === "never" ? null : value;
  if (field.omit === "zero") return isZero(field.ref, value) ? undefined : value;
  if (field.ref.type === "struct" || isStructScalar(field.ref)) return value ?? zeroOf(field.ref);
  if (field.omit === "never") return isEmpty(value) ? zeroOf(field.ref) : value;
  return isEmpty(value) ? undefined : value;
}

function isStructScalar(ref: TypeRef): boolean {
  return ref.type === "scalar" && ["quantity", "intstr", "time", "microtime", "duration"].includes(ref.scalar);
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === "" || value === 0 || value === false) return true;
  return typeof value === "object" && Object.keys(value).length === 0;
}

function isZero(ref: TypeRef, value: unknown): boolean {
  if (value === undefined || value === null) return true;
  return ref.type === "struct" ? Object.values(value).every((item) => isEmpty(item)) : isEmpty(value);
}

/** The zero value of a type as the server's JSON shows it. */
export function zeroOf(ref: TypeRef): unknown {
  switch (ref.type) {
    case "list":
    case "map":
      return null;
    case "struct":
      return decodeFields(ref.struct, {}, { path: "x", go: "" }, { unknown: [] });
    case "scalar":
      return ZERO[ref.scalar];
  }
}

const ZERO: Readonly<Record<Scalar, unknown>> = {
  string: "",
  bool: false,
  int: 0,
  int32: 0,
  int64: 0,
  bytes: null,
  quantity: "0",
  intstr: 0,
  time: null,
  microtime: null,
  duration: "0s",
  raw: null,
};
