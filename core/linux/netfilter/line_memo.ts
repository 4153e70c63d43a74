/**
 * Lines of rules read before, for every namespace alike: the nodes of a cluster load the same lines again and again.
 * A line is read anew where what it was read against has changed: a chain it asked for, a set, a warning.
 */
import type { Table } from "../../../wasm/mod.ts";
import type { Reading, Request } from "./command.ts";

/** A line's meaning, with the chains that were asked for on the way and whether they were there. */
interface Known {
  readonly request: Request;
  readonly asked: readonly (readonly [name: string, there: boolean])[];
}

/** Lines kept; past that all are forgotten. */
const MOST = 300_000;
const lines = new Map<string, Known>();

/** What one text is read against, noting what is asked. */
export class LineMemo {
  /** Hand this to the reader of lines. */
  readonly reading: Reading;
  readonly #against: Reading;
  #asked: (readonly [string, boolean])[] = [];
  #free = true;

  constructor(against: Reading) {
    this.#against = against;
    this.reading = {
      family: against.family,
      isChain: (table, name) => {
        const there = against.isChain(table, name);
        this.#asked.push([name, there]);
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

  /** What a line of a table means: as it was read before, or by `read`. */
  request(text: string, table: Table, read: () => Request): Request {
    const key = `${this.#against.family} ${table} ${text}`;
    const known = lines.get(key);
    if (known?.asked.every(([name, there]) => this.#against.isChain(table, name) === there)) return known.request;
    [this.#asked, this.#free] = [[], true];
    const request = read();
    if (this.#free && text.startsWith("-A ")) keep(key, { request, asked: this.#asked });
    return request;
  }
}

function keep(key: string, known: Known): void {
  if (lines.size >= MOST) lines.clear();
  lines.set(key, known);
}
