/**
 * One table of a namespace: its chains, and the form of them that the plane runs and counts.
 *
 * A change is loaded as a patch of the chains that differ, so that it costs what it is, not what the table is:
 *
 *     plane's chains   0    1    2    3    4         chains keep their numbers; a gone one's is given to the next new one
 *     rules' lines     0-4  5-7  8-8  9-20           a changed chain's rules take lines behind all others
 *
 * The whole table is loaded where a patch would not be the same as what the kernel does, which is always the whole table:
 * rules that forget what they remember, lists that go with their last rule, chains that begin to be reached.
 */
import type { Ns, PlaneApi, Table, TableRef } from "../../../wasm/mod.ts";
import { type Errno, isFailure } from "../../base/mod.ts";
import type { Family } from "./address.ts";
import { checkEntries, checkTable, jumps, type Reach, reach, reachable } from "./check.ts";
import {
  codeOf,
  type CompileOptions,
  compilePatch,
  compileTable,
  isHooked,
  type PatchedChain,
  type RuleAt,
  ruleOf,
} from "./compile.ts";
import type { TableHandles } from "./handles.ts";
import type { Edited, Entry, LiveChain, TableBase } from "./table_edit.ts";
import { BUILTINS } from "./builtins.ts";
import { emptyTable, orderChains, ZERO } from "./table_text.ts";

/** Where a table lives. */
export interface TablePlace extends CompileOptions {
  readonly plane: PlaneApi;
  readonly ns: Ns;
  readonly family: Family;
  readonly table: Table;
}

/** A chain in the plane: its number, and the line of its first rule. */
interface Slot {
  readonly number: number;
  readonly line: number;
}

/** Patches that change a larger part of a table than this are no gain. */
const LARGEST_PATCH = 0.25;

/** A table that the plane runs. */
export class LoadedTable {
  readonly table: Table;
  /** Where the nft variant has made something of it. */
  handles: TableHandles | undefined;
  readonly #place: TablePlace;
  readonly #chains = new Map<string, LiveChain>();
  readonly #slots = new Map<string, Slot>();
  /** Numbers of chains that are gone. */
  #free: number[] = [];
  /** Lines and chains the plane has, and lines of rules that are gone. */
  #lines = 0;
  #numbers = 0;
  #idle = 0;
  /** Hooks that lead to each chain; a patch adds to them and takes none away. */
  #hooks = new Map<string, number>();
  /** Chains that were loaded without their jumps. */
  #cut: ReadonlySet<string> = new Set();
  /** How many chains have rules that forget. */
  #forgetful = 0;
  /** Whether the plane has the table: one of nftables without base chains it has not. */
  #isFelt = false;

  /** Loads the table as its module makes it. */
  constructor(place: TablePlace) {
    this.#place = place;
    this.table = place.table;
    this.#replace(
      emptyTable(place.table).chains.map(({ rules: _, ...chain }) => ({ ...chain, entries: [] })),
      new Map(),
    );
  }

  /** The plane's number of it as a table of nftables. */
  get number(): number | undefined {
    return this.#place.nft;
  }

  has(name: string): boolean {
    return this.#chains.has(name);
  }

  /** The chains with the counters they were loaded with, in no order. */
  plain(): Iterable<LiveChain> {
    return this.#chains.values();
  }

  /** The table with the counters of now, read when the first chain is asked for. */
  now(): TableBase {
    let counts: Float64Array | undefined;
    return {
      has: (name) => this.#chains.has(name),
      keys: () => this.#chains.keys(),
      plain: (name) => this.#chains.get(name),
      get: (name) => {
        const chain = this.#chains.get(name);
        return chain &&
          counted(chain, {
            line: this.#slot(name).line,
            counts: counts ??= this.#counts(),
            policy: this.#hasCount(chain),
          });
      },
    };
  }

  #counts(): Float64Array {
    const { plane, ns, family } = this.#place;
    return this.#isFelt ? plane.counters(ns, family, this.#ref) : new Float64Array();
  }

  /** What the plane knows the table by. */
  get #ref(): TableRef {
    return this.#place.nft ?? this.table;
  }

  /** Takes the table from the plane. */
  drop(): void {
    const { plane, ns, family } = this.#place;
    if (this.#isFelt) plane.dropTable(ns, family, this.#ref);
    this.#isFelt = false;
  }

  #slot(name: string): Slot {
    return this.#slots.get(name) as Slot;
  }

  /** Puts changes in place, all at once; says why the kernel would not take them. */
  commit(edited: Edited): Errno | "ok" {
    // whatever speaks against a patch, the whole table says
    if (this.#patch(edited)) return "ok";
    const all = this.now();
    const chains = new Map(Array.from(all.keys(), (name) => [name, all.get(name) as LiveChain]));
    for (const name of edited.gone) chains.delete(name);
    for (const [name, chain] of chains) if (chain.policy !== undefined) chains.set(name, { ...chain, count: ZERO });
    for (const chain of edited.changed) chains.set(chain.name, chain);
    const ordered = orderChains(this.table, chains.values());
    const hooks = reach(ordered);
    const verdict = checkTable(this.#place, ordered, hooks);
    if (verdict !== "ok") return verdict;
    return this.#replace(ordered, hooks as Reach) ?? "ok";
  }

  /** Loads the whole table. */
  #replace(chains: readonly LiveChain[], hooks: Reach): Errno | undefined {
    const { plane, ns, family } = this.#place;
    const felt = reachable(chains, hooks);
    if (chains.some((chain) => isHooked(chain, this.#place))) {
      const refused = plane.loadTable(ns, family, this.#ref, compileTable(felt, this.#place));
      if (isFailure(refused)) return refused.errno;
      this.#isFelt = true;
    } else this.drop();
    this.#chains.clear();
    this.#slots.clear();
    this.#lines = this.#idle = this.#forgetful = 0;
    this.#free = [];
    this.#numbers = chains.length;
    for (const [number, chain] of chains.entries()) {
      this.#chains.set(chain.name, chain);
      this.#slots.set(chain.name, { number, line: this.#lines });
      this.#lines += this.#linesOf(chain);
      if (this.#code(chain).forgets) this.#forgetful++;
    }
    this.#hooks = new Map(hooks);
    this.#cut = new Set(chains.filter((chain, i) => chain !== felt[i]).map(({ name }) => name));
    return undefined;
  }

  #code(chain: LiveChain) {
    return codeOf(chain.entries, this.#place);
  }

  /** Loads the chains that differ; false where that is not the way, and then nothing has changed. */
  #patch({ changed: edited, gone }: Edited): boolean {
    const changed = edited.map((chain) => this.#asBefore(chain));
    const before = [...changed.map(({ name }) => name), ...gone].flatMap((name) => this.#chains.get(name) ?? []);
    const few = before.length + changed.length < LARGEST_PATCH * this.#chains.size && this.#idle * 2 <= this.#lines;
    if (
      !few || this.#place.nft !== undefined || this.#forgetful > 0 || before.some((chain) => this.#code(chain).names)
    ) return false;
    const grown = this.#grown(changed);
    if (grown === undefined) return false;
    const slots = new Map<string, Slot>();
    const free = this.#free.slice();
    let lines = this.#lines, numbers = this.#numbers;
    const patched: PatchedChain[] = changed.map((chain) => {
      const kept = this.#isKept(chain);
      const own = this.#slots.get(chain.name);
      const number = own?.number ?? free.pop() ?? numbers++;
      slots.set(chain.name, kept ? own as Slot : { number, line: lines });
      if (!kept) lines += this.#linesOf(chain);
      return { number, chain, kept };
    });
    const program = compilePatch(
      [...patched, ...this.#policies(slots)],
      (name) => (slots.get(name) ?? this.#slot(name)).number,
      this.#place,
    );
    const { plane, ns, family } = this.#place;
    if (isFailure(plane.loadTable(ns, family, this.#ref, program))) return false;
    this.#lines = lines;
    this.#numbers = numbers;
    this.#free = free;
    this.#settle({ changed, gone }, slots);
    for (const [name, bits] of grown) this.#hooks.set(name, bits);
    return true;
  }

  /** The same entries as before are the same value as before. */
  #asBefore(chain: LiveChain): LiveChain {
    const old = this.#chains.get(chain.name)?.entries;
    const same = old?.length === chain.entries.length && old.every((entry, i) => entry === chain.entries[i]);
    return same && old !== chain.entries ? { ...chain, entries: old } : chain;
  }

  /** Notes what a patch did. */
  #settle({ changed, gone }: Edited, slots: ReadonlyMap<string, Slot>): void {
    const cut = new Set(this.#cut);
    for (const name of gone) {
      this.#free.push(this.#slot(name).number);
      this.#idle += this.#linesOf(this.#chains.get(name) as LiveChain);
      this.#chains.delete(name);
      this.#slots.delete(name);
      this.#hooks.delete(name);
      cut.delete(name);
    }
    for (const name of BUILTINS[this.table]) {
      this.#chains.set(name, { ...this.#chains.get(name) as LiveChain, count: ZERO });
    }
    for (const chain of changed) {
      const [old, slot] = [this.#chains.get(chain.name), slots.get(chain.name) as Slot];
      if (old !== undefined && slot.line !== this.#slot(chain.name).line) this.#idle += this.#linesOf(old);
      this.#chains.set(chain.name, chain);
      this.#slots.set(chain.name, slot);
      cut.delete(chain.name);
      if (this.#code(chain).forgets) this.#forgetful++;
    }
    this.#cut = cut;
  }

  /** A user chain whose rules are those it has: only its counters begin anew. */
  #isKept(chain: LiveChain): boolean {
    const same = chain.policy === undefined && this.#chains.get(chain.name)?.entries === chain.entries;
    return same && this.#code(chain).unused;
  }

  /** The built-in chains that a patch does not bring: their policies' counters begin anew all the same. */
  #policies(brought: ReadonlyMap<string, Slot>): PatchedChain[] {
    const rest = BUILTINS[this.table].filter((name) => !brought.has(name));
    return rest.map((name) => {
      const chain = { ...this.#chains.get(name) as LiveChain, count: ZERO };
      return { number: this.#slot(name).number, chain, kept: true };
    });
  }

  /**
   * The hooks that lead to chains after a change, where they are others; undefined where the kernel might refuse a rule because of
   * them, or where a chain was loaded without its jumps. A hook that no longer leads to a chain is not noticed.
   */
  #grown(changed: readonly LiveChain[]): ReadonlyMap<string, number> | undefined {
    const now = new Map(changed.map((chain) => [chain.name, chain]));
    const grown = new Map<string, number>();
    const bitsOf = (name: string) => grown.get(name) ?? this.#hooks.get(name) ?? 0;
    const waiting = changed.filter((chain) => this.#chains.get(chain.name)?.entries !== chain.entries);
    for (let chain = waiting.pop(); chain !== undefined; chain = waiting.pop()) {
      const bits = bitsOf(chain.name);
      for (const name of jumps(chain)) {
        const old = bitsOf(name);
        const callee = now.get(name) ?? this.#chains.get(name);
        if (callee === undefined || (old | bits) === old) continue;
        if (this.#cut.has(name)) return undefined;
        grown.set(name, old | bits);
        waiting.push(callee);
      }
    }
    const { family, table } = this.#place;
    const sound = (name: string, entries: readonly Entry[]) =>
      checkEntries(entries, { family, table, hooks: bitsOf(name) }) === "ok";
    const others = [...grown.keys()].filter((name) => !now.has(name));
    const all = [...changed, ...others.map((name) => this.#chains.get(name) as LiveChain)];
    return all.every(({ name, entries }) => sound(name, entries)) ? grown : undefined;
  }

  /** Whether a chain's policy counts. */
  #hasCount(chain: LiveChain): boolean {
    return isHooked(chain, this.#place) && (this.#place.nft === undefined || chain.counts === true);
  }

  /** A line for each rule, and one for the policy where a hook leads. */
  #linesOf(chain: LiveChain): number {
    return chain.entries.length + (isHooked(chain, this.#place) ? 1 : 0);
  }

  /** The chain of a line of the plane, and where in it the line is. */
  placeOf(line: number): { readonly chain: LiveChain; readonly line: number } | undefined {
    for (const [name, slot] of this.#slots) {
      const chain = this.#chains.get(name) as LiveChain;
      if (line >= slot.line && line < slot.line + this.#linesOf(chain)) return { chain, line: line - slot.line };
    }
    return undefined;
  }

  /** Which rule or policy a line of the plane is. */
  ruleAt(line: number): RuleAt | undefined {
    const place = this.placeOf(line);
    return place && ruleOf(place.chain, place.line);
  }
}

/** The chain with its counters of now: itself where nothing was counted since. */
function counted(
  chain: LiveChain,
  { line, counts, policy }: { readonly line: number; readonly counts: Float64Array; readonly policy: boolean },
): LiveChain {
  const { entries } = chain;
  const last = 2 * (line + entries.length);
  const count = !policy ? chain.count : { packets: counts[last] ?? 0, bytes: counts[last + 1] ?? 0 };
  const moved = entries.some(({ packets, bytes }, i) =>
    counts[2 * (line + i)] !== packets || counts[2 * (line + i) + 1] !== bytes
  );
  if (!moved) return { ...chain, count };
  return {
    ...chain,
    count,
    entries: entries.map(({ rule, handle }, i) => ({
      rule,
      ...(handle !== undefined && { handle }),
      packets: counts[2 * (line + i)] ?? 0,
      bytes: counts[2 * (line + i) + 1] ?? 0,
    })),
  };
}
