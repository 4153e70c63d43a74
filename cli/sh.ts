import { type Lab, type LabShell, PlaceError } from "../mod.ts";
import { openLab } from "./files.ts";
import { readWords, UsageError } from "./usage.ts";
import type { Verb } from "./verb.ts";

/** `podwire sh`: an interactive shell at a place; `at PLACE` goes to another one, `exit` or the end of the input leaves. */
export const sh: Verb = {
  usage: "-f LAB... [PLACE]",
  does: "an interactive shell at a place (the first machine, or admin); `at PLACE` goes to another one",
  async run(argv) {
    const words = readWords(argv, {});
    const [place, ...more] = words.rest;
    if (more.length > 0) throw new UsageError(`unexpected ${JSON.stringify(more[0])}`);
    const lab = await openLab(words);
    const exit = await talk(lab, lab.shell(place ?? lab.firstPlace()));
    lab.close();
    return exit;
  },
};

/** Types lines until the input ends or says so; the exit status is the last line's. */
async function talk(lab: Lab, first: LabShell): Promise<number> {
  let shell = first;
  let status = 0;
  const typed = Deno.stdin.isTerminal();
  for await (const line of typed ? prompts(() => shell.prompt) : pipedLines()) {
    const [word, argument] = line.trim().split(/\s+/);
    if (word === "exit" || word === "logout") return argument === undefined ? status : Number(argument) & 255;
    if (word === "at" && argument !== undefined) {
      shell = move(lab, shell, argument);
      continue;
    }
    const answer = await shell.run(line);
    status = answer.exit;
    await Deno.stdout.write(new TextEncoder().encode(answer.stdout));
    await Deno.stderr.write(new TextEncoder().encode(answer.stderr));
  }
  return status;
}

function move(lab: Lab, shell: LabShell, place: string): LabShell {
  try {
    return lab.shell(place);
  } catch (error) {
    if (!(error instanceof PlaceError)) throw error;
    console.error(error.message);
    return shell;
  }
}

function* prompts(prompted: () => string): Generator<string> {
  // `prompt` puts a blank behind what it is given.
  for (let line = prompt(prompted().trimEnd()); line !== null; line = prompt(prompted().trimEnd())) yield line;
}

async function* pipedLines(): AsyncGenerator<string> {
  let rest = "";
  for await (const chunk of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() as string;
    yield* lines;
  }
  if (rest !== "") yield rest;
}
