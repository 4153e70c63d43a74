/**
 * Command line flags as kubectl reads them:
 *
 *     flag = "--" NAME [ "=" VALUE ] | "--" NAME VALUE | "-" SHORT [ [ "=" ] VALUE ] | "-" SHORT SHORT ...
 *
 * Flags may stand anywhere before `--`; what follows it is kept apart.
 */
import { CommandError } from "./errors.ts";

/** One flag: a switch, or with a value. `bare` is what a value flag means without one. */
export interface Flag {
  readonly name: string;
  readonly short?: string;
  readonly kind: "bool" | "string" | "list";
  readonly bare?: string;
  /** Taken, and named as not modelled when used. */
  readonly unmodelled?: boolean;
}

/** What a command line said. */
export class Parsed {
  readonly #values: ReadonlyMap<string, readonly string[]>;

  constructor(
    values: ReadonlyMap<string, readonly string[]>,
    readonly args: readonly string[],
    /** The command's words: `rollout status`. */
    readonly command: string,
    readonly rest?: readonly string[],
  ) {
    this.#values = values;
  }

  /** Whether a switch is on; a switch not given is `fallback`. */
  is(name: string, fallback = false): boolean {
    const value = this.#values.get(name)?.at(-1);
    return value === undefined ? fallback : value !== "false";
  }

  /** The last value of a flag, or undefined. */
  value(name: string): string | undefined {
    return this.#values.get(name)?.at(-1);
  }

  /** All values of a flag; each may hold several with commas between. */
  list(name: string): string[] {
    return (this.#values.get(name) ?? []).flatMap((value) => value.split(","));
  }

  /** All values of a flag as they were given. */
  all(name: string): readonly string[] {
    return this.#values.get(name) ?? [];
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }
}

/** Flags from a notation: `namespace/n=` (a value), `all-namespaces/A` (a switch), `filename/f=*` (a list), `!name` (unmodelled), `dry-run=?unchanged` (a value, left out means `unchanged`). */
export function flags(text: string): Flag[] {
  return text.trim().split(/\s+/).map((word) => {
    const unmodelled = word.startsWith("!");
    const [names = "", mark] = word.replace(/^!/, "").split("=");
    const [name = "", short] = names.split("/");
    return {
      name,
      ...(short === undefined ? {} : { short }),
      kind: mark === undefined ? "bool" : mark === "*" ? "list" : "string",
      ...(mark?.startsWith("?") ? { bare: mark.slice(1) } : {}),
      ...(unmodelled ? { unmodelled } : {}),
    };
  });
}

/** Reads a command line; throws CommandError on an unknown flag. `command` is what its help is found under. */
export function parseFlags(argv: readonly string[], known: readonly Flag[], command: string): Parsed {
  const reader = new FlagReader(argv, known, command);
  return reader.read();
}

class FlagReader {
  readonly #values = new Map<string, string[]>();
  readonly #args: string[] = [];
  #next = 0;

  constructor(readonly argv: readonly string[], readonly known: readonly Flag[], readonly command: string) {}

  read(): Parsed {
    while (this.#next < this.argv.length) {
      const word = this.argv[this.#next++] as string;
      if (word === "--") return new Parsed(this.#values, this.#args, this.command, this.argv.slice(this.#next));
      if (word.startsWith("--")) this.#long(word.slice(2));
      else if (word.startsWith("-") && word.length > 1) this.#short(word.slice(1), word);
      else this.#args.push(word);
    }
    return new Parsed(this.#values, this.#args, this.command);
  }

  #fail(problem: string): never {
    throw new CommandError(`error: ${problem}\nSee 'kubectl ${this.command} --help' for usage.`);
  }

  #long(text: string): void {
    const [name = "", value] = text.split(/=(.*)/s);
    const flag = this.known.find((one) => one.name === name);
    if (flag === undefined) this.#fail(`unknown flag: --${name}`);
    if (value !== undefined) this.#set(flag, value);
    else if (flag.kind === "bool") this.#set(flag, "true");
    else if (flag.bare !== undefined) this.#set(flag, flag.bare);
    else this.#set(flag, this.#operand(`flag needs an argument: --${name}`));
  }

  #short(text: string, word: string): void {
    const letter = text[0] as string;
    const flag = this.known.find((one) => one.short === letter);
    if (flag === undefined) this.#fail(`unknown shorthand flag: '${letter}' in ${word}`);
    const rest = text.slice(1);
    if (flag.kind === "bool") {
      if (rest.startsWith("=")) return this.#set(flag, rest.slice(1));
      this.#set(flag, "true");
      if (rest !== "") this.#short(rest, word);
      return;
    }
    if (rest !== "") return this.#set(flag, rest.replace(/^=/, ""));
    if (flag.bare !== undefined) return this.#set(flag, flag.bare);
    this.#set(flag, this.#operand(`flag needs an argument: '${letter}' in ${word}`));
  }

  #operand(problem: string): string {
    const value = this.argv[this.#next++];
    return value === undefined ? this.#fail(problem) : value;
  }

  #set(flag: Flag, value: string): void {
    if (flag.unmodelled) throw new CommandError(`error: --${flag.name} is not modelled here`);
    this.#values.set(flag.name, [...(this.#values.get(flag.name) ?? []), value]);
  }
}

/** Flags every command has. */
export const GLOBAL_FLAGS = flags(
  "namespace/n= kubeconfig= context= cluster= user= server/s= request-timeout= v/v= as= as-group=* help/h",
);
