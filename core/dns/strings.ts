/**
 * Character strings of record data: `"hello" "two words"`.
 *
 *     string = '"' { char | '\"' | '\\' | '\' DDD } '"' | { char that is no blank }       (RFC 1035 5.1)
 */

/** One string as dig prints it, in quotes. */
export function quoted(bytes: Uint8Array): string {
  const text = Array.from(bytes, (byte) => {
    if (byte < 0x20 || byte > 0x7e) return "\\" + String(byte).padStart(3, "0");
    return byte === 0x22 || byte === 0x5c ? "\\" + String.fromCharCode(byte) : String.fromCharCode(byte);
  });
  return `"${text.join("")}"`;
}

/** The strings of a text, as bytes; throws a RangeError where a quote is not closed. */
export function words(text: string): Uint8Array[] {
  const found: Uint8Array[] = [];
  let at = 0;
  while (at < text.length) {
    if (/\s/.test(text[at] as string)) {
      at++;
      continue;
    }
    const quote = text[at] === '"';
    const word = quote ? quotedWord(text, at + 1) : bareWord(text, at);
    found.push(word.bytes);
    at = word.end;
  }
  return found;
}

interface Word {
  readonly bytes: Uint8Array;
  readonly end: number;
}

function quotedWord(text: string, start: number): Word {
  const end = endOf(text, start, (char) => char === '"');
  if (end >= text.length) throw new RangeError("a quote is not closed");
  return { bytes: unescape(text.slice(start, end)), end: end + 1 };
}

function bareWord(text: string, start: number): Word {
  const end = endOf(text, start, (char) => /\s/.test(char));
  return { bytes: unescape(text.slice(start, end)), end };
}

function endOf(text: string, start: number, stop: (char: string) => boolean): number {
  let at = start;
  while (at < text.length && !stop(text[at] as string)) at += text[at] === "\\" ? 2 : 1;
  return at;
}

function unescape(text: string): Uint8Array {
  if (!text.includes("\\")) return new TextEncoder().encode(text);
  const parts = text.match(/\\\d{3}|\\.|[^\\]+/gs) ?? [];
  const bytes = parts.flatMap((part) => {
    if (/^\\\d{3}$/.test(part)) return [Number(part.slice(1)) & 255];
    return [...new TextEncoder().encode(part.startsWith("\\") ? part.slice(1) : part)];
  });
  return Uint8Array.from(bytes);
}
