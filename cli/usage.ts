import { parseArgs } from "@std/cli";

/** The command line itself is wrong: exit status 2 and the usage line. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Flags of a verb by kind. `-f` may be given more than once everywhere. */
export interface Flags {
  readonly string?: readonly string[];
  readonly boolean?: readonly string[];
}

/** A verb's words: flags by name, the rest in order, and what stood behind `--`. */
export interface Words {
  readonly files: readonly string[];
  readonly text: Readonly<Record<string, string | undefined>>;
  readonly flag: Readonly<Record<string, boolean>>;
  readonly rest: readonly string[];
  readonly behind: readonly string[];
}

/** Reads a verb's words; an unknown flag is a UsageError. */
export function readWords(argv: readonly string[], flags: Flags): Words {
  const string = ["f", "seed", "nodes", "network", "proxy", ...flags.string ?? []];
  const boolean = ["json", ...flags.boolean ?? []];
  const parsed = parseArgs([...argv], {
    string,
    boolean,
    collect: ["f"],
    "--": true,
    unknown: (arg: string) => {
      if (arg.startsWith("-") && arg !== "-") throw new UsageError(`unknown flag ${arg}`);
      return true;
    },
  }) as Record<string, unknown>;
  return {
    files: parsed["f"] as string[],
    text: Object.fromEntries(string.slice(1).map((name) => [name, parsed[name] as string | undefined])),
    flag: Object.fromEntries(boolean.map((name) => [name, parsed[name] === true])),
    rest: (parsed["_"] as unknown[]).map(String),
    behind: (parsed["--"] as unknown[]).map(String),
  };
}

/** A whole number given as a flag, or undefined. */
export function wholeNumber(words: Words, name: string): number | undefined {
  const text = words.text[name];
  if (text === undefined) return undefined;
  if (!/^\d{1,10}$/.test(text)) throw new UsageError(`--${name} is ${JSON.stringify(text)}, expected a whole number`);
  return Number(text);
}
