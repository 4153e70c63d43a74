/** A table being changed: what libiptc does between iptc_init and iptc_commit. Answers are errno names, "ok" when it went well. */
import type { Count, Table } from "../../../wasm/mod.ts";
import type { Errno } from "../../base/mod.ts";
import { BUILTINS } from "./builtins.ts";
import { type Rule, sameRule } from "./rule.ts";
import { type Chain, orderChains, type Policy, type TableText, ZERO } from "./table_text.ts";

/** errno names libiptc uses beyond those the plane knows. */
export type IptcErrno = Errno | "E2BIG" | "EMLINK" | "ok";

/** A rule in place, with its counters of now. */
export interface Entry {
  readonly rule: Rule;
  /** nftables' number of it, where the nft variant made it. */
  readonly handle?: number;
  readonly packets: number;
  readonly bytes: number;
}

/** A chain in place: a value, of which tables and edits share what did not change. */
export interface LiveChain {
  readonly name: string;
  /** nftables' number of it, where the nft variant made it. */
  readonly handle?: number;
  readonly policy?: Policy;
  readonly count: Count;
  /** The nft variant's policies count once they have been set. */
  readonly counts?: boolean;
  readonly entries: readonly Entry[];
}

/** The table that an edit starts from, by chain name, with the counters of now. */
export interface TableBase extends Pick<ReadonlyMap<string, LiveChain>, "has" | "get" | "keys"> {
  /** A chain whose counters do not matter. */
  plain?(name: string): LiveChain | undefined;
}

/** What an edit did: chains that are new or others now, and names of those that are gone. */
export interface Edited {
  readonly changed: readonly LiveChain[];
  readonly gone: readonly string[];
}

function entryOf(rule: Rule): Entry {
  return { rule, packets: rule.count?.packets ?? 0, bytes: rule.count?.bytes ?? 0 };
}

/** Rules that are one value wherever they stand have one list of entries, and one compiled form. */
const shared = new WeakMap<readonly Rule[], readonly Entry[]>();

function entriesOf(rules: readonly Rule[]): readonly Entry[] {
  const known = shared.get(rules);
  if (known !== undefined) return known;
  const entries = rules.map(entryOf);
  shared.set(rules, entries);
  return entries;
}

/** The working copy: the table it was made from stays as it is. */
export class TableEdit {
  readonly #base: TableBase;
  /** Chains that are new or others here. */
  readonly #own = new Map<string, LiveChain>();
  readonly #gone = new Set<string>();
  /** Lists of entries that are this copy's own, and may grow. */
  readonly #growing = new WeakSet<readonly Entry[]>();
  /** Chains whose policy was given with counters. */
  readonly #counted = new Set<string>();
  /** Counted for the first `-X`, until something else changes. */
  #references: Map<string, number> | undefined;

  constructor(readonly table: Table, base: TableBase) {
    this.#base = base;
  }

  /** A working copy of a table read from text. */
  static from(text: TableText): TableEdit {
    const chains = text.chains.map(({ rules, ...chain }) => ({ ...chain, entries: rules.map(entryOf) }));
    return new TableEdit(text.table, new Map(chains.map((chain) => [chain.name, chain])));
  }

  /** The chains in listing order. */
  get chains(): LiveChain[] {
    return orderChains(this.table, this.#names().map((name) => this.chain(name) as LiveChain));
  }

  /** In listing order, without looking at counters. */
  get names(): string[] {
    return orderChains(this.table, this.#names().map((name) => ({ name }))).map(({ name }) => name);
  }

  #names(): string[] {
    const kept = [...this.#base.keys()].filter((name) => !this.#own.has(name) && !this.#gone.has(name));
    return [...kept, ...this.#own.keys()];
  }

  /** What goes back to the kernel: libiptc keeps the counters of rules, but of policies only those it was given. */
  committed(): Edited {
    const changed = Array.from(
      this.#own.values(),
      (chain) => this.#counted.has(chain.name) ? chain : { ...chain, count: ZERO },
    );
    return { changed, gone: [...this.#gone] };
  }

  has(name: string): boolean {
    return this.#own.has(name) || (!this.#gone.has(name) && this.#base.has(name));
  }

  isBuiltin(name: string): boolean {
    return (BUILTINS[this.table] as readonly string[]).includes(name);
  }

  chain(name: string): LiveChain | undefined {
    return this.#own.get(name) ?? (this.#gone.has(name) ? undefined : this.#base.get(name));
  }

  #plain(name: string): LiveChain | undefined {
    if (this.#base.plain === undefined || this.#own.has(name) || this.#gone.has(name)) return this.chain(name);
    return this.#base.plain(name);
  }

  protected put(chain: LiveChain): void {
    this.#references = undefined;
    this.#own.set(chain.name, chain);
    this.#gone.delete(chain.name);
  }

  #take(name: string): void {
    this.#own.delete(name);
    if (this.#base.has(name)) this.#gone.add(name);
  }

  /** The entries of a chain, to be changed. */
  #change(name: string): Entry[] | undefined {
    const chain = this.chain(name);
    if (chain === undefined) return undefined;
    this.#references = undefined;
    if (this.#growing.has(chain.entries)) return chain.entries as Entry[];
    const entries = chain.entries.slice();
    this.#growing.add(entries);
    this.put({ ...chain, entries });
    return entries;
  }

  /** A rule to be put in, perhaps in place of another. */
  protected entry(rule: Rule, _old?: Entry): Entry {
    return entryOf(rule);
  }

  /** A new chain. */
  protected born(name: string): LiveChain {
    return { name, count: ZERO, entries: [] };
  }

  /** Whether a chain is there for the tool at work. */
  isThere(name: string): boolean {
    return this.has(name);
  }

  /** Has a chain be there for the tool at work. */
  touch(_name: string): void {}

  /** Whether `-X` for all takes a chain away. */
  goes(name: string): boolean {
    return !this.isBuiltin(name);
  }

  /** How many rules jump or go to each chain. */
  references(): Map<string, number> {
    const count = new Map<string, number>();
    for (const name of this.#names()) {
      for (const { rule } of this.#plain(name)?.entries ?? []) {
        if (rule.target?.target === "jump") count.set(rule.target.chain, (count.get(rule.target.chain) ?? 0) + 1);
      }
    }
    return count;
  }

  append(name: string, rules: readonly Rule[]): IptcErrno {
    const entries = this.#change(name);
    if (entries === undefined) return "ENOENT";
    for (const rule of rules) entries.push(this.entry(rule));
    return "ok";
  }

  /** Appends rules that are one value for many tables. */
  appendShared(name: string, rules: readonly Rule[]): IptcErrno {
    const chain = this.chain(name);
    if (chain === undefined) return "ENOENT";
    if (rules.length === 0) return "ok";
    const entries = entriesOf(rules);
    if (chain.entries.length === 0) this.put({ ...chain, entries });
    else for (const entry of entries) this.#change(name)?.push(entry);
    return "ok";
  }

  /** Inserts before rule `number`. */
  insert(name: string, rules: readonly Rule[], number: number): IptcErrno {
    const entries = this.#change(name);
    if (entries === undefined) return "ENOENT";
    if (number > entries.length + 1) return "E2BIG";
    entries.splice(number - 1, 0, ...rules.map((rule) => this.entry(rule)));
    return "ok";
  }

  replace(name: string, rule: Rule, number: number): IptcErrno {
    const entries = this.#change(name);
    if (entries === undefined) return "ENOENT";
    const old = entries[number - 1];
    if (old === undefined) return "E2BIG";
    entries[number - 1] = this.entry(rule, old);
    return "ok";
  }

  deleteNumber(name: string, number: number): IptcErrno {
    const entries = this.#change(name);
    if (entries === undefined) return "ENOENT";
    if (number > entries.length) return "E2BIG";
    entries.splice(number - 1, 1);
    return "ok";
  }

  /** Deletes the first rule equal to each of these. */
  deleteRules(name: string, rules: readonly Rule[]): IptcErrno {
    for (const rule of rules) {
      const index = this.#find(name, rule);
      if (index < 0) return "ENOENT";
      this.#change(name)?.splice(index, 1);
    }
    return "ok";
  }

  /** Whether rules equal to all of these stand in the chain. */
  check(name: string, rules: readonly Rule[]): IptcErrno {
    return rules.every((rule) => this.#find(name, rule) >= 0) ? "ok" : "ENOENT";
  }

  #find(name: string, rule: Rule): number {
    return this.#plain(name)?.entries.findIndex((entry) => sameRule(entry.rule, rule)) ?? -1;
  }

  flush(name: string): IptcErrno {
    if (!this.has(name)) return "ENOENT";
    // a user chain has nothing that outlives its rules
    const { handle, ...chain } = (this.isBuiltin(name) ? this.chain(name) : this.#plain(name)) as LiveChain;
    const kept = this.isBuiltin(name) ? chain : { name, count: ZERO };
    this.put({ ...kept, ...(handle === undefined ? {} : { handle }), entries: [] });
    return "ok";
  }

  create(name: string): IptcErrno {
    if (this.has(name)) return "EEXIST";
    this.put(this.born(name));
    return "ok";
  }

  remove(name: string): IptcErrno {
    if (this.isBuiltin(name)) return "EINVAL";
    if (!this.has(name)) return "ENOENT";
    this.#references ??= this.references();
    if ((this.#references.get(name) ?? 0) > 0) return "EMLINK";
    if ((this.chain(name)?.entries.length ?? 0) > 0) return "ENOTEMPTY";
    this.#take(name);
    return "ok";
  }

  /** iptables-restore without --noflush: every rule and user chain goes, policies and their counters stay. */
  clear(): void {
    this.#references = undefined;
    for (const name of this.#names()) {
      if (this.isBuiltin(name)) this.flush(name);
      else this.#take(name);
    }
  }

  rename(name: string, to: string): IptcErrno {
    if (this.has(to)) return "EEXIST";
    const chain = this.isBuiltin(name) ? undefined : this.chain(name);
    if (chain === undefined) return "ENOENT";
    this.#take(name);
    this.put({ ...chain, name: to });
    for (const other of this.#names()) {
      const caller = this.chain(other) as LiveChain;
      if (!caller.entries.some((entry) => jumpsTo(entry, name))) continue;
      this.put({
        ...caller,
        entries: caller.entries.map((entry) => jumpsTo(entry, name) ? retarget(entry, to) : entry),
      });
    }
    return "ok";
  }

  policy(name: string, policy: string, count: Count = ZERO): IptcErrno {
    const chain = this.chain(name);
    if (chain === undefined || !this.isBuiltin(name)) return "ENOENT";
    if (policy !== "ACCEPT" && policy !== "DROP") return "EINVAL";
    this.policed({ ...chain, policy, count });
    return "ok";
  }

  /** Puts a chain with the counters of its policy. */
  protected policed(chain: LiveChain): void {
    this.put(chain);
    this.#counted.add(chain.name);
  }

  zero(name: string, number?: number): IptcErrno {
    const chain = this.chain(name);
    if (chain === undefined) return "ENOENT";
    if (number !== undefined && number > chain.entries.length) return "E2BIG";
    this.put({
      ...chain,
      count: number === undefined ? ZERO : chain.count,
      entries: chain.entries.map((entry, i) =>
        number === undefined || i === number - 1 ? { ...entry, packets: 0, bytes: 0 } : entry
      ),
    });
    return "ok";
  }

  /** The table as text values, with the counters it has now. */
  text(): TableText {
    const chains: Chain[] = this.chains.map(({ name, policy, count, entries }) => ({
      name,
      policy,
      count,
      rules: entries.map(counted),
    }));
    return { table: this.table, chains };
  }
}

/** The rule with its counters of now; the rule itself where they are what its text said. */
function counted({ rule, packets, bytes }: Entry): Rule {
  const same = packets === (rule.count?.packets ?? 0) && bytes === (rule.count?.bytes ?? 0);
  return same ? rule : { ...rule, count: { packets, bytes } };
}

function jumpsTo({ rule: { target } }: Entry, name: string): boolean {
  return target?.target === "jump" && target.chain === name;
}

function retarget(entry: Entry, to: string): Entry {
  const target = { ...entry.rule.target, chain: to } as Rule["target"];
  return { ...entry, rule: { ...entry.rule, target } };
}
