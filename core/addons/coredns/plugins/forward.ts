import { type Errno, ipFamily, isFailure, type Random } from "../../../base/mod.ts";
import {
  isMalformed,
  isUnder,
  type Message,
  NO_FLAGS,
  parseMessage,
  printMessage,
  udpLimit,
} from "../../../dns/mod.ts";
import { errorText, framed, FrameReader } from "../frames.ts";
import type { Metrics } from "../metrics.ts";
import { emptyReply } from "../outcome.ts";
import type { DnsPlugin, DnsQuery, Host, Next, Outcome } from "../plugin.ts";
import { goQuote } from "../go_values.ts";
import { type ForwardOptions, readForwards } from "./forward_setup.ts";
import type { Upstream } from "./forward_to.ts";

/** How long a query is tried at all, and how long a connection may take to open: milliseconds. */
const DEADLINE = 5000;
const DIAL_TIMEOUT = 30_000;
/** Between tries that fail at once. CoreDNS tries again without a pause; virtual time needs a step to get on. */
const RETRY = 50;
const MAX_PORT = 65535;
const REJECTED = "coredns_forward_max_concurrent_rejects_total";

/** forward: hands queries to other name servers. Several in one block are tried in the order of the Corefile. */
export const forward: DnsPlugin = {
  name: "forward",
  setup(corefile, { host, metrics }) {
    metrics.declare(
      REJECTED,
      "counter",
      "Counter of the number of queries rejected because the concurrent queries were at maximum.",
    );
    metrics.add(REJECTED, {}, 0);
    const all = readForwards(corefile, host);
    const encrypted = all.some(({ upstreams }) => upstreams.some(({ transport }) => transport !== "dns"));
    const unsimulated = encrypted ? ["forward tls://"] : [];
    const forwarders = all.map((options, i) => new Forwarder(options, { host, metrics, hasNext: i < all.length - 1 }));
    return {
      unsimulated,
      ...(all.some(({ named }) => named.length > 0) ? { prepare: () => prepare(forwarders) } : {}),
      handle: (query, next) => forwarders.reduceRight<Next>((rest, one) => (q) => one.handle(q, rest), next)(query),
    };
  },
};

/** Asks for the addresses of upstreams given by name. */
async function prepare(forwarders: readonly Forwarder[]): Promise<string | undefined> {
  for (const forwarder of forwarders) {
    const error = await forwarder.resolve();
    if (error !== undefined) return error;
  }
  return undefined;
}

/** An upstream with its failures. */
interface Proxy {
  readonly upstream: Upstream;
  fails: number;
}

type Exchange = { readonly message: Message } | { readonly error: string };

class Forwarder {
  #proxies: readonly Proxy[];
  #concurrent = 0;
  #turn = 0;

  readonly host: Host;
  readonly metrics: Metrics;
  /** Whether another `forward` of the block stands behind it. */
  readonly hasNext: boolean;

  constructor(readonly options: ForwardOptions, place: Pick<Forwarder, "host" | "metrics" | "hasNext">) {
    this.host = place.host;
    this.metrics = place.metrics;
    this.hasNext = place.hasNext;
    this.#proxies = options.upstreams.map((upstream) => ({ upstream, fails: 0 }));
  }

  /** The complaint where a name has no address. */
  async resolve(): Promise<string | undefined> {
    for (const { name, port, transport } of this.options.named) {
      const found = await this.host.resolve?.(name) ?? { error: `lookup ${name}: no such host` };
      if ("error" in found) return `failed to resolve ${goQuote(name)}: ${found.error}`;
      const added = found.map((address) => ({ upstream: { address, port, transport }, fails: 0 }));
      this.#proxies = [...this.#proxies, ...added];
    }
    return undefined;
  }

  async handle(query: DnsQuery, next: Next): Promise<Outcome> {
    const { from, except, maxConcurrent } = this.options;
    const excepted = query.name !== from && except.some((zone) => isUnder(query.name, zone));
    if (!isUnder(query.name, from) || excepted) return await next(query);
    if (maxConcurrent > 0 && this.#concurrent >= maxConcurrent) {
      this.metrics.add(REJECTED, {});
      return { rcode: "REFUSED", error: `concurrent queries exceeded maximum ${maxConcurrent}` };
    }
    this.#concurrent++;
    try {
      return await this.#ask(query, next);
    } finally {
      this.#concurrent--;
    }
  }

  /** Upstreams in turn until one answers; one that is down is passed over, unless all are. */
  async #ask(query: DnsQuery, next: Next): Promise<Outcome> {
    const list = this.#order();
    const { clock } = this.host;
    const deadline = clock.now() + DEADLINE;
    let error = "no healthy proxies";
    for (let i = 0, fails = 0, refused = 0; clock.now() < deadline; i++) {
      if (i % list.length === 0) fails = 0;
      let proxy = list[i % list.length] as Proxy;
      if (this.#down(proxy)) {
        if (++fails < list.length) continue;
        if (this.options.failfast) break;
        proxy = this.host.random.pick(this.#proxies);
      }
      const began = clock.now();
      query.labels?.set("forward/upstream", place(proxy.upstream));
      const answer = await this.#exchange(query, proxy.upstream);
      if ("message" in answer) {
        const outcome = await this.#accept(query, answer.message, { next, last: fails >= list.length - 1 });
        if (outcome !== undefined) return outcome;
        fails++;
        continue;
      }
      error = answer.error;
      if (this.options.maxFails !== 0) this.#probe(proxy);
      if (++refused === this.options.maxConnectAttempts || fails >= list.length) break;
      if (clock.now() === began && !(await clock.sleep(RETRY))) break;
    }
    return { rcode: "SERVFAIL", error };
  }

  /** What becomes of an upstream's reply; undefined where the next upstream is to be asked. */
  async #accept(
    query: DnsQuery,
    message: Message,
    { next, last }: { readonly next: Next; readonly last: boolean },
  ): Promise<Outcome | undefined> {
    if (!answers(query, message)) return { rcode: "NOERROR", reply: emptyReply(query, "FORMERR") };
    if (this.options.failover.includes(message.rcode) && !last) return undefined;
    const nodata = this.options.nextOnNodata && message.rcode === "NOERROR" && message.answers.length === 0;
    if (this.hasNext && (this.options.next.includes(message.rcode) || nodata)) return await next(query);
    return { rcode: "NOERROR", reply: { ...message, id: query.message.id } };
  }

  #order(): readonly Proxy[] {
    if (this.options.policy === "sequential" || this.#proxies.length === 1) return this.#proxies;
    if (this.options.policy === "random") return shuffled(this.#proxies, this.host.random);
    const first = ++this.#turn % this.#proxies.length;
    return [this.#proxies[first] as Proxy, ...this.#proxies.filter((_, i) => i !== first)];
  }

  #down(proxy: Proxy): boolean {
    return this.options.maxFails > 0 && proxy.fails > this.options.maxFails;
  }

  async #exchange(query: DnsQuery, upstream: Upstream): Promise<Exchange> {
    const id = this.host.random.below(65536);
    const bytes = printMessage({ ...query.message, id }, false);
    const tcp = this.options.forceTcp || (query.proto === "tcp" && !this.options.preferUdp);
    const timeout = this.options.readTimeout;
    if (tcp) return await overTcp(this.host, upstream, { bytes, id, timeout });
    const answer = await overUdp(this.host, upstream, { bytes, id, timeout, limit: udpLimit(query.message) });
    const retry = this.options.preferUdp && "message" in answer && answer.message.flags.tc;
    return retry ? await overTcp(this.host, upstream, { bytes, id, timeout }) : answer;
  }

  /**
   * Asks an upstream that failed again and again until it answers anything at all. Every failed try begins such a round, so
   * that an upstream which refuses at once is soon down.
   */
  #probe(proxy: Proxy): void {
    this.host.background(async () => {
      for (;;) {
        const id = this.host.random.below(65536);
        const bytes = printMessage(this.#probeMessage(id), false);
        const answer = await overUdp(this.host, proxy.upstream, { bytes, id, timeout: 1000, limit: 512 });
        if ("message" in answer) break;
        proxy.fails++;
        if (!(await this.host.clock.sleep(this.options.healthInterval))) return;
      }
      proxy.fails = 0;
    });
  }

  #probeMessage(id: number): Message {
    return {
      id,
      opcode: "QUERY",
      rcode: "NOERROR",
      flags: { ...NO_FLAGS, rd: this.options.healthRecursion },
      questions: [{ name: this.options.healthDomain, type: "NS", class: "IN" }],
      answers: [],
      authorities: [],
      additionals: [],
    };
  }
}

function shuffled(proxies: readonly Proxy[], random: Random): Proxy[] {
  const list = [...proxies];
  for (let i = list.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [list[i], list[j]] = [list[j] as Proxy, list[i] as Proxy];
  }
  return list;
}

function answers(query: DnsQuery, message: Message): boolean {
  const question = message.questions[0];
  return message.flags.qr && message.questions.length === 1 && question !== undefined &&
    question.name.toLowerCase() === query.name && question.type === query.question.type;
}

interface Sending {
  readonly bytes: Uint8Array;
  readonly id: number;
  readonly timeout: number;
}

function place({ address, port }: { readonly address: string; readonly port: number }): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}

async function overUdp(
  host: Host,
  upstream: Upstream,
  sending: Sending & { readonly limit: number },
): Promise<Exchange> {
  if (upstream.port > MAX_PORT) return { error: `dial udp: address ${upstream.port}: invalid port` };
  const socket = host.net.udp(ipFamily(upstream.address) ?? 4);
  try {
    const local = socket.connect(upstream.address, upstream.port);
    if (isFailure(local)) {
      return { error: `dial udp ${place(upstream)}: connect: ${errorText(local.errno)}` };
    }
    const pair = `${place(local)}->${place(upstream)}`;
    const sent = socket.send(sending.bytes);
    if (isFailure(sent)) return { error: `write udp ${pair}: write: ${errorText(sent.errno)}` };
    const deadline = host.clock.now() + sending.timeout;
    for (;;) {
      const got = await socket.receive(Math.max(0, deadline - host.clock.now()));
      if (got === undefined) return { error: `read udp ${pair}: i/o timeout` };
      if ("error" in got) return { error: `read udp ${pair}: read: ${errorText(got.error.errno as Errno)}` };
      const message = parseMessage(got.datagram.data);
      if (!isMalformed(message) && message.id === sending.id) return { message };
    }
  } finally {
    socket.close();
  }
}

async function overTcp(host: Host, upstream: Upstream, sending: Sending): Promise<Exchange> {
  if (upstream.port > MAX_PORT) return { error: `dial tcp: address ${upstream.port}: invalid port` };
  const stream = await host.net.connect(upstream.address, upstream.port, { timeout: DIAL_TIMEOUT });
  if (stream === undefined) return { error: `dial tcp ${place(upstream)}: i/o timeout` };
  if (isFailure(stream)) return { error: `dial tcp ${place(upstream)}: connect: ${errorText(stream.errno)}` };
  const pair = `${place(stream.local)}->${place(upstream)}`;
  try {
    await stream.write(framed(sending.bytes));
    const bytes = await new FrameReader(stream, host.clock).next(sending.timeout);
    if (typeof bytes === "string") return { error: bytes === "EOF" ? bytes : `read tcp ${pair}: ${bytes}` };
    const message = parseMessage(bytes);
    return isMalformed(message) ? { error: message.malformed } : { message };
  } finally {
    stream.close();
  }
}
