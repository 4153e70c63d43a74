/**
 * Anonymous sets as nft keeps them. One value loses its braces. Where a prefix (be it of one address) or a range is among the
 * values, all are ranges: those that overlap or touch become one, printed as a prefix where it is one.
 */
import { cidrSize, ipFamily, network, parseCidr, parseIp, printIp } from "../../base/mod.ts";
import type { NftOperand } from "./types.ts";

interface Range {
  readonly from: bigint;
  readonly to: bigint;
}

/** The operand that comes back when these values were given in braces. */
export function keptValues(values: readonly string[]): NftOperand {
  const [only] = values;
  if (values.length === 1 && only !== undefined) return { value: plainHost(only) };
  const family = ipFamily((only ?? "").split(/[/-]/)[0] ?? "");
  const ranges = values.map(rangeOf);
  if (family === undefined || ranges.some((range) => range === undefined)) return { values };
  const known = ranges.flatMap((range) => range ?? []).sort((a, b) => (a.from < b.from ? -1 : a.from > b.from ? 1 : 0));
  const joins = values.some((value) => /[/-]/.test(value)) ? 1n : 0n;
  const merged: Range[] = [];
  for (const range of known) {
    const last = merged.at(-1);
    if (last === undefined || range.from > last.to + joins) merged.push(range);
    else merged.splice(-1, 1, { from: last.from, to: max(last.to, range.to) });
  }
  return { values: merged.map((range) => printRange(range, family)) };
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

/** `10.0.0.1/32` is `10.0.0.1`. */
function plainHost(value: string): string {
  const cidr = parseCidr(value);
  if (cidr === undefined || !value.includes("/")) return value;
  const plain = printIp(network(cidr).ip);
  return cidr.length === (cidr.ip.family === 4 ? 32 : 128) ? plain : `${plain}/${cidr.length}`;
}

function rangeOf(value: string): Range | undefined {
  const [low = "", high] = value.split("-");
  const from = parseIp(low)?.value;
  const to = high === undefined ? from : parseIp(high)?.value;
  if (from !== undefined && to !== undefined) return { from, to };
  const cidr = parseCidr(value);
  if (cidr === undefined) return undefined;
  const start = network(cidr).ip.value;
  return { from: start, to: start + BigInt(cidrSize(cidr)) - 1n };
}

function printRange({ from, to }: Range, family: 4 | 6): string {
  const text = (value: bigint) => printIp({ family, value });
  if (from === to) return text(from);
  const size = to - from + 1n;
  const aligned = (size & (size - 1n)) === 0n && from % size === 0n;
  const bits = (family === 4 ? 32 : 128) - (size.toString(2).length - 1);
  return aligned ? `${text(from)}/${bits}` : `${text(from)}-${text(to)}`;
}
