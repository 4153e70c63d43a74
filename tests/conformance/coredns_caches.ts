/** Tables about the cache in time: what it still has after a while, with which TTL, and when it asks again. */
import { goDuration } from "../../core/addons/coredns/go_values.ts";
import type { Instance, Outcome } from "../../core/addons/coredns/plugin.ts";
import { type Asked, type Bench, bench, queryOf, setUp } from "./coredns_bench.ts";
import type { JsonObject } from "./coredns_format.ts";
import type { RowCheck } from "./coredns_tables.ts";
import { type Problem, replyOf } from "./coredns_vectors.ts";

const MINUTE = 60_000;
const NAME = "cached.org.";

/** A cache that may have been asked before. */
class Cached {
  readonly at: Bench;
  readonly #instance: Instance;
  /** How often the next plugin was asked. */
  asked = 0;

  constructor(block: string) {
    this.at = bench();
    this.#instance = setUp("cache", `cache {\n${block}\n}`, this.at);
  }

  async ask(asked: Asked, next: Outcome = { rcode: "NEXT" }): Promise<Outcome> {
    const query = queryOf(asked, this.at);
    const outcome = await this.#instance.handle?.(query, () => {
      this.asked++;
      return Promise.resolve(next);
    });
    return outcome ?? { rcode: "NEXT" };
  }

  wait(milliseconds: number): Promise<unknown> {
    this.at.clock.advance(this.at.clock.now() + milliseconds);
    return Promise.resolve();
  }

  written(ttl: number, rcode = "NOERROR"): Outcome {
    const { message } = queryOf({ qname: NAME }, this.at);
    const soa = { rcode, ns: [`org. ${ttl} IN SOA ns.org. root.org. 1 2 3 4 5`] };
    const given = rcode === "NOERROR" ? { answer: [`${NAME} ${ttl} IN A 127.0.0.1`] } : soa;
    return { rcode: "NOERROR", reply: replyOf(given, message) };
  }
}

const ttlOf = ({ reply }: Outcome) => [...reply?.answers ?? [], ...reply?.authorities ?? []][0]?.ttl;
const failure: Outcome = { rcode: "SERVFAIL" };

/** 0 is an answer, 255 what a next plugin says that has none. */
const staleResult: RowCheck = async (row) => {
  const { name, futureMinutes, expectedResult } = row as JsonObject;
  const cache = new Cached("serve_stale 1h");
  await cache.ask({ qname: NAME }, cache.written(60));
  await cache.wait(Number(futureMinutes) * MINUTE);
  const outcome = await cache.ask({ qname: String(name) });
  const got = outcome.reply === undefined ? 255 : 0;
  return got === expectedResult ? undefined : `expected ${expectedResult}, got ${got}`;
};

const staleTtl: RowCheck = async (row) => {
  const { config, primeRcode, advance, expectedTTL } = row as JsonObject;
  const cache = new Cached(String(config));
  await cache.ask({ qname: NAME }, cache.written(60, String(primeRcode)));
  const parsed = typeof advance === "string" ? goDuration(advance) : { value: MINUTE };
  await cache.wait("error" in parsed ? 0 : parsed.value);
  const got = ttlOf(await cache.ask({ qname: NAME }, failure));
  return got === expectedTTL ? undefined : `expected TTL ${expectedTTL}, got ${got}`;
};

const verified: RowCheck = async (row) => {
  const { upstreamRCode, upstreamTtl, futureMinutes, expectedRCode, expectedTtl } = row as JsonObject;
  const cache = new Cached("serve_stale 1h verify");
  await cache.ask({ qname: NAME }, cache.written(120));
  await cache.wait(Number(futureMinutes) * MINUTE);
  const next = upstreamRCode === "SERVFAIL" ? failure : cache.written(Number(upstreamTtl), String(upstreamRCode));
  const outcome = await cache.ask({ qname: NAME }, next);
  const got = `${outcome.reply?.rcode} ${ttlOf(outcome)}`;
  return got === `${expectedRCode} ${expectedTtl}` ? undefined : `expected ${expectedRCode} ${expectedTtl}, got ${got}`;
};

/** The TTL of a record between a least and a most. */
const computed: RowCheck = async (row) => {
  const { msgTTL, minTTL, maxTTL, expectedTTL } = row as JsonObject;
  const [ttl, least, most, want] = [msgTTL, minTTL, maxTTL, expectedTTL].map((text) => {
    const parsed = goDuration(String(text));
    return "error" in parsed ? NaN : parsed.value / 1000;
  }) as [number, number, number, number];
  const cache = new Cached(`success 100 ${most} ${least}`);
  const got = ttlOf(await cache.ask({ qname: NAME }, cache.written(ttl)));
  return got === want ? undefined : `expected ${want}, got ${got}`;
};

const keptTtl: RowCheck = async (row) => {
  const { name, futureSeconds } = row as JsonObject;
  const cache = new Cached("keepttl");
  await cache.ask({ qname: NAME }, cache.written(60));
  await cache.wait(Number(futureSeconds) * 1000);
  const outcome = await cache.ask({ qname: String(name) });
  if (name !== NAME) return outcome.reply === undefined ? undefined : "an answer to a name that was never asked";
  return ttlOf(outcome) === 60 ? undefined : `expected TTL 60, got ${ttlOf(outcome)}`;
};

/** Each time the next plugin is asked it has another address. */
const prefetched: RowCheck = async (row) => {
  const { qname, ttl, prefetch, verifications } = row as JsonObject;
  const cache = new Cached(`prefetch ${prefetch}`);
  let [now, fetches] = [0, 0];
  for (const step of verifications as readonly JsonObject[]) {
    const parsed = goDuration(String(step.after));
    const at = "error" in parsed ? 0 : parsed.value;
    await cache.wait(at - now);
    now = at;
    const asked = { qname: String(qname), do: step.do === true, cd: step.cd === true };
    const { message } = queryOf(asked, cache.at);
    const answer = [`${qname} ${ttl} IN A 127.0.0.${fetches + 1}`];
    const outcome = await cache.ask(asked, { rcode: "NOERROR", reply: replyOf({ answer }, message) });
    await new Promise<void>((done) => queueMicrotask(done));
    const problem = told(step, outcome, cache.asked > fetches);
    if (problem !== undefined) return problem;
    fetches = cache.asked;
  }
  return undefined;
};

function told(step: JsonObject, { reply }: Outcome, fetched: boolean): Problem {
  const [rr] = reply?.answers ?? [];
  const got = `${rr?.name} ${rr?.ttl} ${rr?.class} ${rr?.type} ${rr?.data}`;
  const want = String(step.answer).replace(/\s+/g, " ");
  if (got !== want) return `after ${step.after}: expected ${want}, got ${got}`;
  const wanted = step.fetch === true;
  return wanted === fetched ? undefined : `after ${step.after}: asked on ${fetched}, expected ${wanted}`;
}

/** The checks by their tables. */
export const CACHES: Readonly<Record<string, RowCheck>> = {
  "plugin/cache/cache:TestServeFromStaleCache": staleResult,
  "plugin/cache/cache:TestServeFromStaleCacheResponseTTL": staleTtl,
  "plugin/cache/cache:TestServeFromStaleCacheFetchVerify": verified,
  "plugin/cache/cache:TestComputeTTL": computed,
  "plugin/cache/cache:TestCacheKeepTTL": keptTtl,
  "plugin/cache/prefetch:TestPrefetch": prefetched,
};
