/**
 * `cache [TTL] [ZONES...] { ... }`:
 *
 *     success|denial CAPACITY [TTL] [MINTTL]     prefetch AMOUNT [DURATION] [PERCENT%]
 *     serve_stale [DURATION] [immediate|verify [TIMEOUT]] [TTL] [RECHECK]     serve_stale_policy prefer_positive
 *     servfail DURATION
 *     disable success|denial [ZONES...]     keepttl
 */
import type { Dispenser } from "../corefile/dispenser.ts";
import { absolute, lowerName } from "../../../dns/mod.ts";
import { goAtoi, goDuration } from "../go_values.ts";
import { atoi, duration, once } from "../setup.ts";
import { zonesOf } from "../zones.ts";

/** Limits of one kind of entries; times in seconds. */
export interface Limits {
  capacity: number;
  ttl: number;
  minTtl: number;
  /** Zones whose replies of this kind are not kept. */
  except: readonly string[];
}

/** What the cache was told. */
export interface CacheOptions {
  zones: readonly string[];
  readonly success: Limits;
  readonly denial: Limits;
  /** Seconds a SERVFAIL is kept. */
  servfail: number;
  prefetch?: { readonly amount: number; readonly window: number; readonly percent: number };
  /** Seconds beyond its life that an entry is still served. */
  stale: number;
  verify: boolean;
  /** Milliseconds a refresh may take before the stale entry is served; 0 for as long as it takes. */
  verifyTimeout: number;
  /** TTL of stale answers, in seconds. */
  staleTtl: number;
  /** Milliseconds after a failed refresh in which none is tried. */
  recheck: number;
  /** A stale answer comes before a stale denial. */
  preferPositive: boolean;
  keepTtl: boolean;
}

const CAPACITY = 9984;

/** Reads the directive; throws a CorefileError. */
export function readCache(corefile: Dispenser, blockZones: readonly string[]): CacheOptions {
  const options: CacheOptions = {
    zones: [],
    success: { capacity: CAPACITY, ttl: 3600, minTtl: 5, except: [] },
    denial: { capacity: CAPACITY, ttl: 1800, minTtl: 5, except: [] },
    servfail: 5,
    stale: 0,
    verify: false,
    verifyTimeout: 0,
    staleTtl: 0,
    recheck: 0,
    preferPositive: false,
    keepTtl: false,
  };
  for (let count = 0; corefile.next(); count++) {
    once(corefile, count);
    const args = corefile.remainingArgs();
    const ttl = args[0] === undefined ? undefined : goAtoi(args[0]);
    if (ttl !== undefined && "value" in ttl) {
      if (ttl.value <= 0) {
        throw corefile.plainError(`cache TTL can not be zero or negative: ${ttl.value}`, "a TTL in seconds");
      }
      options.success.ttl = options.denial.ttl = ttl.value;
      args.shift();
    }
    options.zones = zonesOf(args, blockZones);
    const seen = new Set<string>();
    while (corefile.nextBlock()) {
      const property = corefile.word();
      if (property === "serve_stale_policy" && seen.has(property)) {
        throw corefile.plainError("serve_stale_policy can only be specified once", "it once");
      }
      seen.add(property);
      readProperty(corefile, options);
    }
    if (seen.has("serve_stale_policy") && !seen.has("serve_stale")) {
      throw corefile.plainError("serve_stale_policy requires serve_stale", "serve_stale beside it");
    }
  }
  return options;
}

function readProperty(corefile: Dispenser, options: CacheOptions): void {
  const property = corefile.word();
  const read = PROPERTIES[property];
  if (read === undefined) {
    throw corefile.argError("success, denial, prefetch, serve_stale, servfail, disable or keepttl");
  }
  read(corefile, options);
}

const PROPERTIES: Readonly<Record<string, (corefile: Dispenser, options: CacheOptions) => void>> = {
  success: (corefile, { success }) => readLimits(corefile, success),
  denial: (corefile, { denial }) => readLimits(corefile, denial),
  prefetch: readPrefetch,
  serve_stale: readStale,
  serve_stale_policy(corefile, options) {
    const [policy, more] = corefile.remainingArgs();
    if (policy === undefined || more !== undefined) throw corefile.argError("prefer_positive");
    if (policy.toLowerCase() !== "prefer_positive") {
      throw corefile.plainError(`invalid serve_stale_policy: ${policy}`, "prefer_positive");
    }
    options.preferPositive = true;
  },
  servfail: readServfail,
  disable: readDisable,
  keepttl(corefile, options) {
    if (corefile.remainingArgs().length > 0) throw corefile.argError("the end of the line");
    options.keepTtl = true;
  },
};

function readLimits(corefile: Dispenser, limits: Limits): void {
  const [capacity, ttl, minTtl] = corefile.remainingArgs();
  if (capacity === undefined) throw corefile.argError("CAPACITY [TTL] [MINTTL]");
  limits.capacity = atoi(corefile, capacity);
  if (ttl !== undefined) {
    limits.ttl = atoi(corefile, ttl);
    if (limits.ttl <= 0) {
      throw corefile.plainError(`cache TTL can not be zero or negative: ${limits.ttl}`, "a TTL in seconds");
    }
  }
  if (minTtl === undefined) return;
  limits.minTtl = atoi(corefile, minTtl);
  if (limits.minTtl < 0) throw corefile.plainError(`cache min TTL can not be negative: ${limits.minTtl}`, "0 or more");
}

function readPrefetch(corefile: Dispenser, options: CacheOptions): void {
  const args = corefile.remainingArgs();
  if (args.length === 0 || args.length > 3) throw corefile.argError("AMOUNT [DURATION] [PERCENT%]");
  const amount = atoi(corefile, args[0] as string);
  if (amount < 0) throw corefile.plainError(`prefetch amount should be positive: ${amount}`, "0 or more");
  const window = args[1] === undefined ? 60_000 : duration(corefile, args[1]);
  const percent = args[2] === undefined ? 10 : readPercent(corefile, args[2]);
  if (amount > 0) options.prefetch = { amount, window, percent };
}

function readPercent(corefile: Dispenser, text: string): number {
  if (!text.endsWith("%")) {
    throw corefile.plainError(
      `last character of percentage should be \`%\`, but is: '${text.slice(-1)}'`,
      "10% to 90%",
    );
  }
  const percent = atoi(corefile, text.slice(0, -1));
  if (percent < 10 || percent > 90) {
    throw corefile.plainError(`percentage should fall in range [10, 90]: ${percent}`, "10% to 90%");
  }
  return percent;
}

const STALE = "[DURATION] [immediate|verify [TIMEOUT]] [TTL] [RECHECK]";
const MOST_SECONDS = 2 ** 32 - 1;
const MOST_RECHECK = 300_000;

/** `[DURATION [immediate [TTL [RECHECK]] | verify [TIMEOUT [TTL [RECHECK]]]]]`. */
function readStale(corefile: Dispenser, options: CacheOptions): void {
  const args = corefile.remainingArgs();
  const [time, word = "immediate", ...rest] = args;
  const mode = word.toLowerCase();
  if (args.length > 5) throw corefile.argError(STALE);
  options.stale = 3600;
  if (time !== undefined) {
    options.stale = positive(corefile, time, { negative: "invalid negative duration for serve_stale" }) / 1000;
  }
  if (mode !== "immediate" && mode !== "verify") {
    throw corefile.plainError(`invalid value for serve_stale refresh mode: ${mode}`, "immediate or verify");
  }
  options.verify = mode === "verify";
  const timeout = options.verify ? rest.shift() : undefined;
  const [ttl, recheck, more] = rest;
  if (more !== undefined) throw corefile.argError(STALE);
  if (timeout !== undefined) {
    options.verifyTimeout = positive(corefile, timeout, {
      bad: "invalid serve_stale verify timeout",
      negative: "invalid negative timeout for serve_stale verify",
    });
  }
  if (ttl !== undefined) options.staleTtl = readStaleTtl(corefile, ttl);
  if (recheck === undefined) return;
  options.recheck = positive(corefile, recheck, {
    bad: "invalid serve_stale failure recheck",
    negative: "invalid negative failure recheck for serve_stale",
  });
  if (options.recheck > MOST_RECHECK) {
    throw corefile.plainError("serve_stale failure recheck cannot exceed 5 minutes", "5m or less");
  }
}

function readStaleTtl(corefile: Dispenser, text: string): number {
  const time = positive(corefile, text, {
    bad: "invalid serve_stale response TTL",
    negative: "invalid negative response TTL for serve_stale",
  }) / 1000;
  if (!Number.isInteger(time)) {
    throw corefile.plainError("serve_stale response TTL must be a whole number of seconds", "whole seconds");
  }
  if (time > MOST_SECONDS) {
    throw corefile.plainError("serve_stale response TTL exceeds the DNS TTL range", "fewer seconds");
  }
  return time;
}

/** Milliseconds that are not negative; with the words for what is no duration (Go's alone where `bad` is absent), and for less than 0. */
function positive(
  corefile: Dispenser,
  text: string,
  words: { readonly bad?: string; readonly negative: string },
): number {
  const parsed = goDuration(text);
  if ("error" in parsed) {
    const problem = words.bad === undefined ? parsed.error : `${words.bad}: ${parsed.error}`;
    throw corefile.plainError(problem, "a duration such as 30s");
  }
  if (parsed.value < 0) throw corefile.plainError(words.negative, "0s or more");
  return parsed.value;
}

function readServfail(corefile: Dispenser, options: CacheOptions): void {
  const [text, more] = corefile.remainingArgs();
  if (text === undefined || more !== undefined) throw corefile.argError("a duration");
  const time = duration(corefile, text);
  if (time < 0) throw corefile.plainError("invalid negative ttl for servfail", "0s or more");
  if (time > 300_000) {
    throw corefile.plainError("caching SERVFAIL responses over 5 minutes is not permitted", "5m or less");
  }
  options.servfail = time / 1000;
}

function readDisable(corefile: Dispenser, options: CacheOptions): void {
  const [kind, ...zones] = corefile.remainingArgs();
  if (kind === undefined) throw corefile.argError("success or denial");
  if (kind !== "success" && kind !== "denial") {
    throw corefile.plainError('cache type for disable must be "success" or "denial"', "success or denial");
  }
  options[kind].except = zones.length === 0 ? ["."] : zones.map((zone) => lowerName(absolute(zone)));
}
