import type { Link, LinkStats } from "../../../wasm/mod.ts";
import type { Entry } from "./entry.ts";
import type { IpTool } from "./tool.ts";

/** Column widths before any value widens them. */
const WIDTHS = [10, 7, 6, 7, 7, 7, 10];
const UNITS = ["", "k", "M", "G", "T", "P"];

/** The counters of one direction in the order of the columns, then of the second line (-s -s). */
interface Columns {
  readonly label: "RX" | "TX";
  readonly heads: readonly string[];
  readonly keys: readonly string[];
  readonly moreHeads: readonly string[];
  readonly moreKeys: readonly string[];
}

const RX: Columns = {
  label: "RX",
  heads: ["bytes", "packets", "errors", "dropped", "missed", "mcast"],
  keys: ["bytes", "packets", "errors", "dropped", "over_errors", "multicast"],
  moreHeads: ["length", "crc", "frame", "fifo", "overrun"],
  moreKeys: ["length_errors", "crc_errors", "frame_errors", "fifo_errors", "missed_errors"],
};
const TX: Columns = {
  label: "TX",
  heads: ["bytes", "packets", "errors", "dropped", "carrier", "collsns"],
  keys: ["bytes", "packets", "errors", "dropped", "carrier_errors", "collisions"],
  moreHeads: ["aborted", "fifo", "window", "heartbt", "transns"],
  moreKeys: ["aborted_errors", "fifo_errors", "window_errors", "heartbeat_errors", "carrier_changes"],
};

/** The statistics of `ip -s link`: two lines a direction, four with -s -s. */
export function putStats(entry: Entry, tool: IpTool, link: Link): void {
  const { stats = 0, human = false } = tool.options;
  const widths = WIDTHS.map((width, column) =>
    Math.max(width, cell(link.rx, column, human).length, cell(link.tx, column, human).length)
  );
  const text = [
    ...directionLines(RX, link.rx, { widths, more: stats > 1, human }),
    ...directionLines(TX, link.tx, { widths, more: stats > 1, human }),
  ];
  entry.put("stats64", {
    rx: directionFields(RX, link.rx, stats > 1),
    tx: directionFields(TX, link.tx, stats > 1),
  }, text.map((line) => `${tool.feed}    ${line}`).join(""));
}

function directionLines(
  columns: Columns,
  stats: LinkStats,
  { widths, more, human }: { readonly widths: readonly number[]; readonly more: boolean; readonly human: boolean },
): string[] {
  const pad = (text: string, column: number): string => text.padStart(widths[column] ?? 0);
  const heads = columns.heads.map((
    head,
    column,
  ) => (column === 0 ? head.padStart((widths[0] ?? 0) - 4) : pad(head, column)));
  const values = columns.heads.map((_, column) => pad(cell(stats, column, human), column));
  const lines = [
    `${columns.label}: ${heads.join(" ")} ${"".padStart(widths[6] ?? 0)}`,
    `${values.join(" ")} `,
  ];
  if (!more) return lines;
  const moreHeads = columns.moreHeads.map((head, column) => pad(head, column + 1));
  const zeros = columns.moreHeads.map((_, column) => pad("0", column + 1));
  return [
    ...lines,
    `${columns.label} errors: ${moreHeads.join(" ")}`,
    `${"".padStart(widths[0] ?? 0)} ${zeros.join(" ")} `,
  ];
}

function directionFields(columns: Columns, stats: LinkStats, more: boolean): Record<string, number> {
  const values = counters(stats);
  const fields = columns.keys.map((key, column) => [key, values[column] ?? 0] as const);
  const rest = more ? columns.moreKeys.map((key) => [key, 0] as const) : [];
  return Object.fromEntries([...fields, ...rest]);
}

function counters(stats: LinkStats): readonly number[] {
  return [stats.bytes, stats.packets, stats.errors, stats.dropped];
}

function cell(stats: LinkStats, column: number, human: boolean): string {
  return printCount(counters(stats)[column] ?? 0, human);
}

/** A counter, with -h in powers of 1000 as `1.20k`. */
function printCount(value: number, human: boolean): string {
  if (!human || value < 1000) return String(value);
  const power = Math.min(UNITS.length - 1, Math.floor(Math.log10(value) / 3));
  const scaled = value / 1000 ** power;
  return `${scaled.toFixed(scaled >= 100 ? 0 : scaled >= 10 ? 1 : 2)}${UNITS[power] ?? ""}`;
}
