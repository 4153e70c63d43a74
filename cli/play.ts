import { defaultHost, type Lab, type Lesson, parseLesson, type Played, playExchange, setStage } from "../mod.ts";
import { readText } from "./files.ts";
import { readWords, UsageError } from "./usage.ts";
import type { Verb } from "./verb.ts";

/** `podwire play`: runs every console block of lessons and compares the printed answers; exit status 1 shows a diff. */
export const play: Verb = {
  usage: "FILE.md... [--ask] [--json]",
  does: "runs every console block of a lesson and compares the printed answers",
  async run(argv) {
    const words = readWords(argv, { boolean: ["ask"] });
    if (words.rest.length === 0) throw new UsageError("no lesson given");
    const all: { file: string; played: Played[] }[] = [];
    for (const file of words.rest) all.push({ file, played: await playFile(file, words.flag["ask"] === true) });
    if (words.flag["json"]) console.log(JSON.stringify(all, null, 2));
    else for (const { file, played } of all) report(file, played);
    return all.every(({ played }) => played.every(({ right }) => right)) ? 0 : 1;
  },
};

async function playFile(file: string, ask: boolean): Promise<Played[]> {
  const lesson = parseLesson(readText(file), file);
  const lab = await setStage(lesson, file, defaultHost());
  const played = await playAll(lab, lesson, ask);
  lab.close();
  return played;
}

async function playAll(lab: Lab, lesson: Lesson, ask: boolean): Promise<Played[]> {
  const played: Played[] = [];
  for (const exchange of lesson.exchanges) {
    played.push(ask && exchange.ask ? await askReader(lab, exchange) : await playExchange(lab, exchange));
  }
  return played;
}

/** Asks until the reader's own command gives the answer expected, or the input ends. */
async function askReader(lab: Lab, exchange: Lesson["exchanges"][number]): Promise<Played> {
  console.log(
    `At ${exchange.place || lab.firstPlace()}, which command answers this?\n${
      exchange.expected.map((line) => `  ${line}`).join("\n")
    }`,
  );
  for (;;) {
    const command = prompt("$");
    if (command === null) return { ...exchange, printed: [], right: false };
    const played = await playExchange(lab, { ...exchange, command });
    if (played.right) return played;
    console.log(`${played.printed.join("\n")}\nNot quite. Try again.`);
  }
}

function report(file: string, played: readonly Played[]): void {
  for (const exchange of played.filter(({ right }) => !right)) {
    console.log(`${file}:${exchange.line}: ${exchange.place}$ ${exchange.command}`);
    for (const line of exchange.expected) console.log(`- ${line}`);
    for (const line of exchange.printed) console.log(`+ ${line}`);
  }
  const right = played.filter((exchange) => exchange.right).length;
  console.log(`${file}: ${right} of ${played.length} answers as expected`);
}
