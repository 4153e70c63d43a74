import type { WordReader } from "./words.ts";

/** The clauses of an object that is only carried, a line each. */
export function readOther(words: WordReader): string[] {
  const lines: string[] = [];
  let line: string[] = [];
  const inBlock = words.skip("{");
  for (;;) {
    const next = words.next;
    const ends = next === undefined || next === ";" || next === "\n" || next === "}";
    if (ends && line.length > 0) lines.push(line.join(" "));
    if (ends) line = [];
    if (!inBlock && ends) return lines;
    if (next === undefined) words.unexpected("'}'");
    words.take();
    if (next === "}") return lines;
    if (!ends) line.push(next);
  }
}
