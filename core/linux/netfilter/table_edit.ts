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
  packets: number;
  bytes: number;
}

/** A chain in place. */
export interface LiveChain {
  name: string;
  policy?: Policy;
  count: Count;
  entries: Entry[];
}

function entryOf(rule: Rule): Entry {
  return { rule, packets: rule.count?.packets ?? 0, bytes: rule.count?.bytes ?? 0 };
}

/** The working copy: chains are shared with the table it was made from until they are changed. */
export class TableEdit {
  readonly #chains = new Map<string, LiveChain>();
  /** Chains that are this copy's own. */
  readonly #own = new Set<LiveChain>();
  /** Chains whose policy was given with counters. */
  readonly #counted = new Set<string>();

  constructor(readonly table: Table, chains: Iterable<LiveChain>) {
    for (const chain of chains) this.#chains.set(chain.name, chain);
  }

  /** A working copy of a table read from text. */
  static from(text: TableText): TableEdit {
    return new TableEdit(text.table, text.chains.map((chain) => ({ ...chain, entries: chain.rules.map(entryOf) })));
  }

  /** The chains in listing order. */
  get chains(): LiveChain[] {
    return orderChains(this.table, this.#chains.values());
  }

  /** The chains as they go back to the kernel: libiptc keeps the counters of rules, but of policies only those it was given. */
  committed(): LiveChain[] {
    this.#own.clear();
    return this.chains.map((chain) => this.#counted.has(chain.name) ? chain : { ...chain, count: ZERO });
  }

  has(name: string): boolean {
    return this.#chains.has(name);
  }

  isBuiltin(name: string): boolean {
    return (BUILTINS[this.table] as readonly string[]).includes(name);
  }

  chain(name: string): LiveChain | undefined {
    return this.#chains.get(name);
  }

  /** A chain to be changed. */
  #change(name: string): LiveChain | undefined {
    const chain = this.#chains.get(name);
    if (chain === undefined || this.#own.has(chain)) return chain;
    const own = { ...chain, entries: chain.entries.slice() };
    this.#own.add(own);
    this.#chains.set(name, own);
    return own;
  }

  /** How many rules jump or go to each chain. */
  references(): Map<string, number> {
    const count = new Map<string, number>();
    for (const { entries } of this.#chains.values()) {
      for (const { rule } of entries) {
        if (rule.target?.target === "jump") count.set(rule.target.chain, (count.get(rule.target.chain) ?? 0) + 1);
      }
    }
    return count;
  }

  append(name: string, rules: readonly Rule[]): IptcErrno {
    const chain = this.#change(name);
    if (chain === undefined) return "ENOENT";
    for (const rule of rules) chain.entries.push(entryOf(rule));
    return "ok";
  }

  /** Inserts before rule `number`. */
  insert(name: string, rules: readonly Rule[], number: number): IptcErrno {
    const chain = this.#change(name);
    if (chain === undefined) return "ENOENT";
    if (number > chain.entries.length + 1) return "E2BIG";
    chain.entries.splice(number - 1, 0, ...rules.map(entryOf));
    return "ok";
  }

  replace(name: string, rule: Rule, number: number): IptcErrno {
    const chain = this.#change(name);
    if (chain === undefined) return "ENOENT";
    if (number > chain.entries.length) return "E2BIG";
    chain.entries[number - 1] = entryOf(rule);
    return "ok";
  }

  deleteNumber(name: string, number: number): IptcErrno {
    const chain = this.#change(name);
    if (chain === undefined) return "ENOENT";
    if (number > chain.entries.length) return "E2BIG";
    chain.entries.splice(number - 1, 1);
    return "ok";
  }

  /** Deletes the first rule equal to each of these. */
  deleteRules(name: string, rules: readonly Rule[]): IptcErrno {
    for (const rule of rules) {
      const index = this.#find(name, rule);
      if (index < 0) return "ENOENT";
      this.#change(name)?.entries.splice(index, 1);
    }
    return "ok";
  }

  /** Whether rules equal to all of these stand in the chain. */
  check(name: string, rules: readonly Rule[]): IptcErrno {
    return rules.every((rule) => this.#find(name, rule) >= 0) ? "ok" : "ENOENT";
  }

  #find(name: string, rule: Rule): number {
    return this.#chains.get(name)?.entries.findIndex((entry) => sameRule(entry.rule, rule)) ?? -1;
  }

  flush(name: string): IptcErrno {
    const chain = this.#change(name);
    if (chain === undefined) return "ENOENT";
    chain.entries = [];
    return "ok";
  }

  create(name: string): IptcErrno {
    if (this.#chains.has(name)) return "EEXIST";
    const chain: LiveChain = { name, count: ZERO, entries: [] };
    this.#own.add(chain);
    this.#chains.set(name, chain);
    return "ok";
  }

  remove(name: string): IptcErrno {
    const chain = this.#chains.get(name);
    if (this.isBuiltin(name)) return "EINVAL";
    if (chain === undefined) return "ENOENT";
    if ((this.references().get(name) ?? 0) > 0) return "EMLINK";
    if (chain.entries.length > 0) return "ENOTEMPTY";
    this.#chains.delete(name);
    return "ok";
  }

  /** iptables-restore without --noflush: every rule and user chain goes, policies and their counters stay. */
  clear(): void {
    for (const name of [...this.#chains.keys()]) {
      if (this.isBuiltin(name)) this.flush(name);
      else this.#chains.delete(name);
    }
  }

  rename(name: string, to: string): IptcErrno {
    if (this.has(to)) return "EEXIST";
    const chain = this.isBuiltin(name) ? undefined : this.#change(name);
    if (chain === undefined) return "ENOENT";
    this.#chains.delete(name);
    chain.name = to;
    this.#chains.set(to, chain);
    for (const { name: other, entries } of [...this.#chains.values()]) {
      if (!entries.some((entry) => jumpsTo(entry, name))) continue;
      const caller = this.#change(other) as LiveChain;
      caller.entries = caller.entries.map((entry) => jumpsTo(entry, name) ? retarget(entry, to) : entry);
    }
    return "ok";
  }

  policy(name: string, policy: string, count: Count = ZERO): IptcErrno {
    const chain = this.#change(name);
    if (chain === undefined || !this.isBuiltin(name)) return "ENOENT";
    if (policy !== "ACCEPT" && policy !== "DROP") return "EINVAL";
    chain.policy = policy;
    chain.count = count;
    this.#counted.add(name);
    return "ok";
  }

  zero(name: string, number?: number): IptcErrno {
    const chain = this.#change(name);
    if (chain === undefined) return "ENOENT";
    if (number !== undefined && number > chain.entries.length) return "E2BIG";
    if (number === undefined) chain.count = ZERO;
    chain.entries = chain.entries.map((entry, i) =>
      number === undefined || i === number - 1 ? { rule: entry.rule, packets: 0, bytes: 0 } : entry
    );
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
