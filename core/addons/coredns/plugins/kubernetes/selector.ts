/**
 * Label selectors as text, with the words of apimachinery for what is none.
 *
 *     selector    = requirement { "," requirement }
 *     requirement = [ "!" ] key | key ( "=" | "==" | "!=" ) value | key ( "in" | "notin" ) "(" value { "," value } ")"
 */
import { qualifiedName, type Requirement, type Selector } from "../../../../kube/mod.ts";

/** Why a text is no selector. */
export interface SelectorProblem {
  readonly problem: string;
}

/** The selector in a text, or what is wrong with it. */
export function parseSelector(text: string): Selector | SelectorProblem {
  const words = text.match(/==|!=|[=!(),]|[^\s=!(),]+/g) ?? [];
  const requirements: Requirement[] = [];
  for (let at = 0; at < words.length;) {
    const read = readRequirement(words, at);
    const key = words[at] === "!" ? words[at + 1] : words[at];
    const [wrong] = key === undefined ? [] : [qualifiedName(key).join("; ")];
    if (wrong !== undefined && wrong !== "") {
      return { problem: `unable to parse requirement: <nil>: Invalid value: ${JSON.stringify(key)}: ${wrong}` };
    }
    if ("problem" in read) return read;
    requirements.push(read.requirement);
    const after = words[read.next];
    if (after !== undefined && after !== ",") return { problem: `found '${after}', expected: ',' or 'end of string'` };
    at = read.next + 1;
  }
  return requirements;
}

type Read = { readonly requirement: Requirement; readonly next: number };

function readRequirement(words: readonly string[], at: number): Read | SelectorProblem {
  if (words[at] === "!") return { requirement: { key: words[at + 1] ?? "", operator: "!", values: [] }, next: at + 2 };
  const key = words[at] ?? "";
  const operator = words[at + 1];
  if (operator === "=" || operator === "==" || operator === "!=") {
    const value = words[at + 2];
    const none = value === undefined || value === ",";
    const requirement = { key, operator: operator === "!=" ? "!=" : "=", values: [none ? "" : value] } as Requirement;
    return { requirement, next: at + (none ? 2 : 3) };
  }
  if (operator === "in" || operator === "notin") return readSet(words, at);
  if (operator !== undefined && operator !== ",") {
    return { problem: `unable to parse requirement: found '${operator}', expected: in, notin, =, ==, !=, gt, lt` };
  }
  return { requirement: { key, operator: "exists", values: [] }, next: at + 1 };
}

function readSet(words: readonly string[], at: number): Read | SelectorProblem {
  const open = words[at + 2];
  if (open !== "(") return { problem: `unable to parse requirement: found '${open ?? ""}' expected: '('` };
  const end = words.indexOf(")", at);
  if (end < 0) return { problem: "unable to parse requirement: found '', expected: ',' or ')'" };
  const values = words.slice(at + 3, end).filter((word) => word !== ",");
  return {
    requirement: { key: words[at] as string, operator: words[at + 1] as "in" | "notin", values },
    next: end + 1,
  };
}
