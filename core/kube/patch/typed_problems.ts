/** What keeps a configuration from being applied: fields that its type does not have, values of another kind, items twice. */
import type { Field, Struct, TypeRef } from "../objects/schema.ts";
import { printGo } from "./go_print.ts";
import { isMap } from "./json_patch.ts";

/** Every problem, as server-side apply tells of it: `.spec.nope: field not declared in schema`. */
export function typedProblems(value: unknown, struct: Struct): string[] {
  return ofStruct(value, struct, "");
}

const HEAD = ["apiVersion", "kind"];

function ofStruct(value: unknown, struct: Struct, path: string): string[] {
  if (!isMap(value)) return [expected(path, "map", value)];
  return Object.entries(value).flatMap(([name, item]) => {
    const field = struct.fields.get(name);
    if (field !== undefined) return ofValue(item, field.ref, `${path}.${name}`, field);
    return path === "" && HEAD.includes(name) ? [] : [`${path}.${name}: field not declared in schema`];
  });
}

function ofValue(value: unknown, ref: TypeRef, path: string, field?: Field): string[] {
  if (value === null || value === undefined) return [];
  switch (ref.type) {
    case "struct":
      return ofStruct(value, ref.struct, path);
    case "map":
      if (!isMap(value)) return [expected(path, "map", value)];
      return Object.entries(value).flatMap(([name, item]) => ofValue(item, ref.of, `${path}.${name}`));
    case "list":
      if (!Array.isArray(value)) return [expected(path, "list", value)];
      return ofList(value, ref.of, path, field);
    case "scalar":
      return scalarProblem(value, ref.scalar, path);
  }
}

function ofList(items: readonly unknown[], of: TypeRef, path: string, field: Field | undefined): string[] {
  const places = items.map((item, index) => placeOf(item, index, field));
  const isTold = (field?.keys ?? []).length > 0 || field?.set === true;
  const twice = isTold ? places.find((place, index) => places.indexOf(place) < index) : undefined;
  if (twice !== undefined) return [`${path}: duplicate entries for key ${twice}`];
  return items.flatMap((item, index) => ofValue(item, of, `${path}${places[index]}`));
}

/** How an item is named: by its keys, by itself, or by its number. */
function placeOf(item: unknown, index: number, field: Field | undefined): string {
  const keys = field?.keys ?? [];
  if (keys.length > 0 && isMap(item)) {
    const named = keys.filter((key) => item[key] !== undefined);
    return `[${named.map((key) => `${key}=${JSON.stringify(item[key])}`).join(",")}]`;
  }
  return field?.set === true ? `[=${JSON.stringify(item)}]` : `[${index}]`;
}

/** What scalars are called, and what they are in JSON. */
const SCALARS: Readonly<Record<string, readonly [json: string, name: string]>> = {
  string: ["string", "string"],
  bool: ["boolean", "boolean"],
  int: ["number", "numeric (int or float)"],
  int32: ["number", "numeric (int or float)"],
  int64: ["number", "numeric (int or float)"],
};

function scalarProblem(value: unknown, scalar: string, path: string): string[] {
  const [json, name] = SCALARS[scalar] ?? [];
  if (json === undefined || name === undefined || typeof value === json) return [];
  return [`${path}: expected ${name}, got &value.valueUnstructured{Value:${JSON.stringify(value)}}`];
}

function expected(path: string, what: string, value: unknown): string {
  return `${path}: expected ${what}, got &{${printGo(value)}}`;
}
