/**
 * Resource quantities, kept exact and printed canonically as the server prints them: `0.1` is `100m`, `1024Mi` is `1Gi`.
 *
 *     quantity = [ "+" | "-" ] number [ suffix ]
 *     suffix   = "n" | "u" | "m" | "" | "k" | "M" | "G" | "T" | "P" | "E" | "Ki" | "Mi" | "Gi" | "Ti" | "Pi" | "Ei" | ( "e" | "E" ) exponent
 */

/** A quantity in nano units, with the family of suffixes it was written in. */
export interface Quantity {
  readonly nano: bigint;
  readonly format: "decimal" | "binary" | "exponent";
}

const NANO = 1_000_000_000n;
const DECIMAL: readonly [string, bigint][] = [
  ["E", 10n ** 18n],
  ["P", 10n ** 15n],
  ["T", 10n ** 12n],
  ["G", 10n ** 9n],
  ["M", 10n ** 6n],
  ["k", 1000n],
];
const SMALL: readonly [string, bigint][] = [["", NANO], ["m", 1_000_000n], ["u", 1000n], ["n", 1n]];
const BINARY: readonly [string, bigint][] = ["Ei", "Pi", "Ti", "Gi", "Mi", "Ki"].map(
  (suffix, index) => [suffix, 1024n ** BigInt(6 - index)],
);
const FACTORS = new Map<string, bigint>([
  ...SMALL,
  ...[...DECIMAL, ...BINARY].map(([suffix, factor]): [string, bigint] => [suffix, factor * NANO]),
]);

const SHAPE = /^([+-]?)(\d*)(?:\.(\d*))?(Ki|Mi|Gi|Ti|Pi|Ei|[numkMGTPE]|[eE][+-]?\d+)?$/;

/** The server's words for a text that is no quantity. */
export const QUANTITY_PROBLEM =
  "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

/** The quantity in a text, or undefined. Parts below a nano are rounded up. */
export function parseQuantity(text: string): Quantity | undefined {
  const match = SHAPE.exec(text);
  if (match === null || (match[2] ?? "") + (match[3] ?? "") === "") return undefined;
  const [, sign = "", whole = "", fraction = "", suffix = ""] = match;
  const exponent = /^[eE][+-]?\d+$/.exec(suffix) === null ? undefined : Number(suffix.slice(1));
  const factor = exponent === undefined ? FACTORS.get(suffix) as bigint : NANO;
  const digits = BigInt(whole + fraction || "0") * factor;
  const nano = shift(digits, (exponent ?? 0) - fraction.length);
  const format = exponent !== undefined ? "exponent" : suffix.endsWith("i") ? "binary" : "decimal";
  return { nano: sign === "-" ? -nano : nano, format };
}

function shift(value: bigint, places: number): bigint {
  if (places >= 0) return value * 10n ** BigInt(places);
  const divisor = 10n ** BigInt(-places);
  return (value + divisor - 1n) / divisor;
}

/** The canonical text of a quantity. */
export function printQuantity({ nano, format }: Quantity): string {
  if (nano === 0n) return "0";
  const sign = nano < 0n ? "-" : "";
  const value = nano < 0n ? -nano : nano;
  if (format === "binary" && value % NANO === 0n && value >= 1024n * NANO) return sign + printBinary(value / NANO);
  if (format === "exponent") return sign + printExponent(value);
  for (const [suffix, factor] of [...DECIMAL.map(([s, f]): [string, bigint] => [s, f * NANO]), ...SMALL]) {
    if (value % factor === 0n) return `${sign}${value / factor}${suffix}`;
  }
  return `${sign}${value}n`;
}

function printBinary(value: bigint): string {
  for (const [suffix, factor] of BINARY) {
    if (value % factor === 0n) return `${value / factor}${suffix}`;
  }
  return String(value);
}

function printExponent(value: bigint): string {
  let [digits, exponent] = [value, -9];
  while (digits % 1000n === 0n) [digits, exponent] = [digits / 1000n, exponent + 3];
  return exponent === 0 ? String(digits) : `${digits}e${exponent}`;
}

/** A quantity's text in nano units; 0 for none. */
export function nanoOf(text: string | number | undefined): bigint {
  return text === undefined ? 0n : parseQuantity(String(text))?.nano ?? 0n;
}
