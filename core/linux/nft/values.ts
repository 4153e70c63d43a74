/** Values that packets are held against, in canonical words and order. */
import { type Datatype, DATATYPES, printMerged, printSpan, type Span, spanOf } from "./datatypes.ts";
import type { NftOperand } from "./types.ts";
import type { WordReader } from "./words.ts";

/** The type that values of a key's part have; undefined leaves them texts. */
export type KeyTypes = readonly (Datatype | undefined)[];

/** The types of a set's key by their names. */
export function keyTypes(names: readonly string[]): KeyTypes {
  return names.map((name) => DATATYPES[name]);
}

/** One value of one type, canonical; complains where it is none. */
export function readValue(words: WordReader, type: Datatype | undefined, inBraces = false): string {
  const from = words.at;
  const text = readText(words, type, inBraces);
  if (type === undefined) return text;
  const span = spanOf(text, type);
  return "problem" in span ? words.refuse(span.problem, from) : printSpan(span, type, text);
}

/** The words of a value without blanks: flags with commas or strokes between, perhaps in brackets. */
function readText(words: WordReader, type: Datatype | undefined, inBraces: boolean): string {
  const word = words.next;
  if (word === undefined || /^[;\n})=|,&^<>!]/.test(word)) words.unexpected();
  if (words.skip("(")) {
    const text = readText(words, type, false);
    if (!words.skip(")")) words.unexpected("')'");
    return text;
  }
  let text = words.take();
  if (type?.flags) { while (words.skip("|") || (!inBraces && words.skip(","))) text += `,${words.take()}`; }
  if (type === undefined && words.next?.startsWith("-") && text.startsWith('"')) text += words.take() + words.take();
  return text;
}

/** The parts of a key, points between. */
export function readKey(words: WordReader, types: KeyTypes, inBraces = false): string {
  return types.map((type, i) => {
    if (i > 0 && !words.skip(".")) words.unexpected("'.'");
    return readValue(words, type, inBraces);
  }).join(" . ");
}

/** `@NAME`, a value, or values in braces. */
export function readOperand(words: WordReader, types: KeyTypes): NftOperand {
  if (words.next?.startsWith("@")) return { set: words.take().slice(1) };
  if (!words.skip("{")) return { value: readKey(words, types) };
  const values: string[] = [];
  let intervals = false;
  while (!words.skip("}")) {
    while (words.skip("\n"));
    if (words.skip("}")) break;
    const from = words.at;
    values.push(readKey(words, types, true));
    intervals ||= types.length === 1 && /^[0-9a-f.:]+[/-]/.test(words.words[from] ?? "");
    while (words.skip("\n"));
    if (!words.skip(",") && words.next !== "}") words.unexpected("comma or '}'");
  }
  return keptValues(values, types, intervals);
}

/**
 * Anonymous sets as nft keeps them. One value loses its braces. Where a prefix or a range is among the values, all are ranges: those
 * that overlap or touch become one, printed as a prefix where it is one. All stand in nft's order.
 */
export function keptValues(values: readonly string[], types: KeyTypes, intervals = false): NftOperand {
  const [only] = values;
  if (values.length === 1 && only !== undefined && types.length === 1) return { value: plainHost(only) };
  const [type] = types;
  const spans = types.length === 1 && type !== undefined ? values.map((value) => spanOf(value, type)) : undefined;
  if (spans === undefined || type === undefined || spans.some((span) => "problem" in span)) {
    return { values: inOrder([...new Set(values)], types, (value) => value) };
  }
  if (!intervals && !values.some((value) => /^[0-9a-f.:]+[/-]/.test(value))) {
    return { values: inOrder([...new Set(values)], types, (value) => value) };
  }
  return { values: merged(spans as Span[]).map((span) => printMerged(span, type)) };
}

/** `10.0.0.1/32` is `10.0.0.1`. */
function plainHost(value: string): string {
  if (!value.includes("/") || value.includes(" ")) return value;
  const type = [DATATYPES.ipv4_addr, DATATYPES.ipv6_addr].find((each) => each?.size === (value.includes(":") ? 16 : 4));
  const span = type === undefined ? undefined : spanOf(value, type);
  return type === undefined || span === undefined || "problem" in span ? value : printSpan(span, type, value);
}

function merged(spans: readonly Span[]): Span[] {
  const out: Span[] = [];
  for (const span of [...spans].sort((a, b) => (a.from < b.from ? -1 : a.from > b.from ? 1 : 0))) {
    const last = out.at(-1);
    if (last === undefined || span.from > last.to + 1n) out.push(span);
    else out.splice(-1, 1, { from: last.from, to: span.to > last.to ? span.to : last.to });
  }
  return out;
}

/**
 * In the order nft lists keys: numbers, of one type as they are, of a concatenation as if all its bytes were one number of the host
 * (little endian), so the last byte of a port decides first. As they stand where a type is not known.
 */
export function inOrder<T>(list: readonly T[], types: KeyTypes, key: (item: T) => string): T[] {
  const keyed: { order: bigint; item: T }[] = [];
  for (const item of list) {
    const order = orderOf(key(item).split(" . "), types);
    if (order === undefined) return [...list];
    keyed.push({ order, item });
  }
  return keyed.sort((a, b) => (a.order < b.order ? -1 : a.order > b.order ? 1 : 0)).map(({ item }) => item);
}

function orderOf(parts: readonly string[], types: KeyTypes): bigint | undefined {
  let order = 0n;
  let shift = 0n;
  for (const [i, type] of types.entries()) {
    const span = type === undefined ? undefined : spanOf(parts[i] ?? "", type);
    if (type === undefined || span === undefined || "problem" in span) return undefined;
    if (types.length === 1) return span.from;
    order |= (type.host ? span.from : swapped(span.from, type.size)) << shift;
    // parts of a concatenation lie in registers of four bytes
    shift += BigInt(32 * Math.ceil(type.size / 4));
  }
  return order;
}

function swapped(value: bigint, size: number): bigint {
  let out = 0n;
  for (let i = 0, left = value; i < size; i++, left >>= 8n) out = (out << 8n) | (left & 255n);
  return out;
}
