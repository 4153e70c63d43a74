/** Tables of a namespace's ruleset that another tool keeps. */
import type { Failure } from "../../base/mod.ts";
import type { NftChange } from "./changes.ts";
import type { TableDraft, Undo } from "./draft.ts";

/** What of a command the kernel refused: the table, the object, a chain a rule leads to, an element, a rule's handle. */
export type NftWhere = "table" | "name" | "target" | "element" | "place" | "command";

/** The kernel's refusal of a change. */
export interface NftRefusal extends Failure {
  readonly where: NftWhere;
  /** The name or the element that it is about. */
  readonly what?: string;
  /** What nft itself says, before it asks the kernel. */
  readonly problem?: string;
}

/** Tables that are made, kept and evaluated elsewhere; each is drawn up anew when it is asked for. */
export interface ManagedTables {
  find(family: string, name: string): TableDraft | undefined;
  list(): readonly TableDraft[];
  /** The text of the rule or policy of a trace's line in the plane's table of that number. */
  ruleAt(number: number, line: number): string | undefined;
  /** Takes all tables of a family away, or all there are; `undo` brings them back. */
  flush(family: string | undefined, undo: Undo): void;
  /** Carries one command out, or says why not. */
  apply(family: string, table: string, change: NftChange, undo: Undo): NftRefusal | undefined;
}
