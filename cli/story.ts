import type { Step, Why } from "../mod.ts";

/** A `why` for people: the verdict, then both directions hop by hop. */
export function printWhy(why: Why): string {
  const by = why.decidedBy === null ? [] : [
    `  decided by ${why.decidedBy.kind} ${nameOf(why.decidedBy)}: ${why.decidedBy.rule}`,
    ...why.decidedBy.because === undefined ? [] : [`  ${why.decidedBy.because}`],
  ];
  const sees = why.sees === null ? [] : [`  received as ${why.sees.src} -> ${why.sees.dst}`];
  const at = why.receivedBy === null ? "" : ` at ${why.receivedBy}`;
  return [
    `${why.from} -> ${why.to} (${why.protocol}): ${why.verdict.toUpperCase()}${at}`,
    ...sees,
    ...by,
    "",
    "forward",
    ...printSteps(why.forward.steps),
    ...(why.reply.steps.length === 0 ? [] : ["", "reply", ...printSteps(why.reply.steps)]),
  ].join("\n");
}

function nameOf({ namespace, name }: { readonly namespace: string; readonly name: string }): string {
  return namespace === "" ? name : `${namespace}/${name}`;
}

/** Steps under the place where they happen; a place is named once for a run of steps. */
function printSteps(steps: readonly Step[]): string[] {
  return steps.flatMap((step, i) => {
    const head = steps[i - 1]?.place === step.place ? [] : [`  ${step.place}`];
    return [...head, `    ${step.layer.padEnd(9)} ${step.action.padEnd(10)} ${step.detail}`.trimEnd()];
  });
}
