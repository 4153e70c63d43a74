/** What a template sees and computes with. */
export type TemplateValue =
  | string
  | number
  | boolean
  | undefined
  | readonly TemplateValue[]
  | ReadonlyMap<string, TemplateValue>
  | ((...args: readonly TemplateValue[]) => TemplateValue);

/** What Go prints for a value. */
export function printValue(value: TemplateValue): string {
  if (value === undefined) return "";
  if (value instanceof Map) {
    return `map[${
      [...value].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, item]) => `${key}:${printValue(item)}`).join(" ")
    }]`;
  }
  return Array.isArray(value) ? `[${value.map(printValue).join(" ")}]` : String(value);
}

/** What `if` takes for true: everything that is not empty. */
export function isTrue(value: TemplateValue): boolean {
  if (value instanceof Map) return value.size > 0;
  return Array.isArray(value) ? value.length > 0 : Boolean(value);
}
