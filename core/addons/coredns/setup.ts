/** What plugins' setups have in common. */
import type { Dispenser } from "./corefile/dispenser.ts";
import { goAtoi, goDuration } from "./go_values.ts";
import type { Fall } from "./outcome.ts";
import { isUnder } from "../../dns/mod.ts";
import { normalizeZones } from "./zones.ts";

/** Refuses a second use in a block. */
export function once(corefile: Dispenser, count: number): void {
  if (count > 0) {
    throw corefile.plainError("this plugin can only be used once per Server Block", "it once in this block");
  }
}

/** The whole number in a word of the Corefile; the error is Go's, without a place. */
export function atoi(corefile: Dispenser, text: string): number {
  const number = goAtoi(text);
  if ("error" in number) throw corefile.plainError(number.error, "a whole number");
  return number.value;
}

/** The milliseconds in a word of the Corefile; the error is Go's, without a place. */
export function duration(corefile: Dispenser, text: string): number {
  const parsed = goDuration(text);
  if ("error" in parsed) throw corefile.plainError(parsed.error, "a duration such as 30s");
  return parsed.value;
}

/** The regular expression in a word, or Go's complaint about it. */
export function goRegExp(text: string): RegExp | { readonly error: string } {
  try {
    return new RegExp(text.replaceAll("(?P<", "(?<"));
  } catch {
    const open = (text.match(/(?<!\\)\(/g) ?? []).length;
    const close = (text.match(/(?<!\\)\)/g) ?? []).length;
    if (open > close) return { error: `error parsing regexp: missing closing ): \`${text}\`` };
    if (close > open) return { error: `error parsing regexp: unexpected ): \`${text}\`` };
    return { error: `error parsing regexp: invalid or unsupported Perl syntax: \`${text}\`` };
  }
}

/** The zones of a `fallthrough` line; every zone where it names none. */
export function fallthroughZones(args: readonly string[]): Fall {
  return args.length === 0 ? ["."] : args.flatMap(normalizeZones);
}

/** Whether a name falls through. */
export function fallsThrough(fall: Fall, name: string): boolean {
  return fall.some((zone) => isUnder(name, zone));
}
