/**
 * Zone files (RFC 1035 5.1), as miekg/dns reads them:
 *
 *     file   = { "$ORIGIN" name | "$TTL" ttl | record } ; "( ... )" joins lines, ";" starts a comment
 *     record = [ owner ] { ttl | class } type data       no owner: that of the record before; "@" is the origin
 *     ttl    = digits | { digits ("s" | "m" | "h" | "d" | "w") }
 */
import { TextError } from "../base/mod.ts";
import { absolute, isName, under } from "./name.ts";
import { classNumber, typeNumber } from "./numbers.ts";
import { isRdata } from "./rdata.ts";
import type { Rr } from "./record.ts";

/** A zone file that cannot be read; `message` has the place, `complaint` is miekg/dns's text. */
export class ZoneFileError extends TextError {
  constructor(file: string, at: { readonly line: number; readonly column: number }, readonly complaint: string) {
    super(file, at.line, at.column, complaint, "a line of a zone file");
  }
}

interface Word {
  readonly text: string;
  readonly line: number;
  /** Of its end, as miekg/dns counts. */
  readonly column: number;
}

/** One record's words; `owned` when its line begins with an owner. */
interface Entry {
  readonly words: readonly Word[];
  readonly owned: boolean;
}

/** Types with domain names in their data: where. */
const NAMES: Readonly<Record<string, readonly number[]>> = {
  NS: [0],
  CNAME: [0],
  PTR: [0],
  DNAME: [0],
  MX: [1],
  SRV: [3],
  SOA: [0, 1],
  RP: [0, 1],
  NAPTR: [5],
  SVCB: [1],
  HTTPS: [1],
  NSEC: [0],
  RRSIG: [7],
};
/** How miekg/dns calls the last field of a record's data. */
const FIELDS: Readonly<Record<string, string>> = {
  A: "A",
  AAAA: "AAAA",
  NS: "Ns",
  CNAME: "Target",
  PTR: "Ptr",
  MX: "Mx",
  SRV: "Target",
  TXT: "Txt",
  SOA: "zone parameter",
};
const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };
const DEFAULT_TTL = 3600;

/** The records of a zone file in their order; throws a {@link ZoneFileError}. */
export function parseZoneFile(text: string, options: { readonly origin: string; readonly file: string }): Rr[] {
  const records: Rr[] = [];
  let [origin, ttl, owner]: [string, number | undefined, string] = [absolute(options.origin), undefined, ""];
  for (const entry of entriesOf(text)) {
    const [first, second] = entry.words as [Word, Word | undefined];
    const bad = (at: Word, problem: string) =>
      new ZoneFileError(
        options.file,
        at,
        `dns: ${problem}: ${JSON.stringify(at.text)} at line: ${at.line}:${at.column}`,
      );
    if (entry.owned && first.text === "$ORIGIN") {
      if (second === undefined || !isName(second.text)) throw bad(second ?? first, "bad origin name");
      origin = qualify(second.text, origin);
      continue;
    }
    if (entry.owned && first.text === "$TTL") {
      const given = second === undefined ? undefined : parseTtl(second.text);
      if (given === undefined) throw bad(second ?? first, "expecting $TTL value, not this...");
      ttl = given;
      continue;
    }
    if (entry.owned && first.text.startsWith("$")) throw bad(first, "unknown directive");
    if (entry.owned) {
      if (!isName(first.text) && first.text !== "@") throw bad(first, "bad owner name");
      owner = qualify(first.text, origin);
    }
    const head = readHead(entry.owned ? entry.words.slice(1) : entry.words, { first, bad });
    const data = dataOf(head.type.text.toUpperCase(), head.data.map((word) => word.text), origin);
    const type = head.type.text.toUpperCase();
    if (!isRdata(type, data)) throw bad(head.data.at(-1) ?? head.type, `bad ${type} ${FIELDS[type] ?? "record"}`);
    ttl ??= head.ttl ?? (type === "SOA" ? Number(data.split(" ")[6]) : undefined);
    records.push({ name: owner, type, class: head.class, ttl: head.ttl ?? ttl ?? DEFAULT_TTL, data });
  }
  return records;
}

/** Seconds of `3600` or `1h30m`; undefined for no TTL. */
export function parseTtl(text: string): number | undefined {
  if (!/^(\d+[smhdw]?)+$/i.test(text)) return undefined;
  let total = 0;
  for (const [, digits, unit = "s"] of text.matchAll(/(\d+)([smhdw])?/gi)) {
    total += Number(digits) * (UNITS[unit.toLowerCase()] as number);
  }
  return total;
}

interface Head {
  readonly ttl: number | undefined;
  readonly class: string;
  readonly type: Word;
  readonly data: readonly Word[];
}

function readHead(
  words: readonly Word[],
  { first, bad }: { readonly first: Word; readonly bad: (at: Word, problem: string) => ZoneFileError },
): Head {
  let [ttl, kind]: [number | undefined, string] = [undefined, "IN"];
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as Word;
    if (typeNumber(word.text) !== undefined && classNumber(word.text) === undefined || /^(ANY)$/i.test(word.text)) {
      return { ttl, class: kind, type: word, data: words.slice(i + 1) };
    }
    const seconds = parseTtl(word.text);
    if (seconds !== undefined) ttl = seconds;
    else if (classNumber(word.text) !== undefined) kind = word.text.toUpperCase();
    else throw bad(word, "not a TTL");
  }
  throw bad(words.at(-1) ?? first, "no RR type");
}

function dataOf(type: string, words: readonly string[], origin: string): string {
  const names = NAMES[type] ?? [];
  const times = type === "SOA" ? [3, 4, 5, 6] : [];
  return words.map((word, i) => {
    if (names.includes(i)) return qualify(word, origin);
    return times.includes(i) ? String(parseTtl(word) ?? word) : word;
  }).join(" ");
}

function qualify(name: string, origin: string): string {
  if (name === "@") return origin;
  return absolute(name) === name ? name : under(name, origin);
}

/** A comment, a quoted string, a bracket, or a word, in which there may be quoted parts (`alpn="h2,h3"`). */
const TOKEN = /;.*|"(?:\\.|[^"\\])*"?|[()]|(?:\\.|[^\s;"()\\])(?:\\.|"(?:\\.|[^"\\])*"|[^\s;"()\\])*/g;

/** The entries of a file: comments gone, bracketed lines joined, quoted words whole. */
function entriesOf(text: string): Entry[] {
  const entries: Entry[] = [];
  let [depth, words, owned]: [number, Word[], boolean] = [0, [], false];
  for (const [index, line] of text.split("\n").entries()) {
    if (depth === 0) owned = /^[^\s;]/.test(line);
    for (const match of line.matchAll(TOKEN)) {
      const [token] = match;
      if (token.startsWith(";")) break;
      if (token === "(") depth++;
      else if (token === ")") depth--;
      const ends = match.index + token.length === line.length;
      if (token !== "(" && token !== ")") {
        words.push({ text: token, line: index + 1, column: match.index + token.length + (ends ? 0 : 1) });
      }
    }
    if (depth > 0 || words.length === 0) continue;
    entries.push({ words, owned });
    words = [];
  }
  if (words.length > 0) entries.push({ words, owned });
  return entries;
}
