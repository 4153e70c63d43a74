import type { Namespace, StateKey } from "../namespace.ts";

/** Routing tables that were used once: the kernel makes a table for its first route and then keeps it. */
const KNOWN: StateKey<Set<number>> = { label: "routing tables" };

/** Remembers that a table exists. */
export function noteTable(ns: Namespace, table: number): void {
  ns.state(KNOWN, () => new Set()).add(table);
}

const RULES: StateKey<{ had: boolean }> = { label: "had policy rules" };

/** Remembers that the namespace got a policy rule of its own. */
export function noteRules(ns: Namespace): void {
  ns.state(RULES, () => ({ had: false })).had = true;
}

/** Whether it ever got one. */
export function hadRules(ns: Namespace): boolean {
  return ns.state(RULES, () => ({ had: false })).had;
}

/** Whether a table exists: `main`, `local`, any that a route stands in or was put into. */
export function tableExists(ns: Namespace, family: 4 | 6, table: number): boolean {
  if (table === 254 || table === 255 || ns.state(KNOWN, () => new Set()).has(table)) return true;
  return ns.plane.routes(ns.id, family).some((route) => route.table === table);
}
