/**
 * glibc's stub resolver (resolv/res_send.c, res_query.c of 2.36): every server in turn, `attempts` rounds, both address
 * questions at once from one socket, TCP where an answer was cut, and its way through the search list.
 */
import { isFailure } from "../../base/mod.ts";
import { type Edns, isMalformed, type Message, parseMessage, printMessage, queryMessage } from "../message.ts";
import type { Question } from "../record.ts";
import { answers, askStream } from "./exchange.ts";
import type { DnsHost, DnsSocket } from "./host.ts";
import type { Watch } from "./attempt.ts";
import { glibcCandidates } from "./search.ts";
import type { ResolverSettings } from "./resolv_conf.ts";

const PORT = 53;
const EDNS_SIZE = 1200;

/** h_errno's values: why a look-up gave nothing (netdb.h). */
export type HostError = "HOST_NOT_FOUND" | "TRY_AGAIN" | "NO_RECOVERY" | "NO_DATA";

/** What a look-up of one typed name gave: the replies of the name that had data, by question. */
export type Lookup =
  | { readonly name: string; readonly replies: readonly Message[] }
  | { readonly error: HostError };

/** Whether a look-up failed. */
export function lookupFailed(lookup: Lookup): lookup is { readonly error: HostError } {
  return "error" in lookup;
}

/** One look-up's surroundings. */
export interface StubOptions {
  readonly settings: ResolverSettings;
  readonly watch?: Watch;
}

type Sent =
  | { readonly replies: readonly (Message | undefined)[] }
  | { readonly refused: boolean; readonly servfail: boolean };

/** Looks a typed name up along the search list (res_search). */
export async function glibcSearch(
  host: DnsHost,
  name: string,
  types: readonly string[],
  options: StubOptions,
): Promise<Lookup> {
  const candidates = glibcCandidates(name, options.settings);
  const own = candidates.findIndex((each) => each === (name.endsWith(".") ? name : name + "."));
  const seen = {
    noData: false,
    servfail: false,
    own: undefined as HostError | undefined,
    last: "HOST_NOT_FOUND" as HostError,
  };
  for (const [i, candidate] of candidates.entries()) {
    const result = await glibcQuery(host, candidate, types, options);
    if (!lookupFailed(result)) return result;
    if (i === own && own === 0) seen.own = result.error;
    else if (result.refused) return { error: "TRY_AGAIN" };
    seen.last = result.error;
    if (i === own) continue;
    if (result.error === "NO_DATA") seen.noData = true;
    else if (result.error === "TRY_AGAIN" && result.servfail) seen.servfail = true;
    else if (result.error !== "HOST_NOT_FOUND" && own > i) {
      return await asLast(host, candidates[own] as string, types, options);
    } else if (result.error !== "HOST_NOT_FOUND") break;
  }
  if (seen.own !== undefined) return { error: seen.own };
  if (seen.noData) return { error: "NO_DATA" };
  return { error: seen.servfail ? "TRY_AGAIN" : seen.last };
}

/** After a failure that ends the search, the name as it was typed still gets its try. */
async function asLast(host: DnsHost, name: string, types: readonly string[], options: StubOptions): Promise<Lookup> {
  const result = await glibcQuery(host, name, types, options);
  return lookupFailed(result) ? { error: result.error } : result;
}

type QueryFailure = { readonly error: HostError; readonly servfail?: boolean; readonly refused?: boolean };

/** Looks one absolute name up (res_query): data, or why not. */
export async function glibcQuery(
  host: DnsHost,
  name: string,
  types: readonly string[],
  options: StubOptions,
): Promise<{ readonly name: string; readonly replies: readonly Message[] } | QueryFailure> {
  const questions = types.map((type): Question => ({ name, type, class: "IN" }));
  const sent = await send(host, questions, options);
  if (!("replies" in sent)) return { error: "TRY_AGAIN", refused: sent.refused, servfail: sent.servfail };
  const replies = sent.replies.filter((reply) => reply !== undefined);
  if (replies.some((reply) => reply.rcode === "NOERROR" && reply.answers.length > 0)) return { name, replies };
  const rcode = replies.find((reply) => reply.rcode !== "NOERROR")?.rcode ?? "NOERROR";
  if (rcode === "NOERROR") return { error: "NO_DATA" };
  if (rcode === "NXDOMAIN") return { error: "HOST_NOT_FOUND" };
  if (rcode === "SERVFAIL") return { error: "TRY_AGAIN", servfail: true };
  return { error: "NO_RECOVERY" };
}

/** Puts the questions to the servers until one has answered (res_send). */
async function send(host: DnsHost, questions: readonly Question[], options: StubOptions): Promise<Sent> {
  const { settings } = options;
  const edns: Edns | undefined = settings.flags.has("edns0")
    ? { version: 0, udpSize: EDNS_SIZE, dnssecOk: false, options: [] }
    : undefined;
  const queries = questions.map((question) => {
    const query = queryMessage(host.random.below(65536), question, edns);
    return settings.flags.has("trust-ad") ? { ...query, flags: { ...query.flags, ad: true } } : query;
  });
  const first = settings.flags.has("rotate") ? host.random.below(settings.nameservers.length) : 0;
  const state = {
    heard: false,
    oneByOne: settings.flags.has("single-request") || settings.flags.has("single-request-reopen"),
  };
  let last: readonly (Message | undefined)[] | undefined;
  for (let round = 0; round < settings.attempts; round++) {
    for (let i = 0; i < settings.nameservers.length; i++) {
      const server = settings.nameservers[(first + i) % settings.nameservers.length] as string;
      const outcome = await askServer(host, { server, queries, timeout: timeoutOf(settings, i), state }, options);
      if (outcome.good) return { replies: outcome.replies };
      if (outcome.replies.length > 0) last = outcome.replies;
    }
  }
  // Only bad answers: the last one's rcode still decides whether the search goes on.
  return { refused: !state.heard, servfail: last?.some((reply) => reply?.rcode === "SERVFAIL") ?? false };
}

/** The wait doubles from server to server and is shared among them: 5 s; with three servers 5, 3, 6 s. */
function timeoutOf(settings: ResolverSettings, index: number): number {
  const seconds = (settings.timeout / 1000) * 2 ** index;
  const shared = index > 0 ? Math.floor(seconds / settings.nameservers.length) : seconds;
  return Math.max(shared, 1) * 1000;
}

interface Ask {
  readonly server: string;
  readonly queries: readonly Message[];
  readonly timeout: number;
  readonly state: { heard: boolean; oneByOne: boolean };
}

interface Outcome {
  /** Whether the look-up ends with these replies. */
  readonly good: boolean;
  readonly replies: readonly (Message | undefined)[];
}

const NOTHING: Outcome = { good: false, replies: [] };

async function askServer(host: DnsHost, ask: Ask, options: StubOptions): Promise<Outcome> {
  if (options.settings.flags.has("use-vc")) return await overTcp(host, ask, options);
  const socket = host.net.udp(ask.server.includes(":") ? 6 : 4);
  try {
    if (isFailure(socket.connect(ask.server, PORT))) return NOTHING;
    const outcome = await overUdp(host, socket, ask, options);
    return outcome === "truncated" ? await overTcp(host, ask, options) : outcome;
  } finally {
    socket.close();
  }
}

/** Both questions leave at once; where one answer came and the other not, they are asked again one after the other. */
async function overUdp(
  host: DnsHost,
  socket: DnsSocket,
  ask: Ask,
  options: StubOptions,
): Promise<Outcome | "truncated"> {
  const replies: (Message | undefined)[] = ask.queries.map(() => undefined);
  let waiting = ask.state.oneByOne ? 1 : ask.queries.length;
  const started = host.clock.now();
  let until = started + ask.timeout;
  for (let i = 0; i < waiting; i++) if (!sendOne(socket, ask.queries[i] as Message)) return NOTHING;
  for (;;) {
    const got = await receiveReply(host, socket, ask.queries, until);
    // Silence is somewhere; only where every server refuses does glibc give the whole search up.
    if (got !== "refused") ask.state.heard = true;
    if (got === "timeout" || got === "refused") {
      told(options, ask, replies, { started, now: host.clock.now(), failure: got });
      const some = replies.some((reply) => reply !== undefined);
      if (got === "refused" || !some) return NOTHING;
      if (ask.state.oneByOne) return { good: true, replies };
      ask.state.oneByOne = true;
      return await overUdp(host, socket, ask, options);
    }
    if (got.message.flags.tc) return "truncated";
    options.watch?.(attemptOf(ask, got.index, { started, now: host.clock.now(), reply: got.message }));
    if (isUnhelpful(got.message)) {
      return replies.some((reply) => reply !== undefined)
        ? { good: true, replies }
        : { good: false, replies: [got.message] };
    }
    replies[got.index] = got.message;
    if (replies.every((reply) => reply !== undefined)) return { good: true, replies };
    if (waiting < ask.queries.length) {
      until = host.clock.now() + ask.timeout;
      if (!sendOne(socket, ask.queries[waiting++] as Message)) return { good: true, replies };
    }
  }
}

function sendOne(socket: DnsSocket, query: Message): boolean {
  return !isFailure(socket.send(printMessage(query)));
}

/** SERVFAIL, NOTIMP, REFUSED and a lame empty answer send glibc to the next server. */
function isUnhelpful(reply: Message): boolean {
  if (["SERVFAIL", "NOTIMP", "REFUSED"].includes(reply.rcode)) return true;
  const empty = reply.answers.length === 0 && reply.additionals.length === 0 && reply.edns === undefined;
  return reply.rcode === "NOERROR" && empty && !reply.flags.aa && !reply.flags.ra;
}

type Got = { readonly index: number; readonly message: Message } | "timeout" | "refused";

async function receiveReply(
  host: DnsHost,
  socket: DnsSocket,
  queries: readonly Message[],
  until: number,
): Promise<Got> {
  for (;;) {
    const received = await socket.receive(Math.max(0, until - host.clock.now()));
    if (received === undefined) return "timeout";
    if ("error" in received) return "refused";
    const message = parseMessage(received.datagram.data);
    if (isMalformed(message)) continue;
    const index = queries.findIndex((query) => answers(query, message));
    if (index >= 0) return { index, message };
  }
}

async function overTcp(host: DnsHost, ask: Ask, options: StubOptions): Promise<Outcome> {
  const replies: (Message | undefined)[] = [];
  for (const [index, query] of ask.queries.entries()) {
    const started = host.clock.now();
    const outcome = await askStream(host, { address: ask.server, port: PORT }, query, ask.timeout);
    if (typeof outcome === "string" || isFailure(outcome)) return NOTHING;
    ask.state.heard = true;
    const seen = { started, now: host.clock.now(), reply: outcome.message };
    options.watch?.({ ...attemptOf(ask, index, seen), transport: "tcp" });
    if (isUnhelpful(outcome.message)) return { good: false, replies: [outcome.message] };
    replies.push(outcome.message);
  }
  return { good: true, replies };
}

interface Seen {
  readonly started: number;
  readonly now: number;
  readonly reply?: Message;
  readonly failure?: string;
}

function attemptOf(ask: Ask, index: number, seen: Seen) {
  const question = (ask.queries[index] as Message).questions[0] as Question;
  return {
    server: ask.server,
    question,
    transport: "udp" as const,
    sent: seen.started,
    took: seen.now - seen.started,
    ...(seen.reply === undefined ? {} : { reply: seen.reply }),
    ...(seen.failure === undefined ? {} : { failure: seen.failure }),
  };
}

function told(options: StubOptions, ask: Ask, replies: readonly (Message | undefined)[], seen: Seen): void {
  const failure = seen.failure === "refused" ? "connection refused" : "timed out";
  for (const [index, reply] of replies.entries()) {
    if (reply === undefined) options.watch?.(attemptOf(ask, index, { ...seen, failure }));
  }
}
