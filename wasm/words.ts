/**
 * Values to word streams and back, by the generated tables of `layout.ts` (shapes: `src/record.rs`). Every value that
 * crosses the joint goes through here.
 */
import { ipWords, parseMac, printMac, wordsIp } from "../core/base/mod.ts";
import { RECORDS, WORDS } from "./layout.ts";

/** Reads values out of the words the plane gave. */
export class WordReader {
  #at = 0;
  constructor(readonly words: Uint32Array) {}

  /** The next word. */
  word(): number {
    return this.words[this.#at++] as number;
  }

  /** The next value of a shape. */
  read(shape: string): unknown {
    if (shape.startsWith("?")) return this.word() === 0 ? undefined : this.read(shape.slice(1));
    if (shape.startsWith("[]")) return Array.from({ length: this.word() }, () => this.read(shape.slice(2)));
    const reader = READERS[shape];
    if (reader !== undefined) return reader(this);
    const vocabulary = WORDS[shape];
    if (vocabulary !== undefined) return vocabulary[this.word()];
    const value: Record<string, unknown> = {};
    for (const [name, inner] of fieldsOf(shape)) {
      const field = this.read(inner);
      if (field !== undefined) value[name] = field;
    }
    return value;
  }

  /** `length` bytes, four to a word. */
  bytes(): Uint8Array<ArrayBuffer> {
    const length = this.word();
    const words = this.words.slice(this.#at, this.#at += Math.ceil(length / 4));
    return new Uint8Array(words.buffer, 0, length);
  }
}

const DECODER = new TextDecoder();
const ENCODER = new TextEncoder();
const FLOAT = new Float64Array(1);
const FLOAT_WORDS = new Uint32Array(FLOAT.buffer);

function readIp(reader: WordReader): string {
  return wordsIp([reader.word(), reader.word(), reader.word(), reader.word()]);
}

function readMac(reader: WordReader): string {
  const [high, low] = [reader.word(), reader.word()];
  return printMac(Uint8Array.of(high >>> 8, high, low >>> 24, low >>> 16, low >>> 8, low));
}

function readFloat(reader: WordReader): number {
  FLOAT_WORDS[0] = reader.word();
  FLOAT_WORDS[1] = reader.word();
  return FLOAT[0] as number;
}

const READERS: Readonly<Record<string, (reader: WordReader) => unknown>> = {
  u32: (reader) => reader.word(),
  bool: (reader) => reader.word() !== 0,
  f64: readFloat,
  ip: readIp,
  prefix: (reader) => `${readIp(reader)}/${reader.word()}`,
  mac: readMac,
  text: (reader) => DECODER.decode(reader.bytes()),
  bytes: (reader) => reader.bytes(),
};

function fieldsOf(record: string): readonly (readonly [string, string])[] {
  const fields = RECORDS[record];
  if (fields === undefined) throw new RangeError(`no record ${record} in layout.ts`);
  return fields;
}

function pushBytes(bytes: Uint8Array, out: number[]): void {
  out.push(bytes.length);
  for (let i = 0; i < bytes.length; i += 4) {
    out.push(
      ((bytes[i] ?? 0) | ((bytes[i + 1] ?? 0) << 8) | ((bytes[i + 2] ?? 0) << 16) | ((bytes[i + 3] ?? 0) << 24)) >>> 0,
    );
  }
}

function pushPrefix(text: string, out: number[]): void {
  const [ip, length] = text.split("/") as [string, string | undefined];
  const words = ipWords(ip);
  const full = ip.includes(":") ? 128 : 32;
  out.push(...words, length === undefined ? full : Number(length));
}

function pushMac(text: string, out: number[]): void {
  const bytes = parseMac(text);
  if (bytes === undefined) throw new RangeError(`not a MAC: ${text}`);
  const [a, b, c, d, e, f] = bytes as unknown as [number, number, number, number, number, number];
  out.push((a << 8) | b, ((c << 24) | (d << 16) | (e << 8) | f) >>> 0);
}

function pushFloat(value: number, out: number[]): void {
  FLOAT[0] = value;
  out.push(FLOAT_WORDS[0] as number, FLOAT_WORDS[1] as number);
}

const WRITERS: Readonly<Record<string, (value: never, out: number[]) => void>> = {
  u32: (value: number, out) => void out.push(value >>> 0),
  bool: (value: boolean, out) => void out.push(value ? 1 : 0),
  f64: pushFloat,
  ip: (value: string, out) => void out.push(...ipWords(value)),
  prefix: pushPrefix,
  mac: pushMac,
  text: (value: string, out) => pushBytes(ENCODER.encode(value), out),
  bytes: pushBytes,
};

function push(shape: string, value: unknown, out: number[]): void {
  if (shape.startsWith("?")) {
    out.push(value === undefined ? 0 : 1);
    if (value !== undefined) push(shape.slice(1), value, out);
    return;
  }
  if (shape.startsWith("[]")) {
    const list = value as readonly unknown[];
    out.push(list.length);
    return list.forEach((item) => push(shape.slice(2), item, out));
  }
  const writer = WRITERS[shape];
  if (writer !== undefined) return writer(value as never, out);
  if (WORDS[shape] !== undefined) return void out.push(wordNumber(shape, value as string));
  const record = value as Record<string, unknown>;
  for (const [name, inner] of fieldsOf(shape)) push(inner, record[name], out);
}

/** The number of a word in its vocabulary; throws on a word that is not in it. */
export function wordNumber(vocabulary: string, word: string): number {
  const number = WORDS[vocabulary]?.indexOf(word) ?? -1;
  if (number < 0) throw new RangeError(`${vocabulary}: no word "${word}"`);
  return number;
}

/** Numbers as they are, then each value by its shape: the arguments of a call. */
export function encodeAll(
  head: readonly number[],
  values: readonly (readonly [string, unknown])[],
): Uint32Array<ArrayBuffer> {
  const out = [...head];
  for (const [shape, value] of values) push(shape, value, out);
  return Uint32Array.from(out);
}

/** The value of a shape that the words hold. */
export function decode(shape: string, words: Uint32Array): unknown {
  return new WordReader(words).read(shape);
}
