import type { Process } from "../process.ts";
import { Exit } from "./exit.ts";
import type { IpOptions } from "./options.ts";
import type { IpTool } from "./tool.ts";
import { Words } from "./words.ts";

/** Nouns whose commands leave every device as it is. */
const LINKS_STAY = /^(r|ro|route|n|neigh|neighbour|fdb) /;

/** How one program runs the lines of a batch. */
export interface Batch {
  readonly tool: IpTool;
  readonly options: IpOptions;
  run(words: Words): number | Promise<number>;
  /** Tells what went wrong and gives the exit status. */
  report(error: unknown): number;
}

/** `-batch FILE` of ip and bridge: a line a command; stops at the first that fails unless -force. */
export async function runBatch(process: Process, { tool, options, run, report }: Batch): Promise<number> {
  const { batch = "-" } = options;
  const text = batch === "-" ? process.stdin : process.files.read(batch);
  if (text === undefined) {
    process.err(`Cannot open file "${batch}" for reading: No such file or directory\n`);
    return 1;
  }
  let status = 0;
  for (const [index, line] of text.split("\n").entries()) {
    const words = new Words(batchWords(line));
    if (!words.more) continue;
    tool.keepLinks(LINKS_STAY.test(line));
    try {
      const answer = run(words);
      const exit = typeof answer === "number" ? answer : await answer;
      if (exit === 0) continue;
    } catch (error) {
      const exit = report(error);
      if (error instanceof Exit && error.ends) return exit;
    }
    process.err(`Command failed ${batch}:${index + 1}\n`);
    status = 1;
    if (!options.force) break;
  }
  return status;
}

/** The words of a batch line: blanks divide, quotes hold together, `#` begins a comment. */
function batchWords(line: string): string[] {
  if (!/["'#]/.test(line)) return line.split(/\s+/).filter((word) => word !== "");
  const plain = line.replace(/#.*$/, "");
  return (plain.match(/"[^"]*"|'[^']*'|\S+/g) ?? []).map((word) => word.replace(/^(["'])(.*)\1$/, "$2"));
}
