/** Pieces that translations of matches and targets are put together from. */
import type { Family } from "../address.ts";

/** What of its rule a match's or target's translation depends on. */
export interface Around {
  readonly family: Family;
  /** `-p`; 0 for any. */
  readonly proto: number;
}

/** The words of nft that libxtables 1.8.9 has for a value, blanks at its ends included; undefined where it has none. */
export type Translate<V> = (value: V, around: Around) => string | undefined;

/** `ip` or `ip6`. */
export function layer(family: Family): "ip" | "ip6" {
  return family === 4 ? "ip" : "ip6";
}

/** Words with a blank between them; those that are not said leave none. */
export function joined(...words: readonly (string | undefined | false)[]): string {
  return words.filter((word) => word !== undefined && word !== false && word !== "").join(" ");
}

/** `!= ` where something is inverted. */
export function unequal(not: boolean | undefined): string {
  return not === true ? "!= " : "";
}

/** `22`, `22-80`. */
export function span(low: number, high: number): string {
  return low === high ? `${low}` : `${low}-${high}`;
}

/** `0x4000`. */
export function hex(number: number): string {
  return `0x${(number >>> 0).toString(16)}`;
}

/** `mark 0x1`, `mark and 0xff != 0x1`. */
export function markTest(
  selector: string,
  { value, mask, not }: { readonly value: number; readonly mask: number; readonly not: boolean },
): string {
  if (mask === 0xffff_ffff) return `${selector} ${unequal(not)}${hex(value)}`;
  return `${selector} and ${hex(mask)} ${not ? "!=" : "=="} ${hex(value)}`;
}
