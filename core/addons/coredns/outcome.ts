/** What a plugin hands up, and what becomes of a reply on its way. */
import { type Edns, type Message, NO_FLAGS, type Rr } from "../../dns/mod.ts";
import type { DnsQuery, Instance, Next, Outcome, QueryTrail } from "./plugin.ts";

/** Rcodes that mean nothing was written yet: the server writes an empty reply with them. */
const UNWRITTEN = new Set(["SERVFAIL", "REFUSED", "FORMERR", "NOTIMP"]);

/** EDNS options that come back as sent: NSID, EXPIRE, COOKIE, TCP-KEEPALIVE, PADDING. */
export const ECHOED_OPTIONS: ReadonlySet<number> = new Set([3, 9, 10, 11, 12]);

/** A type as CoreDNS names it: numbers 0 and 65535 have names. */
export function typeWord(type: string): string {
  return type === "TYPE0" ? "None" : type === "TYPE65535" ? "Reserved" : type;
}

/** A plugin stumbled: nobody above it hears of the query again, and the server itself writes a SERVFAIL. */
export class PluginPanic extends Error {
  override readonly name = "PluginPanic";

  /** @param query as plugins left it */
  constructor(message: string, readonly query: DnsQuery) {
    super(message);
  }
}

/** Whether the server must still write the reply. */
export function isUnwritten(outcome: Outcome): boolean {
  return outcome.reply === undefined && UNWRITTEN.has(outcome.rcode);
}

/** A reply to a query with nothing in it but its question. */
export function emptyReply(query: DnsQuery, rcode: string): Message {
  const { id, opcode, flags, questions } = query.message;
  return {
    id,
    opcode,
    rcode,
    flags: { ...NO_FLAGS, qr: true, rd: flags.rd && opcode === "QUERY", cd: flags.cd && opcode === "QUERY" },
    questions,
    answers: [],
    authorities: [],
    additionals: [],
  };
}

/** A reply written by a plugin with authority. */
export function written(
  query: DnsQuery,
  records: {
    readonly answers?: readonly Rr[];
    readonly authorities?: readonly Rr[];
    readonly additionals?: readonly Rr[];
  },
  options: { readonly rcode?: string; readonly truncated?: boolean } = {},
): Outcome {
  const empty = emptyReply(query, options.rcode ?? "NOERROR");
  const flags = { ...empty.flags, aa: true, tc: options.truncated ?? false };
  const { answers = [], authorities = [], additionals = [] } = records;
  return { rcode: "NOERROR", reply: { ...empty, flags, answers, authorities, additionals } };
}

/** An empty reply with an extended error (RFC 8914), in an OPT of CoreDNS's own. */
export function refusalReply(
  query: DnsQuery,
  rcode: string,
  { code, text = "" }: { readonly code: number; readonly text?: string },
): Outcome {
  return { rcode: "NOERROR", reply: { ...emptyReply(query, rcode), edns: extendedError(code, text) } };
}

/** The OPT record of a reply that says why. */
export function extendedError(code: number, text: string): Edns {
  const data = Uint8Array.of(code >> 8, code & 255, ...new TextEncoder().encode(text));
  return { version: 0, udpSize: OWN_UDP_SIZE, dnssecOk: true, options: [{ code: EXTENDED_ERROR, data }] };
}

const EXTENDED_ERROR = 15;
const OWN_UDP_SIZE = 4096;

/** The chain of a server block: each instance is asked in turn, the end of it is SERVFAIL. */
export function chainOf(instances: readonly (readonly [string, Instance])[]): Next {
  const links = instances.filter(([, instance]) => instance.handle !== undefined);
  const last = links.at(-1)?.[0] ?? "";
  const failure = { rcode: "SERVFAIL", error: `plugin/${last}: no next plugin found` };
  const end: Next = Object.assign(() => Promise.resolve(failure), { isEnd: true as const });
  return links.reduceRight<Next>((next, link) => (query) => handled(link, query, next), end);
}

function handled(link: Link, query: DnsQuery, next: Next): Promise<Outcome> {
  if (query.trail !== undefined) return noted(link, { query, trail: query.trail }, next);
  const [, instance] = link;
  return instance.handle?.(query, next) ?? next(query);
}

/** A plugin of the chain with its name. */
type Link = readonly [string, Instance];

/** As `handled`, with a note of what the plugin did: changed the question, or answered it. */
async function noted(
  [name, instance]: Link,
  { query, trail }: { readonly query: DnsQuery; readonly trail: QueryTrail },
  next: Next,
): Promise<Outcome> {
  let passed = false;
  const watched: Next = (onward) => {
    passed = true;
    trail.query = onward;
    const [before, after] = [query, onward].map(({ question }) => `${question.name} ${question.type}`);
    if (before !== after) trail.steps.push({ plugin: name, did: `asks on for ${after}` });
    return next(onward);
  };
  if (next.isEnd) Object.assign(watched, { isEnd: true });
  const outcome = await instance.handle?.(query, watched) ?? await watched(query);
  if (!passed) trail.steps.push({ plugin: name, did: answerOf(name, query, outcome) });
  return outcome;
}

function answerOf(plugin: string, { labels }: DnsQuery, { error }: Outcome): string {
  if (plugin === "cache") return "answers from what it kept";
  const upstream = plugin === "forward" ? labels?.get("forward/upstream") : undefined;
  const failure = error === undefined ? "" : `: ${error}`;
  return upstream === undefined ? `answers${failure}` : `asks ${upstream}${failure}`;
}

/** Whether a name falls through a plugin: `fallthrough` alone is every zone (`["."]`), its absence none (`[]`). */
export type Fall = readonly string[];

/** Kinds of replies, as the cache and the log plugin tell them apart. */
export type ReplyKind = "success" | "nodata" | "nxdomain" | "delegation" | "servererror" | "meta" | "update" | "other";

/** The kind of a reply. */
export function replyKind(reply: Message | undefined): ReplyKind {
  if (reply === undefined) return "other";
  if (reply.opcode === "UPDATE") return "update";
  if (reply.opcode === "NOTIFY") return "meta";
  if (["AXFR", "IXFR"].includes(reply.questions[0]?.type ?? "")) return "meta";
  if (reply.answers.length > 0 && reply.rcode === "NOERROR") return "success";
  const soa = reply.authorities.some((rr) => rr.type === "SOA");
  if (soa && reply.rcode === "NOERROR") return "nodata";
  if (soa && reply.rcode === "NXDOMAIN") return "nxdomain";
  if (reply.rcode === "SERVFAIL" || reply.rcode === "NOTIMP") return "servererror";
  if (reply.authorities.some((rr) => rr.type === "NS") && reply.rcode === "NOERROR") return "delegation";
  return reply.rcode === "NOERROR" ? "success" : "other";
}
