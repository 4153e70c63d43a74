import type { Kind, Value } from "./value.ts";

/** A binary operator; a higher precedence binds tighter. */
export interface Operator {
  readonly precedence: number;
  readonly rightward?: true;
  /** The left value that decides alone: `false` of &&, `true` of ||. */
  readonly lazy?: boolean;
  takes(left: Kind, right: Kind): boolean;
  gives(left: Kind): Kind;
  apply(left: Value, right: Value): Value;
}

const loose = (kind: Kind, wanted: Kind) => kind === wanted || kind === "any";
const both = (wanted: Kind) => (left: Kind, right: Kind) => loose(left, wanted) && loose(right, wanted);
const alike = (left: Kind, right: Kind) => left === right || left === "any" || right === "any";
const ordered = (left: Kind, right: Kind) => alike(left, right) && left !== "bool" && right !== "bool";
const bool = (): Kind => "bool";
const same = (left: Kind): Kind => left;

function comparison(compare: (left: string | number, right: string | number) => boolean): Operator {
  return { precedence: 3, takes: ordered, gives: bool, apply: (a, b) => compare(a as number, b as number) };
}

function arithmetic(precedence: number, compute: (left: number, right: number) => number): Operator {
  return { precedence, takes: both("number"), gives: same, apply: (a, b) => compute(a as number, b as number) };
}

function textual(judge: (left: string, right: string) => boolean): Operator {
  return { precedence: 3, takes: both("string"), gives: bool, apply: (a, b) => judge(String(a), String(b)) };
}

function logical(precedence: number, lazy: boolean): Operator {
  return { precedence, lazy, takes: both("bool"), gives: bool, apply: (_, b) => b };
}

const power: Operator = { ...arithmetic(7, (a, b) => a ** b), rightward: true };
const plus: Operator = {
  precedence: 5,
  takes: (left, right) => alike(left, right) && left !== "bool" && left !== "list",
  gives: (left) => left,
  apply: (a, b) => (typeof a === "string" ? a + String(b) : Number(a) + Number(b)),
};

/** The binary operators by how they are written. */
export const OPERATORS: ReadonlyMap<string, Operator> = new Map<string, Operator>([
  ["||", logical(1, true)],
  ["or", logical(1, true)],
  ["&&", logical(2, false)],
  ["and", logical(2, false)],
  ["==", { precedence: 3, takes: alike, gives: bool, apply: equal }],
  ["!=", { precedence: 3, takes: alike, gives: bool, apply: (a, b) => !equal(a, b) }],
  ["<", comparison((a, b) => a < b)],
  ["<=", comparison((a, b) => a <= b)],
  [">", comparison((a, b) => a > b)],
  [">=", comparison((a, b) => a >= b)],
  ["in", {
    precedence: 3,
    takes: (_, right) => loose(right, "list"),
    gives: bool,
    apply: (a, b) => (b as readonly Value[]).some((item) => equal(a, item)),
  }],
  ["contains", textual((a, b) => a.includes(b))],
  ["startsWith", textual((a, b) => a.startsWith(b))],
  ["endsWith", textual((a, b) => a.endsWith(b))],
  ["matches", textual((a, b) => new RegExp(b).test(a))],
  ["+", plus],
  ["-", arithmetic(5, (a, b) => a - b)],
  ["*", arithmetic(6, (a, b) => a * b)],
  ["/", arithmetic(6, (a, b) => a / b)],
  ["%", arithmetic(6, (a, b) => a % b)],
  ["**", power],
  ["^", power],
]);

function equal(a: Value, b: Value): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** `!`, `not`, `-` and `+` in front of a value. */
export function unary(operator: string, value: Value): Value {
  if (operator === "!" || operator === "not") return value !== true;
  return operator === "-" ? -Number(value) : Number(value);
}
