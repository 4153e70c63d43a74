/** JSON with sorted keys: the same text for the same value. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, item) => {
    if (typeof item !== "object" || item === null || Array.isArray(item)) return item;
    return Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}

/** Whether two values are the same JSON; the order of keys does not count, nor do keys whose value is undefined. */
export function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((item, i) => sameItem(item, b[i]));
  if (!isRecord(a) || !isRecord(b)) return Number.isNaN(a) && Number.isNaN(b);
  let left = 0;
  for (const key in a) {
    if (a[key] === undefined) continue;
    if (b[key] === undefined || !sameJson(a[key], b[key])) return false;
    left++;
  }
  for (const key in b) if (b[key] !== undefined) left--;
  return left === 0;
}

/** In a list, what is undefined is written as null. */
function sameItem(a: unknown, b: unknown): boolean {
  return sameJson(a ?? null, b ?? null);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const OWN = { enumerable: true, configurable: true, writable: true } as const;

/** A deep copy of what JSON can say: objects, lists and plain values. */
export function copyJson<T>(value: T): T {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(copyJson) as T;
  const copy: Record<string, unknown> = {};
  for (const key in value) {
    // A key of that name is a key like any other in JSON, but assigning to it would set the prototype.
    if (key === "__proto__") Object.defineProperty(copy, key, { ...OWN, value: copyJson(value[key]) });
    else copy[key] = copyJson(value[key]);
  }
  return copy as T;
}
