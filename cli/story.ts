import { type Step, verdictLines, type Why } from "../mod.ts";

/** A `why` for people: the verdict, then both directions hop by hop. */
export function printWhy(why: Why): string {
  return [
    ...verdictLines(why),
    "",
    "forward",
    ...printSteps(why.forward.steps),
    ...(why.reply.steps.length === 0 ? [] : ["", "reply", ...printSteps(why.reply.steps)]),
  ].join("\n");
}

/** Steps under the place where they happen; a place is named once for a run of steps. */
function printSteps(steps: readonly Step[]): string[] {
  return steps.flatMap((step, i) => {
    const head = steps[i - 1]?.place === step.place ? [] : [`  ${step.place}`];
    return [...head, `    ${step.layer.padEnd(9)} ${step.action.padEnd(10)} ${step.detail}`.trimEnd()];
  });
}
