/**
 * Label selectors: the string form of requests and the object form of specs.
 *
 *     selector    = [ requirement *( "," requirement ) ]
 *     requirement = key | "!" key | key ( "=" | "==" | "!=" ) value
 *                 | key ( "in" | "notin" ) "(" value *( "," value ) ")" | key ( ">" | "<" ) number
 */
import { TextError } from "../../base/mod.ts";
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
  return [...labels, ...(selector.matchExpressions ?? []).map(requirementOf)];
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

/** A requirement as specs write it: of labels, of nodes. */
export function requirementOf(
  { key, operator, values = [] }: { readonly key: string; readonly operator: string; readonly values?: string[] },
): Requirement {
  return { key, operator: OPERATORS[operator] ?? "in", values };
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

interface Token {
  readonly text: string;
  readonly at: number;
}

const SYMBOLS = ["==", "!=", "=", "!", ",", "(", ")", ">", "<"];

/** Reads the string form; throws a TextError that says what was found and what was expected. */
export function parseSelector(text: string): Selector {
  const reader = new SelectorReader(tokens(text));
  const requirements: Requirement[] = [];
  while (!reader.done()) {
    requirements.push(reader.requirement());
    if (reader.done()) break;
    reader.expect(",", "',' or 'end of string'");
    if (reader.done()) reader.fail("identifier after ','");
  }
  return requirements;
}

function tokens(text: string): Token[] {
  const found: Token[] = [];
  let at = 0;
  while (at < text.length) {
    if (/\s/.test(text[at] as string)) {
      at++;
      continue;
    }
    const symbol = SYMBOLS.find((one) => text.startsWith(one, at));
    const word = symbol ?? /^[^\s=!,()<>]+/.exec(text.slice(at))?.[0] ?? (text[at] as string);
    found.push({ text: word, at });
    at += word.length;
  }
  return found;
}

const isSymbol = (token: Token | undefined): boolean => token === undefined || SYMBOLS.includes(token.text);

class SelectorReader {
  #next = 0;
  constructor(readonly tokens: readonly Token[]) {}

  done(): boolean {
    return this.#next >= this.tokens.length;
  }

  fail(expected: string): never {
    const token = this.tokens[this.#next];
    throw new TextError("selector", 1, (token?.at ?? 0) + 1, `found '${token?.text ?? ""}'`, expected);
  }

  expect(text: string, expected: string): void {
    if (this.tokens[this.#next]?.text !== text) this.fail(expected);
    this.#next++;
  }

  requirement(): Requirement {
    if (this.tokens[this.#next]?.text === "!") {
      this.#next++;
      return { key: this.#word("identifier"), operator: "!", values: [] };
    }
    const key = this.#word("!, identifier, or 'end of string'");
    const operator = this.tokens[this.#next]?.text;
    if (operator === undefined || operator === ",") return { key, operator: "exists", values: [] };
    this.#next++;
    if (operator === "in" || operator === "notin") return { key, operator, values: this.#list() };
    if (operator === "=" || operator === "==") return { key, operator: "=", values: [this.#value()] };
    if (operator === "!=") return { key, operator, values: [this.#value()] };
    if (operator === ">" || operator === "<") {
      return { key, operator: operator === ">" ? "gt" : "lt", values: [this.#value()] };
    }
    this.#next--;
    return this.fail("in, notin, =, ==, !=, gt, lt");
  }

  #word(expected: string): string {
    const token = this.tokens[this.#next];
    if (token === undefined || isSymbol(token)) this.fail(expected);
    this.#next++;
    return token.text;
  }

  /** A value may be empty: `a=` and `a=,b`. */
  #value(): string {
    const token = this.tokens[this.#next];
    return token === undefined || token.text === "," ? "" : this.#word("identifier");
  }

  #list(): string[] {
    this.expect("(", "'('");
    const values: string[] = [];
    for (;;) {
      const token = this.tokens[this.#next];
      values.push(token?.text === "," || token?.text === ")" ? "" : this.#word("',', ')' or identifier"));
      if (this.tokens[this.#next]?.text === ")") break;
      this.expect(",", "',' or ')'");
    }
    this.#next++;
    return values;
  }
}
