import type { PreparedChange } from "../../../wasm/mod.ts";
import type { Process } from "../process.ts";
import { BatchMemo } from "./batch_memo.ts";
import { Exit, refusal } from "./exit.ts";
import type { IpOptions } from "./options.ts";
import type { IpTool } from "./tool.ts";
import { Words } from "./words.ts";

/** Nouns whose commands leave every device as it is. */
const LINKS_STAY = /^(r|ro|route|n|neigh|neighbour|fdb) /;

/** How one program runs the lines of a batch. */
export interface Batch {
  readonly program: "ip" | "bridge";
  readonly tool: IpTool;
  readonly options: IpOptions;
  run(words: Words): number | Promise<number>;
  /** Tells what went wrong and gives the exit status. */
  report(error: unknown): number;
}

/** `-batch FILE` of ip and bridge: a line a command; stops at the first that fails unless -force. */
export async function runBatch(process: Process, batch: Batch): Promise<number> {
  const { batch: file = "-" } = batch.options;
  const text = file === "-" ? process.stdin : process.files.read(file);
  if (text === undefined) {
    process.err(`Cannot open file "${file}" for reading: No such file or directory\n`);
    return 1;
  }
  const reader = new BatchReader(process, batch);
  const lines = text.split("\n");
  for (let i = 0; i < lines.length && !reader.ended; i++) {
    const line = lines[i] as string;
    const wait = reader.defer(line, i + 1) ? undefined : reader.take(line, i + 1);
    if (wait !== undefined) await wait;
  }
  reader.flush();
  return reader.status;
}

/** Runs lines in order; those whose meaning is known wait until another comes, and are asked for together. */
class BatchReader {
  readonly #process: Process;
  readonly #batch: Batch;
  readonly #memo: BatchMemo;
  #waiting: PreparedChange[] = [];
  /** The lines' numbers. */
  #numbers: number[] = [];
  status = 0;
  ended = false;

  constructor(process: Process, batch: Batch) {
    this.#process = process;
    this.#batch = batch;
    this.#memo = new BatchMemo(batch.program, batch.tool);
  }

  /** Whether the line is known, and waits now. */
  defer(text: string, line: number): boolean {
    const change = this.#memo.find(text);
    if (change === undefined) return false;
    this.#waiting.push(change);
    this.#numbers.push(line);
    return true;
  }

  /** Runs a line; only one that waits is waited for, so that a batch of others is read before the next one begins. */
  take(text: string, line: number): Promise<void> | undefined {
    const { tool } = this.#batch;
    const words = new Words(batchWords(text));
    if (!words.more) return;
    this.flush();
    if (this.ended) return;
    const stays = LINKS_STAY.test(text);
    tool.keepLinks(stays);
    if (!stays) this.#memo.forgetDevices();
    tool.noted = { devices: [], changes: [] };
    const before = this.status;
    const exit = this.#try(line, () => this.#batch.run(words));
    if (typeof exit !== "number") return exit.then((late) => this.#ended(line, late));
    if (exit === 0 && stays && this.status === before) this.#memo.keep(text, tool.noted);
    this.#ended(line, exit);
  }

  /** Asks for what waits. */
  flush(): void {
    while (this.#waiting.length > 0 && !this.ended) {
      const refused = this.#batch.tool.change(this.#waiting);
      const [line = 0] = this.#numbers.slice(refused?.at);
      this.#waiting = refused === null ? [] : this.#waiting.slice(refused.at + 1);
      this.#numbers = refused === null ? [] : this.#numbers.slice(refused.at + 1);
      if (refused !== null) this.#fail(line, refusal(refused.failure));
    }
  }

  /** Its exit status, or that it fails later; a refusal is told at once, and counts as told. */
  #try(line: number, run: () => number | Promise<number>): number | Promise<number> {
    const told = (error: unknown): number => (this.#fail(line, error), 0);
    try {
      const answer = run();
      return typeof answer === "number" ? answer : answer.catch(told);
    } catch (error) {
      return told(error);
    }
  }

  #ended(line: number, exit: number): void {
    if (exit !== 0) this.#fail(line);
  }

  #fail(line: number, error?: unknown): void {
    const exit = error === undefined ? 1 : this.#batch.report(error);
    if (error instanceof Exit && error.ends) return this.#end(exit);
    this.#process.err(`Command failed ${this.#batch.options.batch ?? "-"}:${line}\n`);
    this.status = 1;
    this.ended = !this.#batch.options.force;
  }

  #end(status: number): void {
    this.status = status;
    this.ended = true;
  }
}

/** The words of a batch line: blanks divide, quotes hold together, `#` begins a comment. */
function batchWords(line: string): string[] {
  if (!/["'#]/.test(line)) return line.split(/\s+/).filter((word) => word !== "");
  const plain = line.replace(/#.*$/, "");
  return (plain.match(/"[^"]*"|'[^']*'|\S+/g) ?? []).map((word) => word.replace(/^(["'])(.*)\1$/, "$2"));
}
