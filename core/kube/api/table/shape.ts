import { printSelector, selectorOf } from "../../store/selector.ts";
import type { core, KubeObject, LabelSelector } from "../../objects/object.ts";
import type { ColumnDefinition } from "./table.ts";

/** A cell's value as JSON has it. */
export type Cell = string | number | boolean;

/** The columns of one kind's table, and how an object fills them. */
export interface TableShape {
  readonly columns: readonly ColumnDefinition[];
  cells(object: KubeObject, now: number): Cell[];
  conditions?(object: KubeObject): readonly object[] | undefined;
}

/**
 * A table from its columns in text: `Name:name Ready Up-to-date:integer | IP 'Nominated Node'`, where `:name` is the format of
 * names, `:integer` and `:boolean` are types, quotes hold blanks, and what stands after `|` is shown with `-o wide` only.
 */
export function shape<T extends KubeObject>(
  columns: string,
  cells: (object: T, now: number) => Cell[],
  conditions?: (object: T) => readonly object[] | undefined,
): TableShape {
  const [plain = "", wide = ""] = columns.split("|");
  return {
    columns: [...parseColumns(plain, 0), ...parseColumns(wide, 1)],
    cells: cells as TableShape["cells"],
    ...(conditions === undefined ? {} : { conditions: conditions as TableShape["conditions"] & object }),
  };
}

function parseColumns(text: string, priority: number): ColumnDefinition[] {
  return [...text.matchAll(/(?:'([^']*)'|([^\s:']+))(?::(\w+))?/g)].map(([, quoted, bare, mark]) => ({
    name: quoted ?? bare ?? "",
    type: mark === "integer" || mark === "boolean" ? mark : "string",
    format: mark === "name" ? "name" : "",
    description: "",
    priority,
  }));
}

/** Names and images of a template's containers: the `CONTAINERS` and `IMAGES` columns. */
export function containerCells(template: core.PodTemplateSpec | undefined): [names: string, images: string] {
  const containers = template?.spec?.containers ?? [];
  return [containers.map(({ name }) => name).join(","), containers.map(({ image }) => image ?? "").join(",")];
}

/** A spec's selector as columns show it; `<none>` for an empty or missing one. */
export function selectorCell(selector: LabelSelector | undefined): string {
  const text = printSelector(selectorOf(selector) ?? []);
  return text === "" ? "<none>" : text;
}

/** A label map as columns show it: sorted, `<none>` for none. */
export function labelsCell(labels: Readonly<Record<string, string>> | undefined): string {
  const entries = Object.entries(labels ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return entries.length === 0 ? "<none>" : entries.map(([key, value]) => `${key}=${value}`).join(",");
}

const SHOWN = 3;

/** The first three of a list, and how many more there are. */
export function someOf(list: readonly string[], none: string): string {
  if (list.length === 0) return none;
  const shown = list.slice(0, SHOWN).join(",");
  return list.length > SHOWN ? `${shown} + ${list.length - SHOWN} more...` : shown;
}
