/** Matches of rules, and keys of maps, as conditions. */
import { OP, PROGRAM, SETMATCH } from "../../../../wasm/mod.ts";
import { type Datatype, type Span, spanOf } from "../datatypes.ts";
import { datatypeOf } from "../selectors.ts";
import type { NftLimit, NftMatch } from "../types.ts";
import { type Alternatives, ALWAYS, both, type Condition, match, unmodelled } from "./condition.ts";
import type { PlaneSet } from "./plane_set.ts";
import { conditionsOf } from "./tests.ts";

/** What a table knows of a named set. */
export interface SetLookup {
  /** The plane's set, for these selectors. */
  plane(name: string, selectors: readonly string[]): PlaneSet | undefined;
  /** The keys as they stand in the rule set. */
  keys(name: string): readonly (readonly string[])[];
}

/** Where a rule is compiled for. */
export interface Place {
  readonly family: 4 | 6;
  readonly sets: SetLookup;
}

const NEVER: Alternatives = [];

/** The conditions of a match. */
export function matchConditions(test: NftMatch, place: Place): Alternatives {
  const { selectors, against, not, op, mask } = test;
  if ("set" in against) return setConditions(test, against.set, place);
  const values = "values" in against ? against.values : [against.value];
  const [selector = ""] = selectors;
  if (/^(numgen|jhash|symhash) /.test(selector)) return drawn(selector, values[0] ?? "");
  if (selectors.length > 1) {
    if (not) return unmodelled("!= of a concatenation");
    return values.flatMap((value) => keyConditions(selectors, value.split(" . "), place));
  }
  const type = datatypeOf(selector);
  const spans = type === undefined ? [] : values.flatMap((value) => spansOf(value, type, op));
  return conditionsOf({
    selector,
    spans,
    not,
    text: values.join(","),
    family: place.family,
    exactly: op === "==",
    ...(mask === undefined ? {} : { mask }),
  });
}

/** Greater and less are spans up to the end of the type. */
function spansOf(value: string, type: Datatype, op: NftMatch["op"]): Span[] {
  const span = spanOf(value, type);
  if ("problem" in span) return [];
  const end = (1n << BigInt(8 * type.size)) - 1n;
  switch (op) {
    case ">":
      return [{ from: span.to + 1n, to: end }];
    case ">=":
      return [{ from: span.from, to: end }];
    case "<":
      return [{ from: 0n, to: span.from - 1n }];
    case "<=":
      return [{ from: 0n, to: span.to }];
    default:
      return [span];
  }
}

/** Every part of a key holds. A protocol and a port beside each other are asked for together. */
export function keyConditions(selectors: readonly string[], key: readonly string[], place: Place): Alternatives {
  const protocol = key[selectors.indexOf("meta l4proto")];
  let all = ALWAYS;
  for (const [i, selector] of selectors.entries()) {
    const known = selector.startsWith("th ") && (protocol === "tcp" || protocol === "udp");
    const own = known ? selector.replace("th", protocol) : selector;
    const value = key[i] ?? "";
    const type = datatypeOf(own);
    const span = type === undefined ? undefined : spanOf(value, type);
    const spans = span === undefined || "problem" in span ? [] : [span];
    all = both(
      all,
      conditionsOf({ selector: own, spans, not: false, text: value, family: place.family, exactly: false }),
    );
  }
  return all;
}

function setConditions({ selectors, not }: NftMatch, name: string, place: Place): Alternatives {
  const set = place.sets.plane(name, selectors);
  if (set !== undefined) {
    const operands = [set.id, set.dimensions, set.steady ? SETMATCH.STEADY : 0, 0, 0, 0, 0, 0, 0];
    const moody = set.dynamic ? { moody: true } : {};
    return set.family === place.family
      ? [[...set.conditions, { part: "match", op: OP.SET, invert: not, operands, ...moody }]]
      : NEVER;
  }
  const keys = place.sets.keys(name);
  if (selectors.length === 1) {
    const values = keys.map(([value = ""]) => value);
    if (values.length === 0) return not ? ALWAYS : NEVER;
    return matchConditions({ kind: "match", selectors, not, against: { values } }, place);
  }
  if (not) return unmodelled("!= of a concatenation");
  return keys.flatMap((key) => keyConditions(selectors, key, place));
}

/** One of `mod` numbers, drawn or counted. */
function drawn(selector: string, value: string): Alternatives {
  const cases = drawnCases(selector, [value]);
  return cases === undefined ? unmodelled(selector) : [[...cases[0] as Condition[]]];
}

const ONE = 0x8000_0000;

/**
 * The draws of `numgen ... mod N`, one for each key (`0`, `2-3`): as rules one behind the other, each asked only where those before
 * did not take the packet, they give every number its even share. Undefined for what is not drawn here.
 */
export function drawnCases(selector: string, keys: readonly string[]): Condition[][] | undefined {
  const [, mode, mod, offset = "0"] = /^numgen (random|inc) mod (\d+)(?: offset (\d+))?$/.exec(selector) ?? [];
  if (mode === undefined) return undefined;
  let left = Number(mod);
  return keys.map((key) => {
    const [low = "0", high = low] = key.split("-");
    const [from, to] = [
      Math.max(0, Number(low) - Number(offset)),
      Math.min(Number(mod) - 1, Number(high) - Number(offset)),
    ];
    const weight = Math.max(0, to - from + 1);
    const draw: Condition = mode === "random"
      ? { ...match(OP.STATISTIC, [0, 0, Math.round((weight / left) * ONE) >>> 0, 0]), moody: true } as Condition
      : { ...match(OP.STATISTIC, [0, 1, left, 0]), moody: true } as Condition;
    left -= weight;
    return weight > 0 && left <= 0 ? [] : [draw];
  });
}

const SECONDS = { second: 1, minute: 60, hour: 3600, day: 86_400, week: 604_800 };
const SCALE = 10_000;
const NFT_LIMIT_BURST = 5;

/** A limit as a token bucket; of bytes there is none in the plane. */
export function limitConditions(limit: NftLimit): Alternatives {
  if (limit.of !== "packets") return unmodelled("limit of bytes");
  const interval = Math.max(1, Math.floor((SCALE * SECONDS[limit.per]) / limit.rate));
  const burst = limit.burst === 0 ? NFT_LIMIT_BURST : limit.burst;
  return [[{ ...match(OP.LIMIT, [0, interval, burst]), moody: true } as Condition]];
}

/** The number that stands for no set. */
export const NO_SET: number = PROGRAM.NO_SET;
