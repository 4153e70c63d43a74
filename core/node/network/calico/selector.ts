/**
 * Calico's selectors over labels, and their normal form:
 *
 *     selector = "all()" | "has(" key ")" | "!has(" key ")" | key ("==" | "!=") value | key ["not "] "in {" values "}"
 *              | "(" selector *( " && " selector ) ")" | "(" selector *( " || " selector ) ")" | "!" selector
 */
import type { LabelSelector } from "../../../kube/mod.ts";

type Labels = Readonly<Record<string, string>>;

/** A selector. */
export type CalicoSelector =
  | { readonly op: "all" }
  | { readonly op: "and" | "or"; readonly of: readonly CalicoSelector[] }
  | { readonly op: "not"; readonly of: CalicoSelector }
  | { readonly op: "has" | "hasn't"; readonly key: string }
  | {
    readonly op: "==" | "!=" | "contains" | "starts with" | "ends with";
    readonly key: string;
    readonly value: string;
  }
  | { readonly op: "in" | "not in"; readonly key: string; readonly values: readonly string[] };

/** The label that says which orchestrator an endpoint is of: every pod's is `k8s`. */
export const ORCHESTRATOR = "projectcalico.org/orchestrator";
/** The label that says which namespace an endpoint is of. */
export const NAMESPACE = "projectcalico.org/namespace";
/** What stands before the labels that an endpoint has of its namespace, and of its service account. */
export const [NAMESPACE_PREFIX, ACCOUNT_PREFIX] = ["pcns.", "pcsa."];

/** Every endpoint. */
export const ALL: CalicoSelector = { op: "all" };

/** Both; one that stands alone stays as it is. */
export function both(a: CalicoSelector, b: CalicoSelector): CalicoSelector {
  return { op: "and", of: [a, b] };
}

/** Endpoints of a namespace. */
export function inNamespace(namespace: string): CalicoSelector {
  return { op: "==", key: NAMESPACE, value: namespace };
}

/** Pods by a Kubernetes selector; none selects all of them. */
export function podSelector(selector: LabelSelector | undefined): CalicoSelector {
  const terms = [{ op: "==", key: ORCHESTRATOR, value: "k8s" } as const, ...termsOf(selector, "")];
  return terms.length === 1 ? terms[0] as CalicoSelector : { op: "and", of: terms };
}

/** Endpoints by the labels of their namespace; an empty selector selects those of every namespace. */
export function namespaceSelector(selector: LabelSelector): CalicoSelector {
  const terms = termsOf(selector, NAMESPACE_PREFIX);
  if (terms.length === 0) return { op: "has", key: NAMESPACE };
  return terms.length === 1 ? terms[0] as CalicoSelector : { op: "and", of: terms };
}

/** The same over keys with a prefix. */
export function withPrefix(selector: CalicoSelector, prefix: string): CalicoSelector {
  switch (selector.op) {
    case "all":
      return selector;
    case "and":
    case "or":
      return { ...selector, of: selector.of.map((each) => withPrefix(each, prefix)) };
    case "not":
      return { ...selector, of: withPrefix(selector.of, prefix) };
    default:
      return { ...selector, key: prefix + selector.key };
  }
}

const OPERATORS = { In: "in", NotIn: "not in", Exists: "has", DoesNotExist: "hasn't" } as const;

function termsOf(selector: LabelSelector | undefined, prefix: string): CalicoSelector[] {
  const labels = Object.entries(selector?.matchLabels ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return [
    ...labels.map(([key, value]) => ({ op: "==", key: prefix + key, value }) as const),
    ...(selector?.matchExpressions ?? []).map(({ key, operator, values = [] }): CalicoSelector => {
      const op = OPERATORS[operator as keyof typeof OPERATORS];
      return op === "in" || op === "not in" ? { op, key: prefix + key, values } : { op, key: prefix + key };
    }),
  ];
}

/** The normal form: what sets are named after. */
export function printSelector(selector: CalicoSelector): string {
  switch (selector.op) {
    case "all":
      return "all()";
    case "and":
    case "or":
      return `(${selector.of.map(printSelector).join(selector.op === "and" ? " && " : " || ")})`;
    case "not":
      return `!${printSelector(selector.of)}`;
    case "has":
    case "hasn't":
      return `${selector.op === "has" ? "" : "!"}has(${selector.key})`;
    case "in":
    case "not in":
      return `${selector.key} ${selector.op} {${[...new Set(selector.values)].sort().map(quote).join(", ")}}`;
    default:
      return `${selector.key} ${selector.op} ${quote(selector.value)}`;
  }
}

function quote(value: string): string {
  return value.includes('"') ? `'${value}'` : `"${value}"`;
}

/** Whether labels meet a selector. */
export function selects(selector: CalicoSelector, labels: Labels): boolean {
  switch (selector.op) {
    case "all":
      return true;
    case "and":
      return selector.of.every((each) => selects(each, labels));
    case "or":
      return selector.of.some((each) => selects(each, labels));
    case "not":
      return !selects(selector.of, labels);
    default:
      return meets(selector, labels[selector.key]);
  }
}

type Term = Extract<CalicoSelector, { readonly key: string }>;

function meets(term: Term, value: string | undefined): boolean {
  switch (term.op) {
    case "has":
      return value !== undefined;
    case "hasn't":
      return value === undefined;
    case "in":
      return value !== undefined && term.values.includes(value);
    case "not in":
      return value === undefined || !term.values.includes(value);
    case "!=":
      return value !== term.value;
    case "==":
      return value === term.value;
    case "contains":
      return value?.includes(term.value) ?? false;
    case "starts with":
      return value?.startsWith(term.value) ?? false;
    case "ends with":
      return value?.endsWith(term.value) ?? false;
  }
}
