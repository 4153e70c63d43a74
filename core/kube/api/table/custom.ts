/** Tables of custom resources: a name, the columns their definition names by JSONPath, and an age where it names none. */
import type { PrinterColumn } from "../../objects/definition.ts";
import type { KubeObject } from "../../objects/object.ts";
import { age } from "./age.ts";
import type { Cell, TableShape } from "./shape.ts";

const AGE: PrinterColumn = { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" };

/** The table of a kind with these columns. */
export function customShape(columns: readonly PrinterColumn[] = [AGE]): TableShape {
  const shown = columns.length === 0 ? [AGE] : columns;
  const readers = shown.map(({ jsonPath }) => compile(jsonPath));
  return {
    columns: [
      { name: "Name", type: "string", format: "name", description: "", priority: 0 },
      ...shown.map(({ name, type, format = "", description = "", priority = 0 }) => ({
        name,
        type,
        format,
        description,
        priority,
      })),
    ],
    cells: (object: KubeObject, now: number) => [
      object.metadata.name,
      ...shown.map((column, i) => cellOf(column, readers[i]?.(object) ?? [], now)),
    ],
  };
}

function cellOf({ type }: PrinterColumn, values: readonly unknown[], now: number): Cell {
  const [value] = values;
  if (value === undefined || value === null) return null as unknown as Cell;
  if (type === "date") return typeof value === "string" ? age(value, now) : "<invalid>";
  if (type === "integer" || type === "number" || type === "boolean") return value as Cell;
  return typeof value === "string" ? value : JSON.stringify(value);
}

type Reader = (value: unknown) => unknown[];

/**
 * The JSONPath of columns:
 *
 *     path = *( "." NAME / "[" NUMBER "]" / "['" NAME "']" / "[*]" / "[?(@." NAME "==" LITERAL ")]" )
 */
function compile(path: string): Reader {
  const steps = [
    ...path.matchAll(
      /\.([\w-]+)|\['((?:[^'\\]|\\.)*)'\]|\[(\d+|\*)\]|\[\?\(@\.([\w.]+)\s*==\s*(?:"([^"]*)"|'([^']*)'|(\w+))\)\]/g,
    ),
  ];
  return (value) => steps.reduce<unknown[]>((values, step) => values.flatMap((one) => follow(one, step)), [value]);
}

function follow(value: unknown, [, name, quoted, index, field, ...literals]: RegExpMatchArray): unknown[] {
  if (typeof value !== "object" || value === null) return [];
  const key = name ?? quoted?.replaceAll("\\", "");
  if (key !== undefined) return key in value ? [(value as Record<string, unknown>)[key]] : [];
  const list = Object.values(value);
  if (index === "*") return list;
  if (index !== undefined) return list.slice(Number(index), Number(index) + 1);
  const wanted = literals.find((one) => one !== undefined);
  return list.filter((item) => String(read(item, field ?? "")) === wanted);
}

function read(value: unknown, path: string): unknown {
  return path.split(".").reduce<unknown>((at, key) => (at as Record<string, unknown> | null | undefined)?.[key], value);
}
