import type { Count, Table } from "../../../wasm/mod.ts";
import { BUILTINS, type Hook } from "./builtins.ts";
import type { Rule } from "./rule.ts";

/** A built-in chain's last word. */
export type Policy = "ACCEPT" | "DROP";

/** A chain with its rules; user chains have no policy. */
export interface Chain {
  readonly name: string;
  readonly policy?: Policy;
  /** The policy's counters; zero for a user chain. */
  readonly count: Count;
  readonly rules: readonly Rule[];
}

/** A table as iptables-save shows it: built-in chains in the table's order, then user chains by name. */
export interface TableText {
  readonly table: Table;
  readonly chains: readonly Chain[];
}

/** Counters that have counted nothing. */
export const ZERO: Count = { packets: 0, bytes: 0 };

/** A table as its module makes it: every built-in chain empty, policy ACCEPT. */
export function emptyTable(table: Table): TableText {
  return { table, chains: BUILTINS[table].map((name) => ({ name, policy: "ACCEPT", count: ZERO, rules: [] })) };
}

/** Chains in the order every tool lists them: built-in ones by hook, then user chains alphabetically (byte order). */
export function orderChains<C extends { readonly name: string }>(table: Table, chains: Iterable<C>): C[] {
  const builtin: readonly Hook[] = BUILTINS[table];
  const rank = (name: string) => (builtin as readonly string[]).indexOf(name);
  return [...chains].sort((a, b) => {
    const [x, y] = [rank(a.name), rank(b.name)];
    if (x >= 0 || y >= 0) return x < 0 ? 1 : y < 0 ? -1 : x - y;
    return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
  });
}
