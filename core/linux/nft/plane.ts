import type { Namespace } from "../namespace.ts";
import type { TableDraft } from "./draft.ts";
import type { NftElement, NftTable } from "./types.ts";

/** The compiled form of a namespace's tables. */
export class NftPlane {
  constructor(readonly namespace: Namespace) {}

  load(_tables: readonly TableDraft[]): void {}

  now(draft: TableDraft): NftTable {
    return draft.value();
  }

  elements(draft: TableDraft, set: string): readonly NftElement[] {
    return [...draft.sets.get(set)?.elements.values() ?? []];
  }

  ruleAt(_table: number, _family: 4 | 6, _line: number): string | undefined {
    return undefined;
  }
}
