import type { PlaneApi, Table } from "../../../wasm/mod.ts";
import { type Errno, isFailure } from "../../base/mod.ts";
import type { Namespace, StateKey } from "../namespace.ts";
import type { Family } from "./address.ts";
import { TABLES } from "./builtins.ts";
import { checkTable, reach, reachable } from "./check.ts";
import type { Reading } from "./command.ts";
import { compileTable, type RuleAt, ruleAtLine } from "./compile.ts";
import { printIptablesSave, type SaveOptions } from "./iptables_save.ts";
import { type IpSets, setsOf } from "./ipset/sets.ts";
import { type LiveChain, TableEdit } from "./table_edit.ts";
import { emptyTable, type TableText } from "./table_text.ts";

const KEYS: Readonly<Record<Family, StateKey<Netfilter>>> = {
  4: { label: "iptables" },
  6: { label: "ip6tables" },
};

/** The tables of one family in a namespace. */
export function netfilterOf(namespace: Namespace, family: Family = 4): Netfilter {
  return namespace.state(KEYS[family], () => new Netfilter(namespace, family));
}

/**
 * iptables (or ip6tables) of one namespace: the tables as text, with the compiled form of each in the plane, which counts.
 * A table is there once somebody has asked for it, as when its module is loaded.
 */
export class Netfilter {
  readonly plane: PlaneApi;
  readonly sets: IpSets;
  /** The newest first: the order of /proc/net/ip_tables_names. */
  #tables: { readonly table: Table; chains: LiveChain[] }[] = [];

  constructor(readonly namespace: Namespace, readonly family: Family) {
    this.plane = namespace.plane;
    this.sets = setsOf(namespace);
    this.sets.users.push((name) => this.#uses(name));
  }

  /** The tables that are loaded, in the order iptables-save prints them. */
  get tables(): Table[] {
    return this.#tables.map(({ table }) => table);
  }

  /** A table's chains with the counters of now; loads the table when it was not there. */
  chains(table: Table): readonly LiveChain[] {
    let entry = this.#tables.find((known) => known.table === table);
    if (entry === undefined) {
      entry = { table, chains: TableEdit.from(emptyTable(table)).chains };
      this.#tables.unshift(entry);
      this.#load(table, entry.chains);
      return entry.chains;
    }
    this.#readCounters(table, entry.chains);
    return entry.chains;
  }

  /** A working copy of a table, to be given to {@link commit}. */
  edit(table: Table): TableEdit {
    return new TableEdit(table, this.chains(table));
  }

  /** A table as text values. */
  text(table: Table): TableText {
    return this.edit(table).text();
  }

  /** Puts a changed table in place, all at once; says why the kernel would not take it. */
  commit(edit: TableEdit): Errno | "ok" {
    const chains = edit.committed();
    const hooks = reach(chains);
    const verdict = checkTable({ table: edit.table, family: this.family }, chains, hooks);
    if (verdict !== "ok") return verdict;
    const refused = this.#load(edit.table, chains, hooks);
    if (refused !== undefined) return refused;
    const entry = this.#tables.find((known) => known.table === edit.table);
    if (entry === undefined) this.#tables.unshift({ table: edit.table, chains });
    else entry.chains = chains;
    return "ok";
  }

  /** The dump of some tables, or of all that are loaded. */
  save(options: SaveOptions & { readonly tables?: readonly Table[] } = {}): string {
    return printIptablesSave((options.tables ?? this.tables).map((table) => this.text(table)), options);
  }

  /** Takes every table away, as after a reboot. */
  reset(): void {
    for (const table of TABLES) this.plane.dropTable(this.namespace.id, this.family, table);
    this.#tables = [];
  }

  /** Which rule or policy a trace's line of a table is. */
  ruleAt(table: Table, line: number): RuleAt | undefined {
    const entry = this.#tables.find((known) => known.table === table);
    return entry && ruleAtLine(entry.chains, line);
  }

  /** What command lines are read against. */
  reading(warn: (text: string) => void, edit?: TableEdit): Reading {
    return {
      family: this.family,
      isChain: (table, name) => (edit?.table === table ? edit : this.edit(table)).has(name),
      setFamily: (name) => {
        const set = this.sets.find(name);
        if (set === undefined) return undefined;
        return set.header.type.method === "hash" ? set.header.family : "unspec";
      },
      warn,
    };
  }

  #load(table: Table, chains: readonly LiveChain[], hooks = reach(chains)): Errno | undefined {
    const program = compileTable(reachable(chains, hooks), {
      family: this.family,
      table,
      setNumber: (name) => this.sets.idOf(name),
    });
    const failure = this.plane.loadTable(this.namespace.id, this.family, table, program);
    return isFailure(failure) ? failure.errno : undefined;
  }

  #readCounters(table: Table, chains: readonly LiveChain[]): void {
    const counts = this.plane.counters(this.namespace.id, this.family, table);
    let at = 0;
    for (const chain of chains) {
      for (const entry of chain.entries) {
        entry.packets = counts[at++] ?? 0;
        entry.bytes = counts[at++] ?? 0;
      }
      if (chain.policy !== undefined) chain.count = { packets: counts[at++] ?? 0, bytes: counts[at++] ?? 0 };
    }
  }

  #uses(set: string): number {
    let count = 0;
    for (const { chains } of this.#tables) {
      for (const { entries } of chains) {
        for (const { rule } of entries) {
          for (const match of rule.matches) if (match.match === "set" && match.set === set) count++;
          if (rule.target?.target !== "SET") continue;
          for (const use of [rule.target.add, rule.target.del, rule.target.map]) if (use?.set === set) count++;
        }
      }
    }
    return count;
  }
}
