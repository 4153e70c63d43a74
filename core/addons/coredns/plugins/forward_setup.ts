/**
 * `forward FROM TO... { ... }`:
 *
 *     except NAMES...   force_tcp   prefer_udp   expire DURATION   max_fails N   max_idle_conns N   max_concurrent N
 *     max_connect_attempts N   read_timeout DURATION   policy random|round_robin|sequential
 *     health_check DURATION [no_rec] [domain FQDN]   next RCODE...   failover RCODE...   next_on_nodata
 *     max_age DURATION   doh_method POST|GET   failfast_all_unhealthy_upstreams   tls [CERT KEY CA]   tls_servername NAME   source_address ADDRESS   resolver ADDRESS...
 */
import { isIp, parseIp, printIp } from "../../../base/mod.ts";
import { absolute, isName, lowerName, rcodeNumber } from "../../../dns/mod.ts";
import type { Dispenser } from "../corefile/dispenser.ts";
import { goAtoi, goHostPort, goParseUint, goQuote, printGoDuration } from "../go_values.ts";
import type { Host } from "../plugin.ts";
import { duration } from "../setup.ts";
import { normalizeZones } from "../zones.ts";
import { type NamedUpstream, readEntries, type Upstream } from "./forward_to.ts";

/** How upstreams are picked. */
export type Policy = "random" | "round_robin" | "sequential";

/** One `forward` line with its block; times in milliseconds. */
export interface ForwardOptions {
  from: string;
  upstreams: readonly Upstream[];
  /** Upstreams given by name, asked for at the start. */
  named: readonly NamedUpstream[];
  readonly except: string[];
  forceTcp: boolean;
  preferUdp: boolean;
  maxFails: number;
  maxConcurrent: number;
  maxConnectAttempts: number;
  readTimeout: number;
  policy: Policy;
  healthInterval: number;
  healthRecursion: boolean;
  healthDomain: string;
  failover: string[];
  next: string[];
  nextOnNodata: boolean;
  failfast: boolean;
  /** How long a connection may be kept while idle, and how long at all (0: no limit). */
  expire: number;
  maxAge: number;
  maxIdleConns: number;
  tlsServerName: string;
  sourceAddress: string | undefined;
}

const MAX_UPSTREAMS = 15;
const POLICIES = ["random", "round_robin", "sequential"];

/** Reads every `forward` of a block, in file order; throws a CorefileError. */
export function readForwards(corefile: Dispenser, host: Host): ForwardOptions[] {
  const all: ForwardOptions[] = [];
  while (corefile.next()) all.push(readForward(corefile, host));
  return all;
}

function readForward(corefile: Dispenser, host: Host): ForwardOptions {
  if (!corefile.nextArg()) throw corefile.argError("FROM TO...");
  const from = normalizeZones(corefile.word())[0];
  if (from === undefined) throw corefile.plainError(`unable to normalize '${corefile.word()}'`, "a zone");
  const to = corefile.remainingArgs();
  if (to.length === 0) throw corefile.argError("a name server: its address, or a file such as /etc/resolv.conf");
  const options: ForwardOptions = {
    from,
    upstreams: [],
    named: [],
    except: [],
    forceTcp: false,
    preferUdp: false,
    maxFails: 2,
    maxConcurrent: 0,
    maxConnectAttempts: 0,
    readTimeout: 2000,
    policy: "random",
    healthInterval: 500,
    healthRecursion: true,
    healthDomain: ".",
    failover: [],
    next: [],
    nextOnNodata: false,
    failfast: false,
    expire: 10_000,
    maxAge: 0,
    maxIdleConns: 0,
    tlsServerName: "",
    sourceAddress: undefined,
  };
  while (corefile.nextBlock()) {
    const property = corefile.word();
    const read = PROPERTIES[property];
    if (read === undefined) throw corefile.error(`unknown property '${property}'`, Object.keys(PROPERTIES).join(", "));
    read(corefile, options);
  }
  const { expire, maxAge } = options;
  if (maxAge > 0 && maxAge < expire) {
    const problem = `max_age (${printGoDuration(maxAge)}) must not be less than expire (${printGoDuration(expire)})`;
    throw corefile.plainError(problem, "max_age of expire or more");
  }
  const entries = readEntries(corefile, host, to);
  const servers = [...new Map(entries.flat().toReversed().map((server) => [placeOf(server), server])).values()]
    .toReversed();
  options.upstreams = servers.filter((server) => "address" in server);
  options.named = servers.filter((server) => "name" in server);
  check(corefile, options, entries.length);
  return options;
}

/** A server that is named twice is one, whatever its transport. */
function placeOf(server: Upstream | NamedUpstream): string {
  return `${"address" in server ? server.address : server.name} ${server.port}`;
}

/** What holds between the words of one directive; `count` is of its TOs. */
function check(corefile: Dispenser, options: ForwardOptions, count: number): void {
  const { tlsServerName } = options;
  const twice = options.upstreams.find(({ serverName }) => serverName !== undefined && tlsServerName !== "");
  if (twice !== undefined) {
    const { transport, address, port, serverName } = twice;
    throw corefile.plainError(
      `both forward ('${tlsServerName}') and proxy level ('${serverName}') TLS servernames are set for upstream proxy ` +
        `'${transport}://${address.includes(":") ? `[${address}]` : address}:${port}'`,
      "the name in one place",
    );
  }
  if (count > MAX_UPSTREAMS) {
    throw corefile.plainError(`more than ${MAX_UPSTREAMS} TOs configured: ${count}`, "fewer of them");
  }
}

type Read = (corefile: Dispenser, options: ForwardOptions) => void;

const PROPERTIES: Readonly<Record<string, Read>> = {
  except(corefile, options) {
    const names = corefile.remainingArgs();
    if (names.length === 0) throw corefile.argError("names that are not forwarded");
    options.except.push(...names.flatMap(normalizeZones));
  },
  max_fails: (corefile, options) => options.maxFails = unsigned(corefile),
  max_concurrent: (corefile, options) => options.maxConcurrent = natural(corefile, "max_concurrent"),
  max_connect_attempts: (corefile, options) => options.maxConnectAttempts = unsigned(corefile),
  max_idle_conns: (corefile, options) => options.maxIdleConns = natural(corefile, "max_idle_conns"),
  health_check: readHealthCheck,
  force_tcp: flag((options) => options.forceTcp = true),
  prefer_udp: flag((options) => options.preferUdp = true),
  next_on_nodata: flag((options) => options.nextOnNodata = true),
  failfast_all_unhealthy_upstreams: flag((options) => options.failfast = true),
  tls(corefile) {
    if (corefile.remainingArgs().length > 3) throw corefile.argError("[CERT KEY] [CA]");
  },
  tls_servername: (corefile, options) => options.tlsServerName = oneArg(corefile),
  source_address(corefile, options) {
    const ip = parseIp(oneArg(corefile).replace(/^::ffff:(?=\d+\.)/i, ""));
    if (ip === undefined) {
      throw corefile.error(`invalid IP address: ${corefile.word()}`, "an address");
    }
    options.sourceAddress = printIp(ip);
  },
  resolver(corefile) {
    const servers = corefile.remainingArgs();
    if (servers.length === 0) throw corefile.argError("addresses");
    for (const server of servers) {
      const split = goHostPort(server);
      if (isIp("error" in split ? server : split.value.host)) continue;
      throw corefile.plainError(`resolver must be an IP address or IP:port: ${goQuote(server)}`, "an address");
    }
  },
  doh_method(corefile) {
    const method = oneArg(corefile);
    if (method !== "POST" && method !== "GET") {
      throw corefile.plainError("doh_method must be either POST or GET", "POST or GET");
    }
  },
  expire: (corefile, options) => options.expire = notNegative(corefile, "expire"),
  max_age: (corefile, options) => options.maxAge = notNegative(corefile, "max_age"),
  read_timeout(corefile, options) {
    const time = duration(corefile, oneArg(corefile));
    if (time <= 0) throw corefile.plainError(`read_timeout must be positive: ${printGoDuration(time)}`, "more than 0s");
    options.readTimeout = time;
  },
  policy(corefile, options) {
    const policy = oneArg(corefile);
    if (!POLICIES.includes(policy)) throw corefile.error(`unknown policy '${policy}'`, POLICIES.join(", "));
    options.policy = policy as Policy;
  },
  next: (corefile, options) => options.next.push(...rcodes(corefile)),
  failover(corefile, options) {
    options.failover.push(...rcodes(corefile, (code) => {
      if (code === "NOERROR") throw corefile.plainError("NoError cannot be used in failover", "another rcode");
    }));
  },
};

function flag(set: (options: ForwardOptions) => void): Read {
  return (corefile, options) => {
    if (corefile.nextArg()) throw corefile.argError("the end of the line");
    set(options);
  };
}

function oneArg(corefile: Dispenser): string {
  if (!corefile.nextArg()) throw corefile.argError("one argument");
  return corefile.word();
}

function notNegative(corefile: Dispenser, name: string): number {
  const time = duration(corefile, oneArg(corefile));
  if (time < 0) throw corefile.plainError(`${name} can't be negative: ${printGoDuration(time)}`, "0s or more");
  return time;
}

function unsigned(corefile: Dispenser): number {
  const number = goParseUint(oneArg(corefile), 32);
  if ("error" in number) throw corefile.plainError(number.error, "0 or more");
  return number.value;
}

function natural(corefile: Dispenser, name: string): number {
  const text = oneArg(corefile);
  const number = goAtoi(text);
  if ("error" in number) throw corefile.plainError(number.error, "a whole number");
  if (number.value < 0) throw corefile.plainError(`${name} can't be negative: ${number.value}`, "0 or more");
  return number.value;
}

/** The rcodes of a line; `check` may refuse one in its turn. */
function rcodes(corefile: Dispenser, check: (code: string) => void = () => {}): string[] {
  const words = corefile.remainingArgs();
  if (words.length === 0) throw corefile.argError("rcodes such as NXDOMAIN");
  for (const word of words) {
    if (rcodeNumber(word) === undefined) {
      throw corefile.plainError(`${word} is not a valid rcode`, "an rcode such as NXDOMAIN");
    }
    check(word.toUpperCase());
  }
  return words.map((word) => word.toUpperCase());
}

function readHealthCheck(corefile: Dispenser, options: ForwardOptions): void {
  const text = oneArg(corefile);
  const interval = duration(corefile, text);
  if (interval < 0) throw corefile.plainError(`health_check can't be negative: ${interval * 1e6}`, "0s or more");
  options.healthInterval = interval;
  while (corefile.nextArg()) {
    const word = corefile.word();
    if (word === "no_rec") options.healthRecursion = false;
    else if (word === "domain") {
      const domain = oneArg(corefile);
      if (!isName(domain)) {
        throw corefile.plainError(`health_check: invalid domain name ${domain}`, "a domain name");
      }
      options.healthDomain = lowerName(absolute(domain));
    } else throw corefile.plainError(`health_check: unknown option ${word}`, "no_rec or domain NAME");
  }
}
