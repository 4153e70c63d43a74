/**
 * `deno task bench [SUBJECT...] [--json] [--keep]`: measures what podwire's speed stands on, each beside its peers in the same run.
 * `--keep` makes the run the new baseline and writes the table of the README.
 */
import type { Row } from "./measure.ts";
import { geomean, printMarkdown, printRows } from "./report.ts";

/** The subjects in the order in which they run; each is loaded only when it is asked for. */
export const SUBJECTS: Readonly<Record<string, () => Promise<Row[]>>> = {
  routes: async () => await (await import("./routes.ts")).routes(),
  chains: async () => await (await import("./chains.ts")).chains(),
  conntrack: async () => await (await import("./conntrack.ts")).conntrack(),
  services: async () => [
    ...await (await import("./services.ts")).services(),
    ...await (await import("./services_sync.ts")).syncs(),
  ],
  path: async () => await (await import("./path.ts")).path(),
  api: async () => await (await import("./api.ts")).api(),
  dns: async () => await (await import("./dns.ts")).dns(),
};

const BASELINE = new URL("./baseline.json", import.meta.url);
const README = new URL("./README.md", import.meta.url);

async function baseline(): Promise<Row[]> {
  return JSON.parse(await Deno.readTextFile(BASELINE)) as Row[];
}

/** Rows of subjects that did not run stay. */
async function keep(rows: readonly Row[]): Promise<void> {
  const ran = new Set(rows.map(({ subject }) => subject));
  const all = [...(await baseline()).filter(({ subject }) => !ran.has(subject)), ...rows];
  const order = [...Object.keys(SUBJECTS), "all"];
  all.sort((a, b) => order.indexOf(a.subject) - order.indexOf(b.subject));
  await Deno.writeTextFile(BASELINE, JSON.stringify(all, null, 2) + "\n");
  const text = await Deno.readTextFile(README);
  const start = text.indexOf("| case | unit |");
  await Deno.writeTextFile(README, text.slice(0, start) + printMarkdown(all));
}

async function main(args: readonly string[]): Promise<number> {
  const names = args.filter((arg) => arg !== "--json" && arg !== "--keep");
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
  if (args.includes("--keep")) await keep(rows);
  return 0;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
