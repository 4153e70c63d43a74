/**
 * Bodies of typed clients (`application/vnd.kubernetes.protobuf`):
 *
 *     body = "k8s" NUL Unknown        ; runtime.Unknown: typeMeta, raw (the object's own message)
 *
 * The messages are a table, so every built-in kind is read; what is read is the object as its JSON would be.
 */
import { inflateSync } from "fflate";
import { MESSAGES } from "./data.ts";

interface Field {
  readonly name: string;
  readonly type: string;
  /** For maps: the type of the keys. */
  readonly key?: string;
  readonly repeated: boolean;
}

type Message = ReadonlyMap<number, Field>;

let table: ReadonlyMap<string, Message> | undefined;

function messages(): ReadonlyMap<string, Message> {
  table ??= parseMessages(unpack(MESSAGES));
  return table;
}

function unpack(text: string): string {
  return new TextDecoder().decode(inflateSync(Uint8Array.from(atob(text), (one) => one.charCodeAt(0))));
}

/** Lines `PACKAGE.NAME`, and below each `  NUMBER FIELD TYPE`, with `*` behind what is repeated; maps are `KEY:VALUE`. */
function parseMessages(text: string): ReadonlyMap<string, Message> {
  const all = new Map<string, Map<number, Field>>();
  let open = new Map<number, Field>();
  for (const line of text.split("\n")) {
    if (!line.startsWith(" ")) all.set(line, open = new Map());
    else {
      const [number, name = "", written = ""] = line.trim().split(" ");
      const [, key, type = ""] = /^(?:(\w+):)?([^*]+)/.exec(written) ?? [];
      open.set(Number(number), { name, type, repeated: written.endsWith("*"), ...(key === undefined ? {} : { key }) });
    }
  }
  return all;
}

const MAGIC = "k8s\0";

/** The object in a body as JSON, or undefined where the body is none or its kind is not in the table. */
export function decodeProtobuf(body: Uint8Array): Record<string, unknown> | undefined {
  if (new TextDecoder().decode(body.subarray(0, 4)) !== MAGIC) return undefined;
  try {
    const unknown = decodeMessage("apimachinery.pkg.runtime.Unknown", body.subarray(4));
    const { apiVersion = "", kind = "" } = unknown["typeMeta"] as { apiVersion?: string; kind?: string };
    const name = messageOf(apiVersion, kind);
    if (name === undefined) return undefined;
    return { kind, apiVersion, ...decodeMessage(name, fromBase64(unknown["raw"] as string)) };
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** `apps/v1` Deployment is `api.apps.v1.Deployment`. */
function messageOf(apiVersion: string, kind: string): string | undefined {
  const [group = "", version = ""] = apiVersion.includes("/") ? apiVersion.split("/") : ["core", apiVersion];
  const short = group.split(".")[0];
  const names = [`api.${short}.${version}.${kind}`, `api.core.v1.${kind}`, `apimachinery.pkg.apis.meta.v1.${kind}`];
  return names.find((name) => messages().has(name));
}

type Value = { readonly number: bigint } | { readonly bytes: Uint8Array };

/** Field numbers and values of a message, in order. Throws a RangeError where it ends too early. */
function* fieldsOf(bytes: Uint8Array): Generator<readonly [number, Value]> {
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n;; shift += 7n) {
      const byte = bytes[at++];
      if (byte === undefined) throw new RangeError("a message that ends too early");
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const tag = Number(varint());
    const wire = tag & 7;
    if (wire === 0) yield [tag >> 3, { number: varint() }];
    else {
      const length = wire === 1 ? 8 : wire === 5 ? 4 : Number(varint());
      if (at + length > bytes.length) throw new RangeError("a message that ends too early");
      yield [tag >> 3, { bytes: bytes.subarray(at, at + length) }];
      at += length;
    }
  }
}

function decodeMessage(name: string, bytes: Uint8Array): Record<string, unknown> {
  const message = messages().get(name);
  if (message === undefined) throw new RangeError(`no message ${name}`);
  const result: Record<string, unknown> = {};
  for (const [number, value] of fieldsOf(bytes)) {
    const field = message.get(number);
    if (field === undefined) continue;
    if (field.key !== undefined) putEntry(result, field, value);
    else if (isInline(field)) Object.assign(result, decodeMessage(field.type, bytesOf(value)));
    else if (field.repeated) ((result[field.name] ??= []) as unknown[]).push(valueOf(field.type, value));
    else result[field.name] = valueOf(field.type, value);
  }
  return result;
}

/** Structs that Go embeds: a message of their own here, fields of their holder in JSON (`json:",inline"`). */
const INLINE: Readonly<Record<string, string>> = {
  localObjectReference: "LocalObjectReference",
  ephemeralContainerCommon: "EphemeralContainerCommon",
  persistentVolumeSource: "PersistentVolumeSource",
  handler: "ProbeHandler",
  volumeSource: "VolumeSource",
  ingressRuleValue: "IngressRuleValue",
};

const isInline = ({ name, type }: Field): boolean => INLINE[name] !== undefined && type.endsWith(`.${INLINE[name]}`);

function putEntry(result: Record<string, unknown>, { name, key = "string", type }: Field, value: Value): void {
  const map = (result[name] ??= {}) as Record<string, unknown>;
  const entry: { key: unknown; value: unknown } = { key: "", value: type === "string" ? "" : undefined };
  for (const [number, one] of fieldsOf(bytesOf(value))) {
    if (number === 1) entry.key = valueOf(key, one);
    else entry.value = valueOf(type, one);
  }
  map[String(entry.key)] = entry.value ?? {};
}

function bytesOf(value: Value): Uint8Array {
  if ("bytes" in value) return value.bytes;
  throw new RangeError("a number where a message is due");
}

const text = (value: Value): string => new TextDecoder().decode(bytesOf(value));

/** How types are JSON whose JSON form is not that of their message. */
const SPECIAL: Readonly<Record<string, (value: Value) => unknown>> = {
  string: text,
  bytes: (value) => toBase64(bytesOf(value)),
  bool: (value) => "number" in value && value.number !== 0n,
  double: (value) => new DataView(bytesOf(value).slice().buffer).getFloat64(0, true),
  "apimachinery.pkg.apis.meta.v1.Time": (value) => time(value, 0),
  "apimachinery.pkg.apis.meta.v1.MicroTime": (value) => time(value, 6),
  "apimachinery.pkg.api.resource.Quantity": (value) =>
    decodeMessage("apimachinery.pkg.api.resource.Quantity", bytesOf(value))["string"] ?? "0",
  "apimachinery.pkg.util.intstr.IntOrString": (value) => {
    const { type, intVal = 0, strVal = "" } = decodeMessage("apimachinery.pkg.util.intstr.IntOrString", bytesOf(value));
    return type === 1 ? strVal : intVal;
  },
  "apimachinery.pkg.apis.meta.v1.FieldsV1": (value) => rawJson(value, "apimachinery.pkg.apis.meta.v1.FieldsV1", "Raw"),
  "apimachinery.pkg.runtime.RawExtension": (value) => rawJson(value, "apimachinery.pkg.runtime.RawExtension", "raw"),
};

function valueOf(type: string, value: Value): unknown {
  const special = SPECIAL[type];
  if (special !== undefined) return special(value);
  if (type.includes(".")) return decodeMessage(type, bytesOf(value));
  if ("bytes" in value) throw new RangeError("bytes where a number is due");
  return Number(type.startsWith("u") ? value.number : BigInt.asIntN(type === "int32" ? 32 : 64, value.number));
}

/** Seconds and nanoseconds; none at all is no time. */
function time(value: Value, digits: number): string | null {
  const { seconds = 0, nanos = 0 } = decodeMessage("apimachinery.pkg.apis.meta.v1.Time", bytesOf(value)) as {
    seconds?: number;
    nanos?: number;
  };
  if (bytesOf(value).length === 0) return null;
  const date = new Date(seconds * 1000).toISOString().slice(0, 19);
  return digits === 0 ? `${date}Z` : `${date}.${String(Math.floor(nanos / 1000)).padStart(6, "0")}Z`;
}

function rawJson(value: Value, message: string, field: string): unknown {
  const raw = decodeMessage(message, bytesOf(value))[field];
  return raw === undefined ? null : JSON.parse(new TextDecoder().decode(fromBase64(raw as string)));
}

function toBase64(bytes: Uint8Array): string {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}

function fromBase64(text = ""): Uint8Array {
  return Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
}
