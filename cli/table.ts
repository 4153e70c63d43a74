/** Columns of text, each as wide as its widest cell, three blanks apart. */
export function printTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => (row[column] ?? "").length)));
  return all.map((row) => row.map((cell, column) => cell.padEnd(widths[column] as number)).join("   ").trimEnd()).join(
    "\n",
  );
}
