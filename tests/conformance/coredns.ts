/** Suite `coredns`: CoreDNS's own tests restated as data: query vectors, rows for the Corefile's lexer and parser, tables. */
import { parseArgs } from "@std/cli";
import { CorefileError, parseCorefile } from "../../core/addons/coredns/mod.ts";
import { lexCorefile } from "../../core/addons/coredns/corefile/lexer.ts";
import { type CorefileRow, type Fixture, type Json, parseJsonFile, type VectorFile } from "./coredns_format.ts";
import { checkRow } from "./coredns_tables.ts";
import { checkVector, type Problem } from "./coredns_vectors.ts";

const KINDS = ["vectors", "corefile", "tables"] as const;
type Kind = typeof KINDS[number];

/** One check and what came of it. */
interface Verdict {
  readonly kind: Kind;
  readonly name: string;
  readonly problem: Problem;
}

const SHOWN = 10;

/** `deno task conformance coredns VECTORS FIXTURE [--only TEXT] [--verbose]`. */
export async function coredns(args: readonly string[], say: (line: string) => void): Promise<number> {
  const flags = parseArgs([...args], { string: ["only"], boolean: ["verbose"] });
  const [vectors, fixture] = flags._.map(String);
  if (vectors === undefined || fixture === undefined) {
    say("usage: deno task conformance coredns VECTORS FIXTURE [--only TEXT] [--verbose]");
    return 2;
  }
  const file = parseJsonFile<VectorFile>(await Deno.readTextFile(vectors), vectors, "vectors of CoreDNS");
  const world = parseJsonFile<Fixture>(await Deno.readTextFile(fixture), fixture, "the vectors' fixture");
  const verdicts = (await checkAll(file, world)).filter(({ name }) => name.includes(flags.only ?? ""));
  const bad = verdicts.filter(({ problem }) => problem !== undefined);
  for (const { name, problem } of flags.verbose ? bad : bad.slice(0, SHOWN)) say(`${name}: ${problem}`);
  for (const kind of KINDS) {
    const all = verdicts.filter((verdict) => verdict.kind === kind);
    say(`${kind}: ${all.filter(({ problem }) => problem === undefined).length} of ${all.length}`);
  }
  say(`${verdicts.length - bad.length} passed, ${bad.length} failed`);
  return bad.length > 0 ? 1 : 0;
}

/** Every check of a file. */
export async function checkAll(file: VectorFile, fixture: Fixture): Promise<Verdict[]> {
  const verdicts: Verdict[] = [];
  const add = async (kind: Kind, name: string, check: () => Problem | Promise<Problem>) =>
    void verdicts.push({ kind, name, problem: await told(check) });
  for (const vector of file.vectors ?? []) await add("vectors", vector.id, () => checkVector(vector, fixture));
  for (const [i, { input, tokens }] of (file.corefile?.lexer ?? []).entries()) {
    await add(
      "corefile",
      `lexer ${i}`,
      () => same(lexCorefile(input, "f").map(({ line, text }) => [line, text]), tokens),
    );
  }
  for (const [i, row] of (file.corefile?.parse ?? []).entries()) {
    await add("corefile", `parse ${i} ${JSON.stringify(row.input)}`, () => checkCorefile(row, file.corefile.files));
  }
  for (const [table, { rows }] of Object.entries(file.tables ?? {})) {
    for (const [i, row] of rows.entries()) await add("tables", `${table} ${i}`, () => checkRow(table, row, fixture));
  }
  return verdicts;
}

async function told(check: () => Problem | Promise<Problem>): Promise<Problem> {
  try {
    return await check();
  } catch (error) {
    return `threw ${error instanceof Error ? error.stack : error}`;
  }
}

function same(got: unknown, want: Json | readonly unknown[]): Problem {
  const [a, b] = [JSON.stringify(got), JSON.stringify(want)];
  return a === b ? undefined : `expected ${b}, got ${a}`;
}

function checkCorefile(row: CorefileRow, files: Readonly<Record<string, string>>): Problem {
  const folder = (pattern: string) => {
    const form = new RegExp(
      `^${pattern.replace(/[.+^${}()|\\]/g, "\\$&").replaceAll("*", ".*").replaceAll("?", ".")}$`,
    );
    return Object.keys(files).filter((name) => form.test(name)).sort();
  };
  try {
    const { blocks, warnings } = parseCorefile(row.input, {
      file: "Corefile",
      known: () => true,
      env: row.env ?? {},
      read: (path) => files[path],
      glob: folder,
    });
    if (row.error !== undefined) return `accepted, expected ${row.error}`;
    const got = blocks.map(({ keys, directives }) => ({
      keys: keys.map(({ text }) => text),
      directives: Object.fromEntries([...directives].map(([name, tokens]) => [name, tokens.map(({ text }) => text)])),
    }));
    const wrong = (row.warnings ?? []).find((line) => !warnings.includes(line));
    return wrong === undefined ? same(sorted(got), sorted(row.blocks ?? []) as Json) : `no warning ${wrong}`;
  } catch (error) {
    if (!(error instanceof CorefileError)) throw error;
    const want = row.error === undefined ? undefined : `${row.at} - ${row.error}`;
    return error.startup === want ? undefined : `${want ?? "no error"} expected, got ${error.startup}`;
  }
}

/** Blocks with directives in the order of their names. */
function sorted(blocks: NonNullable<CorefileRow["blocks"]>): unknown {
  return blocks.map(({ keys, directives }) => [keys, Object.entries(directives).sort(([a], [b]) => (a < b ? -1 : 1))]);
}
