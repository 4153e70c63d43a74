import { collapseIPv6Number, IPv6, Validator } from "ip-num";

/** An address as a number: `family` 4 or 6, `value` below 2^32 or 2^128. */
export interface Ip {
  readonly family: 4 | 6;
  readonly value: bigint;
}

const MAPPED = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/;

/** The address in a text, or undefined. IPv4 is dotted quad without leading zeros, IPv6 is RFC 4291 text, dotted tail allowed. */
export function parseIp(text: string): Ip | undefined {
  const bits = parseQuad(text);
  if (bits !== undefined) return { family: 4, value: BigInt(bits) };
  if (!text.includes(":") || text.includes("%")) return undefined;
  const hex = text.replace(MAPPED, (whole, head: string, tail: string) => {
    const quad = parseIp(tail);
    if (quad === undefined) return whole;
    return head + (quad.value >> 16n).toString(16) + ":" + (quad.value & 0xffffn).toString(16);
  });
  if (!Validator.isValidIPv6String(hex)[0]) return undefined;
  return { family: 6, value: IPv6.fromString(hex).getValue() };
}

/** The 32 bits of a dotted quad, or undefined: letter by letter, for it is asked for more often than all else together. */
export function parseQuad(text: string): number | undefined {
  let [bits, octet, digits, dots] = [0, 0, 0, 0];
  for (let i = 0; i < text.length; i++) {
    const letter = text.charCodeAt(i);
    if (letter === 46 && digits > 0 && dots < 3) [bits, octet, digits, dots] = [bits * 256 + octet, 0, 0, dots + 1];
    else if (letter < 48 || letter > 57 || (digits > 0 && octet === 0)) return undefined;
    else [octet, digits] = [octet * 10 + letter - 48, digits + 1];
    if (octet > 255) return undefined;
  }
  return dots === 3 && digits > 0 ? bits * 256 + octet : undefined;
}

/** Dotted quad, or RFC 5952 text for IPv6. */
export function printIp(ip: Ip): string {
  if (ip.family === 4) return printQuad(ip.value);
  const text = new IPv6(ip.value).toString();
  const mapped = ip.value >> 32n === 0xffffn;
  if (mapped) return "::ffff:" + printQuad(ip.value & 0xffff_ffffn);
  return collapseIPv6Number(text);
}

/** Dotted quad of 32 bits. */
function printQuad(value: bigint): string {
  const bits = Number(value);
  return `${bits >>> 24}.${(bits >>> 16) & 255}.${(bits >>> 8) & 255}.${bits & 255}`;
}

/** Whether a text is an address of either family. */
export function isIp(text: string): boolean {
  return parseIp(text) !== undefined;
}

/** 4 or 6 by the address's text, or undefined where it is no address. */
export function ipFamily(text: string): 4 | 6 | undefined {
  // Asked for every record of every answer: the common case needs no number.
  if (!text.includes(":")) return parseQuad(text) === undefined ? undefined : 4;
  return parseIp(text)?.family;
}

/** The address `offset` after this one, same family, as text. */
export function addToIp(text: string, offset: number | bigint): string {
  const ip = requireIp(text);
  return printIp({ family: ip.family, value: ip.value + BigInt(offset) });
}

/** Four big-endian 32-bit words of an address, IPv4 as ::ffff:a.b.c.d: how addresses cross into the plane. */
export function ipWords(text: string): [number, number, number, number] {
  const bits = parseQuad(text);
  if (bits !== undefined) return [0, 0, 0xffff, bits];
  const ip = requireIp(text);
  const word = (shift: bigint) => Number((ip.value >> shift) & 0xffff_ffffn);
  return [word(96n), word(64n), word(32n), word(0n)];
}

/** The address in four big-endian words ({@link ipWords} back); mapped IPv4 comes out as dotted quad. */
export function wordsIp(words: ArrayLike<number>): string {
  const word = (i: number) => (words[i] as number) >>> 0;
  const [a, b, c, d] = [word(0), word(1), word(2), word(3)];
  if (a === 0 && b === 0 && c === 0xffff) return `${d >>> 24}.${(d >>> 16) & 255}.${(d >>> 8) & 255}.${d & 255}`;
  const value = (BigInt(a) << 96n) | (BigInt(b) << 64n) | (BigInt(c) << 32n) | BigInt(d);
  return printIp({ family: 6, value });
}

/** The address in a text; throws a RangeError on anything else. For text that was checked before. */
export function requireIp(text: string): Ip {
  const ip = parseIp(text);
  if (ip === undefined) throw new RangeError(`not an IP address: ${text}`);
  return ip;
}
