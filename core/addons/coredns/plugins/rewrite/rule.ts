import type { Message, Rr } from "../../../../dns/mod.ts";
import type { DnsQuery } from "../../plugin.ts";

/** A reply on its way back, with the record that is looked at. */
export interface Change {
  readonly reply: Message;
  readonly rr: Rr;
}

/** Changes a record of a reply, and perhaps the reply; `rr` is the record as changed. */
export type ResponseRule = (change: Change) => Change | Promise<Change>;

/** What a rule made of a query: undefined where it does not apply. */
export interface Rewritten {
  readonly query: DnsQuery;
  readonly responses: readonly ResponseRule[];
}

/** One rule of the Corefile. */
export interface Rule {
  /** Whether later rules are tried where this one applied. */
  readonly mode: "stop" | "continue";
  /** The EDNS option it speaks of, which replies then carry. */
  readonly option?: number;
  apply(query: DnsQuery): Rewritten | undefined;
}

/** A rule that cannot be; the message is CoreDNS's. */
export class RuleError extends Error {
  override readonly name = "RuleError";
}

/** The query with another question. */
export function asking(query: DnsQuery, change: Partial<DnsQuery["question"]>): DnsQuery {
  const question = { ...query.question, ...change };
  return {
    ...query,
    question,
    name: question.name.toLowerCase(),
    message: { ...query.message, questions: [question] },
  };
}
