import type { NftChange } from "./changes.ts";

/** Which words of a command are its table, its object and so on: where complaints point. */
export interface NftPlaces {
  readonly from: number;
  readonly to: number;
  readonly table?: number;
  readonly name?: number;
  readonly handle?: number;
}

/** One thing to change, and where it was said. */
export interface PlacedChange {
  readonly change: NftChange;
  readonly places: NftPlaces;
}
