/** Tables of the server as lines of text. */
import { alignTabs, TABLE_TABS } from "./tabs.ts";

/** A Table as far as printing needs it. */
export interface ServerTable {
  readonly columnDefinitions: readonly { readonly name: string; readonly priority: number; readonly format: string }[];
  readonly rows: readonly TableRow[];
}

/** One row, with as much of the object as was asked for. */
export interface TableRow {
  readonly cells: readonly unknown[];
  readonly object?: {
    readonly metadata?: {
      readonly name?: string;
      readonly namespace?: string;
      readonly labels?: Record<string, string>;
    };
  } | null;
}

/** What to show of a table. */
export interface TableOptions {
  readonly wide?: boolean;
  readonly headers?: boolean;
  readonly namespaces?: boolean;
  readonly showLabels?: boolean;
  readonly labelColumns?: readonly string[];
  /** `pod`: shown before each name, where several kinds are listed. */
  readonly kind?: string;
}

/** The lines of a table, each with its newline. */
export function printTable(table: ServerTable, options: TableOptions = {}): string {
  const shown = table.columnDefinitions.map((column, index) => ({ column, index }))
    .filter(({ column }) => options.wide || column.priority === 0);
  const extra = options.labelColumns ?? [];
  const header = [
    ...(options.namespaces ? ["NAMESPACE"] : []),
    ...shown.map(({ column }) => column.name.toUpperCase()),
    ...extra.map((label) => (label.split("/").at(-1) ?? "").toUpperCase()),
    ...(options.showLabels ? ["LABELS"] : []),
  ];
  const rows = table.rows.map((row) => [
    ...(options.namespaces ? [row.object?.metadata?.namespace ?? ""] : []),
    ...shown.map(({ column, index }) =>
      cellText(row.cells[index], column.format === "name" ? options.kind : undefined)
    ),
    ...extra.map((label) => row.object?.metadata?.labels?.[label] ?? ""),
    ...(options.showLabels ? [labelText(row.object?.metadata?.labels ?? {})] : []),
  ]);
  const all = options.headers === false ? rows : [header, ...rows];
  if (all.length === 0) return "";
  return `${alignTabs(all.map((row) => row.join("\t")).join("\n"), TABLE_TABS)}\n`;
}

function cellText(cell: unknown, kind: string | undefined): string {
  const text = cell === null || cell === undefined ? "<none>" : String(cell);
  const [first = ""] = text.split(/[\f\n\r]/);
  const short = first === text ? text : `${first}...`;
  return kind === undefined ? short : `${kind}/${short}`;
}

function labelText(labels: Readonly<Record<string, string>>): string {
  const entries = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
  return entries.length === 0 ? "<none>" : entries.map(([key, value]) => `${key}=${value}`).join(",");
}
