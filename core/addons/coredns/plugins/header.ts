import type { Message } from "../../../dns/mod.ts";
import type { Dispenser } from "../corefile/dispenser.ts";
import type { DnsPlugin } from "../plugin.ts";

/** One flag of queries or responses, set or cleared. */
interface Rule {
  readonly selector: "query" | "response";
  readonly flag: "aa" | "ra" | "rd";
  readonly set: boolean;
}

/** header: sets and clears the flags AA, RA and RD. */
export const header: DnsPlugin = {
  name: "header",
  setup(corefile) {
    const rules = readHeader(corefile);
    const applied = (message: Message, selector: Rule["selector"]): Message => {
      const changes = rules.filter((rule) => rule.selector === selector).map(({ flag, set }) => [flag, set]);
      return { ...message, flags: { ...message.flags, ...Object.fromEntries(changes) } };
    };
    return {
      async handle(query, next) {
        const changed = { ...query, message: applied(query.message, "query") };
        const outcome = await next(changed);
        const kept = { ...outcome, query: outcome.query ?? changed };
        return outcome.reply === undefined ? kept : { ...kept, reply: applied(outcome.reply, "response") };
      },
    };
  },
};

function readHeader(corefile: Dispenser): Rule[] {
  const rules: Rule[] = [];
  while (corefile.next()) {
    let lines = 0;
    for (; corefile.nextBlock(); lines++) rules.push(...readLine(corefile));
    if (lines === 0) throw corefile.argError("a block of rules");
  }
  return rules;
}

function readLine(corefile: Dispenser): Rule[] {
  const bad = (problem: string) =>
    corefile.plainError(`setting up rule: ${problem}`, "response|query set|clear FLAG...");
  const selector = corefile.word().toLowerCase();
  const [action = "", ...flags] = corefile.remainingArgs();
  if (selector !== "query" && selector !== "response") {
    throw bad(`invalid selector=${selector} should be query or response`);
  }
  if (flags.length === 0) throw bad("invalid length for flags, at least one should be provided");
  if (action.toLowerCase() !== "set" && action.toLowerCase() !== "clear") {
    throw bad(`unknown flag action=${action}, should be set or clear`);
  }
  return flags.map((word) => {
    const flag = word.toLowerCase();
    if (flag !== "aa" && flag !== "ra" && flag !== "rd") throw bad(`unknown/unsupported flag=${word}`);
    return { selector, flag, set: action.toLowerCase() === "set" };
  });
}
