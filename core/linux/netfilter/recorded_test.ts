import { assertEquals } from "@std/assert";
import type { Table } from "../../../wasm/mod.ts";
import { applyCommand } from "./apply.ts";
import { checkTable } from "./check.ts";
import { parseCommand, type Reading } from "./command.ts";
import { compileTable } from "./compile.ts";
import { Complaint } from "./complaint.ts";
import { TableEdit } from "./table_edit.ts";
import { emptyTable } from "./table_text.ts";
import { type Answer, complaintText, kernelText } from "./tool_text.ts";

/** One rule appended by the real tool, and what the listings said then. */
interface Recorded {
  readonly family: 4 | 6;
  readonly table: Table;
  readonly chain: string;
  readonly args: readonly string[];
  readonly exit: number;
  readonly out?: string;
  readonly err?: string;
  readonly save?: readonly string[];
  readonly vsave?: readonly string[];
  readonly list?: readonly string[];
  readonly listn?: readonly string[];
  readonly listv?: readonly string[];
}

async function recorded(): Promise<Recorded[]> {
  const file = new URL("../../../tests/vectors/iptables.json.gz", import.meta.url);
  const stream = (await Deno.open(file)).readable.pipeThrough(new DecompressionStream("gzip"));
  return (JSON.parse(await new Response(stream).text()) as { cases: Recorded[] }).cases;
}

function run(edit: TableEdit, words: readonly string[], family: 4 | 6): Answer {
  const tool = family === 4 ? "iptables" : "ip6tables";
  let err = "";
  const reading: Reading = {
    family,
    isChain: (_, name) => edit.has(name),
    setFamily: (name) => name === "h" || name === "hp" ? family : undefined,
    warn: (text) => err += text,
  };
  try {
    const request = parseCommand(words, 0, reading);
    if ("loaded" in request) throw new Error("asks for text only");
    const { out, tried, errno } = applyCommand(edit, request, { family });
    const verdict = errno === "ok" ? checkTable({ table: request.table, family }, edit.chains) : errno;
    if (verdict !== "ok") return { out, err: err + kernelText(tool, tried, verdict), exit: 1 };
    compileTable(edit.chains, { family, table: request.table, setNumber: () => 0 });
    return { out, err, exit: 0 };
  } catch (error) {
    if (!(error instanceof Complaint)) throw error;
    return { out: "", err: err + complaintText(tool, error), exit: error.status };
  }
}

const LISTINGS = [
  ["save", ["-S"], 1],
  ["vsave", ["-v", "-S"], 1],
  ["list", ["-L"], 2],
  ["listn", ["-n", "-L"], 2],
  ["listv", ["-v", "-n", "-L"], 2],
] as const;

Deno.test("a rule typed, refused, saved and listed reads as the real iptables 1.8.9 wrote it", async () => {
  const cases = await recorded();
  for (const one of cases) {
    const edit = TableEdit.from(emptyTable(one.table));
    if (one.table === "filter") edit.create("USER");
    const typed = `${one.table} -A ${one.chain} ${one.args.join(" ")}`;
    const answer = run(edit, ["-t", one.table, "-A", one.chain, ...one.args], one.family);
    assertEquals(answer, { out: one.out ?? "", err: one.err ?? "", exit: one.exit }, typed);
    if (one.exit !== 0) continue;
    for (const [field, words, heading] of LISTINGS) {
      const { out } = run(edit, ["-t", one.table, ...words, one.chain], one.family);
      assertEquals(out.split("\n").slice(heading, -1), one[field] ?? [], `${typed}: ${words.join(" ")}`);
    }
  }
  assertEquals(cases.length > 700, true);
});
