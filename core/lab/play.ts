/** Plays a lesson: sets its stage, types every command, compares the answers. */
import type { LabHost } from "./host.ts";
import { Lab } from "./lab.ts";
import type { Protocol } from "./answers.ts";
import { verdictLines } from "./verdict_text.ts";
import { answers, type Exchange, type Lesson, printedLines } from "./lesson.ts";

/** One exchange as it went. */
export interface Played extends Exchange {
  readonly printed: readonly string[];
  readonly right: boolean;
}

/** Opens a lesson's stage as a lab. */
export async function setStage(lesson: Lesson, file: string, host: LabHost): Promise<Lab> {
  const { stage } = lesson;
  if (stage === undefined) return await Lab.open({}, host);
  const text = "\n".repeat(stage.line) + stage.text;
  return await Lab.open({ files: [{ name: file, text }] }, host);
}

/** Types one command of a lesson and says whether the answer was the one expected. */
export async function playExchange(lab: Lab, exchange: Exchange): Promise<Played> {
  const printed = await typed(lab, exchange);
  return { ...exchange, printed, right: answers(trimmed(exchange.expected), trimmed(printed)) };
}

/** `podwire why FROM TO [--proto P]`: a question about the lab, whatever the place. */
const WHY = /^podwire why (\S+) (\S+)(?: --proto (tcp|udp|icmp|sctp))?$/;

async function typed(lab: Lab, { place, command }: Exchange): Promise<string[]> {
  const [, from, to, proto] = WHY.exec(command) ?? [];
  if (from !== undefined && to !== undefined) {
    return verdictLines(await lab.why(from, to, proto === undefined ? {} : { proto: proto as Protocol }));
  }
  const { stdout, stderr } = await lab.exec(place || lab.firstPlace(), command);
  return [...printedLines(stdout + stderr)];
}

/** Plays all of a lesson, without asking. */
export async function playLesson(lesson: Lesson, file: string, host: LabHost): Promise<Played[]> {
  const lab = await setStage(lesson, file, host);
  const played: Played[] = [];
  for (const exchange of lesson.exchanges) played.push(await playExchange(lab, exchange));
  lab.close();
  return played;
}

/** Without the blank lines at the end, which only part a block's commands. */
function trimmed(lines: readonly string[]): readonly string[] {
  let end = lines.length;
  while (end > 0 && (lines[end - 1] as string).trim() === "") end--;
  return lines.slice(0, end);
}
