/**
 * The order in which nft lists a set's elements. It compares keys as numbers: of one type in that type's own byte order, of a
 * concatenation as if all its bytes were one number of the host (little endian), so the last byte of a port decides first.
 */
import { ipFamily, parseIp } from "../../base/mod.ts";
import { protocolNumber } from "../netfilter/names.ts";
import type { NftSet } from "./types.ts";
import { unquoted } from "./words.ts";

/** How a key's type lies in memory. `host` types are numbers of a little endian machine. */
interface Layout {
  readonly host: boolean;
  bytes(text: string): number[] | undefined;
}

const IFNAMSIZ = 16;

const LAYOUTS: Readonly<Record<string, Layout>> = {
  ipv4_addr: { host: false, bytes: (text) => addressBytes(text, 4) },
  ipv6_addr: { host: false, bytes: (text) => addressBytes(text, 6) },
  inet_proto: { host: false, bytes: (text) => numberBytes(protocolNumber(text) ?? Number(text), 1) },
  inet_service: { host: false, bytes: (text) => numberBytes(Number(text), 2) },
  mark: { host: true, bytes: (text) => numberBytes(Number(text), 4)?.reverse() },
  ifname: { host: true, bytes: nameBytes },
};

function addressBytes(text: string, family: 4 | 6): number[] | undefined {
  if (ipFamily(text) !== family) return undefined;
  const value = parseIp(text)?.value ?? 0n;
  const length = family === 4 ? 4 : 16;
  return Array.from({ length }, (_, i) => Number((value >> BigInt(8 * (length - 1 - i))) & 0xffn));
}

function numberBytes(value: number, length: number): number[] | undefined {
  if (!Number.isInteger(value)) return undefined;
  return Array.from({ length }, (_, i) => Math.floor(value / 2 ** (8 * (length - 1 - i))) % 256);
}

function nameBytes(text: string): number[] {
  const codes = [...unquoted(text)].map((letter) => letter.charCodeAt(0));
  return Array.from({ length: IFNAMSIZ }, (_, i) => codes[i] ?? 0);
}

/** The bytes of a key with the one that decides first in front; undefined where a type's layout is not known. */
function orderOf(types: readonly string[], key: readonly string[]): number[] | undefined {
  const layouts = types.map((type) => LAYOUTS[type]);
  const parts = layouts.map((layout, i) => layout?.bytes(key[i] ?? ""));
  if (parts.some((part) => part === undefined)) return undefined;
  const bytes = (parts as number[][]).flat();
  return types.length > 1 || layouts[0]?.host === true ? bytes.reverse() : bytes;
}

/** The elements in nft's order; as they stand in sets of intervals and where a key's type is not known. */
export function listedElements(set: NftSet): NftSet["elements"] {
  if (set.typeof === true || set.flags.includes("interval")) return set.elements;
  const keyed: { order: number[]; element: NftSet["elements"][number] }[] = [];
  for (const element of set.elements) {
    const order = orderOf(set.key, element.key);
    if (order === undefined) return set.elements;
    keyed.push({ order, element });
  }
  return keyed.sort((a, b) => compare(a.order, b.order)).map(({ element }) => element);
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < a.length; i++) {
    const difference = (a[i] as number) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Types whose elements stand alone on their lines, or two by two; those of other types five by five. */
const PER_LINE: Readonly<Record<string, number>> = { ipv6_addr: 1, ether_addr: 1, ifname: 1, ipv4_addr: 2 };

/** How many elements nft puts on one line; one where the key is a concatenation. */
export function perLine(set: NftSet): number {
  if (set.key.length !== 1 || set.typeof === true) return 1;
  return PER_LINE[set.key[0] ?? ""] ?? 5;
}
