/**
 * One transaction on one table, as text that `nft -f` loads:
 *
 *     add table FAMILY TABLE [{ comment "TEXT" ; }]
 *     add chain FAMILY TABLE NAME [{ [type T hook H priority N ;] [comment "TEXT" ;] }]
 *     add (set | map) FAMILY TABLE NAME { CLAUSE ; ... }                     clauses as in set_text.ts, times in seconds
 *     add rule FAMILY TABLE CHAIN RULE
 *     (add | delete) element FAMILY TABLE SET { ELEMENT, ... }
 *     (flush | delete) (chain | set | map | table) FAMILY TABLE [NAME]
 */
import { printRule } from "./rule.ts";
import { printElement, setClauses } from "./set_text.ts";
import type { NftChain, NftElement, NftFamily, NftRule, NftSet } from "./types.ts";

/** One command of a transaction. */
export type NftChange =
  | { readonly verb: "add"; readonly kind: "table"; readonly comment?: string }
  | { readonly verb: "add"; readonly kind: "chain"; readonly chain: Omit<NftChain, "rules"> }
  | { readonly verb: "add"; readonly kind: "set"; readonly set: Omit<NftSet, "elements"> }
  | { readonly verb: "add"; readonly kind: "rule"; readonly chain: string; readonly rule: NftRule }
  | {
    readonly verb: "add" | "delete";
    readonly kind: "element";
    readonly set: string;
    readonly elements: readonly NftElement[];
  }
  | { readonly verb: "flush" | "delete"; readonly kind: "chain" | "set" | "map" | "table"; readonly name: string };

/** Commands that take effect together or not at all. `name` of a change to the table itself is the table's. */
export interface NftTransaction {
  readonly family: NftFamily;
  readonly table: string;
  readonly changes: readonly NftChange[];
}

/** The text of a transaction, a line each command. */
export function printNftTransaction({ family, table, changes }: NftTransaction): string {
  const at = `${family} ${table}`;
  return changes.map((change) => `${printChange(change, at)}\n`).join("");
}

function printChange(change: NftChange, at: string): string {
  switch (change.kind) {
    case "rule":
      return `add rule ${at} ${change.chain} ${printRule(change.rule, "command")}`;
    case "element":
      return `${change.verb} element ${at} ${change.set} { ${change.elements.map(printElement).join(", ")} }`;
    default:
      return change.verb === "add" ? printAdd(change, at) : printTake(change, at);
  }
}

function printTake(change: Extract<NftChange, { verb: "flush" | "delete"; name: string }>, at: string): string {
  return `${change.verb} ${change.kind} ${at}${change.kind === "table" ? "" : ` ${change.name}`}`;
}

function printAdd(change: Extract<NftChange, { verb: "add"; kind: "table" | "chain" | "set" }>, at: string): string {
  switch (change.kind) {
    case "table":
      return `add table ${at}${clauses(change.comment === undefined ? [] : [`comment "${change.comment}"`])}`;
    case "chain":
      return `add chain ${at} ${change.chain.name}${clauses(chainClauses(change.chain))}`;
    case "set": {
      const all = setClauses({ ...change.set, elements: [] }, (milliseconds) => `${milliseconds / 1000}s`);
      return `add ${change.set.value === undefined ? "set" : "map"} ${at} ${change.set.name}${clauses(all)}`;
    }
  }
}

function chainClauses({ hook, comment }: Omit<NftChain, "rules">): string[] {
  const device = hook?.device === undefined ? "" : ` device "${hook.device}"`;
  return [
    ...(hook === undefined ? [] : [`type ${hook.type} hook ${hook.hook}${device} priority ${hook.priority}`]),
    ...(hook === undefined || hook.policy === "accept" ? [] : [`policy ${hook.policy}`]),
    ...(comment === undefined ? [] : [`comment "${comment}"`]),
  ];
}

function clauses(all: readonly string[]): string {
  return all.length === 0 ? "" : ` { ${all.map((clause) => `${clause} ;`).join(" ")} }`;
}
