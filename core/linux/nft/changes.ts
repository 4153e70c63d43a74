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
import type { NftChain, NftElement, NftFamily, NftOther, NftRule, NftSet } from "./types.ts";

/** `add` takes what is there for done, `create` does not. */
type Add = "add" | "create";

/** Which rule of a chain: by its handle, or by its place from 0. */
export type NftPlace = { readonly handle: number } | { readonly index: number };

/** One command of a transaction. */
export type NftChange =
  | { readonly verb: Add; readonly kind: "table"; readonly comment?: string; readonly flags?: readonly string[] }
  | { readonly verb: Add; readonly kind: "chain"; readonly chain: Omit<NftChain, "rules"> }
  | { readonly verb: "rename"; readonly kind: "chain"; readonly name: string; readonly to: string }
  | { readonly verb: Add; readonly kind: "set"; readonly set: Omit<NftSet, "elements"> }
  | { readonly verb: Add; readonly kind: "other"; readonly other: NftOther }
  | {
    readonly verb: "add" | "insert" | "replace";
    readonly kind: "rule";
    readonly chain: string;
    readonly rule: NftRule;
    readonly at?: NftPlace;
  }
  | { readonly verb: "delete"; readonly kind: "rule"; readonly chain: string; readonly handle: number }
  | {
    readonly verb: Add | "delete";
    readonly kind: "element";
    readonly set: string;
    readonly elements: readonly NftElement[];
  }
  | {
    readonly verb: "flush" | "delete";
    readonly kind: "chain" | "set" | "map" | "table" | "other";
    readonly name: string;
  };

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
      if (change.verb === "delete") return `delete rule ${at} ${change.chain} handle ${change.handle}`;
      return `${change.verb} rule ${at} ${change.chain}${printPlace(change.at)} ${printRule(change.rule, "command")}`;
    case "element":
      return `${change.verb} element ${at} ${change.set} { ${change.elements.map(printElement).join(", ")} }`;
    case "other":
      return "other" in change ? `${change.verb} ${change.other.head} ${at}` : `${change.verb} ${change.name} ${at}`;
    default:
      if (change.verb === "rename") return `rename chain ${at} ${change.name} ${change.to}`;
      return "name" in change ? printTake(change, at) : printAdd(change, at);
  }
}

function printPlace(at: NftPlace | undefined): string {
  if (at === undefined) return "";
  return "handle" in at ? ` handle ${at.handle}` : ` index ${at.index}`;
}

function printTake(
  change: { readonly verb: string; readonly kind: string; readonly name: string },
  at: string,
): string {
  return `${change.verb} ${change.kind} ${at}${change.kind === "table" ? "" : ` ${change.name}`}`;
}

function printAdd(change: Extract<NftChange, { verb: Add; kind: "table" | "chain" | "set" }>, at: string): string {
  const { verb } = change;
  switch (change.kind) {
    case "table":
      return `${verb} table ${at}${clauses(change.comment === undefined ? [] : [`comment "${change.comment}"`])}`;
    case "chain":
      return `${verb} chain ${at} ${change.chain.name}${clauses(chainClauses(change.chain))}`;
    case "set": {
      const all = setClauses({ ...change.set, elements: [] }, (milliseconds) => `${milliseconds / 1000}s`);
      return `${verb} ${change.set.value === undefined ? "set" : "map"} ${at} ${change.set.name}${clauses(all)}`;
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
