/**
 * Words of nft's language: names, numbers, addresses, ranges and rates in one piece; a quoted text with its quotes; operators and
 * brackets one each; `;` and the end of a line as they are. `#` begins a comment, a backslash goes on in the next line.
 */

/** A word and where it stands: line from 1, columns from 0, the second one behind its end. */
export interface NftWord {
  readonly text: string;
  readonly line: number;
  readonly from: number;
  readonly to: number;
}

const WORD = /\\\n|#[^\n]*|[ \t\r]+|\n|"[^"\n]*"|==|!=|<=|>=|<<|>>|[{}();,=|&^<>!]|[^\s{}();,="|&^<>!#]+|"/y;

/** The words of a text, a word of its own for every end of a line. */
export function nftTokens(text: string): NftWord[] {
  const words: NftWord[] = [];
  let [line, start] = [1, 0];
  WORD.lastIndex = 0;
  for (let match = WORD.exec(text); match !== null; match = WORD.exec(text)) {
    const [word] = match;
    const first = word.charCodeAt(0);
    const skipped = first === 32 || first === 9 || first === 13 || first === 35 || word === "\\\n";
    if (!skipped) {
      words.push({ text: word, line, from: match.index - start, to: match.index - start + word.length });
    }
    if (word === "\n" || word === "\\\n") {
      line++;
      start = match.index + word.length;
    }
  }
  return words;
}

/** The words of one line as texts. */
export function nftWords(line: string): string[] {
  return nftTokens(line).map(({ text }) => text);
}

/** The text between the quotes of a word; the word itself where there are none. */
export function unquoted(word: string): string {
  return word.startsWith('"') ? word.slice(1, -1) : word;
}

/** What is wrong with some words, in nft's own: from the first to before the last of them, by place. */
export class NftComplaint extends Error {
  constructor(readonly problem: string, readonly from: number, readonly to: number = from + 1) {
    super(problem);
  }
}

/** Reads words from left to right. */
export class WordReader {
  #at = 0;

  constructor(readonly words: readonly string[]) {}

  /** The place of the next word. */
  get at(): number {
    return this.#at;
  }

  /** The next word, or undefined at the end. */
  get next(): string | undefined {
    return this.words[this.#at];
  }

  get done(): boolean {
    return this.#at >= this.words.length;
  }

  /** The word so many places on. */
  peek(ahead: number): string | undefined {
    return this.words[this.#at + ahead];
  }

  /** The next word, taken; the empty text at the end. */
  take(): string {
    return this.words[this.#at++] ?? "";
  }

  /** Takes these words if they are the next ones, blanks between them. */
  skip(text: string): boolean {
    if (!text.includes(" ")) {
      if (this.words[this.#at] !== text) return false;
      this.#at++;
      return true;
    }
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

  /** Complains of the words from a place to here, or of the next one. */
  refuse(problem: string, from: number = this.#at): never {
    throw new NftComplaint(problem, from, Math.max(this.#at, from + 1));
  }

  /** Complains of the next word as a parser does. */
  unexpected(expecting?: string): never {
    throw new NftComplaint(unexpected(this.next, expecting), this.#at);
  }
}

/** `syntax error, unexpected X[, expecting Y]` */
export function unexpected(word: string | undefined, expecting?: string): string {
  return `syntax error, unexpected ${kindOf(word)}${expecting === undefined ? "" : `, expecting ${expecting}`}`;
}

/** Words that are of the language itself; all others are strings to the parser. */
const KEYWORDS = new Set(
  ("accept drop continue return jump goto add create insert delete replace flush list reset rename get table chain rule set map element " +
    "counter limit log reject dnat snat masquerade redirect meta ct ip ip6 tcp udp sctp icmp icmpv6 th mark iif oif iifname oifname vmap " +
    "type hook priority policy flags timeout elements size comment handle position index ruleset fib numgen jhash notrack queue quota")
    .split(" "),
);
const NAMES: Readonly<Record<string, string>> = {
  "\n": "newline",
  ";": "semicolon",
  ",": "comma",
  ":": "colon",
  ".": "'.'",
};

function kindOf(word: string | undefined): string {
  if (word === undefined) return "newline";
  const name = NAMES[word];
  if (name !== undefined) return name;
  if (/^[{}()=|&^<>!]+$/.test(word)) return `'${word}'`;
  if (word.startsWith('"')) return "quoted string";
  if (/^\d+$/.test(word)) return "number";
  return KEYWORDS.has(word) ? word : "string";
}
