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
    while (corefile.nextBlock()) rules.push(...readLine(corefile));
    // What stands below the first block with rules is not read.
    if (rules.length > 0) return rules;
  }
  throw corefile.argError("a block of rules");
}

function readLine(corefile: Dispenser): Rule[] {
  const bad = (problem: string) =>
    corefile.plainError(`setting up rule: ${problem}`, "response|query set|clear FLAG...");
  const selector = corefile.word().toLowerCase();
  if (selector !== "query" && selector !== "response") {
    throw bad(`invalid selector=${selector} should be query or response`);
  }
  const action = corefile.nextArg() ? corefile.word().toLowerCase() : "";
  const flags = corefile.remainingArgs();
  if (action === "") throw bad("no flag action provided");
  if (flags.length === 0) throw bad("invalid length for flags, at least one should be provided");
  if (action !== "set" && action !== "clear") {
    throw bad(`unknown flag action=${action}, should be set or clear`);
  }
  return flags.map((word) => {
    const flag = word.toLowerCase();
    if (flag !== "aa" && flag !== "ra" && flag !== "rd") throw bad(`unknown/unsupported flag=${flag}`);
    return { selector, flag, set: action === "set" };
  });
}
