/** JSON as kubectl prints it: keys in order, four blanks, `<`, `>` and `&` escaped. */
export function printJson(value: unknown): string {
  return `${escapeHtml(JSON.stringify(sortKeys(value), null, 4))}\n`;
}

/** Escapes what Go's JSON escapes. */
export function escapeHtml(json: string): string {
  const escapes: Readonly<Record<string, string>> = { "<": "\\u003c", ">": "\\u003e", "&": "\\u0026" };
  return json.replace(/[<>&]/g, (one) => escapes[one] as string);
}

/** The value with the keys of all maps in order. */
export function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, sortKeys(item)]));
}
