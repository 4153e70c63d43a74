import type { DecidedBy, Why } from "./answers.ts";

/** The head of a story: the verdict, how the receiver saw it, whose rule decided. Lines. */
export function verdictLines(why: Why): string[] {
  const at = why.receivedBy === null ? "" : ` at ${why.receivedBy}`;
  const { decidedBy: by, sees } = why;
  return [
    `${why.from} -> ${why.to} (${why.protocol}): ${why.verdict.toUpperCase()}${at}`,
    ...sees === null ? [] : [`  received as ${sees.src} -> ${sees.dst}`],
    ...by === null ? [] : [`  decided by ${by.kind} ${nameOf(by)}: ${by.rule}`],
    ...by?.because === undefined ? [] : [`  ${by.because}`],
  ];
}

function nameOf({ namespace, name }: DecidedBy): string {
  return namespace === "" ? name : `${namespace}/${name}`;
}
