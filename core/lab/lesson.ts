/**
 * Lessons: Markdown with a stage and console blocks.
 *
 *     ```yaml lab          sets the stage (a lab file)
 *     ```console           PLACE$ COMMAND or PLACE# COMMAND is typed, what follows is the answer expected;
 *                          a bare `$ ` or `# ` means the first machine, or `admin` of a cluster
 *     ```console ask       the same, as a question to the reader
 *
 * `podwire why FROM TO [--proto P]` is typed nowhere: it asks about the lab, and is answered by the verdict.
 *
 * In an answer `...` alone on a line stands for any lines, `<any>` for any run of non-blanks; blanks at line ends don't count.
 */
import { TextError } from "../base/mod.ts";

/** A command typed at a place, and what it must answer. */
export interface Exchange {
  /** 1-based line of the command in the lesson. */
  readonly line: number;
  /** As written before `$` or `#`; empty for the stage's first machine. */
  readonly place: string;
  readonly command: string;
  readonly expected: readonly string[];
  /** Whether the reader is asked for the command. */
  readonly ask: boolean;
}

/** A lesson, read. */
export interface Lesson {
  readonly title: string;
  /** The lab file, or none for the default machine. */
  readonly stage: { readonly text: string; readonly line: number } | undefined;
  readonly exchanges: readonly Exchange[];
}

interface Fence {
  readonly info: string;
  readonly line: number;
  readonly lines: readonly string[];
}

const PROMPT = /^([A-Za-z0-9][\w./:-]*)?([$#]) (.*)$/;

/** Reads a lesson; a block that never ends or a second stage is a TextError. */
export function parseLesson(text: string, file: string): Lesson {
  const fences = readFences(text, file);
  const stages = fences.filter(({ info }) => info === "yaml lab");
  if (stages[1] !== undefined) {
    throw new TextError(file, stages[1].line, 1, "a second stage", "one `yaml lab` block in a lesson");
  }
  const [stage] = stages;
  return {
    title: /^# (.+)$/m.exec(text)?.[1] ?? file,
    stage: stage && { text: stage.lines.join("\n") + "\n", line: stage.line },
    exchanges: fences.filter(({ info }) => info === "console" || info === "console ask").flatMap((fence) =>
      readExchanges(fence, file)
    ),
  };
}

function readFences(text: string, file: string): Fence[] {
  const fences: Fence[] = [];
  let open: { info: string; line: number; lines: string[] } | undefined;
  text.split("\n").forEach((line, i) => {
    const fence = /^```(.*)$/.exec(line);
    if (open !== undefined && fence !== null) {
      fences.push(open);
      open = undefined;
    } else if (open !== undefined) open.lines.push(line);
    else if (fence !== null) open = { info: (fence[1] as string).trim(), line: i + 1, lines: [] };
  });
  if (open !== undefined) {
    throw new TextError(file, open.line, 1, "a block that does not end", "a line of ``` after it");
  }
  return fences;
}

function readExchanges({ info, line, lines }: Fence, file: string): Exchange[] {
  const exchanges: { line: number; place: string; command: string; expected: string[]; ask: boolean }[] = [];
  lines.forEach((text, i) => {
    const prompt = PROMPT.exec(text);
    const last = exchanges.at(-1);
    if (prompt !== null) {
      exchanges.push({
        line: line + 1 + i,
        place: prompt[1] ?? "",
        command: prompt[3] as string,
        expected: [],
        ask: info === "console ask",
      });
    } else if (last !== undefined) last.expected.push(text);
    else if (text.trim() !== "") {
      throw new TextError(
        file,
        line + 1 + i,
        1,
        `an answer before any command: ${JSON.stringify(text)}`,
        "a line `PLACE$ COMMAND`",
      );
    }
  });
  return exchanges;
}

/** Whether what was printed is the answer expected. */
export function answers(expected: readonly string[], printed: readonly string[]): boolean {
  const [first, ...rest] = expected;
  if (first === undefined) return printed.length === 0;
  if (first.trim() === "...") return printed.some((_, i) => answers(rest, printed.slice(i))) || answers(rest, []);
  return printed.length > 0 && lineMatches(first, printed[0] as string) && answers(rest, printed.slice(1));
}

function lineMatches(expected: string, printed: string): boolean {
  const pattern = expected.trimEnd().split("<any>").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join(
    "\\S*",
  );
  return new RegExp(`^${pattern}$`).test(printed.trimEnd());
}

/** The lines of a command's output as a terminal shows them, without the empty one behind the last line feed. */
export function printedLines(text: string): string[] {
  const lines = text.replaceAll("\r", "").split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines;
}
