import { openLab } from "./files.ts";
import { readWords, UsageError } from "./usage.ts";
import type { Verb } from "./verb.ts";

/** `podwire exec`: one command line at a place; output and exit status are the command's own. */
export const exec: Verb = {
  usage: "-f LAB... PLACE -- COMMAND [--json before --]",
  does: "runs one command line at a place; its output and exit status are the command's",
  async run(argv) {
    const words = readWords(argv, {});
    const [place, ...more] = words.rest;
    if (place === undefined) throw new UsageError("no place given");
    if (more.length > 0) throw new UsageError(`unexpected ${JSON.stringify(more[0])}; the command stands behind --`);
    if (words.behind.length === 0) throw new UsageError("no command given; it stands behind --");
    const answer = await (await openLab(words)).exec(place, commandLine(words.behind));
    if (words.flag["json"]) {
      console.log(JSON.stringify(answer, null, 2));
      return answer.exit;
    }
    await Deno.stdout.write(new TextEncoder().encode(answer.stdout));
    await Deno.stderr.write(new TextEncoder().encode(answer.stderr));
    return answer.exit;
  },
};

/** One word is a whole command line as typed; several are words that the caller's shell cut, put back together. */
export function commandLine(words: readonly string[]): string {
  return words.length === 1 ? words[0] as string : words.map(quote).join(" ");
}

/** Operators that reach us as whole words (`'|'`, `'>'`) were meant for the place's shell, not for ours. */
const OPERATORS = new Set(["|", "||", "&&", ";", "&", ">", ">>", "<", "2>&1"]);

function quote(word: string): string {
  if (OPERATORS.has(word) || /^[\w@%+=:,./-]+$/.test(word)) return word;
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
