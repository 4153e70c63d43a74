/** A table being changed by the nft variant: what it makes is numbered, and built-in chains are there once something is done to them. */
import type { Table } from "../../../wasm/mod.ts";
import type { TableHandles } from "./handles.ts";
import type { Rule } from "./rule.ts";
import { type Entry, type IptcErrno, type LiveChain, type TableBase, TableEdit } from "./table_edit.ts";
import { ZERO } from "./table_text.ts";

/** A working copy whose new chains and rules have handles. */
export class NftEdit extends TableEdit {
  #last: number;
  /** The table was not there, or was taken away: it is made anew with the first object in it. */
  #fresh: boolean;
  /** The chain that did not go because it is used, or not empty. */
  busy: string | undefined;

  constructor(table: Table, base: TableBase, known: TableHandles | undefined) {
    super(table, base);
    this.#last = known?.last ?? 0;
    this.#fresh = known === undefined;
  }

  /** What the kernel has numbered; `fresh` where it numbers the table itself anew. */
  get numbered(): { readonly fresh: boolean; readonly last: number } {
    return { fresh: this.#fresh, last: this.#last };
  }

  #next(): { readonly handle: number } {
    return { handle: ++this.#last };
  }

  /** A rule that takes another's place keeps its number. */
  protected override entry(rule: Rule, old?: Entry): Entry {
    const entry = super.entry(rule);
    if (old === undefined) return { ...entry, ...this.#next() };
    return old.handle === undefined ? entry : { ...entry, handle: old.handle };
  }

  protected override born(name: string): LiveChain {
    return { ...super.born(name), ...this.#next() };
  }

  override isThere(name: string): boolean {
    const chain = this.chain(name);
    if (chain === undefined) return false;
    return chain.handle !== undefined || chain.entries.length > 0 || chain.policy === undefined;
  }

  override touch(name: string): void {
    const chain = this.chain(name);
    if (chain !== undefined && chain.handle === undefined) this.put({ ...chain, ...this.#next() });
  }

  override append(name: string, rules: readonly Rule[]): IptcErrno {
    this.touch(name);
    return super.append(name, rules);
  }

  override appendShared(name: string, rules: readonly Rule[]): IptcErrno {
    if (!this.has(name)) return "ENOENT";
    return rules.length === 0 ? "ok" : this.append(name, rules);
  }

  override insert(name: string, rules: readonly Rule[], number: number): IptcErrno {
    this.touch(name);
    return super.insert(name, rules, number);
  }

  override replace(name: string, rule: Rule, number: number): IptcErrno {
    return this.isThere(name) ? super.replace(name, rule, number) : "ENOENT";
  }

  override deleteNumber(name: string, number: number): IptcErrno {
    return this.isThere(name) ? super.deleteNumber(name, number) : "ENOENT";
  }

  override zero(name: string, number?: number): IptcErrno {
    const chain = this.isThere(name) ? this.chain(name) : undefined;
    if (chain === undefined) return "ENOENT";
    return number !== undefined && number > chain.entries.length ? "ok" : super.zero(name, number);
  }

  /** A built-in chain that holds nothing and lets everything pass may go. */
  override remove(name: string): IptcErrno {
    if (!this.isBuiltin(name)) {
      const errno = super.remove(name);
      if (errno === "EMLINK" || errno === "ENOTEMPTY") this.busy = name;
      return errno;
    }
    if (!this.isThere(name)) return "ENOENT";
    if (!this.isBare(name)) {
      const drops = this.chain(name)?.policy === "DROP";
      if (!drops) this.busy = name;
      return "ENOTEMPTY";
    }
    this.reset(name);
    return "ok";
  }

  override goes(name: string): boolean {
    return super.goes(name) || (this.isBare(name) && this.chain(name)?.handle !== undefined);
  }

  /** Whether taking a chain away changes nothing for packets. */
  isBare(name: string): boolean {
    const chain = this.chain(name);
    return chain?.entries.length === 0 && chain.policy !== "DROP";
  }

  /** The whole table goes, with its policies. */
  override clear(): void {
    super.clear();
    for (const name of this.names) this.reset(name);
    this.#fresh = true;
    this.#last = 0;
  }

  /** Takes a built-in chain's number and policy. */
  reset(name: string): void {
    const { handle: _, counts: __, ...chain } = this.chain(name) as LiveChain;
    this.policed({ ...chain, policy: "ACCEPT", count: ZERO });
  }

  override policy(...given: Parameters<TableEdit["policy"]>): IptcErrno {
    const errno = super.policy(...given);
    if (errno !== "ok") return errno;
    this.touch(given[0]);
    this.put({ ...this.chain(given[0]) as LiveChain, counts: true });
    return errno;
  }
}
