/** What the query of a list or a watch asks for, refused in the server's words. */
import { TextError } from "../../base/mod.ts";
import { forbidden, type Issue, unsupported } from "../objects/issue.ts";
import { labelValue, qualifiedName } from "../objects/validate/names.ts";
import { parseSelector, type Requirement, type Selector } from "../store/selector.ts";
import { type FieldRequirement, parseFieldSelector } from "./fields.ts";
import type { Route } from "./route.ts";
import { badRequest, invalidStatus } from "./status.ts";
import type { Status } from "./types.ts";

/** The options of a list or a watch. */
export interface ListOptions {
  /** How many at most; 0: all. */
  readonly limit: number;
  readonly token: string;
  readonly labels: Selector;
  readonly fields: readonly FieldRequirement[];
  /** "" where none is asked for. */
  readonly version: string;
  readonly match: string;
  /** Undefined where nobody said. */
  readonly sendInitialEvents: boolean | undefined;
}

/** A flag of a query: whatever is not a no is a yes. */
export function flag(query: URLSearchParams, name: string): boolean | undefined {
  const value = query.get(name);
  return value === null ? undefined : !["false", "0"].includes(value.toLowerCase());
}

/** The options in a request's query. */
export function listOptions({ resource, query }: Route): ListOptions | Status {
  for (const name of ["timeoutSeconds", "limit"]) {
    const problem = integerProblem(query.get(name));
    if (problem !== undefined) return badRequest(`strconv.ParseInt: parsing ${problem}`);
  }
  const labels = readSelector(query.get("labelSelector") ?? "");
  if (typeof labels === "string") return badRequest(labels);
  const issues = flag(query, "watch") === true ? watchIssues(query) : listIssues(query);
  if (issues.length > 0) return invalidStatus({ kind: "ListOptions", group: "meta.k8s.io" }, "", issues);
  const fields = parseFieldSelector(query.get("fieldSelector") ?? "", resource);
  if ("kind" in fields) return fields;
  return {
    limit: Math.max(0, Number(query.get("limit") ?? 0)),
    token: query.get("continue") ?? "",
    labels,
    fields,
    version: query.get("resourceVersion") ?? "",
    match: query.get("resourceVersionMatch") ?? "",
    sendInitialEvents: flag(query, "sendInitialEvents"),
  };
}

function integerProblem(text: string | null): string | undefined {
  if (text === null) return undefined;
  if (!/^[+-]?\d+$/.test(text)) return `${JSON.stringify(text)}: invalid syntax`;
  const value = BigInt(text.replace(/^\+/, ""));
  return BigInt.asIntN(64, value) === value ? undefined : `${JSON.stringify(text)}: value out of range`;
}

/** The selector of a text, or why there is none. */
function readSelector(text: string): Selector | string {
  try {
    const selector = parseSelector(text);
    const wrong = selector.map(requirementProblem).find((problem) => problem !== undefined);
    return wrong === undefined ? selector : `${REQUIREMENT} ${wrong}`;
  } catch (error) {
    if (!(error instanceof TextError)) throw error;
    return syntaxWords(error);
  }
}

const REQUIREMENT = "unable to parse requirement:";

/** What stands between requirements, not in one. */
const BETWEEN = /^(!, identifier|',' or 'end|identifier after)/;

function syntaxWords({ problem, expected }: TextError): string {
  const words = `${problem}${expected === "'('" ? "" : ","} expected: ${expected}`;
  return BETWEEN.test(expected) ? words : `${REQUIREMENT} ${words}`;
}

function requirementProblem({ key, operator, values }: Requirement): string | undefined {
  const [name] = qualifiedName(key);
  if (name !== undefined) return `<nil>: Invalid value: ${JSON.stringify(key)}: ${name}`;
  if (operator === "gt" || operator === "lt") {
    if (/^[+-]?\d+$/.test(values[0] ?? "")) return undefined;
    const words = "for 'Gt', 'Lt' operators, the value must be an integer";
    return `values[0]: Invalid value: ${JSON.stringify(values[0])}: ${words}`;
  }
  const problems = values.flatMap((value, index) =>
    labelValue(value).map((words) => `values[${index}][${key}]: Invalid value: ${JSON.stringify(value)}: ${words}`)
  );
  return problems[0];
}

const MATCH = "resourceVersionMatch";

function listIssues(query: URLSearchParams): Issue[] {
  const match = query.get(MATCH) ?? "";
  const version = query.get("resourceVersion") ?? "";
  const initial = query.has("sendInitialEvents")
    ? [forbidden("sendInitialEvents", "sendInitialEvents is forbidden for list")]
    : [];
  if (match === "") return initial;
  const supported = ["Exact", "NotOlderThan", ""];
  return [
    ...(version === "" ? [forbidden(MATCH, `${MATCH} is forbidden unless resourceVersion is provided`)] : []),
    ...continueIssues(query),
    ...(supported.includes(match) ? [] : [unsupported(MATCH, match, supported)]),
    ...(match === "Exact" && version === "0"
      ? [forbidden(MATCH, `${MATCH} "exact" is forbidden for resourceVersion "0"`)]
      : []),
    ...initial,
  ];
}

function watchIssues(query: URLSearchParams): Issue[] {
  const match = query.get(MATCH) ?? "";
  const wanted = "NotOlderThan";
  const initial = query.has("sendInitialEvents");
  return [
    ...(initial && match !== wanted
      ? [forbidden(MATCH, `sendInitialEvents requires setting ${MATCH} to ${wanted}`)]
      : []),
    ...(!initial && match !== ""
      ? [forbidden(MATCH, `${MATCH} is forbidden for watch unless sendInitialEvents is provided`)]
      : []),
    ...(match === "" || match === wanted ? [] : [unsupported(MATCH, match, [wanted])]),
    ...continueIssues(query),
  ];
}

function continueIssues(query: URLSearchParams): Issue[] {
  const goesOn = (query.get("continue") ?? "") !== "";
  return goesOn ? [forbidden(MATCH, `${MATCH} is forbidden when continue is provided`)] : [];
}
