import type { Message, Rr } from "../../../dns/mod.ts";
import type { Metrics } from "../metrics.ts";
import { emptyReply, type ReplyKind, replyKind } from "../outcome.ts";
import type { DnsPlugin, DnsQuery, Host, Next, Outcome } from "../plugin.ts";
import { matchingZone } from "../zones.ts";
import { type CacheOptions, type Limits, readCache } from "./cache_setup.ts";

/** Seconds for replies that say nothing of their life. */
const FAILSAFE_TTL = 5;
const MAX_TTL = 3600;

/** One kept reply. */
interface Entry {
  readonly reply: Message;
  /** Seconds it lives from `stored` on. */
  readonly ttl: number;
  /** Virtual milliseconds. */
  readonly stored: number;
  hits: number;
  lastHit: number;
  /** When a refresh last failed. */
  failed: number;
}

/** cache: keeps replies for as long as their records say, within limits; first answers carry the capped TTL too. */
export const cache: DnsPlugin = {
  name: "cache",
  setup(corefile, { host, zones, metrics }) {
    const options = readCache(corefile, zones);
    declare(metrics);
    const state = new CacheState(options, host, metrics);
    return { handle: (query, next) => state.handle(query, next) };
  },
};

class CacheState {
  readonly #success = new Map<string, Entry>();
  readonly #denial = new Map<string, Entry>();
  readonly #counts = new Map<string, Counts>();

  constructor(readonly options: CacheOptions, readonly host: Host, readonly metrics: Metrics) {}

  async handle(query: DnsQuery, onward: Next): Promise<Outcome> {
    const zone = matchingZone(this.options.zones, query.name);
    if (zone === undefined) return await onward(query);
    // Plugins further down get a copy: what they change of the query is theirs.
    const next: Next = async (asked) => {
      const { query: _query, ...outcome } = await onward(asked);
      return outcome;
    };
    const counts = this.#countsOf(query, zone);
    counts.requests();
    const found = this.#find(query, counts);
    if (found === undefined) {
      counts.misses();
      return this.#keep(query, await next(query), counts);
    }
    const left = this.#left(found);
    if (left <= 0) return await this.#stale(query, next, { found, counts });
    if (this.#prefetches(found, left)) this.#refresh(query, next, { found, counts });
    return this.#hit(query, found, this.options.keepTtl ? found.ttl : left);
  }

  #countsOf({ server, view }: DnsQuery, zones: string): Counts {
    const key = `${server} ${view} ${zones}`;
    const known = this.#counts.get(key);
    if (known !== undefined) return known;
    const { metrics } = this;
    const labels = { server, view, zones };
    const counts = {
      labels,
      requests: metrics.tally("coredns_cache_requests_total", labels),
      misses: metrics.tally("coredns_cache_misses_total", labels),
      success: metrics.tally("coredns_cache_hits_total", { ...labels, type: "success" }),
      denial: metrics.tally("coredns_cache_hits_total", { ...labels, type: "denial" }),
      prefetch: metrics.tally("coredns_cache_prefetch_total", labels),
    };
    this.#counts.set(key, counts);
    return counts;
  }

  #left({ ttl, stored }: Entry): number {
    return ttl - Math.floor((this.host.clock.now() - stored) / 1000);
  }

  #find(query: DnsQuery, counts: Counts): Entry | undefined {
    const key = keyOf(query);
    if (!this.#denial.has(key) && !this.#success.has(key)) return undefined;
    const found = [["denial", this.#denial], ["success", this.#success]] as const;
    const entries = found.flatMap(([type, kept]) => {
      const entry = kept.get(key);
      const left = entry === undefined ? -Infinity : this.#left(entry);
      const usable = left > 0 || (this.options.stale > 0 && -left < this.options.stale);
      return entry !== undefined && usable ? [{ type, entry, fresh: left > 0 }] : [];
    });
    const stale = entries.every(({ fresh }) => !fresh);
    const best = stale && this.options.preferPositive ? entries.at(-1) : entries[0];
    if (best !== undefined) counts[best.type]();
    return best?.entry;
  }

  #hit(query: DnsQuery, { reply }: Entry, ttl: number): Outcome {
    const empty = emptyReply(query, reply.rcode);
    const ad = reply.flags.ad && ((query.edns?.dnssecOk ?? false) || query.message.flags.ad);
    const flags = { ...empty.flags, aa: true, ra: reply.flags.ra, ad };
    return { rcode: "NOERROR", reply: { ...empty, ...withTtl(reply, ttl), flags } };
  }

  /** Immediate mode answers at once and asks behind the client's back; verify mode asks first, for a while. */
  async #stale(query: DnsQuery, next: Next, { found, counts }: Refreshing): Promise<Outcome> {
    const { verify, verifyTimeout, staleTtl, recheck } = this.options;
    const now = this.host.clock.now();
    if (now - found.failed < recheck) return this.#hit(query, found, staleTtl);
    if (!verify) {
      this.#refresh(query, next, { found, counts });
      return this.#hit(query, found, staleTtl);
    }
    const asking = next(query).then((fresh) => this.#verified(query, fresh, { found, counts }));
    const late = verifyTimeout === 0 ? undefined : this.host.clock.sleep(verifyTimeout).then(() => undefined);
    const fresh = await (late === undefined ? asking : Promise.race([asking, late]));
    return fresh ?? this.#hit(query, found, staleTtl);
  }

  /** A fresh answer that may take the stale one's place, kept; undefined where the upstream failed. */
  #verified(query: DnsQuery, fresh: Outcome, { found, counts }: Refreshing): Outcome | undefined {
    const rcode = fresh.reply?.rcode;
    if (rcode === "NOERROR" || rcode === "NXDOMAIN") return this.#keep(query, fresh, counts);
    found.failed = this.host.clock.now();
    return undefined;
  }

  #prefetches(entry: Entry, left: number): boolean {
    const { prefetch } = this.options;
    if (prefetch === undefined) return false;
    const now = this.host.clock.now();
    entry.hits = now - entry.lastHit > prefetch.window ? 1 : entry.hits + 1;
    entry.lastHit = now;
    return entry.hits >= prefetch.amount && left <= Math.ceil((prefetch.percent / 100) * entry.ttl);
  }

  #refresh(query: DnsQuery, next: Next, { found, counts }: Refreshing): void {
    counts.prefetch();
    this.host.background(async () => {
      const outcome = await next(query);
      if (outcome.reply === undefined || outcome.reply.rcode === "SERVFAIL") found.failed = this.host.clock.now();
      this.#keep(query, outcome, counts);
      const fresh = this.#success.get(keyOf(query)) ?? this.#denial.get(keyOf(query));
      if (fresh !== undefined) [fresh.hits, fresh.lastHit] = [found.hits, found.lastHit];
    });
  }

  #keep(query: DnsQuery, outcome: Outcome, counts: Counts): Outcome {
    const { reply } = outcome;
    if (reply === undefined) return outcome;
    const kind = replyKind(reply);
    const ttl = this.#lifeOf(reply, kind);
    if (ttl > 0 && storable(query, reply, kind) && !expired(reply, this.host.clock.now())) {
      this.#store(query, { reply, kind, ttl, counts });
    }
    const signed = (query.edns?.dnssecOk ?? false) || query.message.flags.ad;
    const flags = { ...reply.flags, ad: reply.flags.ad && signed };
    const { edns: _edns, ...bare } = reply;
    return { ...outcome, reply: { ...bare, ...withTtl(reply, ttl), flags } };
  }

  #store(query: DnsQuery, { reply, kind, ttl, counts }: Storing): void {
    const positive = kind === "success" || kind === "delegation";
    const limits: Limits = positive ? this.options.success : this.options.denial;
    if (matchingZone(limits.except, query.name) !== undefined) return;
    const kept = positive ? this.#success : this.#denial;
    const entry = { reply, ttl, stored: this.host.clock.now(), hits: 0, lastHit: -Infinity, failed: -Infinity };
    if (kept.size >= limits.capacity) kept.delete(kept.keys().next().value as string);
    kept.set(keyOf(query), entry);
    if (positive) this.#denial.delete(keyOf(query));
    this.metrics.set("coredns_cache_entries", { ...counts.labels, type: "success" }, this.#success.size);
    this.metrics.set("coredns_cache_entries", { ...counts.labels, type: "denial" }, this.#denial.size);
  }

  #lifeOf(reply: Message, kind: ReplyKind): number {
    if (kind === "servererror") return this.options.servfail;
    const limits = kind === "nxdomain" || kind === "nodata" ? this.options.denial : this.options.success;
    return Math.min(Math.max(lowestTtl(reply, kind), limits.minTtl), limits.ttl);
  }
}

/** The counters of one server, view and zone. */
interface Counts {
  readonly labels: Readonly<Record<string, string>>;
  readonly requests: () => void;
  readonly misses: () => void;
  readonly success: () => void;
  readonly denial: () => void;
  readonly prefetch: () => void;
}

interface Refreshing {
  readonly found: Entry;
  readonly counts: Counts;
}

interface Storing {
  readonly reply: Message;
  readonly kind: ReplyKind;
  readonly ttl: number;
  readonly counts: Counts;
}

/** DO and CD make entries of their own; RD, transport and EDNS size do not. */
function keyOf({ name, question, edns, message }: DnsQuery): string {
  return `${name} ${question.type} ${question.class} ${edns?.dnssecOk ?? false} ${message.flags.cd}`;
}

function storable(query: DnsQuery, reply: Message, kind: ReplyKind): boolean {
  if (reply.flags.tc || kind === "other" || kind === "meta" || kind === "update") return false;
  if (kind === "success" && !reachesType(query, reply)) return false;
  const question = reply.questions[0];
  return question !== undefined && question.type === query.question.type && question.name.toLowerCase() === query.name;
}

/** Whether the CNAMEs of a positive answer lead from the name asked for to a record of the type; true where there are none. */
function reachesType({ name, question: { type } }: DnsQuery, { answers }: Message): boolean {
  const aliases = answers.filter((rr) => rr.type === "CNAME");
  if (aliases.length === 0 || type === "CNAME" || type === "ANY") return true;
  const seen = new Set<string>();
  for (let at = name; !seen.has(at);) {
    seen.add(at);
    const targets = new Set(aliases.filter((rr) => rr.name.toLowerCase() === at).map((rr) => rr.data.toLowerCase()));
    if (targets.size > 1) return false;
    const [target] = targets;
    if (target === undefined) return answers.some((rr) => rr.type === type && rr.name.toLowerCase() === at);
    at = target;
  }
  return false;
}

/** Whether a signature in a reply is of no use at a time (milliseconds since 1970). */
function expired({ answers, authorities }: Message, now: number): boolean {
  return [...answers, ...authorities].filter((rr) => rr.type === "RRSIG").some((rr) => {
    const [ends, begins] = rr.data.split(" ").slice(4, 6).map(signatureTime);
    return now > (ends ?? Infinity) || now < (begins ?? 0);
  });
}

/** Milliseconds since 1970 of `20170521031301`. */
function signatureTime(text: string): number {
  const [, y, mo, d, h, mi, s] = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(text) ?? [];
  return y === undefined
    ? Number(text) * 1000
    : Date.UTC(Number(y), Number(mo) - 1, Number(d), Number(h), Number(mi), Number(s));
}

function lowestTtl(reply: Message, kind: ReplyKind): number {
  const records = [...reply.answers, ...reply.authorities, ...reply.additionals];
  if ((kind !== "success" && kind !== "nxdomain" && kind !== "nodata") || records.length === 0) return FAILSAFE_TTL;
  return Math.min(MAX_TTL, ...records.map((rr) => rr.ttl));
}

function withTtl(reply: Message, ttl: number): Pick<Message, "answers" | "authorities" | "additionals"> {
  const set = (records: readonly Rr[]) => records.map((rr) => ({ ...rr, ttl }));
  return { answers: set(reply.answers), authorities: set(reply.authorities), additionals: set(reply.additionals) };
}

function declare(metrics: Metrics): void {
  metrics.declare("coredns_cache_hits_total", "counter", "The count of cache hits.");
  metrics.declare(
    "coredns_cache_misses_total",
    "counter",
    "The count of cache misses. Deprecated, derive misses from cache hits/requests counters.",
  );
  metrics.declare("coredns_cache_requests_total", "counter", "The count of cache requests.");
  metrics.declare("coredns_cache_entries", "gauge", "The number of elements in the cache.");
  metrics.declare(
    "coredns_cache_prefetch_total",
    "counter",
    "The number of times the cache has prefetched a cached item.",
  );
}
