import type { Octets } from "./octets.ts";

/** The sum of 16-bit words in ones' complement, not inverted (RFC 1071). An odd byte counts as the high half of a word. */
export function onesSum(packet: Octets, count: number, start = 0): number {
  let sum = start;
  for (let at = 0; at + 1 < count; at += 2) sum += packet.u16(at);
  if (count % 2 === 1) sum += packet.u8(count - 1) << 8;
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 65536);
  return sum;
}

/** The checksum field that would have been right: what the sum, which holds the field, lacks to all ones is added to it. */
export function shouldBe(field: number, sum: number): number {
  const right = field + (~sum & 0xffff);
  return (right & 0xffff) + (right >>> 16);
}

/** The pseudo header's share of a transport checksum: addresses, protocol, length. */
export function pseudoSum(ip: Octets, protocol: number, length: number): number {
  const six = ip.u8(0) >> 4 === 6;
  const [from, count] = six ? [8, 32] : [12, 8];
  let sum = protocol + (length & 0xffff) + (length >>> 16);
  for (let at = from; at < from + count; at += 2) sum += ip.u16(at);
  return sum;
}
