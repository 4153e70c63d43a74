/** JSON Patch (RFC 6902) and JSON Merge Patch (RFC 7386) over JSON values. */

/** One operation of a JSON Patch. */
export interface Operation {
  readonly op: "add" | "remove" | "replace" | "move" | "copy" | "test";
  readonly path: string;
  readonly from?: string;
  readonly value?: unknown;
}

/** Why a JSON Patch could not be applied. */
export class PatchError extends Error {
  override readonly name = "PatchError";
}

/** The value after all operations; throws PatchError where one cannot be done. */
export function applyJsonPatch(value: unknown, operations: readonly Operation[]): unknown {
  if (!Array.isArray(operations) || !operations.every((one) => isMap(one) && typeof one.path === "string")) {
    throw new PatchError("a patch is a list of operations, each with a path");
  }
  return operations.reduce((current, operation) => applyOne(current, operation), structuredClone(value));
}

function applyOne(root: unknown, { op, path, from, value }: Operation): unknown {
  switch (op) {
    case "add":
    case "replace":
      return put(root, path, value ?? null, op);
    case "remove":
      return take(root, path);
    case "copy":
      return put(root, path, structuredClone(find(root, needed(from)) ?? null), "add");
    case "move": {
      const moved = find(root, needed(from)) ?? null;
      return put(take(root, needed(from)), path, moved, "add");
    }
    case "test":
      if (!equal(find(root, path) ?? null, value ?? null)) throw new PatchError(`testing path ${path} failed`);
      return root;
    default:
      throw new PatchError(`unknown operation ${op}`);
  }
}

function needed(from: string | undefined): string {
  if (from === undefined) throw new PatchError("no from");
  return from;
}

/** The steps of a path: what stands before its first slash does not count. */
function steps(path: string): string[] {
  const parts = path.split("/");
  const all = parts.length === 1 ? [] : parts.slice(1, -1);
  return [...all, parts.at(-1) ?? ""].map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
}

type Holder = Record<string, unknown> | unknown[];

/** What holds the value of a path, and under which name. Throws PatchError where there is no such holder. */
function holderOf(root: unknown, path: string): [holder: Holder, last: string] {
  const all = steps(path);
  const holder = all.slice(0, -1).reduce(
    (value, step) => step in Object(value) ? (value as never)[step] : undefined,
    root,
  );
  if (typeof holder !== "object" || holder === null) throw new PatchError(`no value at ${path}`);
  return [holder as Holder, all.at(-1) as string];
}

/** The place of an item in a list; negative ones count from its end. */
function indexIn(list: readonly unknown[], step: string, end: number): number {
  const index = /^-?\d+$/.test(step) ? Number(step) : NaN;
  const at = index < 0 ? index + end + 1 : index;
  if (!(at >= 0 && at <= end)) throw new PatchError(`no item ${step} of ${list.length}`);
  return at;
}

/** The value at a path; undefined for a field that is not there. */
function find(root: unknown, path: string): unknown {
  if (path === "") return root;
  const [holder, last] = holderOf(root, path);
  return Array.isArray(holder) ? holder[indexIn(holder, last, holder.length - 1)] : holder[last];
}

function put(root: unknown, path: string, value: unknown, op: "add" | "replace"): unknown {
  if (path === "") throw new PatchError("the whole cannot be put");
  const [holder, last] = holderOf(root, path);
  if (!Array.isArray(holder)) holder[last] = value;
  else if (op === "replace") holder[indexIn(holder, last, holder.length - 1)] = value;
  else holder.splice(last === "-" ? holder.length : indexIn(holder, last, holder.length), 0, value);
  return root;
}

function take(root: unknown, path: string): unknown {
  const [holder, last] = holderOf(root, path);
  if (Array.isArray(holder)) holder.splice(indexIn(holder, last, holder.length - 1), 1);
  else if (last in holder) delete holder[last];
  else throw new PatchError(`no value at ${path}`);
  return root;
}

/** The value after a merge patch: null takes away, objects merge, everything else replaces. */
export function applyMergePatch(value: unknown, patch: unknown): unknown {
  if (!isMap(patch)) return patch;
  const result: Record<string, unknown> = isMap(value) ? { ...value } : {};
  for (const [key, change] of Object.entries(patch)) {
    if (change === null) delete result[key];
    else result[key] = applyMergePatch(result[key], change);
  }
  return result;
}

/** Whether a value is a JSON object. */
export function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether two JSON values are the same, whatever the order of keys. */
export function equal(a: unknown, b: unknown): boolean {
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((item, i) => equal(item, b[i]));
  if (!isMap(a)) return a === b;
  if (!isMap(b)) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => key in b && equal(a[key], b[key]));
}
