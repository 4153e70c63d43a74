/** The order in which nft lists a set's elements, and how many stand on a line. */
import { datatypeOf } from "./selectors.ts";
import type { NftSet } from "./types.ts";
import { inOrder, type KeyTypes, keyTypes } from "./values.ts";

/** The types of a set's key, also where it is given by selectors. */
export function setTypes(set: Pick<NftSet, "key" | "typeof">): KeyTypes {
  return set.typeof === true ? set.key.map(datatypeOf) : keyTypes(set.key);
}

/** The elements in nft's order; as they stand where a key's type is not known. */
export function listedElements(set: NftSet): NftSet["elements"] {
  return inOrder(set.elements, setTypes(set), ({ key }) => key.join(" . "));
}

/** Types whose elements stand alone on their lines, or two by two; those of other types five by five. */
const PER_LINE: Readonly<Record<string, number>> = { ipv6_addr: 1, ether_addr: 1, ifname: 1, ipv4_addr: 2 };

/** How many elements nft puts on one line; one where the key is a concatenation. */
export function perLine(set: NftSet): number {
  if (set.key.length !== 1 || set.typeof === true) return 1;
  return PER_LINE[set.key[0] ?? ""] ?? 5;
}
