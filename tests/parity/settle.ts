/**
 * What is certain about an answer of the kernel, learned by asking twice: a number that differs between two runs was drawn by
 * chance and is compared by the class it was drawn from (`<1024-65535>`), nothing else about it is certain.
 */
import type { ProbeResult } from "./scenario.ts";

/** The classes of ports that source NAT draws from when a port is taken (nf_nat_l4proto_unique_tuple), and ICMP ids. */
const CLASSES = [[1, 511], [512, 1023], [1024, 65_535], [0, 65_535]] as const;

/** One answer out of two of the same probe; undefined where they differ in more than numbers: the kernel itself is unsteady. */
export function settle(one: ProbeResult, other: ProbeResult): ProbeResult | undefined {
  const merged = merge(one, other);
  return merged === UNSTEADY ? undefined : merged as ProbeResult;
}

const UNSTEADY = Symbol("unsteady");

function merge(one: unknown, other: unknown): unknown {
  if (one === other) return one;
  if (typeof one === "number" && typeof other === "number") return classOf(one, other);
  if (typeof one === "string" && typeof other === "string") return mergeText(one, other);
  if (typeof one !== "object" || typeof other !== "object" || one === null || other === null) return UNSTEADY;
  const keys = Object.keys(one);
  if (keys.join() !== Object.keys(other).join()) return UNSTEADY;
  const [a, b] = [one as Record<string, unknown>, other as Record<string, unknown>];
  const values = keys.map((key) => merge(a[key], b[key]));
  if (values.includes(UNSTEADY)) return UNSTEADY;
  return Array.isArray(one) ? values : Object.fromEntries(keys.map((key, i) => [key, values[i]]));
}

/** Texts that differ only in numbers behind `:` or `=`; those behind `data=` name bytes, and may be any. */
function mergeText(one: string, other: string): unknown {
  const [a, b] = [one.split(/(?<=[:=])(\d+)/), other.split(/(?<=[:=])(\d+)/)];
  if (a.length !== b.length) return UNSTEADY;
  const class_ = (part: string, i: number) =>
    a[i - 1]?.endsWith("data=") ? classOf(0, 65_535) : classOf(Number(part), Number(b[i]));
  const parts = a.map((part, i) => part === b[i] ? part : i % 2 === 1 ? class_(part, i) : UNSTEADY);
  return parts.includes(UNSTEADY) ? UNSTEADY : parts.join("");
}

function classOf(a: number, b: number): string {
  const [low, high] = CLASSES.find(([from, to]) => [a, b].every((value) => value >= from && value <= to)) ?? CLASSES[3];
  return `<${low}-${high}>`;
}
