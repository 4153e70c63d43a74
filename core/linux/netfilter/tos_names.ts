import { usage } from "./complaint.ts";
import { parseNumber } from "./readers.ts";

/** RFC 1349's names. */
const SYMBOLS = [
  ["Minimize-Delay", 0x10],
  ["Maximize-Throughput", 0x08],
  ["Maximize-Reliability", 0x04],
  ["Minimize-Cost", 0x02],
  ["Normal-Service", 0x00],
] as const;

/** `value[/mask]` or a name; a name means the six low bits. */
export function readTos(text: string): { value: number; mask: number } {
  const [value = "", mask, ...more] = text.split("/");
  const number = parseNumber(value);
  if (number === undefined || number > 255) return { value: symbol(text), mask: 0x3f };
  if (mask === undefined) return { value: number, mask: 0xff };
  const maskNumber = parseNumber(mask);
  if (maskNumber === undefined || maskNumber > 255 || more.length > 0) return usage(`Illegal value: "${text}"`);
  return { value: number, mask: maskNumber };
}

function symbol(text: string): number {
  const found = SYMBOLS.filter(([name]) => name.toLowerCase().startsWith(text.toLowerCase()));
  if (found.length > 1) usage(`Symbolic name "${text}" is ambiguous`);
  return found[0]?.[1] ?? usage(`Symbolic name "${text}" is unknown`);
}

/** The name of a TOS value under the six-bit mask, if it has one. */
export function tosName(value: number, mask: number): string | undefined {
  return mask === 0x3f ? SYMBOLS.find(([, number]) => number === value)?.[0] : undefined;
}

/** `0x10/0x3f`. */
export function tosText(value: number, mask: number): string {
  const hex = (number: number) => "0x" + number.toString(16).padStart(2, "0");
  return `${hex(value)}/${hex(mask)}`;
}
