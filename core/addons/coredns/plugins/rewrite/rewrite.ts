/**
 * `rewrite [continue|stop] FIELD ARGS...`, or with the words of FIELD and of its answer rules in a block; FIELD is one of
 * name, type, class, edns0, ttl, rcode and cname.
 */
import { isName, type Message } from "../../../../dns/mod.ts";
import type { Dispenser } from "../../corefile/dispenser.ts";
import { emptyReply, isUnwritten } from "../../outcome.ts";
import type { DnsPlugin, DnsQuery, Next, Outcome } from "../../plugin.ts";
import { ednsRule } from "./edns0.ts";
import { nameRule } from "./name.ts";
import { type ResponseRule, type Rule, RuleError } from "./rule.ts";
import { cnameRule, questionRule, rcodeRule, ttlRule } from "./simple.ts";

/** rewrite: changes questions on their way in, and names, TTLs and rcodes of replies on their way out. */
export const rewrite: DnsPlugin = {
  name: "rewrite",
  setup(corefile, { echo }) {
    const rules = readRewrites(corefile);
    for (const { option } of rules) if (option !== undefined && option !== SUBNET) echo(option);
    return { handle: (query, next) => handle(rules, query, next) };
  },
};

async function handle(rules: readonly Rule[], query: DnsQuery, next: Next): Promise<Outcome> {
  let asked = query;
  const responses: ResponseRule[] = [];
  let [changed, stopped] = [false, false];
  for (const rule of rules) {
    const rewritten = rule.apply(asked);
    if (rewritten === undefined) continue;
    if (!isName(rewritten.query.question.name)) {
      return { rcode: "SERVFAIL", error: `invalid name after rewrite: ${rewritten.query.question.name}` };
    }
    changed = true;
    asked = rewritten.query;
    responses.push(...rewritten.responses);
    stopped = rule.mode === "stop";
    if (stopped) break;
  }
  if (!changed) return await next(query);
  const outcome = await next(asked);
  // Where every rule goes on and none looks at replies, the question comes back as it was changed.
  if (!stopped && responses.length === 0) return { ...outcome, query: outcome.query ?? asked };
  const reply = isUnwritten(outcome) ? emptyReply(asked, outcome.rcode) : outcome.reply;
  if (reply === undefined) return { ...outcome, query: outcome.query ?? asked };
  const reverted = await revert(reply, responses, query);
  const { error } = outcome;
  return {
    rcode: "NOERROR",
    reply: reverted,
    query: outcome.query ?? asked,
    ...(error === undefined ? {} : { error }),
  };
}

/** The one option of rules that is not sent back. */
const SUBNET = 8;
const SECTIONS = ["authorities", "answers", "additionals"] as const;

/** The reply with its own question and with the records as the rules, last first, change them. */
async function revert(reply: Message, responses: readonly ResponseRule[], query: DnsQuery): Promise<Message> {
  let message: Message = { ...reply, questions: query.message.questions };
  for (const section of SECTIONS) {
    for (let i = 0; i < message[section].length; i++) {
      for (const rule of responses.toReversed()) {
        const rr = message[section][i];
        if (rr === undefined) break;
        const change = await rule({ reply: message, rr });
        message = {
          ...change.reply,
          [section]: change.reply[section].map((one, at) => (at === i ? change.rr : one)),
        };
      }
    }
  }
  return message;
}

function readRewrites(corefile: Dispenser): Rule[] {
  const rules: Rule[] = [];
  while (corefile.next()) {
    const args = corefile.remainingArgs();
    // A line with words of a rule takes no block of them.
    if (args.length < 2) { while (corefile.nextBlock()) args.push(corefile.word()); }
    try {
      rules.push(newRule(args));
    } catch (error) {
      if (!(error instanceof RuleError)) throw error;
      throw corefile.plainError(error.message, "[continue|stop] name|type|class|edns0|ttl|rcode|cname ...");
    }
  }
  return rules;
}

/** One rule from its words; throws a {@link RuleError}. */
export function newRule(words: readonly string[]): Rule {
  if (words.length === 0) throw new RuleError("no rule type specified for rewrite");
  const first = (words[0] as string).toLowerCase();
  const moded = first === "continue" || first === "stop";
  const mode = first === "continue" ? "continue" : "stop";
  if (moded && words.length < 2) throw new RuleError(`${first} rule must begin with a rule type`);
  const [type = "", ...args] = moded ? words.slice(1) : words;
  switch (type.toLowerCase()) {
    case "answer":
      throw new RuleError("response rewrites must begin with a name rule");
    case "name":
      return nameRule(mode, args);
    case "type":
    case "class":
      if (args.length !== 2) throw new RuleError(`${type.toLowerCase()} rules must have exactly two arguments`);
      return questionRule(mode, type.toLowerCase() as "type" | "class", args);
    case "edns0":
      return ednsRule(mode, args);
    case "ttl":
      return ttlRule(mode, args);
    case "rcode":
      return rcodeRule(mode, args);
    case "cname":
      return cnameRule(mode, args);
    default:
      throw new RuleError(`invalid rule type ${JSON.stringify(words[0])}`);
  }
}
