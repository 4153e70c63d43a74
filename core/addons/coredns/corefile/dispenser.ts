import { CorefileError, type Token } from "./token.ts";

/** What would have been right where an error points: given by whoever reads, for people. */
const DEFAULT_EXPECTED = "a Corefile that CoreDNS accepts";

/** The line a token ends on: quoted words may hold line feeds. */
export function lastLine(token: Token): number {
  return token.line + token.text.split("\n").length - 1;
}

/** Walks the tokens of one directive (or of a whole file), line by line and block by block, as plugins read their setup. */
export class Dispenser {
  protected cursor = -1;
  #nesting = 0;

  /** @param file names the place of errors before the first token */
  constructor(readonly file: string, protected tokens: readonly Token[]) {}

  /** The current word; empty before the first. */
  word(): string {
    return this.tokens[this.cursor]?.text ?? "";
  }

  get token(): Token | undefined {
    return this.tokens[this.cursor];
  }

  /** Goes to the next token, whatever line it is on. */
  next(): boolean {
    if (this.cursor >= this.tokens.length - 1) return false;
    this.cursor++;
    return true;
  }

  /** Goes to the next token if it is on the same line. */
  nextArg(): boolean {
    if (this.cursor < 0) {
      this.cursor++;
      return true;
    }
    const next = this.tokens[this.cursor + 1];
    if (next === undefined || !this.#sameLine(this.cursor)) return false;
    this.cursor++;
    return true;
  }

  /** In `while (nextBlock())`: the first word of every line of the block that opens on this line. */
  nextBlock(): boolean {
    if (this.#nesting > 0) {
      // A brace at the end of a line is an argument to who takes the rest of it: such a block never closes. (CoreDNS hangs.)
      const open = this.next() && this.word() !== "}";
      if (!open) this.#nesting--;
      return open;
    }
    if (!this.nextArg()) return false;
    if (this.word() !== "{") {
      this.cursor--;
      return false;
    }
    this.next();
    if (this.word() === "}") return false;
    this.#nesting++;
    return true;
  }

  /** The words left on this line, up to an opening brace. */
  remainingArgs(): string[] {
    const args: string[] = [];
    while (this.nextArg()) {
      if (this.word() === "{") {
        this.cursor--;
        break;
      }
      args.push(this.word());
    }
    return args;
  }

  /** Whether the current token begins a line. */
  protected isNewLine(): boolean {
    if (this.cursor < 1) return true;
    const [before, token] = [this.tokens[this.cursor - 1], this.token];
    if (before === undefined || token === undefined) return false;
    return before.file !== token.file || lastLine(before) < token.line;
  }

  #sameLine(index: number): boolean {
    const [a, b] = [this.tokens[index] as Token, this.tokens[index + 1] as Token];
    return a.file === b.file && lastLine(a) === b.line;
  }

  /** `FILE:LINE - Error during parsing: PROBLEM`. */
  error(problem: string, expected = DEFAULT_EXPECTED): CorefileError {
    const at = this.#place();
    return new CorefileError(at, problem, expected, `${at.file}:${at.line} - Error during parsing: ${problem}`);
  }

  /** The wrong number of words, or a line that ends too early. */
  argError(expected = "as many arguments as the directive takes"): CorefileError {
    if (this.word() === "{") return this.error("Unexpected token '{', expecting argument", expected);
    return this.error(`Wrong argument count or unexpected line ending after '${this.word()}'`, expected);
  }

  /** `FILE:LINE - Syntax error: Unexpected token 'X', expecting 'Y'`. */
  syntaxError(expected: string): CorefileError {
    const at = this.#place();
    const problem = `Unexpected token '${this.word()}', expecting '${expected}'`;
    return new CorefileError(at, problem, `'${expected}'`, `${at.file}:${at.line} - Syntax error: ${problem}`);
  }

  /** An error that CoreDNS prints without a place; it still has one for whoever wrote the file. */
  plainError(problem: string, expected = DEFAULT_EXPECTED): CorefileError {
    return new CorefileError(this.#place(), problem, expected, problem);
  }

  #place(): { file: string; line: number; column: number } {
    const { file, line, column } = this.token ?? this.tokens.at(-1) ?? { file: this.file, line: 0, column: 1 };
    return { file, line: this.token === undefined && this.cursor < 0 ? 0 : line, column };
  }
}
