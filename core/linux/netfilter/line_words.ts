/** Splits a line of iptables-restore text into words: blanks between, double quotes around, a backslash in quotes takes the next character. */

/**
 * The words of a line.
 *
 * @param offset where the words begin
 * @returns the words, or undefined when a quote is not closed
 */
export function splitLine(line: string, offset = 0): string[] | undefined {
  const words: string[] = [];
  const end = line.length;
  let at = offset;
  while (at < end) {
    const c = line.charCodeAt(at);
    if (c === 32 || c === 9 || c === 13) {
      at++;
      continue;
    }
    let stop = at;
    while (stop < end && !special(line.charCodeAt(stop))) stop++;
    if (stop === end || line.charCodeAt(stop) !== 34) {
      words.push(line.slice(at, stop));
      at = stop;
      continue;
    }
    const close = stop === at ? plainQuote(line, at) : -1;
    if (close >= 0) words.push(line.slice(at + 1, close));
    const next = close >= 0 ? close + 1 : quotedWord(line, at, words);
    if (next < 0) return undefined;
    at = next;
  }
  return words;
}

function special(c: number): boolean {
  return c === 32 || c === 9 || c === 34 || c === 13;
}

/** Where a word that is quoted as a whole, without escapes, ends with its second quote; -1 for any other. */
function plainQuote(line: string, from: number): number {
  const close = line.indexOf('"', from + 1);
  if (close < 0 || (close + 1 < line.length && line.charCodeAt(close + 1) !== 32)) return -1;
  const escape = line.indexOf("\\", from + 1);
  return escape < 0 || escape > close ? close : -1;
}

/** Reads a word that has quotes in it; returns where it ends, or -1. */
function quotedWord(line: string, from: number, words: string[]): number {
  let text = "", quoted = false, at = from;
  for (; at < line.length; at++) {
    const c = line.charCodeAt(at);
    if (c === 34) quoted = !quoted;
    else if (quoted && c === 92 && at + 1 < line.length) text += line[++at];
    else if (!quoted && (c === 32 || c === 9 || c === 13)) break;
    else text += line[at];
  }
  if (quoted) return -1;
  words.push(text);
  return at;
}
