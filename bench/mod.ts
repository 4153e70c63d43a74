/** `deno task bench [SUBJECT...] [--json]`: measures what podwire's speed stands on, each beside its peers in the same run. */
import type { Row } from "./measure.ts";
import { geomean, printRows } from "./report.ts";

/** The subjects in the order in which they run; each is loaded only when it is asked for. */
export const SUBJECTS: Readonly<Record<string, () => Promise<Row[]>>> = {
  routes: async () => await (await import("./routes.ts")).routes(),
  chains: async () => await (await import("./chains.ts")).chains(),
  conntrack: async () => await (await import("./conntrack.ts")).conntrack(),
  path: async () => await (await import("./path.ts")).path(),
};

async function baseline(): Promise<Row[]> {
  return JSON.parse(await Deno.readTextFile(new URL("./baseline.json", import.meta.url))) as Row[];
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
  rows.push(...geomean(rows));
  console.log(args.includes("--json") ? JSON.stringify(rows, null, 2) : printRows(rows, await baseline()).trimEnd());
  return 0;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
