import { parseIp, printIp } from "../../base/mod.ts";

/** 4 is iptables, 6 ip6tables. */
export type Family = 4 | 6;

/** An address or mask in 32-bit words, most significant first: one word for IPv4, four for IPv6. */
export type Words = readonly number[];

/** An address under a mask, host bits cleared; the mask need not be contiguous. */
export interface Net {
  readonly ip: Words;
  readonly mask: Words;
}

/** The address in a text as words, or undefined when it is none of this family. */
export function parseWords(text: string, family: Family): Words | undefined {
  if (family === 4) return parseQuad(text);
  const ip = parseIp(text);
  return ip?.family === 6 ? wordsOf(ip.value, 6) : undefined;
}

/** An address, a number, as words. */
export function wordsOf(value: bigint, family: Family): number[] {
  if (family === 4) return [Number(value)];
  return [96n, 64n, 32n, 0n].map((shift) => Number((value >> shift) & 0xffff_ffffn));
}

/** Dotted quad by hand: rule files hold tens of thousands of them. */
function parseQuad(text: string): Words | undefined {
  let value = 0, octet = -1, dots = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c >= 48 && c <= 57) {
      if (octet === 0) return undefined;
      octet = octet < 0 ? c - 48 : octet * 10 + c - 48;
      if (octet > 255) return undefined;
    } else if (c === 46 && octet >= 0 && dots < 3) {
      value = value * 256 + octet;
      octet = -1;
      dots++;
    } else return undefined;
  }
  return dots === 3 && octet >= 0 ? [value * 256 + octet] : undefined;
}

/** Dotted quad or RFC 5952 text. */
export function printWords(words: Words): string {
  const [a = 0] = words;
  if (words.length === 1) return `${a >>> 24}.${(a >>> 16) & 255}.${(a >>> 8) & 255}.${a & 255}`;
  return printIp({ family: 6, value: words.reduce((sum, word) => (sum << 32n) | BigInt(word >>> 0), 0n) });
}

function makeMask(length: number, words: number): Words {
  return Array.from({ length: words }, (_, i) => {
    const bits = Math.max(0, Math.min(32, length - 32 * i));
    return bits === 0 ? 0 : (0xffff_ffff << (32 - bits)) >>> 0;
  });
}

const MASKS: Readonly<Record<Family, readonly Words[]>> = {
  4: Array.from({ length: 33 }, (_, length) => makeMask(length, 1)),
  6: Array.from({ length: 129 }, (_, length) => makeMask(length, 4)),
};

/** The mask of a prefix length. */
export function maskOf(length: number, family: Family): Words {
  return MASKS[family][length] as Words;
}

/** The prefix length of a mask, or -1 when its ones are not all in front. */
export function prefixLength(mask: Words): number {
  let length = 0;
  for (const word of mask) length += Math.clz32(~word);
  return equalWords(mask, maskOf(length, mask.length === 1 ? 4 : 6)) ? length : -1;
}

/** Whether two addresses or masks are the same. */
export function equalWords(a: Words, b: Words): boolean {
  return a.length === b.length && a.every((word, i) => word === b[i]);
}

/** Address with the bits outside of the mask cleared. */
export function masked(ip: Words, mask: Words): Words {
  if (mask[mask.length - 1] === 0xffff_ffff && mask[0] === 0xffff_ffff && mask.length === 1) return ip;
  return ip.map((word, i) => (word & (mask[i] as number)) >>> 0);
}

/** The whole-address mask of a family. */
export function fullMask(family: Family): Words {
  return maskOf(family === 4 ? 32 : 128, family);
}

/** `/24`, or `/255.0.255.0` for a mask that is no prefix; nothing for a whole address. */
export function maskSuffix(mask: Words): string {
  const length = prefixLength(mask);
  if (length < 0) return "/" + printWords(mask);
  return length === mask.length * 32 ? "" : `/${length}`;
}
