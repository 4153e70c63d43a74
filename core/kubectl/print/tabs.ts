/** Text with tabs into aligned columns, as Go's text/tabwriter does it: a column is as wide as the widest cell of the lines around that have it. */
export interface TabOptions {
  /** Narrowest column, padding included. */
  readonly minWidth: number;
  readonly padding: number;
}

/** Tables of `kubectl get`. */
export const TABLE_TABS: TabOptions = { minWidth: 6, padding: 3 };

/** Texts of `kubectl describe`. */
export const DESCRIBE_TABS: TabOptions = { minWidth: 0, padding: 2 };

/** Aligns a text whose cells end with tabs; the last cell of a line is not padded. */
export function alignTabs(text: string, options: TabOptions): string {
  const lines = text.split("\n").map((line) => line.split("\t"));
  const output: string[] = [];
  format(lines, { from: 0, to: lines.length, widths: [] }, options, output);
  return output.join("\n");
}

interface Block {
  readonly from: number;
  readonly to: number;
  readonly widths: readonly number[];
}

function format(lines: readonly string[][], { from, to, widths }: Block, options: TabOptions, output: string[]): void {
  const column = widths.length;
  let start = from;
  for (let at = from; at < to; at++) {
    if (column >= (lines[at] as string[]).length - 1) continue;
    write(lines, { from: start, to: at, widths }, output);
    start = at;
    let width = options.minWidth;
    for (; at < to && column < (lines[at] as string[]).length - 1; at++) {
      width = Math.max(width, widthOf(lines[at]?.[column] ?? "") + options.padding);
    }
    format(lines, { from: start, to: at, widths: [...widths, width] }, options, output);
    start = at;
    at--;
  }
  write(lines, { from: start, to, widths }, output);
}

function write(lines: readonly string[][], { from, to, widths }: Block, output: string[]): void {
  for (let at = from; at < to; at++) {
    const cells = (lines[at] as string[]).map((cell, index) => {
      const width = widths[index];
      return width === undefined ? cell : cell + " ".repeat(Math.max(0, width - widthOf(cell)));
    });
    output.push(cells.join(""));
  }
}

function widthOf(text: string): number {
  return [...text].length;
}
