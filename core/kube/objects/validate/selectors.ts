import { forbidden, invalid, type Issue, required } from "../issue.ts";
import type { LabelSelector } from "../object.ts";
import { check, labelIssues, labelValue, qualifiedName } from "./names.ts";

/** What is wrong with a label selector; one left out is fine. */
export function selectorIssues(field: string, selector: LabelSelector | undefined): Issue[] {
  if (!selector) return [];
  return [
    ...labelIssues(`${field}.matchLabels`, selector.matchLabels),
    ...(selector.matchExpressions ?? []).flatMap((one, index) =>
      expressionIssues(`${field}.matchExpressions[${index}]`, one)
    ),
  ];
}

interface Expression {
  readonly key: string;
  readonly operator: string;
  readonly values?: string[];
}

function expressionIssues(field: string, { key, operator, values = [] }: Expression): Issue[] {
  const issues: Issue[] = [];
  if (operator === "In" || operator === "NotIn") {
    if (values.length === 0) {
      issues.push(required(`${field}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
    }
  } else if (operator === "Exists" || operator === "DoesNotExist") {
    if (values.length > 0) {
      issues.push(forbidden(`${field}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"));
    }
  } else issues.push(invalid(`${field}.operator`, operator, "not a valid selector operator"));
  issues.push(...check(`${field}.key`, key, qualifiedName));
  values.forEach((value, index) => issues.push(...check(`${field}.values[${index}]`, value, labelValue)));
  return issues;
}

/** Whether the server can make a selector of it at all. */
export function isUsable(selector: LabelSelector): boolean {
  return selectorIssues("", selector).length === 0;
}

/** Whether a selector asks for anything. */
export function isEmptySelector({ matchLabels = {}, matchExpressions = [] }: LabelSelector): boolean {
  return Object.keys(matchLabels).length + matchExpressions.length === 0;
}
