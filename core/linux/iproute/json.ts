/**
 * JSON as iproute2's json_writer lays it out. Compact: no blanks at all. Pretty: four blanks a level, `[ ` and ` ]` around
 * arrays, an object's first brace on the array's line.
 */

/** A number with digits of its own (`0.00`). */
export class JsonNumber {
  constructor(readonly text: string) {}
}

/** A value as tools report it; the order of keys is the order of printing. */
export type Json = null | boolean | number | string | JsonNumber | readonly Json[] | {
  readonly [key: string]: Json | undefined;
};

/** The text of a value, without a final line feed. */
export function printJson(value: Json, pretty: boolean, depth = 0): string {
  if (value instanceof JsonNumber) return value.text;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  if (Array.isArray(value)) return printArray(value, pretty, depth);
  return printObject(value as Readonly<Record<string, Json | undefined>>, pretty, depth);
}

function printArray(values: readonly Json[], pretty: boolean, depth: number): string {
  const items = values.map((value) => printJson(value, pretty, depth + 1)).join(",");
  if (!pretty) return `[${items}]`;
  return values.length === 0 ? "[ ]" : `[ ${items} ]`;
}

function printObject(fields: Readonly<Record<string, Json | undefined>>, pretty: boolean, depth: number): string {
  const entries = Object.entries(fields).filter((entry): entry is [string, Json] => entry[1] !== undefined);
  const indent = (level: number): string => (pretty ? "\n" + "    ".repeat(level) : "");
  const lines = entries.map(([key, value]) => {
    return `${indent(depth + 1)}${JSON.stringify(key)}:${pretty ? " " : ""}${printJson(value, pretty, depth + 1)}`;
  });
  return `{${lines.join(",")}${lines.length > 0 ? indent(depth) : ""}}`;
}
