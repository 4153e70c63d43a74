import { usage } from "../complaint.ts";

/** Units with their seconds, as the rate printers know them. */
const UNITS = [["day", 86400], ["hour", 3600], ["min", 60], ["sec", 1]] as const;
const WORDS = [["second", 1], ["minute", 60], ["hour", 3600], ["day", 86400]] as const;

/** `n/unit`: the time for one packet in 1/`scale` seconds, and the unit's seconds; undefined when it is no rate. */
export function parseRate(text: string, scale: number): { period: number; unit: number } | undefined {
  const slash = text.indexOf("/");
  const unitText = slash < 0 ? "second" : text.slice(slash + 1).toLowerCase();
  const unit = unitText === "" ? undefined : WORDS.find(([word]) => word.startsWith(unitText))?.[1];
  const count = parseInt(text, 10);
  if (unit === undefined || !(count > 0)) return undefined;
  if (Math.floor(count / unit) > scale) usage(`Rate too fast "${text}"`);
  return { period: Math.floor(scale * unit / count), unit };
}

/** `5/min`, in the largest unit that says it well; and that unit's seconds. */
export function printRate(period: number, scale: number): { text: string; unit: number } {
  if (period === 0) return { text: "inf", unit: 0 };
  let i = 1;
  for (; i < UNITS.length; i++) {
    const mult = UNITS[i]![1] * scale;
    if (period > mult || Math.floor(mult / period) < mult % period) break;
  }
  const [name, unit] = UNITS[i - 1]!;
  return { text: `${Math.floor(unit * scale / period)}/${name}`, unit };
}
