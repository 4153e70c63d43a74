import type { Random } from "../../../base/mod.ts";
import type { Message, Rr } from "../../../dns/mod.ts";
import type { Dispenser } from "../corefile/dispenser.ts";
import { duration } from "../setup.ts";
import type { DnsPlugin, Outcome } from "../plugin.ts";
import { goDuration } from "../go_values.ts";

/** loadbalance: shuffles the addresses and mail exchangers of positive answers. */
export const loadbalance: DnsPlugin = {
  name: "loadbalance",
  setup(corefile, { host }) {
    const weighted = readLoadbalance(corefile);
    return {
      handle: async (query, next) => shuffled(await next(query), host.random),
      unsimulated: weighted ? ["loadbalance weighted"] : [],
    };
  },
};

/** CNAMEs first and as they are, then what is neither address nor MX, then the shuffled ones. */
function shuffled(outcome: Outcome, random: Random): Outcome {
  const { reply } = outcome;
  if (reply === undefined || reply.rcode !== "NOERROR") return outcome;
  if (["AXFR", "IXFR"].includes(reply.questions[0]?.type ?? "")) return outcome;
  const of = (records: readonly Rr[]): Rr[] => {
    const pick = (test: (rr: Rr) => boolean) => records.filter(test);
    const address = (rr: Rr) => rr.type === "A" || rr.type === "AAAA";
    return [
      ...pick((rr) => rr.type === "CNAME"),
      ...pick((rr) => rr.type !== "CNAME" && !address(rr) && rr.type !== "MX"),
      ...shuffle(pick(address), random),
      ...shuffle(pick((rr) => rr.type === "MX"), random),
    ];
  };
  const { answers, authorities, additionals } = reply;
  const sections: Partial<Message> = {
    answers: of(answers),
    authorities: of(authorities),
    additionals: of(additionals),
  };
  return { ...outcome, reply: { ...reply, ...sections } };
}

function shuffle(records: Rr[], random: Random): Rr[] {
  for (let i = records.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [records[i], records[j]] = [records[j] as Rr, records[i] as Rr];
  }
  return records;
}

/** Whether it is to weigh. */
function readLoadbalance(corefile: Dispenser): boolean {
  let weighted = false;
  while (corefile.next()) {
    const [policy, ...more] = corefile.remainingArgs();
    if (policy === undefined) continue;
    weighted = policy === "weighted";
    if (weighted) readWeighted(corefile, more);
    else if (policy !== "round_robin") {
      throw corefile.plainError(`unknown policy: ${policy}`, "round_robin or weighted");
    } else if (more.length > 0) throw corefile.error(`unknown property for round_robin`, "the end of the line");
  }
  return weighted;
}

/** Weights are not weighed; the directive is read and checked. */
function readWeighted(corefile: Dispenser, args: readonly string[]): void {
  if (args.length === 0) throw corefile.error("missing weight file argument", "the name of a weight file");
  if (args.length > 1) throw corefile.error("unexpected argument(s)", "the end of the line");
  while (corefile.nextBlock()) {
    if (corefile.word() !== "reload") throw corefile.error(`unknown property '${corefile.word()}'`, "reload");
    const [time, more] = corefile.remainingArgs();
    if (time === undefined) throw corefile.error("reload duration value is missing", "a duration");
    if (more !== undefined) throw corefile.error("unexpected argument(s)", "the end of the line");
    if ("error" in goDuration(time)) {
      throw corefile.error(`invalid reload duration '${time}'`, "a duration such as 30s");
    }
    duration(corefile, time);
  }
}
