/** The strategic merge patch of `kubectl apply`: what changed against the live object, and what the last applied one had and this one has not. */
import type { Field, Struct } from "../objects/schema.ts";
import { equal, isMap } from "./json_patch.ts";
import { structOf } from "./strategic.ts";

type JsonMap = Record<string, unknown>;

interface Mode {
  /** Leave out what is gone (against the live object). */
  readonly ignoreDeletions: boolean;
  /** Leave out everything but what is gone (against the last applied one). */
  readonly onlyDeletions: boolean;
}

/** The patch that makes `current` what `modified` asks for; `{}` when there is nothing to do. */
export function threeWayPatch(
  original: unknown,
  modified: JsonMap,
  current: JsonMap,
  struct: Struct | undefined,
): JsonMap {
  const delta = diffMaps(current, modified, struct, { ignoreDeletions: true, onlyDeletions: false });
  const before = isMap(original) ? original : {};
  const gone = diffMaps(before, modified, struct, { ignoreDeletions: false, onlyDeletions: true });
  return join(gone, delta);
}

/** The patch from one object to another, deletions included. */
export function twoWayPatch(original: JsonMap, modified: JsonMap, struct: Struct | undefined): JsonMap {
  return diffMaps(original, modified, struct, { ignoreDeletions: false, onlyDeletions: false });
}

function diffMaps(from: JsonMap, to: JsonMap, struct: Struct | undefined, mode: Mode): JsonMap {
  const patch: JsonMap = {};
  for (const key of new Set([...Object.keys(from), ...Object.keys(to)])) {
    diffField(patch, { key, before: from[key], after: to[key], field: struct?.fields.get(key) }, mode);
  }
  return patch;
}

interface Difference {
  readonly key: string;
  readonly before: unknown;
  readonly after: unknown;
  readonly field: Field | undefined;
}

function diffField(patch: JsonMap, { key, before, after, field }: Difference, mode: Mode): void {
  if (after === undefined || after === null) {
    if (!mode.ignoreDeletions && before !== undefined && before !== null) patch[key] = null;
    return;
  }
  if (before === undefined || before === null) {
    if (!mode.onlyDeletions) patch[key] = after;
    return;
  }
  if (isMap(before) && isMap(after)) return diffStructs(patch, { key, before, after, field }, mode);
  const merges = field?.merge !== undefined && Array.isArray(before) && Array.isArray(after);
  if (merges && field.merge !== "") return diffLists(patch, { key, before, after, field }, mode);
  if (merges) return diffSets(patch, { key, before, after, field }, mode);
  if (!mode.onlyDeletions && !equal(before, after)) patch[key] = after;
}

function diffStructs(patch: JsonMap, { key, before, after, field }: Difference, mode: Mode): void {
  const inner = field === undefined ? undefined : structOf(field.ref);
  const change = diffMaps(before as JsonMap, after as JsonMap, inner, mode);
  if (Object.keys(change).length === 0) return;
  if (field?.retainKeys) change.$retainKeys = Object.keys(after as JsonMap).sort();
  patch[key] = change;
}

function diffLists(patch: JsonMap, { key, before, after, field }: Difference, mode: Mode): void {
  const merge = field?.merge as string;
  const inner = structOf((field as Field).ref);
  const [old, now] = [before as JsonMap[], after as JsonMap[]];
  const changes: JsonMap[] = [];
  for (const item of now) {
    const twin = old.find((one) => equal(one[merge], item[merge]));
    const change = twin === undefined ? (mode.onlyDeletions ? {} : item) : diffMaps(twin, item, inner, mode);
    if (twin !== undefined && Object.keys(change).length > 0) changes.push({ ...change, [merge]: item[merge] });
    else if (twin === undefined && !mode.onlyDeletions) changes.push(item);
  }
  if (!mode.ignoreDeletions) {
    for (const item of old) {
      if (!now.some((one) => equal(one[merge], item[merge]))) changes.push({ $patch: "delete", [merge]: item[merge] });
    }
  }
  const reordered = !mode.onlyDeletions && !sameOrder(old, now, merge);
  if (changes.length > 0) patch[key] = changes;
  if (changes.length > 0 || reordered) patch[`$setElementOrder/${key}`] = now.map((item) => ({ [merge]: item[merge] }));
}

/** Whether the items of `now` stand in the same order among those of `old`. */
function sameOrder(old: readonly JsonMap[], now: readonly JsonMap[], merge: string): boolean {
  const known = old.map((item) => item[merge]).filter((value) => now.some((item) => equal(item[merge], value)));
  const wanted = now.map((item) => item[merge]).filter((value) => known.some((one) => equal(one, value)));
  return equal(known, wanted);
}

function diffSets(patch: JsonMap, { key, before, after }: Difference, mode: Mode): void {
  const [old, now] = [before as unknown[], after as unknown[]];
  const added = mode.onlyDeletions ? [] : now.filter((item) => !old.includes(item));
  const gone = mode.ignoreDeletions ? [] : old.filter((item) => !now.includes(item));
  if (added.length > 0) patch[key] = added;
  if (gone.length > 0) patch[`$deleteFromPrimitiveList/${key}`] = gone;
  if (added.length > 0 || gone.length > 0) patch[`$setElementOrder/${key}`] = now;
}

function join(first: JsonMap, second: JsonMap): JsonMap {
  const result: JsonMap = { ...first };
  for (const [key, value] of Object.entries(second)) {
    const before = result[key];
    if (isMap(before) && isMap(value)) result[key] = join(before, value);
    else if (Array.isArray(before) && Array.isArray(value) && !key.startsWith("$")) result[key] = [...value, ...before];
    else result[key] = value;
  }
  return result;
}
