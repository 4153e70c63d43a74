/** `nft`: options, the text of commands, what each prints, and complaints with the place they are about. */
import { ERRNO } from "../../base/mod.ts";
import { namespaceOf } from "../namespace.ts";
import type { Process, Program } from "../process.ts";
import { NftSession } from "./session.ts";

const VERSION = "nftables v1.0.6 (Lester Gooch #5)";
const FEATURES = ["cli:\t\teditline", "json:\t\tyes", "minigmp:\tno", "libxtables:\tyes"];

/** What the command line says. */
interface Options {
  file?: string;
  check: boolean;
  json: boolean;
  handles: boolean;
  stateless: boolean;
  numeric: boolean;
  terse: boolean;
  echo: boolean;
  words: string[];
}

const LONG: Readonly<Record<string, string>> = {
  "--file": "f",
  "--check": "c",
  "--json": "j",
  "--handle": "a",
  "--stateless": "s",
  "--numeric": "n",
  "--numeric-priority": "y",
  "--numeric-protocol": "p",
  "--numeric-time": "T",
  "--terse": "t",
  "--echo": "e",
  "--service": "S",
  "--guid": "u",
  "--reversedns": "N",
  "--includepath": "I",
  "--version": "v",
  "--help": "h",
};

/** `nft [OPTIONS] [COMMAND]` */
export const nft: Program = (process) => {
  if (complainLate(process)) return Promise.resolve(1);
  const options = readOptions(process.argv.slice(1), process);
  if (typeof options === "number") return Promise.resolve(options);
  if (options.file === undefined && options.words.length === 0) {
    process.err(`${process.argv[0]}: no command specified\n`);
    return Promise.resolve(1);
  }
  return Promise.resolve(run(process, options));
};

/** Options that take the next word along. */
const WITH_WORD = new Set(["-d", "-I", "-f", "--debug", "--includepath", "--file"]);

/** An option behind the command, up to the first brace, is pointed at. */
function complainLate(process: Process): boolean {
  const { argv } = process;
  let command = false, column = 0;
  for (let i = 1; i < argv.length; i++) {
    const word = argv[i] as string;
    column += (argv[i - 1] as string).length + 1;
    if (word.startsWith("{")) return false;
    if (!word.startsWith("-")) command = true;
    else if (command) {
      process.err(`Error: syntax error, options must be specified before commands\n${argv.join(" ")} `);
      process.out(`\n   ^${"~~".padStart(column - 2)}\n`);
      return true;
    } else if (WITH_WORD.has(word)) column += word.length + 1, i++;
  }
  return false;
}

function run(process: Process, options: Options): number {
  const source = sourceOf(process, options);
  if (source === undefined) {
    const text = ERRNO.ENOENT[1];
    process.err(`internal:0:0-0: Error: Could not open file "${options.file}": ${text}\n\n\n`);
    return 1;
  }
  const session = new NftSession(namespaceOf(process.machine.plane, process.ns), {
    ...options,
    read: (path) => process.files.read(path),
  });
  const answer = session.run(source.text, source.name);
  process.out(answer.out);
  process.err(answer.err);
  return answer.exit;
}

function sourceOf(process: Process, { file, words }: Options): { text: string; name?: string } | undefined {
  if (file === undefined) return { text: words.join(" ") };
  if (file === "-") return { text: process.stdin, name: "/dev/stdin" };
  const text = process.files.read(file);
  return text === undefined ? undefined : { text, name: file };
}

function readOptions(argv: readonly string[], process: Process): Options | number {
  const options: Options = {
    check: false,
    json: false,
    handles: false,
    stateless: false,
    numeric: false,
    terse: false,
    echo: false,
    words: [],
  };
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i] as string;
    if (options.words.length > 0 || !word.startsWith("-") || word === "-") {
      options.words.push(word);
      continue;
    }
    const letters = word.startsWith("--") ? LONG[word] : word.slice(1);
    if (letters === undefined) return complainOption(process, `unrecognized option '${word}'`);
    for (const [at, letter] of [...letters].entries()) {
      const rest = word.startsWith("--") ? "" : letters.slice(at + 1);
      if (letter === "f" || letter === "I" || letter === "D") {
        const value = rest === "" ? argv[++i] : rest;
        if (value === undefined) return complainOption(process, `option requires an argument -- '${letter}'`);
        if (letter === "f") options.file = value;
        break;
      }
      const exit = takeFlag(options, letter, process);
      if (exit !== undefined) return exit;
    }
  }
  return options;
}

const FLAGS: Readonly<Record<string, (options: Options) => void>> = {
  c: (options) => options.check = true,
  j: (options) => options.json = true,
  a: (options) => options.handles = true,
  s: (options) => options.stateless = true,
  n: (options) => options.numeric = true,
  y: (options) => options.numeric = true,
  t: (options) => options.terse = true,
  e: (options) => options.echo = true,
  p: () => {},
  T: () => {},
  S: () => {},
  u: () => {},
  N: () => {},
  o: () => {},
};

function takeFlag(options: Options, letter: string, process: Process): number | undefined {
  if (letter === "v" || letter === "V") {
    process.out(`${VERSION}\n${letter === "v" ? "" : FEATURES.map((line) => `  ${line}\n`).join("")}`);
    return 0;
  }
  const take = FLAGS[letter];
  if (take === undefined) return complainOption(process, `invalid option -- '${letter}'`);
  take(options);
}

function complainOption(process: Process, problem: string): number {
  process.err(`${process.argv[0]}: ${problem}\n`);
  return 1;
}
