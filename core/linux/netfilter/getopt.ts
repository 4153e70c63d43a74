/** Walks an xtables command line as getopt_long walks it: in order, long options abbreviated, extensions' options as they are loaded. */
import { checkOptions, type Extension, type Option, type Scope, type Seen } from "./extension.ts";
import { BASE_OPTIONS, type BaseOption } from "./base_options.ts";

/** One option of an extension's table, with its bit. */
interface TableEntry {
  readonly option: Option<object>;
  readonly bit: number;
}

const tables = new Map<Extension<never>, Map<string, TableEntry>>();

function optionsOf(extension: Extension<object>): Map<string, TableEntry> {
  const known = tables.get(extension as Extension<never>);
  if (known !== undefined) return known;
  const options = new Map<string, TableEntry>();
  extension.options.forEach((option, index) => {
    for (const name of option.names) options.set(name, { option, bit: 1 << index });
  });
  tables.set(extension as Extension<never>, options);
  return options;
}

/** An extension that a command line loaded, with its value so far and which of its options were given. */
export class Loaded<V = object> implements Seen {
  readonly draft: V;
  #bits = 0;

  constructor(readonly extension: Extension<V>, scope: Scope) {
    this.draft = extension.start(scope.family) as V;
  }

  has(option: string): boolean {
    if (this.#bits === 0) return false;
    return (this.#bits & (optionsOf(this.extension as Extension<object>).get(option)?.bit ?? 0)) !== 0;
  }

  add(option: string): void {
    this.#bits |= optionsOf(this.extension as Extension<object>).get(option)?.bit ?? 0;
  }

  /** Ends the value: the extension's own checks, then libxtables'. */
  finish(scope: Scope): V {
    this.extension.finish?.(this.draft as never, this, scope);
    checkOptions(this.extension, this);
    return this.draft;
  }
}

const LONG = new Map<string, BaseOption>();
const SHORT = new Map<string, BaseOption>();
for (const option of BASE_OPTIONS) {
  SHORT.set(option.letter, option);
  for (const name of option.names) LONG.set(name, option);
}

/** What {@link Words.next} found. */
export type Found = "end" | "base" | "extension" | "word" | "unknown" | "missing";

/** The words of one command line. */
export class Words {
  /** The extensions whose options are known by now; later ones go first. */
  readonly loaded: Loaded[] = [];
  /** What was found: the base option's letter, or the extension and its option. */
  letter = "";
  option: Option<object> | undefined;
  owner: Loaded | undefined;
  /** The option's argument; undefined where an optional one is absent. */
  argument: string | undefined;
  /** The word as it was written. */
  word = "";
  #words: readonly string[] = [];
  #at = 0;
  #cluster = "";

  /** Starts over with other words. */
  start(words: readonly string[], from: number): void {
    this.loaded.length = 0;
    this.#words = words;
    this.#at = from;
    this.#cluster = "";
  }

  /** Knows an extension's options from here on. One loaded again takes over where it stood: its options come no earlier for that. */
  load(extension: Loaded): void {
    const at = this.loaded.findIndex((known) => known.extension === extension.extension);
    if (at < 0) this.loaded.push(extension);
    else this.loaded[at] = extension;
  }

  /** The next word if it is neither an option nor `!`; it is taken. */
  take(): string | undefined {
    const word = this.#words[this.#at];
    if (word === undefined || word.startsWith("-") || word.startsWith("!")) return undefined;
    this.#at++;
    return word;
  }

  /** Goes back to the word just found, to read it again after an extension was loaded. */
  again(): void {
    this.#at--;
  }

  /** Moves to the next option or word. */
  next(): Found {
    if (this.#cluster !== "") return this.#short(this.#cluster);
    const word = this.#words[this.#at];
    if (word === undefined) return "end";
    this.#at++;
    this.word = word;
    if (word.charCodeAt(0) !== 45 || word.length === 1) return "word";
    if (word.charCodeAt(1) === 45) return this.#long(word);
    const base = word.length === 2 ? SHORT.get(word[1] as string) : undefined;
    return base === undefined ? this.#short(word.slice(1)) : this.#base(base, undefined);
  }

  #base(option: BaseOption, attached: string | undefined): Found {
    this.letter = option.letter;
    this.argument = attached;
    if (option.argument === "required" && attached === undefined) {
      this.argument = this.#words[this.#at];
      if (this.argument === undefined) return "missing";
      this.#at++;
    }
    return "base";
  }

  #short(cluster: string): Found {
    const option = SHORT.get(cluster[0] as string);
    this.#cluster = "";
    if (option === undefined || option.longOnly) return "unknown";
    if (option.argument !== "none") return this.#base(option, cluster.length > 1 ? cluster.slice(1) : undefined);
    this.#cluster = cluster.slice(1);
    return this.#base(option, undefined);
  }

  #long(word: string): Found {
    const equals = word.indexOf("=");
    const name = equals < 0 ? word.slice(2) : word.slice(2, equals);
    const attached = equals < 0 ? undefined : word.slice(equals + 1);
    const base = LONG.get(name);
    if (base !== undefined) return this.#base(base, attached);
    for (let i = this.loaded.length - 1; i >= 0; i--) {
      const owner = this.loaded[i] as Loaded;
      const option = optionsOf(owner.extension).get(name)?.option;
      if (option !== undefined) return this.#extension(owner, option, attached);
    }
    return this.#abbreviated(name, attached);
  }

  #extension(owner: Loaded, option: Option<object>, attached: string | undefined): Found {
    this.owner = owner;
    this.option = option;
    this.argument = attached;
    if (option.value && attached === undefined) {
      this.argument = this.#words[this.#at];
      if (this.argument === undefined) return "missing";
      this.#at++;
    }
    return "extension";
  }

  #abbreviated(name: string, attached: string | undefined): Found {
    const bases = new Set<BaseOption>();
    for (const [long, option] of LONG) if (long.startsWith(name)) bases.add(option);
    const found: { owner: Loaded; option: Option<object> }[] = [];
    for (const owner of this.loaded) {
      for (const option of owner.extension.options) {
        if (option.names.some((long) => long.startsWith(name))) found.push({ owner, option });
      }
    }
    if (name === "" || bases.size + found.length !== 1) return "unknown";
    const [one] = found;
    return one === undefined
      ? this.#base([...bases][0] as BaseOption, attached)
      : this.#extension(one.owner, one.option, attached);
  }
}
