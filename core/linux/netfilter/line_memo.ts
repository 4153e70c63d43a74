/**
 * Rules read before, for every namespace alike: the nodes of a cluster load the same lines again and again, and each of them
 * loads most of its lines with every change.
 *
 *     run    lines of one chain that follow each other        known as a whole
 *     line   of a long run                                     known by itself, since a long run often differs in one line
 *
 * Rules are read anew where what they were read against has changed: a chain they asked for, a set, a warning.
 */
import type { Table } from "../../../wasm/mod.ts";
import type { Reading, Request } from "./command.ts";
import type { Rule } from "./rule.ts";

interface Known<T> {
  readonly value: T;
  /** Chains that were asked for on the way: those that were there, and those that were not. */
  readonly there: readonly string[];
  readonly missing: readonly string[];
}

/** Kept values, the oldest forgotten first. */
class Shelf<T> {
  readonly #known = new Map<string, Known<T>>();

  constructor(readonly most: number) {}

  get(key: string): Known<T> | undefined {
    return this.#known.get(key);
  }

  keep(key: string, known: Known<T>): void {
    if (this.#known.size >= this.most) this.#known.delete(this.#known.keys().next().value as string);
    this.#known.set(key, known);
  }
}

/** A run of more characters than this is long. */
const LONG = 10_000;
const lines = new Shelf<Request>(100_000);
const runs = new Shelf<readonly Rule[]>(200_000);
const longRuns = new Shelf<readonly Rule[]>(8);

/** What one text is read against, noting what is asked. */
export class LineMemo {
  /** Hand this to the reader of lines. */
  readonly reading: Reading;
  readonly #against: Reading;
  #there: string[] = [];
  #missing: string[] = [];
  #free = true;

  constructor(against: Reading) {
    this.#against = against;
    this.reading = {
      family: against.family,
      isChain: (table, name) => {
        const there = against.isChain(table, name);
        (there ? this.#there : this.#missing).push(name);
        return there;
      },
      setFamily: (name) => {
        this.#free = false;
        return against.setFamily(name);
      },
      warn: (text) => {
        this.#free = false;
        against.warn(text);
      },
    };
  }

  /** The rules of a run as it was read before. */
  rules(run: string, table: Table): readonly Rule[] | undefined {
    const known = shelfOf(run).get(this.#key(run, table));
    return known !== undefined && this.#holds(known, table) ? known.value : undefined;
  }

  /** Reads a run by its lines; what comes of it is kept, if it is rules. `read` reads a line through {@link line} where it may. */
  run(run: string, table: Table, read: () => readonly Rule[] | undefined): void {
    this.#there = [];
    this.#missing = [];
    this.#free = true;
    const rules = read();
    if (rules === undefined || !this.#free) return;
    const asked = { there: once(this.#there), missing: once(this.#missing) };
    shelfOf(run).keep(this.#key(run, table), { value: rules, ...asked });
  }

  /** What a line of a long run means: as it was read before, or by `read`. */
  line(text: string, table: Table, read: () => Request): Request {
    const key = this.#key(text, table);
    const known = lines.get(key);
    if (known !== undefined && this.#holds(known, table)) {
      for (const name of known.there) this.#there.push(name);
      for (const name of known.missing) this.#missing.push(name);
      return known.value;
    }
    const [there, missing] = [this.#there.length, this.#missing.length];
    const request = read();
    if (this.#free) {
      lines.keep(key, { value: request, there: this.#there.slice(there), missing: this.#missing.slice(missing) });
    }
    return request;
  }

  #key(text: string, table: Table): string {
    return `${this.#against.family} ${table} ${text}`;
  }

  #holds({ there, missing }: Known<unknown>, table: Table): boolean {
    for (const name of there) if (!this.#against.isChain(table, name)) return false;
    for (const name of missing) if (this.#against.isChain(table, name)) return false;
    return true;
  }
}

/** Each name once. */
function once(names: readonly string[]): readonly string[] {
  return names.length < 2 ? names : [...new Set(names)];
}

/** Whether lines of a run are known by themselves as well. */
export function isLong(run: string): boolean {
  return run.length > LONG;
}

function shelfOf(run: string): Shelf<readonly Rule[]> {
  return isLong(run) ? longRuns : runs;
}
