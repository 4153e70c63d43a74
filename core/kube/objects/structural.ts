/**
 * Structural schemas of CustomResourceDefinitions: what an object of such a kind keeps (pruning), is given (defaults), and
 * is refused for, in the words of the server's validator. Rules in CEL (`x-kubernetes-validations`) are not read.
 */
import { copyJson, ipFamily, sameJson } from "../../base/mod.ts";
import { duplicate, invalid, type Issue, required, tooMany, unsupported } from "./issue.ts";

/** The part of `openAPIV3Schema` that has a meaning for values. */
export interface Structural {
  readonly type?: string;
  readonly format?: string;
  readonly nullable?: boolean;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: boolean;
  readonly exclusiveMaximum?: boolean;
  readonly multipleOf?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Structural>>;
  readonly additionalProperties?: Structural | boolean;
  readonly items?: Structural;
  readonly allOf?: readonly Structural[];
  readonly anyOf?: readonly Structural[];
  readonly oneOf?: readonly Structural[];
  readonly not?: Structural;
  readonly "x-kubernetes-preserve-unknown-fields"?: boolean;
  readonly "x-kubernetes-int-or-string"?: boolean;
  readonly "x-kubernetes-embedded-resource"?: boolean;
  readonly "x-kubernetes-list-type"?: "atomic" | "set" | "map";
  readonly "x-kubernetes-list-map-keys"?: readonly string[];
}

type Fields = Record<string, unknown>;

const HEAD = ["apiVersion", "kind", "metadata"];

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** An object without the fields its schema does not know; their paths are added to `unknown`, in order. */
export function prune(object: Fields, schema: Structural, unknown: string[]): Fields {
  const kept = pruned(object, { ...schema, "x-kubernetes-embedded-resource": true }, "", unknown) as Fields;
  unknown.sort();
  return kept;
}

function pruned(value: unknown, schema: Structural, path: string, unknown: string[]): unknown {
  if (Array.isArray(value)) {
    const { items } = schema;
    return items === undefined ? value : value.map((item, i) => pruned(item, items, `${path}[${i}]`, unknown));
  }
  if (!isFields(value)) return value;
  const kept: Fields = {};
  for (const [key, item] of Object.entries(value)) {
    const at = path === "" ? key : `${path}.${key}`;
    const field = schemaOf(schema, key);
    if (schema["x-kubernetes-embedded-resource"] && HEAD.includes(key)) kept[key] = item;
    else if (field !== undefined) kept[key] = pruned(item, field, at, unknown);
    else if (keepsAll(schema)) kept[key] = item;
    else unknown.push(at);
  }
  return kept;
}

function keepsAll({ additionalProperties, ...schema }: Structural): boolean {
  return schema["x-kubernetes-preserve-unknown-fields"] === true || additionalProperties === true;
}

function schemaOf({ properties, additionalProperties }: Structural, key: string): Structural | undefined {
  const named = properties !== undefined && Object.hasOwn(properties, key) ? properties[key] : undefined;
  return named ?? (typeof additionalProperties === "object" ? additionalProperties : undefined);
}

/** Fills in what the schema says of fields that are not there, in place; null is as good as not there where null is not allowed. */
export function fillDefaults(value: unknown, schema: Structural): void {
  if (Array.isArray(value)) {
    for (const item of value) {
      if (schema.items !== undefined) fillDefaults(item, schema.items);
    }
  }
  if (!isFields(value)) return;
  for (const [key, field] of Object.entries(schema.properties ?? {})) {
    const missing = value[key] === undefined || (value[key] === null && !field.nullable);
    if (missing && field.default !== undefined) value[key] = copyJson(field.default);
  }
  for (const [key, item] of Object.entries(value)) {
    const field = schemaOf(schema, key);
    if (field !== undefined) fillDefaults(item, field);
  }
}

/** Everything wrong with an object by its schema. */
export function structuralIssues(object: Fields, schema: Structural): Issue[] {
  const { metadata: _meta, apiVersion: _version, kind: _kind, ...fields } = schema.properties ?? {};
  return issues(object, { ...schema, properties: fields }, "");
}

function issues(value: unknown, schema: Structural, path: string): Issue[] {
  if (value === null && schema.nullable) return [];
  const wrong = typeIssue(value, schema, path);
  if (wrong !== undefined) return [wrong];
  return [
    ...enumIssues(value, schema, path),
    ...numberIssues(value, schema, path),
    ...stringIssues(value, schema, path),
    ...listIssues(value, schema, path),
    ...fieldIssues(value, schema, path),
    ...combinedIssues(value, schema, path),
  ];
}

/** A value's type as the validator names it. */
function typeName(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  return typeof value === "number" ? (Number.isInteger(value) ? "integer" : "number") : typeof value;
}

function typeIssue(value: unknown, schema: Structural, path: string): Issue | undefined {
  const is = typeName(value);
  if (schema["x-kubernetes-int-or-string"]) {
    if (is === "integer" || is === "string") return undefined;
    return wrongType(path, is, "integer,string");
  }
  const { type } = schema;
  if (type === undefined || type === is || (type === "number" && is === "integer")) return undefined;
  return wrongType(path, is, type);
}

function wrongType(path: string, is: string, wanted: string): Issue {
  const words = `${path} in body must be of type ${wanted}: ${JSON.stringify(is)}`;
  return { ...invalid(path, is, words), reason: "FieldValueTypeInvalid" };
}

function enumIssues(value: unknown, schema: Structural, path: string): Issue[] {
  if (schema.enum === undefined || schema.enum.some((one) => sameJson(one, value))) return [];
  return [unsupported(path, value, schema.enum.map((one) => typeof one === "string" ? one : JSON.stringify(one)))];
}

function numberIssues(value: unknown, schema: Structural, path: string): Issue[] {
  if (typeof value !== "number") return [];
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = schema;
  const found: string[] = [];
  if (minimum !== undefined && (exclusiveMinimum ? value <= minimum : value < minimum)) {
    found.push(`should be greater than ${exclusiveMinimum ? "" : "or equal to "}${minimum}`);
  }
  if (maximum !== undefined && (exclusiveMaximum ? value >= maximum : value > maximum)) {
    found.push(`should be less than ${exclusiveMaximum ? "" : "or equal to "}${maximum}`);
  }
  if (multipleOf !== undefined && value % multipleOf !== 0) found.push(`should be a multiple of ${multipleOf}`);
  return found.map((why) => invalid(path, value, `${path} in body ${why}`));
}

/** Formats of text that podwire checks; others say nothing here. */
const FORMATS: Readonly<Record<string, (text: string) => boolean>> = {
  ipv4: (text) => ipFamily(text) === 4,
  ipv6: (text) => ipFamily(text) === 6,
  cidr: (text) => /^[^/]+\/\d{1,3}$/.test(text) && ipFamily(text.split("/")[0] as string) !== undefined,
  date: (text) => /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text)),
  "date-time": (text) => /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d/.test(text) && !Number.isNaN(Date.parse(text)),
  byte: (text) => /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text),
  uuid: (text) => /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i.test(text),
};

function stringIssues(value: unknown, schema: Structural, path: string): Issue[] {
  if (typeof value !== "string") return [];
  const { minLength, maxLength, pattern, format = "" } = schema;
  const length = [...value].length;
  const found: Issue[] = [];
  if (maxLength !== undefined && length > maxLength) {
    const message = `Too long: may not be more than ${maxLength} bytes`;
    found.push({ field: path, reason: "FieldValueTooLong", message });
  }
  const say = (why: string) => found.push(invalid(path, value, `${path} in body ${why}`));
  if (minLength !== undefined && length < minLength) say(`should be at least ${minLength} chars long`);
  if (pattern !== undefined && !matchesPattern(pattern, value)) say(`should match '${pattern}'`);
  if (FORMATS[format]?.(value) === false) say(`must be of type ${format}: ${JSON.stringify(value)}`);
  return found;
}

/** A pattern that cannot be read here says nothing. */
function matchesPattern(pattern: string, value: string): boolean {
  try {
    return new RegExp(pattern, "u").test(value);
  } catch {
    return true;
  }
}

function listIssues(value: unknown, schema: Structural, path: string): Issue[] {
  if (!Array.isArray(value)) return [];
  const { minItems, maxItems, items } = schema;
  const few = minItems !== undefined && value.length < minItems;
  return [
    ...(few ? [invalid(path, value.length, `${path} in body should have at least ${minItems} items`)] : []),
    ...(maxItems !== undefined && value.length > maxItems ? [tooMany(path, value.length, maxItems)] : []),
    ...repeatedItems(value, schema, path),
    ...(items === undefined ? [] : value.flatMap((item, i) => issues(item, items, `${path}[${i}]`))),
  ];
}

function repeatedItems(value: readonly unknown[], schema: Structural, path: string): Issue[] {
  const kind = schema["x-kubernetes-list-type"];
  if (kind !== "set" && kind !== "map") return [];
  const keys = schema["x-kubernetes-list-map-keys"] ?? [];
  const keyOf = (item: unknown) =>
    kind === "set" || !isFields(item) ? item : Object.fromEntries(keys.map((key) => [key, item[key]]));
  return value.flatMap((item, i) =>
    value.slice(0, i).some((other) => sameJson(keyOf(other), keyOf(item)))
      ? [duplicate(`${path}[${i}]`, keyOf(item))]
      : []
  );
}

function fieldIssues(value: unknown, schema: Structural, path: string): Issue[] {
  if (!isFields(value)) return [];
  const at = (key: string) => path === "" ? key : `${path}.${key}`;
  const count = Object.keys(value).length;
  const { minProperties, maxProperties } = schema;
  const few = minProperties !== undefined && count < minProperties;
  return [
    ...(few ? [invalid(path, count, `${path} in body should have at least ${minProperties} properties`)] : []),
    ...(maxProperties !== undefined && count > maxProperties ? [tooMany(path, count, maxProperties)] : []),
    ...(schema.required ?? []).filter((key) => value[key] === undefined).map((key) => required(at(key))),
    ...Object.entries(value).flatMap(([key, item]) => {
      const field = schemaOf(schema, key);
      return field === undefined || item === undefined ? [] : issues(item, field, at(key));
    }),
  ];
}

function combinedIssues(value: unknown, { allOf, anyOf, oneOf, not }: Structural, path: string): Issue[] {
  const name = JSON.stringify(path);
  const fits = (schema: Structural) => issues(value, schema, path).length === 0;
  const found: Issue[] = [];
  const say = (words: string) => found.push(invalid(path, "", `${name} ${words}`));
  if (anyOf !== undefined && !anyOf.some(fits)) say("must validate at least one schema (anyOf)");
  const fitting = oneOf?.filter(fits).length;
  if (fitting !== undefined && fitting !== 1) {
    say(`must validate one and only one schema (oneOf). Found ${fitting === 0 ? "none" : fitting} valid`);
  }
  if (not !== undefined && fits(not)) say("must not validate the schema (not)");
  const all = (allOf ?? []).flatMap((schema) => issues(value, schema, path));
  return all.length === 0 ? found : [...all, ...found];
}
