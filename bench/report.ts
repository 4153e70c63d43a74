/** Rows as a table for people, beside those of the committed baseline, and what they come to in all. */
import { round, type Row } from "./measure.ts";

const NATIVE = "native Rust";

/** The geometric mean of all cases against native Rust as a row of its own; none where nothing was compared. */
export function geomean(rows: readonly Row[]): Row[] {
  const ratios = rows.filter(({ peer }) => peer === NATIVE).map(({ ratio }) => ratio);
  if (ratios.length === 0) return [];
  const mean = Math.exp(ratios.reduce((sum, ratio) => sum + Math.log(ratio), 0) / ratios.length);
  return [{
    subject: "all",
    case: "native",
    ours: round(1 / mean),
    theirs: 1,
    peer: NATIVE,
    unit: "times",
    ratio: round(mean),
  }];
}

/** The table; `was` is the ratio of the same row in the baseline. */
export function printRows(rows: readonly Row[], baseline: readonly Row[]): string {
  const before = new Map(baseline.map((row) => [key(row), row.ratio]));
  const head = ["subject", "case", "ours", "theirs", "unit", "ratio", "was", "peer"];
  const lines = rows.map((row) => {
    const was = before.get(key(row));
    return [
      row.subject,
      row.case,
      `${row.ours}`,
      `${row.theirs}`,
      row.unit,
      `${row.ratio}x`,
      was === undefined ? "" : `${was}x`,
      row.peer,
    ];
  });
  const widths = head.map((word, n) => Math.max(word.length, ...lines.map((line) => line[n]?.length ?? 0)));
  const isNumber = (n: number) => n === 2 || n === 3 || n === 5 || n === 6;
  const pad = (word: string, n: number) => isNumber(n) ? word.padStart(widths[n] ?? 0) : word.padEnd(widths[n] ?? 0);
  return [head, ...lines].map((line) => line.map(pad).join("  ").trimEnd() + "\n").join("");
}

/** Columns of the README's table, and the peers that stand in each. */
const COLUMNS: readonly (readonly [head: string, isIn: (peer: string) => boolean])[] = [
  ["golden twin", (peer) => peer.startsWith("golden twin")],
  ["plain JS", (peer) => peer.startsWith("plain JS") && !peer.startsWith("plain JS Map")],
  ["plain JS Map", (peer) => peer.startsWith("plain JS Map")],
  ["npm mmdb-lib", (peer) => peer.startsWith("npm")],
  ["native Rust", (peer) => peer === NATIVE],
  ["Linux", (peer) => peer.startsWith("Linux kernel") || peer === "iptables-legacy"],
];

/** The table of the README: a line a case, a column a peer. */
export function printMarkdown(rows: readonly Row[]): string {
  const cases = Map.groupBy(rows, (row) => `${row.subject} ${row.case} | ${row.unit}`);
  const heads = COLUMNS.map(([head]) => head);
  const lines = [...cases].map(([name, of]) => {
    const figures = COLUMNS.map(([, isIn]) => figure(of.find(({ peer }) => isIn(peer))?.theirs));
    return `| ${name} | **${figure(of[0]?.ours)}** | ${figures.join(" | ")} |\n`;
  });
  return `| case | unit | ours | ${heads.join(" | ")} |\n| --- | --- | ---: |${" ---: |".repeat(heads.length)}\n${
    lines.join("")
  }`;
}

function figure(value: number | undefined): string {
  return value === undefined ? "" : value.toLocaleString("en-US", { maximumSignificantDigits: value < 1000 ? 3 : 9 });
}

function key({ subject, case: name, peer }: Row): string {
  return `${subject} ${name} ${peer}`;
}
