import type { PlaneApi, Table } from "../../../wasm/mod.ts";
import type { Errno } from "../../base/mod.ts";
import type { Namespace, StateKey } from "../namespace.ts";
import type { Family } from "./address.ts";
import type { Reading } from "./command.ts";
import type { RuleAt } from "./compile.ts";
import { nextTableHandle, planeNumbers, type TableHandles } from "./handles.ts";
import { printIptablesSave, type SaveOptions } from "./iptables_save.ts";
import { type IpSets, setsOf } from "./ipset/sets.ts";
import { LoadedTable } from "./loaded_table.ts";
import { NftEdit } from "./nft_edit.ts";
import { type Entry, type LiveChain, TableEdit } from "./table_edit.ts";
import type { TableText } from "./table_text.ts";

/** The two variants of the tools: each has rules of its own, and packets meet both. What the nft variant makes, `nft` shows. */
export type Variant = "legacy" | "nft";

const KEYS: Readonly<Record<Variant, Readonly<Record<Family, StateKey<Netfilter>>>>> = {
  legacy: { 4: { label: "iptables" }, 6: { label: "ip6tables" } },
  nft: { 4: { label: "iptables-nft" }, 6: { label: "ip6tables-nft" } },
};

/** How many numbers the kernel spends on a change it refuses: it makes all of a circle twice, and numbers no rule it cannot read. */
function spent(verdict: Errno, made: number): number {
  if (verdict === "ELOOP") return 2 * made;
  return verdict === "EOPNOTSUPP" ? made : Math.max(0, made - 1);
}

/** The tables of one family in a namespace. */
export function netfilterOf(namespace: Namespace, family: Family = 4, variant: Variant = "legacy"): Netfilter {
  return namespace.state(KEYS[variant][family], () => new Netfilter(namespace, family, variant));
}

/** A rule or, without an entry, a policy in its place. */
export interface PlacedEntry {
  readonly table: Table;
  readonly chain: string;
  readonly policy: string;
  readonly entry: Entry | undefined;
}

/** A table as it was, to be put back. */
export interface Kept {
  readonly chains: readonly LiveChain[];
  readonly handles: TableHandles | undefined;
}

/**
 * iptables (or ip6tables) of one namespace: the tables as text, with the compiled form of each in the plane, which counts.
 * A table is there once somebody has asked for it, as when its module is loaded.
 */
export class Netfilter {
  readonly plane: PlaneApi;
  readonly sets: IpSets;
  /** The newest first: the order of /proc/net/ip_tables_names. */
  #tables: LoadedTable[] = [];

  constructor(readonly namespace: Namespace, readonly family: Family, readonly variant: Variant) {
    this.plane = namespace.plane;
    this.sets = setsOf(namespace);
    this.sets.users.push((name) => this.#uses(name));
  }

  /** The tables that are loaded, in the order iptables-save prints them. */
  get tables(): Table[] {
    return this.#tables.map(({ table }) => table);
  }

  /** A table's chains with the counters of now, in listing order; loads the table when it was not there. */
  chains(table: Table): readonly LiveChain[] {
    return this.edit(table).chains;
  }

  /** A working copy of a table, to be given to {@link commit}. */
  edit(table: Table): TableEdit {
    return this.variant === "nft" ? this.nftEdit(table) : new TableEdit(table, this.#loaded(table).now());
  }

  /** A working copy for what nft and the nft variant do. */
  nftEdit(table: Table): NftEdit {
    const loaded = this.#loaded(table);
    return new NftEdit(table, loaded.now(), loaded.handles);
  }

  /** What the nft variant has made of a table; undefined where it has made nothing. */
  handles(table: Table): TableHandles | undefined {
    return this.#tables.find((known) => known.table === table)?.handles;
  }

  /** A table as it is, for {@link putBack}. */
  keep(table: Table): Kept {
    return { chains: this.chains(table), handles: this.handles(table) };
  }

  /** Puts a table back as it was. */
  putBack(table: Table, { chains, handles }: Kept): void {
    const loaded = this.#loaded(table);
    const names = new Set(chains.map(({ name }) => name));
    loaded.commit({ changed: chains, gone: [...loaded.now().keys()].filter((name) => !names.has(name)) });
    loaded.handles = handles;
  }

  #loaded(table: Table): LoadedTable {
    const known = this.#tables.find((known) => known.table === table);
    if (known !== undefined) return known;
    const { namespace: { id: ns }, plane, family, sets } = this;
    const own = this.variant === "nft" ? { nft: planeNumbers(this.namespace).take() } : {};
    const loaded = new LoadedTable({ plane, ns, family, table, setNumber: (name) => sets.idOf(name), ...own });
    this.#tables.unshift(loaded);
    return loaded;
  }

  /** A table as text values. */
  text(table: Table): TableText {
    return this.edit(table).text();
  }

  /** Puts a changed table in place, all at once; says why the kernel would not take it. */
  commit(edit: TableEdit): Errno | "ok" {
    const loaded = this.#loaded(edit.table);
    const verdict = loaded.commit(edit.committed());
    if (edit instanceof NftEdit) loaded.handles = this.#numbered(edit, loaded.handles, verdict);
    return verdict;
  }

  /** The numbers after an edit; a table that is gone and has nothing new in it is no more. */
  #numbered(edit: NftEdit, before: TableHandles | undefined, verdict: Errno | "ok"): TableHandles | undefined {
    const { fresh, last } = edit.numbered;
    // the kernel numbers a table before it looks at the rules
    const table = fresh && last > 0 ? nextTableHandle(this.namespace) : before?.table;
    if (verdict === "ok") return table === undefined || last === 0 ? undefined : { table, last };
    if (fresh && verdict === "ELOOP") nextTableHandle(this.namespace);
    return before === undefined || fresh
      ? before
      : { ...before, last: before.last + spent(verdict, last - before.last) };
  }

  /** The dump of some tables, or of all that are loaded. */
  save(options: SaveOptions & { readonly tables?: readonly Table[] } = {}): string {
    return printIptablesSave((options.tables ?? this.tables).map((table) => this.text(table)), options);
  }

  /** Takes every table away, as after a reboot. */
  reset(): void {
    for (const loaded of this.#tables) loaded.drop();
    this.#tables = [];
  }

  /** Which rule or policy a trace's line of a table is. */
  ruleAt(table: Table, line: number): RuleAt | undefined {
    return this.#tables.find((known) => known.table === table)?.ruleAt(line);
  }

  /** What a trace's line of one of nftables' tables is, by the plane's number of the table; undefined where it is none of these. */
  entryAt(number: number, line: number): PlacedEntry | undefined {
    const loaded = this.#tables.find((known) => known.number === number);
    const place = loaded?.placeOf(line);
    if (loaded === undefined || place === undefined) return undefined;
    const { name, policy, entries } = place.chain;
    return { table: loaded.table, chain: name, policy: policy ?? "ACCEPT", entry: entries[place.line] };
  }

  /** What command lines are read against. */
  reading(warn: (text: string) => void, edit?: TableEdit): Reading {
    return {
      family: this.family,
      isChain: (table, name) => (edit?.table === table ? edit : this.#loaded(table)).has(name),
      setFamily: (name) => {
        const set = this.sets.find(name);
        if (set === undefined) return undefined;
        return set.header.type.method === "hash" ? set.header.family : "unspec";
      },
      warn,
    };
  }

  #uses(set: string): number {
    let count = 0;
    for (const loaded of this.#tables) {
      for (const { entries } of loaded.plain()) {
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
