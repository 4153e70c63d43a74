/**
 * The lines of iptables-restore text, as the tool walks them.
 *
 * ```text
 * text    = line*
 * line    = "" | "#" anything | "*" TABLE | ":" CHAIN POLICY ["[" PACKETS ":" BYTES "]"] | ["[" PACKETS ":" BYTES "]"] ARGUMENTS | "COMMIT"
 * ```
 */
import type { Count, Table } from "../../../wasm/mod.ts";
import { isTable } from "./builtins.ts";
import { CommandReader, type Reading, type Request } from "./command.ts";
import { Complaint, STATUS, usage } from "./complaint.ts";
import { isLong, LineMemo } from "./line_memo.ts";
import { splitLine } from "./line_words.ts";
import type { Rule } from "./rule.ts";

/** What the lines of a text are said to; each answer is false when the tool would stop with `line N failed`. */
export interface RestoreSink {
  /** `*table`; an unknown one never gets here. */
  begin(table: Table): void;
  /** `:CHAIN POLICY [count]`; `policy` is `-` for a user chain. */
  chain(name: string, policy: string, count: Count | undefined): boolean;
  /** A command line such as `-A CHAIN ...`; `text` is the whole line, and `line` its number. */
  command(request: Request, text: string, line: number): boolean;
  /** Lines `-A CHAIN ...` of one chain that were read before: the rules they append. */
  rules(chain: string, rules: readonly Rule[]): boolean;
  commit(): boolean;
  comment(line: string): void;
}

/** How a text is walked. */
export interface RestoreOptions {
  readonly tool: string;
  /** Only this table. */
  readonly only?: string;
  /** `-c`: counters in the text count. */
  readonly counters: boolean;
  /** Every line is said by itself, those read before too. */
  readonly lineByLine?: boolean;
  readonly reading: Reading;
}

/** Where a text went wrong: the line, and the tool's complaint, or nothing where it only says `line N failed`. */
export interface RestoreFailure {
  readonly line: number;
  readonly complaint?: Complaint;
}

const LONGEST_CHAIN = 29;
const COUNTERS = /^\[(\d+):(\d+)\]/;

/** Walks a text, saying every line to the sink; undefined when all went well. */
export function walkRestore(text: string, sink: RestoreSink, options: RestoreOptions): RestoreFailure | undefined {
  const walker = new RestoreWalker(sink, options);
  for (let at = 0; at < text.length;) {
    const run = walker.table === undefined || options.lineByLine ? undefined : runAt(text, at);
    const end = run?.end ?? lineEnd(text, at);
    const own = text.slice(at, end);
    try {
      walker.number++;
      const well = run === undefined ? walker.line(own, end < text.length) : walker.run(run, own);
      if (!well) return { line: walker.number };
    } catch (error) {
      if (!(error instanceof Complaint)) throw error;
      return { line: walker.number, complaint: error };
    }
    at = end + 1;
  }
  if (walker.table === undefined) return undefined;
  const problem = `${options.tool}: COMMIT expected at line ${walker.number + 1}`;
  return { line: walker.number + 1, complaint: new Complaint(STATUS.OTHER, problem, true) };
}

/** Lines `-A CHAIN ...` of one chain that follow each other. */
interface Run {
  readonly chain: string;
  /** Where the last of them ends. */
  readonly end: number;
  readonly lines: number;
}

function lineEnd(text: string, at: number): number {
  const feed = text.indexOf("\n", at);
  return feed < 0 ? text.length : feed;
}

function runAt(text: string, at: number): Run | undefined {
  const blank = text.startsWith("-A ", at) ? text.indexOf(" ", at + 3) : -1;
  let end = lineEnd(text, at);
  if (blank < 0 || blank > end) return undefined;
  const head = text.slice(at, blank + 1);
  let lines = 1;
  for (; text.startsWith(head, end + 1); lines++) end = lineEnd(text, end + 1);
  return { chain: head.slice(3, -1), end, lines };
}

class RestoreWalker {
  table: Table | undefined;
  #skipping = false;
  #last = false;
  readonly #memo: LineMemo;
  readonly #reader: CommandReader;
  /** The line under way, from 1. */
  number = 0;

  constructor(readonly sink: RestoreSink, readonly options: RestoreOptions) {
    this.#memo = new LineMemo(options.reading);
    this.#reader = new CommandReader(this.#memo.reading);
  }

  /** One line; false when it failed without a word of its own. `ended` tells whether a line feed stands behind it. */
  line(text: string, ended: boolean): boolean {
    if (text === "") return true;
    const first = text[0];
    if (first === "#") {
      this.sink.comment(text);
      return true;
    }
    if (text === "COMMIT" && ended && (this.table !== undefined || this.#skipping)) return this.#commit();
    if (this.#skipping) return true;
    if (this.table === undefined) {
      if (first === "*") this.#begin(text);
      return first === "*" || this.#last;
    }
    this.#last = first === ":" ? this.#chain(text) : this.#command(text);
    return this.#last;
  }

  #commit(): boolean {
    this.#last = this.#skipping || this.sink.commit();
    this.table = undefined;
    this.#skipping = false;
    return this.#last;
  }

  #begin(text: string): void {
    const name = splitLine(text, 1)?.[0];
    if (name === undefined) return usage(`${this.options.tool}: line %L table name invalid`);
    this.#last = true;
    if (this.options.only !== undefined && this.options.only !== name) {
      this.#skipping = true;
      return;
    }
    if (!isTable(name)) return usage(`${this.options.tool}: unable to initialize table '${name}'`);
    this.table = name;
    this.sink.begin(name);
  }

  #chain(text: string): boolean {
    const [name, policy, counters] = splitLine(text, 1) ?? [];
    if (name === undefined) return usage(`${this.options.tool}: line %L chain name invalid`);
    if (name.length >= LONGEST_CHAIN) usage(`Invalid chain name \`${name}' (${LONGEST_CHAIN - 1} chars max)`);
    if (policy === undefined) return usage(`${this.options.tool}: line %L policy invalid`);
    const count = this.options.counters && policy !== "-" ? readCounters(counters ?? "") : undefined;
    if (this.options.counters && policy !== "-" && count === undefined) {
      usage(`invalid policy counters for chain '${name}'`);
    }
    return this.sink.chain(name, policy, count);
  }

  /** Lines that append to one chain: as they were read before, or line by line. */
  run(run: Run, text: string): boolean {
    const table = this.table as Table;
    const known = this.#memo.rules(text, table);
    let well = true;
    if (known !== undefined) {
      well = this.sink.rules(run.chain, known);
      if (well) this.number += run.lines - 1;
    } else {
      this.#memo.run(text, table, () => {
        const read = this.#readRun(run, text);
        well = read.well;
        return read.rules;
      });
    }
    return this.#last = well;
  }

  /** Reads the lines of a run; rules where there is nothing else to them, and they are appended together. */
  #readRun(run: Run, text: string): { readonly well: boolean; readonly rules?: readonly Rule[] } {
    const table = this.table as Table;
    const requests: Request[] = [];
    const first = this.number;
    for (let at = 0; at < text.length;) {
      const end = lineEnd(text, at);
      const line = text.slice(at, end);
      this.number = first + requests.length;
      const read = () => this.#read(line, 0, table);
      requests.push(isLong(text) ? this.#memo.line(line, table, read) : read());
      // a chain that is not there is found out before the next line is read
      if (requests.length === 1 && !this.sink.rules(run.chain, [])) return { well: false };
      at = end + 1;
    }
    const rules = rulesOf(requests, run.chain);
    if (rules !== undefined) return { well: this.sink.rules(run.chain, rules), rules };
    const lines = text.split("\n");
    for (const [i, request] of requests.entries()) {
      this.number = first + i;
      if (!this.sink.command(request, lines[i] as string, this.number)) return { well: false };
    }
    return { well: true };
  }

  #read(text: string, from: number, table: Table): Request {
    const words = splitLine(text, from) ?? [];
    if (words.length === 0) usage("no command specified");
    return this.#reader.read(words, 0, table);
  }

  #command(text: string): boolean {
    const count = text.startsWith("[") ? readCounters(text) ?? usage("Bad line %L: need ]") : undefined;
    const request = this.#read(text, count === undefined ? 0 : text.indexOf("]") + 1, this.table as Table);
    const told = count !== undefined && this.options.counters ? withCount(request, count) : request;
    return this.sink.command(told, text, this.number);
  }
}

/** The rules of lines that append to a chain and do nothing else. */
function rulesOf(requests: readonly Request[], chain: string): readonly Rule[] | undefined {
  const rules: Rule[] = [];
  for (const request of requests) {
    if ("loaded" in request || request.verb !== "A" || request.chain !== chain || request.verbose > 0) return undefined;
    for (const rule of request.rules) rules.push(rule);
  }
  return rules;
}

function readCounters(text: string): Count | undefined {
  const found = COUNTERS.exec(text);
  return found === null ? undefined : { packets: Number(found[1]), bytes: Number(found[2]) };
}

function withCount(request: Request, count: Count): Request {
  if ("loaded" in request) return request;
  return { ...request, rules: request.rules.map((rule) => ({ ...rule, count })) };
}
