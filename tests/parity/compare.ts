/** Compares what the plane did with what was recorded; `*` in a recording stands for anything, `<1-9>` for a number of a range. */
import type { ProbeResult } from "./scenario.ts";

/** One field that differs. */
export interface Difference {
  readonly field: string;
  readonly got: unknown;
  readonly want: unknown;
}

/** Every field a recording may hold; one that is not recorded must not be there. */
const FIELDS = [
  "outcome",
  "received_by",
  "seen_src",
  "seen_dst",
  "client_sees",
  "errno",
  "icmp",
  "icmp_from",
  "out",
  "shapes",
  "rules",
  "conntrack",
] as const satisfies readonly (keyof ProbeResult)[];

/** What differs, field by field, and how many single values were compared. */
export function compareResults(got: ProbeResult, want: ProbeResult): { differences: Difference[]; compared: number } {
  const differences: Difference[] = [];
  let compared = 0;
  for (const field of FIELDS) {
    compared += leaves(want[field]);
    if (!equal(got[field], want[field])) differences.push({ field, got: got[field], want: want[field] });
  }
  return { differences, compared };
}

function leaves(value: unknown): number {
  if (typeof value !== "object" || value === null) return 1;
  return Object.values(value).reduce((sum: number, part) => sum + leaves(part), 0);
}

function equal(got: unknown, want: unknown): boolean {
  if (typeof want === "string" && /[*<]/.test(want)) return got !== undefined && matches(want, String(got));
  if (typeof want !== "object" || want === null) return got === want;
  if (typeof got !== "object" || got === null) return false;
  if (Array.isArray(want)) return Array.isArray(got) && equalLists(got, want);
  const keys = new Set([...Object.keys(got), ...Object.keys(want)]);
  const [a, b] = [got as Record<string, unknown>, want as Record<string, unknown>];
  return [...keys].every((key) => equal(a[key], b[key]));
}

/** Lists of texts in order; lists of entries in any, for tables have none. */
function equalLists(got: readonly unknown[], want: readonly unknown[]): boolean {
  if (got.length !== want.length) return false;
  if (typeof want[0] !== "object") return want.every((value, i) => equal(got[i], value));
  const left = [...got];
  return want.every((value) => {
    const index = left.findIndex((one) => equal(one, value));
    if (index >= 0) left.splice(index, 1);
    return index >= 0;
  });
}

const RANGE = /<(\d+)-(\d+)>/g;

function matches(want: string, got: string): boolean {
  const found = pattern(want).exec(got);
  if (found === null) return false;
  return [...want.matchAll(RANGE)].every(([, low, high], i) => {
    const number = Number(found[i + 1]);
    return number >= Number(low) && number <= Number(high);
  });
}

const patterns = new Map<string, RegExp>();

function pattern(text: string): RegExp {
  const known = patterns.get(text);
  if (known !== undefined) return known;
  const part = (plain: string) => plain.replace(/[.+?^${}()|[\]\\]/g, "\\$&").split("*").join(".*");
  const made = new RegExp(`^${text.split(/<\d+-\d+>/).map(part).join("(\\d+)")}$`);
  patterns.set(text, made);
  return made;
}

/** A difference in a few lines; of a long record only the keys that differ. */
export function printDifference({ field, got, want }: Difference): string {
  const record = (value: unknown) => typeof value === "object" && value !== null && !Array.isArray(value);
  if (!record(got) || !record(want)) {
    return `    ${field}: got  ${JSON.stringify(got)}\n    ${field}: want ${JSON.stringify(want)}`;
  }
  const [a, b] = [got as Record<string, unknown>, want as Record<string, unknown>];
  const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])].filter((key) => !equal(a[key], b[key]));
  return keys.map((key) => `    ${field} ${key}: got ${JSON.stringify(a[key])}, want ${JSON.stringify(b[key])}`).join(
    "\n",
  );
}
