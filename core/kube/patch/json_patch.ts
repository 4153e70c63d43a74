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

function applyOne(root: unknown, { op, path, from = "", value }: Operation): unknown {
  switch (op) {
    case "add":
      return put(root, path, value, true);
    case "replace":
      find(root, path);
      return put(root, path, value, false);
    case "remove":
      return take(root, path);
    case "copy":
      return put(root, path, structuredClone(find(root, from)), true);
    case "move": {
      const moved = find(root, from);
      return put(take(root, from), path, moved, true);
    }
    case "test":
      if (!equal(find(root, path), value)) throw new PatchError(`testing path ${path} failed`);
      return root;
    default:
      throw new PatchError(`unknown operation ${op}`);
  }
}

function steps(path: string): string[] {
  if (path === "") return [];
  return path.slice(1).split("/").map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
}

function find(root: unknown, path: string): unknown {
  let value = root;
  for (const step of steps(path)) {
    if (typeof value !== "object" || value === null || !(step in value)) throw new PatchError(`no value at ${path}`);
    value = (value as Record<string, unknown>)[step];
  }
  return value;
}

function parentOf(root: unknown, path: string): [parent: Record<string, unknown> | unknown[], last: string] {
  const all = steps(path);
  const parent = find(root, "/" + all.slice(0, -1).map(escape).join("/")) as Record<string, unknown>;
  if (typeof parent !== "object" || parent === null) throw new PatchError(`no value at ${path}`);
  return [parent, all.at(-1) as string];
}

function escape(step: string): string {
  return step.replaceAll("~", "~0").replaceAll("/", "~1");
}

function put(root: unknown, path: string, value: unknown, insert: boolean): unknown {
  if (path === "") return value;
  const [parent, last] = steps(path).length === 1
    ? [root as Record<string, unknown>, steps(path)[0] as string]
    : parentOf(root, path);
  if (!Array.isArray(parent)) parent[last] = value;
  else {
    const index = last === "-" ? parent.length : Number(last);
    if (!Number.isInteger(index) || index < 0 || index > parent.length) throw new PatchError(`no value at ${path}`);
    parent.splice(index, insert ? 0 : 1, value);
  }
  return root;
}

function take(root: unknown, path: string): unknown {
  find(root, path);
  const [parent, last] = steps(path).length === 1
    ? [root as Record<string, unknown>, steps(path)[0] as string]
    : parentOf(root, path);
  if (Array.isArray(parent)) parent.splice(Number(last), 1);
  else delete parent[last];
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
