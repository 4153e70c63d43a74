/**
 * A table of nftables as the plane has it for one family: its chains by number, and where each rule's line is. Changes of chains that
 * no hook is of are loaded as a patch; tables that count, and changes of more than that, are loaded whole.
 */
import type { Ns, PlaneApi } from "../../../wasm/mod.ts";
import { isFailure } from "../../base/mod.ts";
import type { SetLookup } from "./compile/matches.ts";
import {
  cachedChain,
  type ChainCache,
  compileNftPatch,
  compileNftTable,
  isOwn,
  type Line,
  type Written,
} from "./compile/table.ts";
import type { LiveChain, TableDraft, Touched } from "./draft.ts";

/** Where a family's program lives, and what its rules are compiled with. */
export interface FamilyPlace {
  readonly plane: PlaneApi;
  readonly ns: Ns;
  readonly number: number;
  readonly sets: SetLookup;
  /** Whether this family's program goes on with what was counted so far. */
  readonly counts: boolean;
}

/** A chain in the plane. */
interface Slot {
  readonly number: number;
  readonly line: number;
  readonly written: Written;
}

/** The chains that one chain of the table became. */
interface Own {
  readonly live: LiveChain;
  readonly written: readonly Written[];
  /** The sets it asked. */
  readonly asks: Iterable<string>;
}

/** What the plane has of a table. */
export class LoadedFamily {
  readonly #cache: ChainCache = new Map();
  readonly #slots = new Map<string, Slot>();
  /** By the names of the table's chains. */
  readonly #own = new Map<string, Own>();
  /** Names of chains by the sets they asked. */
  readonly #asking = new Map<string, Set<string>>();
  #free: number[] = [];
  #numbers = 0;
  #lines = 0;
  /** Lines of rules that are gone. */
  #idle = 0;
  #counts = false;

  constructor(readonly family: 4 | 6) {}

  /** Whether the plane has a program of it. */
  get isLoaded(): boolean {
    return this.#slots.size > 0;
  }

  /** Whether rules of it count. */
  get hasCounters(): boolean {
    return this.#counts;
  }

  /** Loads the whole table; false where chains lead in a circle. */
  load(table: TableDraft, { plane, ns, number, sets, counts }: FamilyPlace): boolean {
    const place = { family: this.family, number, sets, counts, cache: this.#cache };
    const compiled = compileNftTable(table, place);
    if (compiled === undefined) {
      if (this.isLoaded) plane.dropTable(ns, this.family, number);
      this.#settle(table, []);
      return true;
    }
    if (isFailure(plane.loadTable(ns, this.family, number, compiled.program))) return false;
    this.#settle(table, compiled.chains);
    return true;
  }

  #settle(table: TableDraft, chains: readonly Written[]): void {
    for (const map of [this.#slots, this.#own, this.#asking]) map.clear();
    this.#free = [];
    this.#numbers = this.#lines = this.#idle = 0;
    this.#counts = false;
    for (const written of chains) {
      this.#slots.set(written.name, { number: this.#numbers++, line: this.#lines, written });
      this.#lines += linesOf(written);
      this.#counts ||= written.rules.some(({ line }) => line.counts !== undefined);
      if (!isOwn(written.name)) this.#note(table.chains.get(written.name) as LiveChain);
    }
  }

  #note(live: LiveChain): void {
    const cached = this.#cache.get(live);
    const own = { live, written: cached?.written ?? [], asks: cached?.asks ?? [] };
    this.#own.set(live.chain.name, own);
    for (const set of own.asks) {
      const asking = this.#asking.get(set) ?? new Set();
      this.#asking.set(set, asking.add(live.chain.name));
    }
  }

  /** Loads what changed; false where that is not the way, and then the plane is as it was. */
  patch(table: TableDraft, touched: Touched, { plane, ns, number, sets }: FamilyPlace): boolean {
    if (touched.all || !this.isLoaded || this.#counts || this.#idle * 2 > this.#lines) return false;
    const place = { family: this.family, number, sets, counts: false, cache: this.#cache };
    const due = this.#due(table, touched, sets);
    if (due === undefined) return false;
    const chains = new Set<LiveChain>();
    for (let live = due.pop(); live !== undefined; live = due.pop()) {
      if (chains.has(live)) continue;
      chains.add(live);
      for (const { rules } of cachedChain(live, table, place)) {
        for (const { chain, line } of rules) {
          if (line.counts !== undefined) return false;
          const callee = chain === undefined || this.#own.has(chain) ? undefined : table.chains.get(chain);
          if (callee !== undefined) due.push(callee);
        }
      }
    }
    const brought = [...chains].flatMap((live) => this.#cache.get(live)?.written ?? []);
    const free = this.#free.slice();
    let [numbers, lines] = [this.#numbers, this.#lines];
    const slots = new Map<string, Slot>();
    for (const written of brought) {
      const number = this.#slots.get(written.name)?.number ?? free.pop() ?? numbers++;
      slots.set(written.name, { number, line: lines, written });
      lines += linesOf(written);
    }
    const numberOf = (name: string) => (slots.get(name) ?? this.#slots.get(name))?.number ?? 0;
    const program = compileNftPatch([...slots.values()], numberOf, { family: this.family, number });
    if (slots.size > 0 && isFailure(plane.loadTable(ns, this.family, number, program))) return false;
    [this.#free, this.#numbers, this.#lines] = [free, numbers, lines];
    for (const name of touched.chains) if (!table.chains.has(name)) this.#forget(name, slots);
    for (const live of chains) this.#forget(live.chain.name, slots);
    for (const [name, slot] of slots) this.#slots.set(name, slot);
    for (const live of chains) this.#note(live);
    return true;
  }

  /** The chains to be compiled anew, of those the plane has; undefined where a base chain is among them. */
  #due(table: TableDraft, touched: Touched, sets: SetLookup): LiveChain[] | undefined {
    const due = new Set<LiveChain>();
    for (const name of touched.chains) {
      const live = table.chains.get(name);
      if (live !== undefined && this.#own.has(name)) due.add(live);
    }
    for (const set of touched.sets) {
      for (const name of this.#asking.get(set) ?? []) {
        const live = table.chains.get(name);
        if (live !== undefined && this.#cache.get(live)?.holds(sets) === false) due.add(live);
      }
    }
    return [...due].some(({ chain }) => chain.hook !== undefined) ? undefined : [...due];
  }

  /** A chain is gone, or comes anew: numbers that nobody takes over are free. */
  #forget(name: string, slots: ReadonlyMap<string, Slot>): void {
    const own = this.#own.get(name);
    if (own === undefined) return;
    this.#own.delete(name);
    for (const set of own.asks) this.#asking.get(set)?.delete(name);
    if (!slots.has(name)) this.#cache.delete(own.live);
    for (const written of own.written) {
      const slot = this.#slots.get(written.name);
      if (slot === undefined) continue;
      this.#idle += linesOf(written);
      if (!slots.has(written.name)) this.#free.push(slot.number);
      this.#slots.delete(written.name);
    }
  }

  /** Every rule that counts, with its line. */
  *counted(): Generator<readonly [line: number, of: Line]> {
    for (const { line, written } of this.#slots.values()) {
      for (const [i, rule] of written.rules.entries()) if (rule.line.counts !== undefined) yield [line + i, rule.line];
    }
  }

  /** What a line of the plane is; undefined where there is none. */
  lineAt(at: number): Line | undefined {
    for (const { line, written } of this.#slots.values()) {
      if (at >= line && at < line + linesOf(written)) return written.rules[at - line]?.line ?? { chain: written.own };
    }
    return undefined;
  }
}

/** A line for each rule, and one for the policy. */
function linesOf({ rules, hook }: Written): number {
  return rules.length + (hook === undefined ? 0 : 1);
}
