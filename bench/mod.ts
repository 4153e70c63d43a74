/** `deno task bench [SUBJECT...] [--json]`: measures what podwire's speed stands on, each beside its peers in the same run. */
import type { Row } from "./measure.ts";

/** The subjects in the order in which they run; each is loaded only when it is asked for. */
export const SUBJECTS: Readonly<Record<string, () => Promise<Row[]>>> = {
  routes: async () => await (await import("./routes.ts")).routes(),
  chains: async () => await (await import("./chains.ts")).chains(),
  conntrack: async () => await (await import("./conntrack.ts")).conntrack(),
  path: async () => await (await import("./path.ts")).path(),
};

/** Rows as a table for people. */
export function printRows(rows: readonly Row[]): string {
  const head = ["subject", "case", "ours", "theirs", "unit", "ratio", "peer"];
  const lines = rows.map((
    row,
  ) => [row.subject, row.case, `${row.ours}`, `${row.theirs}`, row.unit, `${row.ratio}x`, row.peer]);
  const widths = head.map((word, n) => Math.max(word.length, ...lines.map((line) => line[n]?.length ?? 0)));
  const isNumber = (n: number) => n === 2 || n === 3 || n === 5;
  const pad = (word: string, n: number) => isNumber(n) ? word.padStart(widths[n] ?? 0) : word.padEnd(widths[n] ?? 0);
  return [head, ...lines].map((line) => line.map(pad).join("  ").trimEnd() + "\n").join("");
}

async function main(args: readonly string[]): Promise<number> {
  const names = args.filter((arg) => arg !== "--json");
  const unknown = names.find((name) => !Object.hasOwn(SUBJECTS, name));
  if (unknown !== undefined) {
    console.error(`bench: no subject ${unknown}, expected one of ${Object.keys(SUBJECTS).join(", ")}`);
    return 2;
  }
  const rows: Row[] = [];
  for (const [name, run] of Object.entries(SUBJECTS)) {
    if (names.length === 0 || names.includes(name)) rows.push(...await run());
  }
  console.log(args.includes("--json") ? JSON.stringify(rows, null, 2) : printRows(rows).trimEnd());
  return 0;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
