import { type Ip, parseIp, printIp } from "./ip.ts";

/** An address with a prefix length: `ip` as written (host bits kept), `length` in bits. */
export interface Cidr {
  readonly ip: Ip;
  readonly length: number;
}

const bits = (family: 4 | 6): number => (family === 4 ? 32 : 128);

/** The prefix in a text such as `10.0.0.1/24` (a bare address is a whole one), or undefined. */
export function parseCidr(text: string): Cidr | undefined {
  const [address = "", length, more] = text.split("/");
  const ip = parseIp(address);
  if (ip === undefined || more !== undefined) return undefined;
  if (length === undefined) return { ip, length: bits(ip.family) };
  if (!/^\d{1,3}$/.test(length) || Number(length) > bits(ip.family)) return undefined;
  return { ip, length: Number(length) };
}

/** `10.0.0.1/24`. */
export function printCidr(cidr: Cidr): string {
  return `${printIp(cidr.ip)}/${cidr.length}`;
}

/** The prefix in a text; throws a RangeError on anything else. For text that was checked before. */
export function requireCidr(text: string): Cidr {
  const cidr = parseCidr(text);
  if (cidr === undefined) throw new RangeError(`not an address or prefix: ${text}`);
  return cidr;
}

function hostMask(cidr: Cidr): bigint {
  return (1n << BigInt(bits(cidr.ip.family) - cidr.length)) - 1n;
}

/** The prefix with its host bits cleared. */
export function network(cidr: Cidr): Cidr {
  return { ip: { family: cidr.ip.family, value: cidr.ip.value & ~hostMask(cidr) }, length: cidr.length };
}

/** The last address of a prefix (its subnet broadcast in IPv4). */
export function lastIp(cidr: Cidr): Ip {
  return { family: cidr.ip.family, value: cidr.ip.value | hostMask(cidr) };
}

/** The address `index` places after the start of a prefix; throws a RangeError past its end. */
export function nthIp(cidr: Cidr, index: number | bigint): Ip {
  const value = network(cidr).ip.value + BigInt(index);
  if (value > lastIp(cidr).value) throw new RangeError(`${printCidr(cidr)} has no address ${index}`);
  return { family: cidr.ip.family, value };
}

/** How many addresses a prefix holds. */
export function cidrSize(cidr: Cidr): bigint {
  return hostMask(cidr) + 1n;
}

/** Whether a prefix holds an address; never across families. */
export function contains(cidr: Cidr, ip: Ip): boolean {
  return cidr.ip.family === ip.family && (ip.value & ~hostMask(cidr)) === network(cidr).ip.value;
}

/** Whether a prefix text holds an address text; both must be well formed. */
export function cidrHas(cidr: string, ip: string): boolean {
  const address = parseIp(ip);
  return address !== undefined && contains(requireCidr(cidr), address);
}

/** The `index`-th sub-prefix of `length` bits: pod CIDRs out of a cluster CIDR. */
export function subnet(cidr: Cidr, length: number, index: number): Cidr {
  const start = network(cidr).ip.value + (BigInt(index) << BigInt(bits(cidr.ip.family) - length));
  if (length < cidr.length || start > lastIp(cidr).value) {
    throw new RangeError(`${printCidr(cidr)} has no /${length} number ${index}`);
  }
  return { ip: { family: cidr.ip.family, value: start }, length };
}

/** Dotted netmask of an IPv4 prefix length. */
export function netmask(length: number): string {
  return printIp({ family: 4, value: (0xffff_ffffn << BigInt(32 - length)) & 0xffff_ffffn });
}
