/**
 * Strategic merge patches: like a merge patch, but lists that have a merge key merge item by item. Directives:
 * `$patch: delete | replace | merge`, `$retainKeys`, `$deleteFromPrimitiveList/FIELD`, `$setElementOrder/FIELD`.
 */
import type { Field, Struct, TypeRef } from "../objects/schema.ts";
import { printGo } from "./go_print.ts";
import { equal, isMap } from "./json_patch.ts";

type JsonMap = Record<string, unknown>;

const ORDER = "$setElementOrder/";
const DELETE_FROM = "$deleteFromPrimitiveList/";

/** A directive that cannot be followed, in the server's words; `isFormat`: the patch is at fault, whatever it is put on. */
export class StrategicError extends Error {
  override readonly name = "StrategicError";
  constructor(message: string, readonly isFormat = false) {
    super(message);
  }
}

/** The value after a patch; neither argument is changed. Throws StrategicError. */
export function applyStrategic(value: unknown, patch: unknown, struct: Struct | undefined): JsonMap {
  return mergeMaps(isMap(value) ? value : {}, isMap(patch) ? patch : {}, struct);
}

function mergeMaps(value: JsonMap, patch: JsonMap, struct: Struct | undefined): JsonMap {
  if (patch.$patch === "replace") return withoutDirectives(patch);
  if (patch.$patch === "delete") return {};
  if (patch.$patch !== undefined && patch.$patch !== "merge") throw unknownType(patch);
  checkLists(patch, struct);
  const result = retain(value, patch);
  for (const [key, change] of Object.entries(patch)) {
    if (key.startsWith("$")) continue;
    if (change === null) delete result[key];
    else result[key] = mergeValue(result[key], change, struct?.fields.get(key));
  }
  for (const key of Object.keys(patch)) applyDirective(result, patch, key, struct);
  return result;
}

function unknownType(patch: JsonMap): StrategicError {
  return new StrategicError(`unknown patch type: ${printGo(patch.$patch)} in map: ${printGo(patch)}`);
}

/** An order is a list, and names everything that the patch itself has. */
function checkLists(patch: JsonMap, struct: Struct | undefined): void {
  for (const [key, given] of Object.entries(patch)) {
    if (!key.startsWith(ORDER.slice(0, -1))) continue;
    if (!Array.isArray(given)) {
      throw new StrategicError(`expected a []interface {}, but received a ${goType(given)}`);
    }
    if (!key.startsWith(ORDER)) continue;
    const name = key.slice(ORDER.length);
    const merge = struct?.fields.get(name)?.merge ?? "";
    const keyOf = (item: unknown) => (merge === "" ? item : (item as JsonMap)[merge]);
    const items = Array.isArray(patch[name]) ? patch[name].filter((item) => !isMap(item) || !item.$patch) : [];
    let at = 0;
    const inOrder = items.every((item) => {
      at = given.findIndex((one, index) => index >= at && equal(keyOf(one), keyOf(item)));
      return at >= 0;
    });
    if (!inOrder) {
      const lists = [`The order in patch list:\n${printGo(patch[name])}`, `doesn't match ${ORDER.slice(0, -1)} list:`];
      throw new StrategicError(`${lists.join("\n ")}\n${printGo(given)}\n`);
    }
  }
}

function goType(value: unknown): string {
  if (typeof value === "number") return Number.isInteger(value) ? "int64" : "float64";
  if (typeof value === "boolean") return "bool";
  return isMap(value) ? "map[string]interface {}" : typeof value;
}

function retain(value: JsonMap, patch: JsonMap): JsonMap {
  const keys = patch.$retainKeys;
  if (keys === undefined) return { ...value };
  const set = Object.keys(patch).filter((key) => !key.startsWith("$") && patch[key] !== null);
  if (!Array.isArray(keys) || set.some((key) => !keys.includes(key))) {
    throw new StrategicError("invalid patch format of retainKeys", true);
  }
  return Object.fromEntries(Object.entries(value).filter(([key]) => keys.includes(key)));
}

function mergeValue(value: unknown, change: unknown, field: Field | undefined): unknown {
  const inner = field === undefined ? undefined : structOf(field.ref);
  if (isMap(change)) return mergeMaps(isMap(value) ? value : {}, change, inner);
  if (!Array.isArray(change) || field?.merge === undefined) return change;
  const list = Array.isArray(value) ? value : [];
  if (field.merge === "") return [...list, ...change.filter((item) => !list.includes(item))];
  return mergeList(list, change, { key: field.merge, struct: inner });
}

/** The struct of a field's value, or of its items. */
export function structOf(ref: TypeRef): Struct | undefined {
  if (ref.type === "struct") return ref.struct;
  return ref.type === "list" || ref.type === "map" ? structOf(ref.of) : undefined;
}

interface Merging {
  readonly key: string;
  readonly struct: Struct | undefined;
}

function mergeList(list: readonly unknown[], patch: readonly unknown[], { key, struct }: Merging): unknown[] {
  const changes = patch.filter(isMap);
  if (changes.length < patch.length) {
    throw new StrategicError(`list element types are not identical: [${printGo(list)} ${printGo(patch)}]`);
  }
  if (changes.some((item) => item.$patch === "replace" && item[key] === undefined)) {
    return changes.filter((item) => item.$patch === undefined).map(withoutDirectives);
  }
  for (const item of changes) {
    if (item[key] === undefined) {
      throw new StrategicError(`map: ${printGo(item)} does not contain declared merge key: ${key}`);
    }
    if (item.$patch !== undefined && item.$patch !== "delete" && item.$patch !== "merge") throw unknownType(item);
  }
  const gone = new Set(changes.filter((item) => item.$patch === "delete").map((item) => item[key]));
  const merged = list.filter((item) => !(isMap(item) && gone.has(item[key])));
  const touched: unknown[] = [];
  for (const change of changes.filter((item) => item.$patch !== "delete")) {
    const index = merged.findIndex((item) => isMap(item) && equal(item[key], change[key]));
    const next = mergeMaps(index < 0 ? {} : merged[index] as JsonMap, change, struct);
    if (index >= 0) merged[index] = next;
    touched.push(change[key]);
    if (index < 0) merged.push(next);
  }
  return ordered(merged, touched, list.map((item) => (item as JsonMap)[key]), key);
}

/** Items of the patch in its order, the others in the server's, interleaved as the server has them where it knows both. */
function ordered(
  items: readonly unknown[],
  order: readonly unknown[],
  server: readonly unknown[],
  key: string,
): unknown[] {
  const keyOf = (item: unknown) => (key === "" ? item : (item as JsonMap)[key]);
  const indexIn = (list: readonly unknown[], item: unknown) => list.findIndex((one) => equal(one, keyOf(item)));
  const mine = items.filter((item) => indexIn(order, item) >= 0).sort((a, b) => indexIn(order, a) - indexIn(order, b));
  const others = items.filter((item) => indexIn(order, item) < 0).sort((a, b) =>
    indexIn(server, a) - indexIn(server, b)
  );
  const result: unknown[] = [];
  while (mine.length > 0 && others.length > 0) {
    const [left, right] = [indexIn(server, others[0]), indexIn(server, mine[0])];
    result.push(left >= 0 && right >= 0 && left < right ? others.shift() : mine.shift());
  }
  return [...result, ...others, ...mine];
}

function applyDirective(result: JsonMap, patch: JsonMap, directive: string, struct: Struct | undefined): void {
  const change = patch[directive];
  if (!Array.isArray(change)) return;
  if (directive.startsWith(DELETE_FROM)) {
    const name = directive.slice(DELETE_FROM.length);
    if (Array.isArray(result[name])) {
      result[name] = (result[name] as unknown[]).filter((item) => !change.includes(item));
    }
  }
  if (!directive.startsWith(ORDER)) return;
  const name = directive.slice(ORDER.length);
  const list = result[name];
  const key = struct?.fields.get(name)?.merge ?? "";
  if (!Array.isArray(list)) return;
  const order = key === "" ? change : change.map((item) => (item as JsonMap)[key]);
  const server = key === "" ? list : list.map((item) => (item as JsonMap)[key]);
  result[name] = ordered(list, order, server, key);
}

function withoutDirectives(value: JsonMap): JsonMap {
  return Object.fromEntries(Object.entries(value).filter(([key, item]) => !key.startsWith("$") && item !== null));
}

/** The patch as the server prints it after applying it: lists with an order directive are used up. */
export function usedUp(patch: JsonMap): JsonMap {
  const ordered = Object.keys(patch).filter((key) => key.startsWith(ORDER)).map((key) => key.slice(ORDER.length));
  return Object.fromEntries(
    Object.entries(patch)
      .filter(([key]) => !key.startsWith(ORDER) && !ordered.includes(key))
      .map(([key, value]) => [key, isMap(value) ? usedUp(value) : value]),
  );
}
