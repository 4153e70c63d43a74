import { incomplete, invalid } from "./exit.ts";

/** The words of a command line, read from left to right. */
export class Words {
  #at = 0;

  constructor(readonly all: readonly string[]) {}

  get more(): boolean {
    return this.#at < this.all.length;
  }

  /** The next word without taking it. */
  peek(): string | undefined {
    return this.all[this.#at];
  }

  /** Takes the next word; undefined at the end. */
  take(): string | undefined {
    return this.all[this.#at++];
  }

  /** Takes the next word; ends the command where there is none. */
  next(): string {
    const word = this.all[this.#at++];
    if (word === undefined) throw incomplete();
    return word;
  }

  /** Takes the next word when it is one of these, in full. */
  accept(...words: readonly string[]): boolean {
    if (!words.includes(this.peek() ?? "")) return false;
    this.#at++;
    return true;
  }

  /** Everything that is left. */
  rest(): readonly string[] {
    const rest = this.all.slice(this.#at);
    this.#at = this.all.length;
    return rest;
  }
}

/** The first of `names` that a word is the beginning of: iproute2's abbreviations, where the order of the table decides. */
export function abbreviated<T extends string>(word: string, names: readonly T[]): T | undefined {
  return word === "" ? undefined : names.find((name) => name.startsWith(word));
}

/** A whole number as strtoul(3) with base 0 reads it, within bounds; undefined otherwise. */
export function parseUnsigned(word: string, most = 0xffff_ffff): number | undefined {
  const plain = /^0x[0-9a-f]+$/i.test(word) ? Number(word) : /^0[0-7]*$/.test(word) ? parseInt(word, 8) : undefined;
  const value = plain ?? (/^[1-9]\d*$/.test(word) ? Number(word) : undefined);
  return value !== undefined && value <= most ? value : undefined;
}

/** The number in a word, or the end of the command with what is wrong about it. */
export function unsignedWord(word: string, problem: string, most?: number): number {
  const value = parseUnsigned(word, most);
  if (value === undefined) throw invalid(word, problem);
  return value;
}
