/**
 * The v2 document as protobuf (gnostic's openapi.v2.Document), the only form that kubectl before 1.27 reads: what it is for,
 * the definitions, without the paths.
 */
import { joinBytes } from "../../../base/mod.ts";
import { openApiV2 } from "./v2.ts";

type Json = Record<string, unknown>;

/** The document's bytes. */
export function openApiV2Protobuf(): Uint8Array<ArrayBuffer> {
  const { info, definitions } = openApiV2() as {
    info: { title: string; version: string };
    definitions: Record<string, Json>;
  };
  return joinBytes([
    text(1, "2.0"),
    message(2, [text(1, info.title), text(2, info.version)]),
    message(9, Object.entries(definitions).map(([name, schema]) => named(1, name, schemaParts(schema)))),
  ]);
}

const encoder = new TextEncoder();

function varint(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value;; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...bytes, rest];
    bytes.push((rest % 128) + 128);
  }
}

function bytes(number: number, value: Uint8Array): Uint8Array {
  return joinBytes([Uint8Array.from([...varint(number * 8 + 2), ...varint(value.length)]), value]);
}

function text(number: number, value: string): Uint8Array {
  return bytes(number, encoder.encode(value));
}

function message(number: number, parts: readonly Uint8Array[]): Uint8Array {
  return bytes(number, joinBytes(parts));
}

function named(number: number, name: string, value: readonly Uint8Array[]): Uint8Array {
  return message(number, [text(1, name), message(2, value)]);
}

/** The fields of a Schema message, by their numbers. */
function schemaParts(schema: Json): Uint8Array[] {
  const { $ref, format, description, required, items, additionalProperties, type, properties } = schema as {
    readonly [key: string]: never;
  };
  const extensions = Object.entries(schema).filter(([key]) => key.startsWith("x-"));
  return [
    ...(typeof $ref === "string" ? [text(1, $ref)] : []),
    ...(typeof format === "string" ? [text(2, format)] : []),
    ...(typeof description === "string" ? [text(4, description)] : []),
    ...((required ?? []) as string[]).map((name) => text(19, name)),
    ...(typeof additionalProperties === "object" ? [message(21, [message(1, schemaParts(additionalProperties))])] : []),
    ...(typeof type === "string" ? [message(22, [text(1, type)])] : []),
    ...(items === undefined ? [] : [message(23, [message(1, schemaParts(items))])]),
    ...(properties === undefined ? [] : [
      message(
        25,
        Object.entries(properties as Record<string, Json>).map(([name, one]) => named(1, name, schemaParts(one))),
      ),
    ]),
    // A value of any kind is text in YAML, which JSON is.
    ...extensions.map(([name, value]) => named(31, name, [text(2, JSON.stringify(value))])),
  ];
}
