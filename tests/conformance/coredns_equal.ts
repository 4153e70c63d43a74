/** When a field of a table and what was read are the same. */
import { goDuration } from "../../core/addons/coredns/go_values.ts";
import type { Json, JsonObject } from "./coredns_format.ts";

/** Whether a field says the same: durations in whatever units, absent lists empty ones. */
export function equal(want: Json | undefined, got: unknown): boolean {
  const symbol = (want as JsonObject | null)?.symbol;
  if (want === null || want === undefined) return got === null || got === undefined || JSON.stringify(got) === "[]";
  if (typeof symbol === "string" && SYMBOLS[symbol] !== undefined) return SYMBOLS[symbol] === got;
  if (got instanceof Milliseconds) return millisecondsOf(want) === got.value;
  return JSON.stringify(want) === JSON.stringify(got);
}

const SYMBOLS: Readonly<Record<string, unknown>> = {
  defaultTTL: 5,
  monitorTypeUntilReady: false,
  monitorTypeContinuously: true,
};

/** A duration to be compared with one in Go's text. */
export class Milliseconds {
  constructor(readonly value: number) {}
}

/** Milliseconds of `1h20m`, of a number (nanoseconds in Go, of which only 0 occurs), of Go's own names and sums. */
function millisecondsOf(want: Json): number {
  if (typeof want === "number") return want;
  if (typeof want === "object") {
    return { "time.Minute": 60_000, "time.Hour": 3_600_000 }[String((want as JsonObject).symbol)] ?? NaN;
  }
  // The largest number of seconds there is: Go's ^uint32(0).
  if (String(want).includes("uint32(0)")) return (2 ** 32 - 1) * 1000;
  const parsed = goDuration(String(want));
  return "error" in parsed ? NaN : parsed.value;
}

/** The zones of `fallthrough` as the tables write them: `[]`, `["."]`, or `{Zones: [...]}`. */
export function fallOf(zones: readonly string[]): unknown {
  return zones.length === 0 || (zones.length === 1 && zones[0] === ".") ? zones : { Zones: zones };
}
