/**
 * Values to word streams and back, by the generated tables of `layout.ts` (shapes: `src/record.rs`). Every value that
 * crosses the joint goes through here.
 */
import { ipWords, parseMac, wordsIp } from "../core/base/mod.ts";
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
    return readerOf(shape)(this);
  }

  /** `length` bytes, four to a word: seen in place, so the words must be nobody else's. */
  bytes(): Uint8Array<ArrayBuffer> {
    const length = this.word();
    const start = this.words.byteOffset + 4 * this.#at;
    this.#at += (length + 3) >> 2;
    return new Uint8Array(this.words.buffer as ArrayBuffer, start, length);
  }
}

type Read = (reader: WordReader) => unknown;
type Write = (value: never, out: number[]) => void;

const DECODER = new TextDecoder();
const ENCODER = new TextEncoder();
const FLOAT = new Float64Array(1);
const FLOAT_WORDS = new Uint32Array(FLOAT.buffer);

function readIp(reader: WordReader): string {
  return wordsIp([reader.word(), reader.word(), reader.word(), reader.word()]);
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

function readMac(reader: WordReader): string {
  const [high, low] = [reader.word(), reader.word()];
  const hex = (byte: number) => HEX[byte & 255];
  return `${hex(high >>> 8)}:${hex(high)}:${hex(low >>> 24)}:${hex(low >>> 16)}:${hex(low >>> 8)}:${hex(low)}`;
}

/** Short texts are nearly all ASCII: letter by letter is faster than a decoder's call. */
function readText(reader: WordReader): string {
  const bytes = reader.bytes();
  if (bytes.length > 32 || bytes.some((byte) => byte > 127)) return DECODER.decode(bytes);
  return String.fromCharCode(...bytes);
}

function readFloat(reader: WordReader): number {
  FLOAT_WORDS[0] = reader.word();
  FLOAT_WORDS[1] = reader.word();
  return FLOAT[0] as number;
}

const READERS: Readonly<Record<string, Read>> = {
  u32: (reader) => reader.word(),
  bool: (reader) => reader.word() !== 0,
  f64: readFloat,
  ip: readIp,
  prefix: (reader) => `${readIp(reader)}/${reader.word()}`,
  mac: readMac,
  text: readText,
  bytes: (reader) => reader.bytes(),
};

const readers = new Map(Object.entries(READERS));

/** How a shape is read; made once. */
function readerOf(shape: string): Read {
  const known = readers.get(shape);
  if (known !== undefined) return known;
  const made = makeReader(shape);
  readers.set(shape, made);
  return made;
}

function makeReader(shape: string): Read {
  if (shape.startsWith("?")) {
    const inner = readerOf(shape.slice(1));
    return (reader) => reader.word() === 0 ? undefined : inner(reader);
  }
  if (shape.startsWith("[]")) {
    const inner = readerOf(shape.slice(2));
    return (reader) => Array.from({ length: reader.word() }, () => inner(reader));
  }
  const vocabulary = WORDS[shape];
  if (vocabulary !== undefined) return (reader) => vocabulary[reader.word()];
  const fields = fieldsOf(shape).map(([name, inner]) => [name, readerOf(inner)] as const);
  return (reader) => {
    const value: Record<string, unknown> = {};
    for (const [name, inner] of fields) {
      const field = inner(reader);
      if (field !== undefined) value[name] = field;
    }
    return value;
  };
}

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

const WRITERS: Readonly<Record<string, Write>> = {
  u32: (value: number, out) => void out.push(value >>> 0),
  bool: (value: boolean, out) => void out.push(value ? 1 : 0),
  f64: pushFloat,
  ip: (value: string, out) => void out.push(...ipWords(value)),
  prefix: pushPrefix,
  mac: pushMac,
  text: (value: string, out) => pushBytes(ENCODER.encode(value), out),
  bytes: pushBytes,
};

const writers = new Map(Object.entries(WRITERS));

/** How a shape is written; made once. */
function writerOf(shape: string): Write {
  const known = writers.get(shape);
  if (known !== undefined) return known;
  const made = makeWriter(shape);
  writers.set(shape, made);
  return made;
}

function makeWriter(shape: string): Write {
  if (shape.startsWith("?")) {
    const inner = writerOf(shape.slice(1));
    return (value, out) => {
      out.push(value === undefined ? 0 : 1);
      if (value !== undefined) inner(value, out);
    };
  }
  if (shape.startsWith("[]")) {
    const inner = writerOf(shape.slice(2));
    return (value: readonly never[], out) => {
      out.push(value.length);
      for (const item of value) inner(item, out);
    };
  }
  if (WORDS[shape] !== undefined) return (value: string, out) => void out.push(wordNumber(shape, value));
  const fields = fieldsOf(shape).map(([name, inner]) => [name, writerOf(inner)] as const);
  return (value: Readonly<Record<string, never>>, out) => {
    for (const [name, inner] of fields) inner(value[name] as never, out);
  };
}

/** The number of a word in its vocabulary; throws on a word that is not in it. */
export function wordNumber(vocabulary: string, word: string): number {
  const number = WORDS[vocabulary]?.indexOf(word) ?? -1;
  if (number < 0) throw new RangeError(`${vocabulary}: no word "${word}"`);
  return number;
}

/** Room for calls that take numbers alone: the module copies them before anybody else calls. */
const HEADS = Array.from({ length: 8 }, (_, length) => new Uint32Array(length));

/** Numbers as they are: the arguments of most calls. They hold until the next call. */
export function encodeHead(head: readonly number[]): Uint32Array<ArrayBuffer> {
  const words = HEADS[head.length] ?? new Uint32Array(head.length);
  for (let i = 0; i < head.length; i++) words[i] = head[i] as number;
  return words;
}

/** Numbers as they are, then each value by its shape: the arguments of a call. */
export function encodeAll(
  head: readonly number[],
  values: readonly (readonly [string, unknown])[],
): Uint32Array<ArrayBuffer> {
  const out = [...head];
  for (const [shape, value] of values) writerOf(shape)(value as never, out);
  return new Uint32Array(out);
}

/** The value of a shape that the words hold. */
export function decode(shape: string, words: Uint32Array): unknown {
  return new WordReader(words).read(shape);
}
