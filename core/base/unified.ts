/** Hunks of a unified diff (`diff -u`), three lines of context; empty where the texts are the same. */
export function unifiedDiff(before: string, after: string): string {
  const [old, now] = [before, after].map((text) => text.replace(/\n$/, "").split("\n")) as [string[], string[]];
  const edits = align(before === "" ? [] : old, after === "" ? [] : now);
  return hunks(edits).map(printHunk).join("");
}

interface Edit {
  readonly mark: " " | "-" | "+";
  readonly text: string;
  /** Line numbers before and after, from 0. */
  readonly old: number;
  readonly now: number;
}

/** The longest common lines, and what stands between them. */
function align(old: readonly string[], now: readonly string[]): Edit[] {
  const longest = Array.from({ length: old.length + 1 }, () => new Uint32Array(now.length + 1));
  for (let i = old.length - 1; i >= 0; i--) {
    for (let j = now.length - 1; j >= 0; j--) {
      const row = longest[i] as Uint32Array;
      const below = longest[i + 1] as Uint32Array;
      row[j] = old[i] === now[j] ? (below[j + 1] as number) + 1 : Math.max(below[j] as number, row[j + 1] as number);
    }
  }
  const edits: Edit[] = [];
  let [i, j] = [0, 0];
  while (i < old.length || j < now.length) {
    if (i < old.length && j < now.length && old[i] === now[j]) {
      edits.push({ mark: " ", text: old[i] as string, old: i++, now: j++ });
    } else if (i < old.length && (j >= now.length || (longest[i + 1]?.[j] ?? 0) >= (longest[i]?.[j + 1] ?? 0))) {
      edits.push({ mark: "-", text: old[i] as string, old: i++, now: j });
    } else edits.push({ mark: "+", text: now[j] as string, old: i, now: j++ });
  }
  return edits;
}

const CONTEXT = 3;

function hunks(edits: readonly Edit[]): Edit[][] {
  const groups: [from: number, to: number][] = [];
  edits.forEach(({ mark }, index) => {
    if (mark === " ") return;
    const [from, to] = [Math.max(0, index - CONTEXT), Math.min(edits.length, index + CONTEXT + 1)];
    const last = groups.at(-1);
    if (last !== undefined && from <= last[1]) last[1] = to;
    else groups.push([from, to]);
  });
  return groups.map(([from, to]) => edits.slice(from, to));
}

function printHunk(edits: readonly Edit[]): string {
  const [first] = edits as [Edit];
  const count = (marks: string) => edits.filter(({ mark }) => marks.includes(mark)).length;
  const range = (start: number, length: number) =>
    length === 1 ? `${start + 1}` : `${length === 0 ? start : start + 1},${length}`;
  const head = `@@ -${range(first.old, count(" -"))} +${range(first.now, count(" +"))} @@\n`;
  return head + edits.map(({ mark, text }) => `${mark}${text}\n`).join("");
}
