/**
 * What a rule of the plane's program asks of a packet (`wasm/src/filter/program.rs`): parts of the base, of which there is one each,
 * and matches. A test that has to be one of several is a list of alternatives, each a list of conditions that all hold.
 */
import { BASE, OP, PROGRAM } from "../../../../wasm/mod.ts";
import type { Words } from "../../netfilter/address.ts";
import type { Encoder } from "../../netfilter/encoder.ts";

/** One condition. */
export type Condition =
  | { readonly part: "src" | "dst"; readonly ip: Words; readonly mask: Words; readonly not: boolean }
  | { readonly part: "in" | "out"; readonly name: string; readonly not: boolean }
  | { readonly part: "proto"; readonly number: number; readonly not: boolean }
  | {
    readonly part: "match";
    readonly op: number;
    readonly invert: boolean;
    readonly operands: readonly number[];
    /** It remembers or draws: it must be asked once. */
    readonly moody?: boolean;
    /** Operand 0 is a text. */
    readonly text?: string;
  };

/** Conditions that all hold. */
export type Conditions = readonly Condition[];

/** Alternatives: one of them holds. None at all: it never holds. */
export type Alternatives = readonly Conditions[];

/** What always holds. */
export const ALWAYS: Alternatives = [[]];

/** Both hold. */
export function both(a: Alternatives, b: Alternatives): Alternatives {
  if (a.length === 1 && a[0]?.length === 0) return b;
  if (b.length === 1 && b[0]?.length === 0) return a;
  return a.flatMap((left) => b.map((right) => [...left, ...right]));
}

/** A match of the program. */
export function match(op: number, operands: readonly number[], invert = false): Condition {
  return { part: "match", op, invert, operands };
}

/** Whether conditions fit into one rule: each part of the base once. A protocol that is said twice alike counts once. */
function fitsOneRule(conditions: Conditions): boolean {
  const seen = new Map<string, string>();
  return conditions.every((condition) => {
    if (condition.part === "match") return true;
    const text = JSON.stringify(condition);
    const known = seen.get(condition.part);
    seen.set(condition.part, text);
    return known === undefined || known === text;
  });
}

/** How many of the first conditions fit into one rule. */
export function fitting(conditions: Conditions): number {
  let count = conditions.length;
  while (!fitsOneRule(conditions.slice(0, count))) count--;
  return count;
}

const BITS: Readonly<Record<string, readonly [number, number]>> = {
  src: [BASE.SOURCE, BASE.NOT_SOURCE],
  dst: [BASE.DESTINATION, BASE.NOT_DESTINATION],
  in: [BASE.IN, BASE.NOT_IN],
  out: [BASE.OUT, BASE.NOT_OUT],
  proto: [BASE.PROTO, BASE.NOT_PROTO],
};
const ORDER = ["src", "dst", "in", "out", "proto"] as const;

/** Writes base and matches of a rule. */
export function encodeConditions(conditions: Conditions, out: Encoder): void {
  const parts = new Map<string, Exclude<Condition, { part: "match" }>>();
  let flags = 0;
  for (const condition of conditions) {
    if (condition.part === "match") continue;
    parts.set(condition.part, condition);
    const [bit = 0, not = 0] = BITS[condition.part] ?? [];
    flags |= bit | (condition.not ? not : 0);
  }
  out.word(flags);
  for (const name of ORDER) {
    const part = parts.get(name);
    if (part === undefined) continue;
    if ("name" in part) out.device(part.name);
    else if ("number" in part) out.word(part.number);
    else {
      out.address(part.ip);
      out.address(part.mask);
    }
  }
  const matches = conditions.filter((condition) => condition.part === "match");
  out.word(matches.length);
  for (const { op, invert, operands, text } of matches) {
    out.begin(op, invert);
    out.push(...operands);
    if (text !== undefined) out.text(text);
    out.end();
  }
}

/** What nobody here can judge: it never holds, and a trace says so. */
export function unmodelled(name: string): Alternatives {
  return [[{ part: "match", op: OP.UNMODELLED, invert: false, operands: [], text: name }]];
}

/** The bit of a head that turns a match round. */
export const INVERT: number = PROGRAM.INVERT;
