import { HOOK, type Table } from "../../../wasm/mod.ts";

/** A built-in chain. */
export type Hook = keyof typeof HOOK;

/** Built-in chains of each table, in the order they are listed; the order of hooks in the kernel. */
export const BUILTINS: Readonly<Record<Table, readonly Hook[]>> = {
  raw: ["PREROUTING", "OUTPUT"],
  mangle: ["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"],
  nat: ["PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"],
  filter: ["INPUT", "FORWARD", "OUTPUT"],
  security: ["INPUT", "FORWARD", "OUTPUT"],
};

/** Every table this kernel has. */
export const TABLES = Object.keys(BUILTINS) as readonly Table[];

/** Whether a word names a table. */
export function isTable(name: string): name is Table {
  return Object.hasOwn(BUILTINS, name);
}
