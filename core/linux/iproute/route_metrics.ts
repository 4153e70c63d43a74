/** Metrics of a route as `ip route` reads and prints them: `mtu [lock] 1300`, `rtt 100ms`, `congctl cubic` ... (RTAX_*). */
import { Exit, invalid } from "./exit.ts";
import { JsonNumber } from "./json.ts";
import { parseUnsigned, type Words } from "./words.ts";

/** A route's metrics by iproute2's names: what the kernel keeps, times in the units in which they are shown. */
export interface RouteMetrics {
  readonly values: Readonly<Record<string, number | string>>;
  /** Those that path MTU discovery and others may not touch. */
  readonly locked: readonly string[];
}

/** The names in the kernel's order. */
const ORDER = [
  "mtu",
  "window",
  "rtt",
  "rttvar",
  "ssthresh",
  "cwnd",
  "advmss",
  "reordering",
  "hoplimit",
  "initcwnd",
  "features",
  "rto_min",
  "initrwnd",
  "quickack",
  "congctl",
  "fastopen_no_cookie",
] as const;
const TIMES = new Set(["rtt", "rttvar", "rto_min"]);
/** Metrics that may be said as locked. */
const LOCKABLE = new Set("mtu hoplimit advmss reordering rtt rttvar window cwnd ssthresh congctl".split(" "));
const SWITCHES = new Set(["quickack", "fastopen_no_cookie"]);
const MOST: Readonly<Record<string, number>> = { hoplimit: 255 };
/** More than this the kernel does not keep. */
const KEPT: Readonly<Record<string, number>> = { mtu: 65520, advmss: 65495 };
const CONGESTION = new Set(["cubic", "reno", "bbr"]);

/** Words that begin a metric, in the order in which a beginning finds them. */
export const METRIC_WORDS = [
  "mtu",
  "hoplimit",
  "advmss",
  "reordering",
  "rtt",
  "rto_min",
  "window",
  "cwnd",
  "initcwnd",
  "initrwnd",
  "features",
  "quickack",
  "congctl",
  "rttvar",
  "ssthresh",
  "fastopen_no_cookie",
] as const;

/** A metric with its value, read behind its name. */
export interface Metric {
  readonly name: string;
  readonly value: number | string;
  readonly lock: boolean;
}

/** Reads what stands behind a metric's name. */
export function takeMetric(name: string, words: Words): Metric {
  const lock = (LOCKABLE.has(name) && words.accept("lock")) || name === "rto_min";
  const word = words.next();
  if (name === "congctl") {
    if (!CONGESTION.has(word)) throw new Exit(2, "Error: Unknown tcp congestion algorithm.\n");
    return { name, value: word, lock };
  }
  if (name === "features" && word !== "ecn") throw invalid(word, `"features" value not valid\n`);
  if (name === "features") return { name, value: word, lock };
  const value = TIMES.has(name) ? milliseconds(name, word) : parseUnsigned(word, MOST[name]);
  if (SWITCHES.has(name) && value !== 0 && value !== 1) throw invalid(word, `"${name}" value should be 0 or 1\n`);
  if (value === undefined) throw invalid(word, `"${name === "advmss" ? "mss" : name}" value is invalid\n`);
  return { name, value: Math.min(value, KEPT[name] ?? value), lock };
}

/** `1s`, `20ms`, or a bare number in the kernel's own unit: an eighth of a millisecond for rtt, a quarter for rttvar. */
function milliseconds(name: string, word: string): number | undefined {
  const [, digits, unit] = /^(\d+(?:\.\d+)?)(s|secs?|ms|msecs?)?$/.exec(word) ?? [];
  if (digits === undefined) return undefined;
  if (unit !== undefined) return Number(digits) * (unit.startsWith("s") ? 1000 : 1);
  return Math.floor(Number(digits) / ({ rtt: 8, rttvar: 4 }[name] ?? 1));
}

/** The text and the fields of metrics, in the kernel's order. */
export function printMetrics({ values, locked }: RouteMetrics): {
  readonly text: string;
  readonly fields: Readonly<Record<string, number | string | JsonNumber | null>>;
} {
  const present = ORDER.filter((name) => values[name] !== undefined);
  const texts = present.map((name) => {
    const value = values[name] ?? 0;
    return `${name} ${locked.includes(name) ? "lock " : ""}${TIMES.has(name) ? time(Number(value)) : value} `;
  });
  const fields = present.map((name) => name === "features" ? ["ecn", null] : [name, values[name] ?? 0]);
  return { text: texts.join(""), fields: Object.fromEntries(fields) };
}

function time(milliseconds: number): string {
  return milliseconds >= 1000 ? `${milliseconds / 1000}s` : `${milliseconds}ms`;
}
