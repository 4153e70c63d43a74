import type { PlaneApi } from "../../../wasm/mod.ts";
import type { Namespace, StateKey } from "../namespace.ts";
import { nextTableHandle } from "../netfilter/handles.ts";
import { IptablesTables } from "../netfilter/managed.ts";
import { NftTables } from "./apply.ts";
import type { NftTransaction } from "./changes.ts";
import type { TableDraft, Undo } from "./draft.ts";
import type { NftRefusal } from "./managed.ts";
import { NftPlane } from "./plane.ts";
import type { NftElement, NftTable } from "./types.ts";

const KEY: StateKey<NftRuleset> = { label: "nftables" };

/** The ruleset of a namespace. */
export function nftOf(namespace: Namespace): NftRuleset {
  return namespace.state(KEY, () => new NftRuleset(namespace));
}

/** The kernel's refusal of chains that lead to each other in a circle (ELOOP), found when all commands are done. */
class NftLoop extends Error {}

/** nftables of one namespace: the tables as values, with the compiled form of each in the plane, which counts. */
export class NftRuleset {
  readonly tables: NftTables;
  readonly #plane: NftPlane;
  readonly #managed: IptablesTables;

  constructor(readonly namespace: Namespace) {
    this.#plane = new NftPlane(namespace);
    this.#managed = new IptablesTables(namespace);
    this.tables = new NftTables({
      nextHandle: () => nextTableHandle(namespace),
      managed: this.#managed,
    });
    this.tables.refresh = (table, set) => this.#plane.keepElements(table, set);
  }

  get plane(): PlaneApi {
    return this.namespace.plane;
  }

  /** Carries out changes that take effect together or not at all; what `change` gives says why not. */
  transact<T>(change: (undo: Undo) => T | undefined): T | undefined {
    const undo: Undo = [];
    const taken = this.#attempt(change, undo);
    const changed = this.tables.takeChanged();
    if (taken !== undefined) this.#rollBack(undo);
    else if (undo.length > 0 && !this.#plane.load(this.tables.own(), changed)) {
      this.#rollBack(undo);
      for (const table of changed) table.touched.all = true;
      this.#plane.load(this.tables.own(), changed);
      throw new NftLoop();
    }
    return taken;
  }

  #attempt<T>(change: (undo: Undo) => T | undefined, undo: Undo): T | undefined {
    try {
      return change(undo);
    } catch (error) {
      this.#rollBack(undo);
      throw error;
    }
  }

  #rollBack(undo: Undo): void {
    for (const step of undo.reverse()) step();
    undo.length = 0;
  }

  /** Carries out a transaction. */
  apply(transaction: NftTransaction): NftRefusal | undefined {
    return this.transact((undo) => {
      for (const change of transaction.changes) {
        const refused = this.tables.apply(transaction, change, undo);
        if (refused !== undefined) return refused;
      }
      return undefined;
    });
  }

  /** A table as it is now: counters, and elements that rules put in, as the plane has them. */
  now(draft: TableDraft): NftTable {
    return this.#plane.now(draft);
  }

  /** The elements of a set as they are now. */
  elements(draft: TableDraft, set: string): readonly NftElement[] {
    return this.now(draft).sets.find(({ name }) => name === set)?.elements ?? [];
  }

  /** The text of the rule or policy of a trace's line. */
  ruleAt(table: number, family: 4 | 6, line: number): string | undefined {
    return this.#plane.ruleAt(table, family, line) ?? this.#managed.ruleAt(table, line);
  }
}
