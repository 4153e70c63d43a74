/**
 * kubectl's JSONPath templates:
 *
 *     template = *( text / "{" node "}" )
 *     node     = "range" path | "end" | STRING | path
 *     path     = [ "$" | "@" ] *( "." NAME | ".." NAME | "." "*" | "[" index "]" )
 *     index    = NUMBER | [ NUMBER ] ":" [ NUMBER ] [ ":" NUMBER ] | "*" | STRING | list | "?(" filter ")"
 *     filter   = operand [ ( "==" | "!=" | "<=" | ">=" | "<" | ">" ) operand ]
 */
import { usageError } from "../errors.ts";
import { escapeHtml, sortKeys } from "./json.ts";

type Step =
  | { readonly type: "field"; readonly name: string }
  | { readonly type: "deep"; readonly name: string }
  | { readonly type: "all" }
  | { readonly type: "slice"; readonly from?: number; readonly to?: number; readonly by: number }
  | { readonly type: "index"; readonly indices: readonly number[] }
  | { readonly type: "filter"; readonly left: Operand; readonly operator: string; readonly right?: Operand };

type Operand = { readonly path: readonly Step[] } | { readonly literal: string | number | boolean };

type Node =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "path"; readonly steps: readonly Step[]; readonly source: string }
  | {
    readonly type: "range";
    readonly steps: readonly Step[];
    readonly source: string;
    readonly body: readonly Node[];
  };

/** A template, ready to be printed for any value. */
export class JsonPath {
  readonly #nodes: readonly Node[];

  /** @param allowMissing whether a missing field is empty instead of an error */
  constructor(template: string, readonly allowMissing = true) {
    this.#nodes = parseTemplate(template);
  }

  /** The text of the template for a value; throws CommandError where a field is missing and must not be. */
  print(value: unknown): string {
    return this.#nodes.map((node) => this.#printNode(node, value, value)).join("");
  }

  /** The values of the template's only path. */
  values(value: unknown): unknown[] {
    const [node] = this.#nodes;
    return node === undefined || node.type === "text" ? [] : this.#walk(node.steps, value, node.source);
  }

  #printNode(node: Node, value: unknown, root: unknown): string {
    if (node.type === "text") return node.text;
    const found = this.#walk(node.steps, value, node.source);
    if (node.type === "path") return found.map(printValue).join(" ");
    return found.map((item) => node.body.map((inner) => this.#printNode(inner, item, root)).join("")).join("");
  }

  #walk(steps: readonly Step[], value: unknown, source: string): unknown[] {
    let found: unknown[] = [value];
    for (const step of steps) {
      const next = found.flatMap((one) => follow(step, one));
      if (next.length === 0 && step.type === "field" && !this.allowMissing && found.length > 0) {
        throw usageError(`${source}: ${step.name} is not found`);
      }
      found = next;
    }
    return found;
  }
}

/** A value as a template shows it: texts bare, everything else as JSON. */
export function printValue(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  return value === null || value === undefined ? "" : escapeHtml(JSON.stringify(sortKeys(value)));
}

function follow(step: Step, value: unknown): unknown[] {
  switch (step.type) {
    case "field":
      return fieldOf(value, step.name);
    case "deep":
      return [...fieldOf(value, step.name), ...childrenOf(value).flatMap((child) => follow(step, child))];
    case "all":
      return childrenOf(value);
    case "index":
      return Array.isArray(value) ? step.indices.flatMap((index) => at(value, index)) : [];
    case "slice":
      return Array.isArray(value) ? slice(value, step) : [];
    case "filter":
      return childrenOf(value).filter((child) => meets(step, child));
  }
}

function fieldOf(value: unknown, name: string): unknown[] {
  if (typeof value !== "object" || value === null || Array.isArray(value) || !(name in value)) return [];
  return [(value as Record<string, unknown>)[name]];
}

function childrenOf(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)).map(([, child]) => child);
}

function at(list: readonly unknown[], index: number): unknown[] {
  const position = index < 0 ? list.length + index : index;
  return position < 0 || position >= list.length ? [] : [list[position]];
}

function slice(list: readonly unknown[], { from = 0, to, by }: { from?: number; to?: number; by: number }): unknown[] {
  const start = from < 0 ? list.length + from : from;
  const end = to === undefined ? list.length : to < 0 ? list.length + to : to;
  return list.slice(start, end).filter((_item, index) => index % by === 0);
}

function meets({ left, operator, right }: Step & { type: "filter" }, value: unknown): boolean {
  const [a, hasA] = operandValue(left, value);
  if (right === undefined) return hasA;
  const [b, hasB] = operandValue(right, value);
  if (!hasA || !hasB) return false;
  switch (operator) {
    case "==":
      return a === b;
    case "!=":
      return a !== b;
    case "<":
      return (a as number) < (b as number);
    case ">":
      return (a as number) > (b as number);
    case "<=":
      return (a as number) <= (b as number);
    default:
      return (a as number) >= (b as number);
  }
}

function operandValue(operand: Operand, value: unknown): [value: unknown, found: boolean] {
  if ("literal" in operand) return [operand.literal, true];
  let found: unknown[] = [value];
  for (const step of operand.path) found = found.flatMap((one) => follow(step, one));
  return [found[0], found.length > 0];
}

function parseTemplate(template: string): Node[] {
  const stack: { steps: readonly Step[]; source: string; nodes: Node[] }[] = [{ steps: [], source: "", nodes: [] }];
  const push = (node: Node) => stack.at(-1)?.nodes.push(node);
  for (const { text, braced } of split(template)) {
    if (!braced) push({ type: "text", text });
    else if (text.startsWith("range")) {
      const source = text.slice(5).trim();
      stack.push({ steps: parsePath(source), source, nodes: [] });
    } else if (text === "end") {
      const { steps, source, nodes } = stack.pop() as (typeof stack)[number];
      if (stack.length === 0) throw usageError("error parsing jsonpath: not in range, nothing to end");
      push({ type: "range", steps, source, body: nodes });
    } else if (/^["']/.test(text)) push({ type: "text", text: unquote(text) });
    else push({ type: "path", steps: parsePath(text), source: text });
  }
  if (stack.length > 1) throw usageError(`error parsing jsonpath ${template}, unterminated range`);
  return stack[0]?.nodes ?? [];
}

interface Piece {
  readonly text: string;
  readonly braced: boolean;
}

function split(template: string): Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  while (at < template.length) {
    const open = template.indexOf("{", at);
    if (open < 0) {
      pieces.push({ text: template.slice(at), braced: false });
      break;
    }
    if (open > at) pieces.push({ text: template.slice(at, open), braced: false });
    const close = closing(template, open);
    if (close < 0) throw usageError(`error parsing jsonpath ${template}, unclosed action`);
    pieces.push({ text: template.slice(open + 1, close).trim(), braced: true });
    at = close + 1;
  }
  return pieces;
}

/** The brace that closes this one, quotes passed over. */
function closing(template: string, open: number): number {
  let quote = "";
  for (let at = open + 1; at < template.length; at++) {
    const one = template[at] as string;
    if (quote !== "") {
      if (one === "\\") at++;
      else if (one === quote) quote = "";
    } else if (one === '"' || one === "'") quote = one;
    else if (one === "}") return at;
  }
  return -1;
}

function unquote(text: string): string {
  const escapes: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", "\\": "\\", '"': '"', "'": "'" };
  return text.slice(1, -1).replace(/\\(.)/g, (_all, one: string) => escapes[one] ?? one);
}

const FIELD = /^(?:\\.|[^.[\]{}()\s=!<>?@$*,'"])+/;

/** The steps of a path text: `.spec.ports[*].port`, with or without a leading `$` or `@`. */
export function parsePath(text: string): Step[] {
  const steps: Step[] = [];
  let rest = text.replace(/^[$@]/, "");
  while (rest !== "") {
    if (rest.startsWith("[")) {
      const close = closingBracket(rest);
      if (close < 0) throw usageError(`error parsing jsonpath {${text}}, unterminated array`);
      steps.push(parseIndex(rest.slice(1, close), text));
      rest = rest.slice(close + 1);
    } else if (rest.startsWith("..")) {
      const name = FIELD.exec(rest.slice(2))?.[0] ?? "";
      steps.push({ type: "deep", name: name.replace(/\\(.)/g, "$1") });
      rest = rest.slice(2 + name.length);
    } else {
      const bare = rest.replace(/^\./, "");
      const name = bare.startsWith("*") ? "*" : FIELD.exec(bare)?.[0] ?? "";
      if (name === "" && bare !== "" && !bare.startsWith("[")) {
        throw usageError(
          `error parsing jsonpath {${text}}, unrecognized character in action: U+${code(bare)} '${bare[0]}'`,
        );
      }
      if (name === "*") steps.push({ type: "all" });
      else if (name !== "") steps.push({ type: "field", name: name.replace(/\\(.)/g, "$1") });
      rest = bare.slice(name.length);
    }
  }
  return steps;
}

function code(text: string): string {
  return text.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0");
}

function closingBracket(text: string): number {
  let [depth, quote] = [0, ""];
  for (let at = 0; at < text.length; at++) {
    const one = text[at] as string;
    if (quote !== "") quote = one === quote ? "" : quote;
    else if (one === '"' || one === "'") quote = one;
    else if (one === "[") depth++;
    else if (one === "]" && --depth === 0) return at;
  }
  return -1;
}

function parseIndex(text: string, whole: string): Step {
  const inner = text.trim();
  if (inner === "*") return { type: "all" };
  if (inner.startsWith("?(")) return parseFilter(inner.slice(2, -1).trim());
  if (/^["']/.test(inner)) return { type: "field", name: inner.slice(1, -1) };
  if (/^-?\d+(,-?\d+)*$/.test(inner)) return { type: "index", indices: inner.split(",").map(Number) };
  const [, from, to, by] = /^(-?\d*):(-?\d*)(?::(\d+))?$/.exec(inner) ?? [];
  if (from === undefined) throw usageError(`error parsing jsonpath {${whole}}, invalid array index ${inner}`);
  return {
    type: "slice",
    ...(from === "" ? {} : { from: Number(from) }),
    ...(to === "" || to === undefined ? {} : { to: Number(to) }),
    by: Number(by ?? 1),
  };
}

function parseFilter(text: string): Step {
  const match = /^(.*?)\s*(==|!=|<=|>=|<|>)\s*(.*)$/s.exec(text);
  if (match === null) return { type: "filter", left: parseOperand(text), operator: "exists" };
  const [, left = "", operator = "==", right = ""] = match;
  return { type: "filter", left: parseOperand(left), operator, right: parseOperand(right) };
}

function parseOperand(text: string): Operand {
  if (/^["']/.test(text)) return { literal: text.slice(1, -1) };
  if (/^-?\d+(\.\d+)?$/.test(text)) return { literal: Number(text) };
  if (text === "true" || text === "false") return { literal: text === "true" };
  return { path: parsePath(text) };
}

/** A path as `--sort-by` and custom columns take it: braces and the leading dot may be left out. */
export function relaxedPath(text: string): string {
  const inner = text.trim().replace(/^\{(.*)\}$/s, "$1");
  return `{${inner.startsWith(".") || inner.startsWith("[") ? inner : `.${inner}`}}`;
}
