import { PROGRAM } from "../../../wasm/mod.ts";
import type { Family, Words } from "./address.ts";

/** Writes the words of a compiled table (`wasm/src/filter/program.rs`). */
export class Encoder {
  #words: Uint32Array;
  #length = 0;
  #head = 0;

  /**
   * @param family of the table
   * @param setNumber the plane's number of an ipset by name
   * @param room how many words there will be, about; or an array to begin in, which nobody else uses meanwhile
   */
  constructor(readonly family: Family, readonly setNumber: (name: string) => number, room: number | Uint32Array = 64) {
    this.#words = typeof room === "number" ? new Uint32Array(room) : room;
  }

  /** How many words stand so far. */
  get length(): number {
    return this.#length;
  }

  /** Appends words. */
  push(...words: readonly number[]): void {
    for (const word of words) this.word(word);
  }

  /** Appends one word. */
  word(word: number): void {
    if (this.#length === this.#words.length) this.#widen(1);
    this.#words[this.#length++] = word;
  }

  /** Appends words that were written before. */
  words(words: Uint32Array): void {
    if (this.#length + words.length > this.#words.length) this.#widen(words.length);
    this.#words.set(words, this.#length);
    this.#length += words.length;
  }

  #widen(by: number): void {
    const wider = new Uint32Array(Math.max(this.#words.length * 2, this.#length + by, 64));
    wider.set(this.#words);
    this.#words = wider;
  }

  /** Leaves words zero. */
  skip(count: number): void {
    if (this.#length + count > this.#words.length) this.#widen(count);
    this.#words.fill(0, this.#length, this.#length + count);
    this.#length += count;
  }

  /** A word written before. */
  at(place: number): number {
    return this.#words[place] as number;
  }

  /** Replaces a 64-bit number written before. */
  patchLong(at: number, value: number): void {
    this.patch(at, value >>> 0);
    this.patch(at + 1, Math.floor(value / 0x1_0000_0000));
  }

  /** Replaces a word written before. */
  patch(at: number, word: number): void {
    this.#words[at] = word;
  }

  /** A 64-bit number, low word first. */
  long(value: number): void {
    this.word(value >>> 0);
    this.word(Math.floor(value / 0x1_0000_0000));
  }

  /** An address or a mask; missing ones are zero. */
  address(words: Words | undefined): void {
    const count = this.family === 4 ? 1 : 4;
    for (let i = 0; i < count; i++) this.word(words?.[i] ?? 0);
  }

  /** An interface name of up to 15 bytes, `eth+` for all that begin so. */
  device(name: string): void {
    const wild = name.endsWith("+");
    const text = wild ? name.slice(0, -1) : name;
    this.name(text);
    this.word(text.length | (wild ? PROGRAM.WILDCARD : 0));
  }

  /** A name in 16 bytes, NUL padded. */
  name(text: string): void {
    const bytes = new Uint8Array(16);
    bytes.set(new TextEncoder().encode(text).subarray(0, 15));
    this.#bytes(bytes);
  }

  /** A text: its length in bytes, then the bytes. */
  text(text: string | Uint8Array): void {
    const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
    this.word(bytes.length);
    const padded = new Uint8Array((bytes.length + 3) & ~3);
    padded.set(bytes);
    this.#bytes(padded);
  }

  #bytes(bytes: Uint8Array): void {
    for (let i = 0; i < bytes.length; i += 4) {
      const [a = 0, b = 0, c = 0, d = 0] = bytes.subarray(i, i + 4);
      this.word((a | (b << 8) | (c << 16) | (d << 24)) >>> 0);
    }
  }

  /** Starts a match or target; its operand count is filled in by {@link end}. */
  begin(op: number, inverted: boolean): void {
    this.#head = this.#length;
    this.word(op | (inverted ? PROGRAM.INVERT : 0));
  }

  /** Ends what {@link begin} started. */
  end(): void {
    const head = this.#words[this.#head] as number;
    this.#words[this.#head] = (head | ((this.#length - this.#head - 1) << 16)) >>> 0;
  }

  /** The program. */
  finish(): Uint32Array {
    return this.#words.slice(0, this.#length);
  }
}

/** A range of 16-bit numbers as one word. */
export function range(low: number, high: number): number {
  return (low | (high << 16)) >>> 0;
}
