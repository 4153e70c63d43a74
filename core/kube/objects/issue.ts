/** One thing wrong with a field, in the server's words. */
export interface Issue {
  /** `spec.ports[0].port` */
  readonly field: string;
  readonly reason: IssueReason;
  /** The words after the field: `Invalid value: 0: must be between 1 and 65535, inclusive`. */
  readonly message: string;
}

/** Reasons of causes, as the API names them. */
export type IssueReason =
  | "FieldValueInvalid"
  | "FieldValueTypeInvalid"
  | "FieldValueRequired"
  | "FieldValueDuplicate"
  | "FieldValueNotSupported"
  | "FieldValueForbidden"
  | "FieldValueTooLong"
  | "FieldValueTooMany"
  | "FieldValueNotFound";

/** `Invalid value: VALUE[: DETAIL]` */
export function invalid(field: string, value: unknown, detail: string): Issue {
  return { field, reason: "FieldValueInvalid", message: withDetail(`Invalid value: ${shown(value)}`, detail) };
}

/** `Required value[: DETAIL]` */
export function required(field: string, detail = ""): Issue {
  return { field, reason: "FieldValueRequired", message: withDetail("Required value", detail) };
}

/** `Duplicate value: VALUE` */
export function duplicate(field: string, value: unknown): Issue {
  return { field, reason: "FieldValueDuplicate", message: `Duplicate value: ${shown(value)}` };
}

/** `Unsupported value: VALUE: supported values: "A", "B"`, in the order given. */
export function unsupported(field: string, value: unknown, supported: readonly string[]): Issue {
  const list = supported.map((one) => JSON.stringify(one)).join(", ");
  return {
    field,
    reason: "FieldValueNotSupported",
    message: withDetail(`Unsupported value: ${shown(value)}`, list === "" ? "" : `supported values: ${list}`),
  };
}

/** `Forbidden: DETAIL` */
export function forbidden(field: string, detail: string): Issue {
  return { field, reason: "FieldValueForbidden", message: withDetail("Forbidden", detail) };
}

/** `Too long: may not be more than N bytes` */
export function tooLong(field: string, limit: number): Issue {
  return { field, reason: "FieldValueTooLong", message: `Too long: may not be more than ${limit} bytes` };
}

/** `Too many: N: must have at most LIMIT items` */
export function tooMany(field: string, count: number, limit: number): Issue {
  return {
    field,
    reason: "FieldValueTooMany",
    message: `Too many: ${count}: must have at most ${limit} ${limit === 1 ? "item" : "items"}`,
  };
}

/** `FIELD: MESSAGE` */
function printIssue(issue: Issue): string {
  return `${issue.field}: ${issue.message}`;
}

/** Several issues as the server joins them: the same one once, more than one in brackets. */
export function printIssues(issues: readonly Issue[]): string {
  const texts = [...new Set(issues.map(printIssue))];
  return texts.length === 1 ? texts[0] as string : `[${texts.join(", ")}]`;
}

function withDetail(head: string, detail: string): string {
  return detail === "" ? head : `${head}: ${detail}`;
}

/** A value as messages show it: Go's JSON, HTML characters left alone. */
function shown(value: unknown): string {
  return value === undefined ? "null" : JSON.stringify(value);
}
