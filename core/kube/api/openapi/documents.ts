/** The OpenAPI v3 documents: those of the built-in groups are data, those of CustomResourceDefinitions are made from theirs. */
import { inflateSync } from "fflate";
import { DOCUMENTS } from "./data.ts";

type Json = Record<string, unknown>;

/** A schema of a type, or of one of its fields. */
export type OpenApiSchema = {
  readonly type?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, OpenApiSchema>>;
  readonly required?: readonly string[];
  readonly items?: OpenApiSchema;
  readonly additionalProperties?: OpenApiSchema | boolean;
  readonly allOf?: readonly OpenApiSchema[];
  readonly oneOf?: readonly OpenApiSchema[];
  readonly $ref?: string;
  readonly format?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly "x-kubernetes-group-version-kind"?: readonly GroupVersionKind[];
};

/** What a schema describes. */
export interface GroupVersionKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

/** One document. */
export interface OpenApiDocument {
  readonly components?: Json & { readonly schemas?: Readonly<Record<string, OpenApiSchema>> };
  readonly info: Json;
  readonly openapi: "3.0.0";
  readonly paths: Readonly<Record<string, Json>>;
}

interface Packed {
  readonly info: Json;
  readonly securitySchemes: Json;
  readonly schemas: Readonly<Record<string, OpenApiSchema>>;
  readonly documents: Readonly<Record<string, { readonly paths: Record<string, Json>; readonly schemas: string[] }>>;
}

let unpacked: Packed | undefined;

function builtin(): Packed {
  unpacked ??= unpack(DOCUMENTS);
  return unpacked;
}

/** Parts that occur more than once stand once, and `{"@": number}` for them. */
function unpack(text: string): Packed {
  const bytes = Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
  const { parts, value } = JSON.parse(new TextDecoder().decode(inflateSync(bytes))) as {
    parts: unknown[];
    value: unknown;
  };
  const whole: unknown[] = [];
  const expand = (one: unknown): unknown => {
    if (typeof one !== "object" || one === null) return one;
    if (Array.isArray(one)) return one.map(expand);
    const number = (one as { "@"?: unknown })["@"];
    if (typeof number === "number") return whole[number];
    return Object.fromEntries(Object.entries(one).map(([key, item]) => [key, expand(item)]));
  };
  for (const part of parts) whole.push(expand(part));
  return expand(value) as Packed;
}

/** The names of the built-in documents: `api/v1`, `apis/apps/v1`, `version`. */
export function documentNames(): readonly string[] {
  return Object.keys(builtin().documents);
}

/** A built-in document by its name; undefined where there is none. */
export function builtinDocument(name: string): OpenApiDocument | undefined {
  const { info, securitySchemes, schemas, documents } = builtin();
  const found = documents[name];
  if (found === undefined) return undefined;
  const own = found.schemas.map((key) => [key, ownKinds(schemas[key] as OpenApiSchema, name)] as const);
  return {
    components: { ...(own.length === 0 ? {} : { schemas: Object.fromEntries(own) }), securitySchemes },
    info,
    openapi: "3.0.0",
    paths: found.paths,
  };
}

/** Every built-in schema by name. */
export function builtinSchemas(): Readonly<Record<string, OpenApiSchema>> {
  return builtin().schemas;
}

/** DeleteOptions and WatchEvent are of every group; a group's own document names only itself and the core. */
function ownKinds(schema: OpenApiSchema, name: string): OpenApiSchema {
  const kinds = schema["x-kubernetes-group-version-kind"];
  if (kinds === undefined || kinds.length < 3 || name === "api/v1") return schema;
  const [, group = "", version = ""] = name.split("/");
  const own = kinds.filter((one) =>
    (one.group === "" && one.version === "v1") || (one.group === group && one.version === version)
  );
  return { ...schema, "x-kubernetes-group-version-kind": own };
}
