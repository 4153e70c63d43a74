/**
 * Label selectors: the string form of requests and the object form of specs.
 *
 *     selector    = [ requirement *( "," requirement ) ]
 *     requirement = key | "!" key | key ( "=" | "==" | "!=" ) value
 *                 | key ( "in" | "notin" ) "(" value *( "," value ) ")" | key ( ">" | "<" ) number
 */
import type { LabelSelector } from "../objects/object.ts";

/** One condition on a label. */
export interface Requirement {
  readonly key: string;
  readonly operator: "in" | "notin" | "=" | "!=" | "exists" | "!" | "gt" | "lt";
  readonly values: readonly string[];
}

/** All of its requirements must hold; none at all matches everything. */
export type Selector = readonly Requirement[];

type Labels = Readonly<Record<string, string>> | undefined;

/** The selector of a spec: `matchLabels` and `matchExpressions`. A selector left out (undefined) matches nothing: undefined. */
export function selectorOf(selector: LabelSelector | undefined): Selector | undefined {
  if (selector === undefined || selector === null) return undefined;
  const labels = labelsSelector(selector.matchLabels ?? {});
  return [...labels, ...(selector.matchExpressions ?? []).map(expression)];
}

/** The selector that asks for every label of a map (`spec.selector` of a Service). */
export function labelsSelector(labels: Readonly<Record<string, string>>): Selector {
  return Object.entries(labels).map(([key, value]) => ({ key, operator: "=", values: [value] }));
}

const OPERATORS: Readonly<Record<string, Requirement["operator"]>> = {
  In: "in",
  NotIn: "notin",
  Exists: "exists",
  DoesNotExist: "!",
  Gt: "gt",
  Lt: "lt",
};

function expression(from: { key: string; operator: string; values?: string[] }): Requirement {
  return { key: from.key, operator: OPERATORS[from.operator] ?? "in", values: from.values ?? [] };
}

/** Whether labels meet a selector; undefined meets nothing. */
export function matches(selector: Selector | undefined, labels: Labels): boolean {
  return selector !== undefined && selector.every((requirement) => meets(requirement, labels?.[requirement.key]));
}

function meets({ operator, values }: Requirement, value: string | undefined): boolean {
  switch (operator) {
    case "=":
    case "in":
      return value !== undefined && values.includes(value);
    case "!=":
    case "notin":
      return value === undefined || !values.includes(value);
    case "exists":
      return value !== undefined;
    case "!":
      return value === undefined;
    case "gt":
      return value !== undefined && Number(value) > Number(values[0]);
    case "lt":
      return value !== undefined && Number(value) < Number(values[0]);
  }
}

/** The string form, keys in order as kubectl prints selectors: `app=a,tier in (x,y)`. */
export function printSelector(selector: Selector): string {
  const sorted = [...selector].sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  return sorted.map(printRequirement).join(",");
}

function printRequirement({ key, operator, values }: Requirement): string {
  switch (operator) {
    case "exists":
      return key;
    case "!":
      return `!${key}`;
    case "=":
    case "!=":
      return `${key}${operator}${values[0] ?? ""}`;
    case "gt":
    case "lt":
      return `${key}${operator === "gt" ? ">" : "<"}${values[0] ?? ""}`;
    default:
      return `${key} ${operator} (${[...values].sort().join(",")})`;
  }
}
