/** ipset command lines: what each asks for, and what it prints. */
import { Random } from "../../../base/mod.ts";
import type { Namespace } from "../../namespace.ts";
import { splitLine } from "../line_words.ts";
import type { Answer } from "../tool_text.ts";
import { HELP } from "./help.ts";
import { refuse, SetComplaint } from "./model.ts";
import { readExtras, readHeader } from "./options.ts";
import { type Mode, printSet } from "./print.ts";
import { type IpSets, setsOf } from "./sets.ts";
import { findSetType } from "./types.ts";

const VERSION = "v7.17";

interface Flags {
  exist: boolean;
  quiet: boolean;
  names: boolean;
  terse: boolean;
  sorted: boolean;
  mode?: Mode;
  file?: string;
}

/** Commands with their other spellings and how many words each must have. */
const COMMANDS: readonly { readonly name: string; readonly also: readonly string[]; readonly words: number }[] = [
  { name: "create", also: ["-N", "--create", "n"], words: 2 },
  { name: "add", also: ["-A", "--add"], words: 2 },
  { name: "del", also: ["-D", "--del"], words: 2 },
  { name: "test", also: ["-T", "--test"], words: 2 },
  { name: "destroy", also: ["-X", "--destroy", "x"], words: 0 },
  { name: "list", also: ["-L", "--list"], words: 0 },
  { name: "save", also: ["-S", "--save"], words: 0 },
  { name: "restore", also: ["-R", "--restore", "-"], words: 0 },
  { name: "flush", also: ["-F", "--flush"], words: 0 },
  { name: "rename", also: ["-E", "--rename", "e"], words: 2 },
  { name: "swap", also: ["-W", "--swap", "w"], words: 2 },
  { name: "help", also: ["-H", "--help", "-h"], words: 0 },
  { name: "version", also: ["-V", "--version", "-v"], words: 0 },
  { name: "quit", also: [], words: 0 },
];

const FLAG_WORDS: Readonly<Record<string, (flags: Flags) => void>> = {
  "-exist": (flags) => flags.exist = true,
  "-!": (flags) => flags.exist = true,
  "-quiet": (flags) => flags.quiet = true,
  "-q": (flags) => flags.quiet = true,
  "-name": (flags) => flags.names = true,
  "-n": (flags) => flags.names = true,
  "-terse": (flags) => flags.terse = true,
  "-t": (flags) => flags.terse = true,
  "-sorted": (flags) => flags.sorted = true,
  "-s": (flags) => flags.sorted = true,
  "-resolve": () => {},
  "-r": () => {},
};

/** One session of the tool in a namespace. */
class Session {
  out = "";
  err = "";
  exit = 0;
  readonly #sets: IpSets;

  constructor(namespace: Namespace, readonly io: IpsetIo) {
    this.#sets = setsOf(namespace);
  }

  /** Runs a command line; complaints end it. */
  run(words: readonly string[], inherited: Flags): void {
    const flags = { ...inherited };
    const rest = takeFlags(words, flags);
    const [verb, ...more] = rest;
    if (verb === undefined) refuse("No command specified.", 2);
    const command = COMMANDS.find(({ name, also }) => name === verb || `-${name}` === verb || also.includes(verb));
    if (command === undefined) refuse(`No command specified: unknown argument ${verb}`, 2);
    if (more.length < command.words) {
      const which = more.length === 0 ? "mandatory" : "second mandatory";
      refuse(`Missing ${which} argument to command ${command.name}`, 2);
    }
    this.#do(command.name, more, flags);
  }

  #do(name: string, words: readonly string[], flags: Flags): void {
    const [first = "", second = "", ...more] = words;
    if (name === "create") this.#create(first, second, { words: more, flags });
    else if (name === "add") {
      this.#sets.add(first, second, { ...readExtras(more), exist: flags.exist });
    } else if (name === "del") this.#sets.del(first, second, flags.exist);
    else if (name === "test") this.#test(first, second, flags);
    else if (name === "flush") this.#sets.flush(words[0]);
    else if (name === "destroy") this.#sets.destroy(words[0]);
    else if (name === "rename") this.#sets.rename(first, checkName(second));
    else if (name === "swap") this.#sets.swap(first, second);
    else if (name === "list" || name === "save") {
      this.#list(words[0], { ...flags, mode: flags.mode ?? (name === "save" ? "save" : "plain") });
    } else if (name === "restore") this.restore(this.io.stdin, flags);
    else if (name === "version") this.out += `ipset ${VERSION}, protocol version: 7\n`;
    else if (name === "help") this.#help(words[0]);
  }

  #create(name: string, typeName: string, given: { words: readonly string[]; flags: Flags }): void {
    const type = findSetType(typeName) ?? refuse(`Syntax error: typename '${typeName}' is unknown`);
    this.#sets.create(checkName(name), readHeader(type, given.words, this.io.random.next()), given.flags.exist);
  }

  #test(name: string, element: string, flags: Flags): void {
    const { found, text } = this.#sets.test(name, element);
    if (!found) this.exit = 1;
    if (!flags.quiet) this.err += found ? `Warning: ${text} is in set ${name}.\n` : `${text} is NOT in set ${name}.\n`;
  }

  #list(name: string | undefined, flags: Flags & { mode: Mode }): void {
    const sets = name === undefined ? this.#sets.sets : [this.#sets.current(name)];
    const texts = sets.map((set) => {
      if (flags.names) return `${set.name}\n`;
      this.#sets.current(set.name);
      return printSet(set, this.#sets.references(set), {
        mode: flags.mode,
        members: !flags.terse,
        sorted: flags.sorted,
      });
    });
    const plain = flags.mode === "plain" && !flags.names;
    const text = texts.join(plain ? "\n" : "");
    const whole = flags.mode === "xml" ? `<ipsets>\n${text}</ipsets>\n` : text;
    if (flags.file === undefined) this.out += whole;
    else this.io.write(flags.file, whole);
  }

  #help(typeName: string | undefined): void {
    if (typeName !== undefined && findSetType(typeName) === undefined) refuse(`Unknown settype: \`${typeName}'`, 2);
    this.out += HELP;
  }

  /** Runs the lines of a text; the first wrong one ends it with its number. */
  restore(text: string, flags: Flags): void {
    const given = flags.file === undefined ? text : this.io.read(flags.file);
    // The tool ends without a word about a file that is not there.
    if (given === undefined) throw new SetComplaint("", 255);
    const lines = given.split("\n");
    for (const [index, line] of lines.entries()) {
      const words = splitLine(line) ?? [];
      if (words.length === 0 || words[0]?.startsWith("#") || words[0] === "COMMIT") continue;
      if (words[0] === "quit") return;
      try {
        this.run(words, { ...flags, file: undefined });
      } catch (error) {
        if (!(error instanceof SetComplaint) || error.status === 2) throw error;
        refuse(`Error in line ${index + 1}: ${error.message}`, error.status);
      }
    }
  }

  settle(): void {
    this.#sets.settle();
  }
}

function checkName(name: string): string {
  if (name.length > 31) refuse(`Syntax error: setname '${name}' is longer than 31 characters`);
  return name;
}

function takeFlags(words: readonly string[], flags: Flags): string[] {
  const rest: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as string;
    const flag = FLAG_WORDS[word.startsWith("--") ? word.slice(1) : word];
    if (flag !== undefined) flag(flags);
    else if (word === "-o" || word === "-output" || word === "--output") flags.mode = readMode(words[++i] ?? "");
    else if (word === "-f" || word === "-file" || word === "--file") flags.file = words[++i];
    else rest.push(word);
  }
  return rest;
}

function readMode(text: string): Mode {
  if (text === "plain" || text === "save" || text === "xml") return text;
  return refuse(`Syntax error: unknown output mode '${text}'`);
}

/** What the tool needs from outside. */
export interface IpsetIo {
  readonly stdin: string;
  /** Draws the hash's initial value. */
  readonly random: Random;
  read(path: string): string | undefined;
  write(path: string, text: string): void;
}

const NO_FLAGS: Flags = { exist: false, quiet: false, names: false, terse: false, sorted: false };

/** Runs `ipset WORDS` in a namespace. */
export function runIpset(namespace: Namespace, words: readonly string[], io: IpsetIo): Answer {
  const session = new Session(namespace, io);
  try {
    session.run(words, NO_FLAGS);
  } catch (error) {
    if (!(error instanceof SetComplaint)) throw error;
    session.exit = error.status;
    const hint = error.status === 2 ? "Try `ipset help' for more information.\n" : "";
    if (error.message !== "" && !words.some((word) => word === "-q" || word === "-quiet")) {
      session.err += `ipset ${VERSION}: ${error.message}\n${hint}`;
    }
  }
  session.settle();
  const { out, err, exit } = session;
  return { out, err, exit };
}

/** Runs `ipset restore` on a text. */
export function restoreSets(namespace: Namespace, text: string): Answer {
  const io = { stdin: text, random: new Random(0), read: () => undefined, write: () => {} };
  return runIpset(namespace, ["restore"], io);
}
