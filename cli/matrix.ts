import { openLab } from "./files.ts";
import { printTable } from "./table.ts";
import type { MatrixRow } from "../mod.ts";
import { readWords, wholeNumber } from "./usage.ts";
import type { Verb } from "./verb.ts";

/** `podwire matrix`: who reaches whom; exit status 0 when every pair was delivered, 1 when one was not. */
export const matrix: Verb = {
  usage: "-f LAB... [--port P] [--json]",
  does: "who reaches whom: every pod to every Service port, or with --port every pod to every pod",
  async run(argv) {
    const words = readWords(argv, { string: ["port"] });
    const port = wholeNumber(words, "port");
    const rows = await (await openLab(words)).matrix(port === undefined ? {} : { port });
    console.log(words.flag["json"] ? JSON.stringify(rows, null, 2) : printMatrix(rows));
    return rows.every(({ verdict }) => verdict === "delivered") ? 0 : 1;
  },
};

/** A grid: one row a source, one column a destination, a letter a verdict. */
function printMatrix(rows: readonly MatrixRow[]): string {
  const columns = [...new Set(rows.map(({ to, port, proto }) => `${to}:${port}/${proto}`))];
  const sources = [...new Set(rows.map(({ from }) => from))];
  const letters = new Map(
    rows.map(({ from, to, port, proto, verdict }) => [`${from} ${to}:${port}/${proto}`, LETTERS[verdict]]),
  );
  const grid = sources.map((from) => [from, ...columns.map((_, i) => letters.get(`${from} ${columns[i]}`) ?? "")]);
  const legend = columns.map((column, i) => `  ${i + 1}  ${column}`).join("\n");
  return `${legend}\n\n${
    printTable(["", ...columns.map((_, i) => String(i + 1))], grid)
  }\n\n. delivered  r refused  X dropped  u unreachable  t timeout${printDeciders(rows)}`;
}

/** Whose rules ended how many of them, and the first of each. */
function printDeciders(rows: readonly MatrixRow[]): string {
  const decided = Map.groupBy(rows.filter(({ decidedBy }) => decidedBy !== undefined), deciderOf);
  const lines = [...decided].map(([decider, list]) => {
    const { from, to, port, proto } = list[0] as MatrixRow;
    return [decider, `${list.length}`, `${from} -> ${to}:${port}/${proto}`];
  });
  return lines.length === 0 ? "" : `\n\n${printTable(["DECIDED BY", "PAIRS", "THE FIRST"], lines)}`;
}

function deciderOf({ decidedBy: by }: MatrixRow): string {
  return [by?.kind, by?.namespace, by?.name].filter((part) => part !== undefined && part !== "").join("/");
}

const LETTERS: Readonly<Record<MatrixRow["verdict"], string>> = {
  delivered: ".",
  refused: "r",
  dropped: "X",
  unreachable: "u",
  timeout: "t",
};
