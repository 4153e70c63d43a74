/** Words of a line in nft's language: what blanks part, a quoted text in one piece with its quotes, a comma by itself. */
export function nftWords(line: string): string[] {
  return line.match(/"[^"]*"|,|[^\s,"]+/g) ?? [];
}

/** The text between the quotes of a word; the word itself where there are none. */
export function unquoted(word: string): string {
  return word.startsWith('"') ? word.slice(1, -1) : word;
}

/** Reads words from left to right. */
export class WordReader {
  #at = 0;

  constructor(readonly words: readonly string[]) {}

  /** The next word, or undefined at the end. */
  get next(): string | undefined {
    return this.words[this.#at];
  }

  get done(): boolean {
    return this.#at >= this.words.length;
  }

  /** The next word, taken; the empty text at the end. */
  take(): string {
    return this.words[this.#at++] ?? "";
  }

  /** Takes these words if they are the next ones, blanks between them. */
  skip(text: string): boolean {
    const wanted = text.split(" ");
    if (wanted.some((word, i) => this.words[this.#at + i] !== word)) return false;
    this.#at += wanted.length;
    return true;
  }

  /** What `read` makes of the next words; where it makes nothing, nothing is taken. */
  attempt<T>(read: (words: WordReader) => T | undefined): T | undefined {
    const at = this.#at;
    const value = read(this);
    if (value === undefined) this.#at = at;
    return value;
  }
}
