/** Records in dig's columns: owner to 24, ttl to 32, class to 40, type to 48, by tabs; where a column is full, one column on. */
import type { Question, Rr } from "../../dns/mod.ts";

const TAB = 8;

/** `www.lab.test.		0	IN	A	10.0.1.9`. */
export function recordLine({ name, ttl, class: kind, type, data }: Rr): string {
  return columns([[name, 24], [String(ttl), 32], [kind, 40], [type, 48]], data);
}

/** `;www.lab.test.			IN	A`. */
export function questionLine({ name, class: kind, type }: Question): string {
  return `;${columns([[name, 32], [kind, 40]], type)}`;
}

function columns(cells: readonly (readonly [string, number])[], last: string): string {
  let line = "";
  let at = 0;
  for (const [text, end] of cells) {
    line += text;
    at += text.length;
    const to = at >= end ? at + 1 : end;
    // One column on may be a tab stop: then that one column is a tab.
    const tabs = Math.floor(to / TAB) - Math.floor(at / TAB);
    line += tabs > 0 ? "\t".repeat(tabs) + " ".repeat(to % TAB) : " ".repeat(to - at);
    at = to;
  }
  return line + last;
}
