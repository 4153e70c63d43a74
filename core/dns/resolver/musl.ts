/**
 * musl's stub resolver (network/res_msend.c, lookup_name.c of 1.2.4): every question goes to every server at once, the
 * first answer to each counts, and the search list ends at the first name that exists.
 */
import { isFailure } from "../../base/mod.ts";
import { isMalformed, type Message, parseMessage, printMessage, queryMessage } from "../message.ts";
import type { Question } from "../record.ts";
import { answers, askStream } from "./exchange.ts";
import { type HostError, type Lookup, type StubOptions } from "./glibc.ts";
import type { DnsHost, DnsSocket } from "./host.ts";
import { muslCandidates } from "./search.ts";

const PORT = 53;

/** Looks a typed name up the way musl does. */
export async function muslSearch(
  host: DnsHost,
  name: string,
  types: readonly string[],
  options: StubOptions,
): Promise<Lookup> {
  for (const candidate of muslCandidates(name, options.settings)) {
    const result = await muslQuery(host, candidate, types, options);
    if (!("error" in result) || result.error !== "HOST_NOT_FOUND") return result;
  }
  return { error: "HOST_NOT_FOUND" };
}

/** Looks one absolute name up: any NXDOMAIN is no such name, a question without answer is a failure. */
export async function muslQuery(
  host: DnsHost,
  name: string,
  types: readonly string[],
  options: StubOptions,
): Promise<Lookup> {
  const queries = types.map((type) => queryMessage(host.random.below(65536), { name, type, class: "IN" }));
  const replies = await sendAll(host, queries, options);
  for (const reply of replies) {
    const error = muslError(reply);
    if (error !== undefined) return { error };
  }
  const got = replies as readonly Message[];
  return got.some((reply) => reply.answers.length > 0) ? { name, replies: got } : { error: "NO_DATA" };
}

function muslError(reply: Message | undefined): HostError | undefined {
  if (reply === undefined || reply.rcode === "SERVFAIL") return "TRY_AGAIN";
  if (reply.rcode === "NXDOMAIN") return "HOST_NOT_FOUND";
  return reply.rcode === "NOERROR" ? undefined : "NO_RECOVERY";
}

async function sendAll(
  host: DnsHost,
  queries: readonly Message[],
  options: StubOptions,
): Promise<(Message | undefined)[]> {
  const { nameservers, timeout, attempts } = options.settings;
  const socket = host.net.udp(nameservers.some((server) => server.includes(":")) ? 6 : 4);
  const replies: (Message | undefined)[] = queries.map(() => undefined);
  const started = host.clock.now();
  const state: Round = { socket, replies, queries, retries: 2 * queries.length, started };
  try {
    for (let sent = 0; sent < attempts && replies.includes(undefined); sent++) {
      toEveryServer(state, nameservers);
      // The whole look-up takes `timeout`; the questions are repeated at even distances within it.
      const until = sent === attempts - 1 ? started + timeout : started + ((sent + 1) * timeout) / attempts;
      await collect(host, state, until, options);
    }
  } finally {
    socket.close();
  }
  return replies;
}

interface Round {
  readonly socket: DnsSocket;
  readonly replies: (Message | undefined)[];
  readonly queries: readonly Message[];
  /** How often a SERVFAIL may still be asked again at once. */
  retries: number;
  readonly started: number;
}

function toEveryServer({ socket, replies, queries }: Round, servers: readonly string[]): void {
  for (const [i, query] of queries.entries()) {
    if (replies[i] !== undefined) continue;
    for (const server of servers) socket.sendTo(printMessage(query), server, PORT);
  }
}

async function collect(host: DnsHost, state: Round, until: number, options: StubOptions): Promise<void> {
  while (state.replies.includes(undefined)) {
    const received = await state.socket.receive(Math.max(0, until - host.clock.now()));
    if (received === undefined) return;
    if ("error" in received) continue;
    const { from, fromPort, data } = received.datagram;
    const message = parseMessage(data);
    if (fromPort !== PORT || isMalformed(message)) continue;
    const index = state.queries.findIndex((query, i) => state.replies[i] === undefined && answers(query, message));
    if (index < 0) continue;
    await take(host, state, { index, from, message }, options);
  }
}

interface Heard {
  readonly index: number;
  readonly from: string;
  readonly message: Message;
}

async function take(host: DnsHost, state: Round, heard: Heard, options: StubOptions): Promise<void> {
  const query = state.queries[heard.index] as Message;
  const question = query.questions[0] as Question;
  const took = host.clock.now() - state.started;
  const attempt = { server: heard.from, question, transport: "udp" as const, sent: state.started, took };
  options.watch?.({ ...attempt, reply: heard.message });
  if (heard.message.rcode === "SERVFAIL") {
    if (state.retries-- > 0) state.socket.sendTo(printMessage(query), heard.from, PORT);
    return;
  }
  if (heard.message.rcode !== "NOERROR" && heard.message.rcode !== "NXDOMAIN") return;
  state.replies[heard.index] = heard.message;
  if (!heard.message.flags.tc) return;
  const outcome = await askStream(host, { address: heard.from, port: PORT }, query, options.settings.timeout);
  if (typeof outcome !== "string" && !isFailure(outcome)) state.replies[heard.index] = outcome.message;
}
