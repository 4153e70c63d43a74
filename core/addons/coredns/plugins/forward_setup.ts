/**
 * `forward FROM TO... { ... }`:
 *
 *     except NAMES...   force_tcp   prefer_udp   expire DURATION   max_fails N   max_idle_conns N   max_concurrent N
 *     max_connect_attempts N   read_timeout DURATION   policy random|round_robin|sequential
 *     health_check DURATION [no_rec] [domain FQDN]   next RCODE...   failover RCODE...   next_on_nodata
 *     failfast_all_unhealthy_upstreams   tls [CERT KEY CA]   tls_servername NAME   source_address ADDRESS   resolver ADDRESS...
 */
import { isIp } from "../../../base/mod.ts";
import { absolute, rcodeNumber } from "../../../dns/mod.ts";
import type { Dispenser } from "../corefile/dispenser.ts";
import { goAtoi } from "../go_values.ts";
import type { Host } from "../plugin.ts";
import { duration } from "../setup.ts";
import { normalizeZones, splitHostPort, splitTransport } from "../zones.ts";

/** A name server that is asked. */
export interface Upstream {
  readonly address: string;
  readonly port: number;
}

/** How upstreams are picked. */
export type Policy = "random" | "round_robin" | "sequential";

/** One `forward` line with its block; times in milliseconds. */
export interface ForwardOptions {
  from: string;
  readonly upstreams: Upstream[];
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
  /** Some upstream is to be asked over TLS. */
  tls: boolean;
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
    upstreams: to.flatMap((text) => readUpstreams(corefile, host, text)),
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
    tls: to.some((text) => splitTransport(text).transport !== "dns"),
  };
  while (corefile.nextBlock()) {
    const property = corefile.word();
    const read = PROPERTIES[property];
    if (read === undefined) throw corefile.error(`unknown property '${property}'`, Object.keys(PROPERTIES).join(", "));
    read(corefile, options);
  }
  if (options.upstreams.length > MAX_UPSTREAMS) {
    throw corefile.plainError(
      `more than ${MAX_UPSTREAMS} TOs configured: ${options.upstreams.length}`,
      "fewer of them",
    );
  }
  return options;
}

function readUpstreams(corefile: Dispenser, host: Host, text: string): Upstream[] {
  const { transport, rest } = splitTransport(text);
  const address = rest.split("%")[0] as string;
  const known = readAddress(address, transport === "tls" ? 853 : 53);
  if (known !== undefined) return [known];
  const file = host.readFile(text);
  if (file !== undefined) return nameservers(file).map((server) => ({ address: server, port: 53 }));
  const problem = text.startsWith("/") || text === ""
    ? `not an IP address or file: ${JSON.stringify(text)}`
    : `failed to resolve ${JSON.stringify(text)}: lookup ${text}: no such host`;
  throw corefile.plainError(problem, "an address, ADDRESS:PORT, or a file such as /etc/resolv.conf");
}

function readAddress(text: string, port: number): Upstream | undefined {
  if (isIp(text)) return { address: text, port };
  const bracketed = /^\[([^\]]+)\](?::(\d+))?$/.exec(text);
  if (bracketed !== null && isIp(bracketed[1] as string)) {
    return { address: bracketed[1] as string, port: Number(bracketed[2] ?? port) };
  }
  const [address = "", digits = "", more] = text.split(":");
  return isIp(address) && /^\d+$/.test(digits) && more === undefined ? { address, port: Number(digits) } : undefined;
}

function nameservers(file: string): string[] {
  const lines = file.split("\n").map((line) => line.trim().split(/\s+/));
  return lines.filter(([word, server]) => word === "nameserver" && isIp(server ?? "")).map(([, server]) =>
    server as string
  );
}

type Read = (corefile: Dispenser, options: ForwardOptions) => void;

const PROPERTIES: Readonly<Record<string, Read>> = {
  except(corefile, options) {
    const names = corefile.remainingArgs();
    if (names.length === 0) throw corefile.argError("names that are not forwarded");
    options.except.push(...names.flatMap(normalizeZones));
  },
  max_fails: (corefile, options) => options.maxFails = natural(corefile, "max_fails"),
  max_concurrent: (corefile, options) => options.maxConcurrent = natural(corefile, "max_concurrent"),
  max_connect_attempts: (corefile, options) => options.maxConnectAttempts = natural(corefile, "max_connect_attempts"),
  max_idle_conns: (corefile) => void natural(corefile, "max_idle_conns"),
  health_check: readHealthCheck,
  force_tcp: flag((options) => options.forceTcp = true),
  prefer_udp: flag((options) => options.preferUdp = true),
  next_on_nodata: flag((options) => options.nextOnNodata = true),
  failfast_all_unhealthy_upstreams: flag((options) => options.failfast = true),
  tls(corefile) {
    if (corefile.remainingArgs().length > 3) throw corefile.argError("[CERT KEY] [CA]");
  },
  tls_servername: (corefile) => void oneArg(corefile),
  source_address(corefile) {
    const address = oneArg(corefile);
    if (!isIp(address)) throw corefile.error(`invalid source_address: ${address}`, "an address");
  },
  resolver(corefile) {
    if (corefile.remainingArgs().length === 0) throw corefile.argError("addresses");
  },
  expire(corefile) {
    const text = oneArg(corefile);
    if (duration(corefile, text) < 0) throw corefile.plainError(`expire can't be negative: ${text}`, "0s or more");
  },
  read_timeout(corefile, options) {
    const text = oneArg(corefile);
    const time = duration(corefile, text);
    if (time < 0) throw corefile.plainError(`read_timeout can't be negative: ${text}`, "0s or more");
    options.readTimeout = time;
  },
  policy(corefile, options) {
    const policy = oneArg(corefile);
    if (!POLICIES.includes(policy)) throw corefile.error(`unknown policy '${policy}'`, POLICIES.join(", "));
    options.policy = policy as Policy;
  },
  next: (corefile, options) => options.next.push(...rcodes(corefile)),
  failover(corefile, options) {
    const codes = rcodes(corefile);
    if (codes.includes("NOERROR")) throw corefile.plainError("NoError cannot be used in failover", "another rcode");
    options.failover.push(...codes);
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

function natural(corefile: Dispenser, name: string): number {
  const text = oneArg(corefile);
  const number = goAtoi(text);
  if ("error" in number) throw corefile.plainError(number.error, "a whole number");
  if (number.value < 0) throw corefile.plainError(`${name} can't be negative: ${number.value}`, "0 or more");
  return number.value;
}

function rcodes(corefile: Dispenser): string[] {
  const words = corefile.remainingArgs();
  if (words.length === 0) throw corefile.argError("rcodes such as NXDOMAIN");
  for (const word of words) {
    if (rcodeNumber(word) === undefined) {
      throw corefile.plainError(`${word} is not a valid rcode`, "an rcode such as NXDOMAIN");
    }
  }
  return words.map((word) => word.toUpperCase());
}

function readHealthCheck(corefile: Dispenser, options: ForwardOptions): void {
  const text = oneArg(corefile);
  const interval = duration(corefile, text);
  if (interval < 0) throw corefile.plainError(`health_check can't be negative: ${text}`, "0s or more");
  options.healthInterval = interval;
  while (corefile.nextArg()) {
    const word = corefile.word();
    if (word === "no_rec") options.healthRecursion = false;
    else if (word === "domain") {
      const domain = oneArg(corefile);
      if ("error" in splitHostPort(domain)) {
        throw corefile.plainError(`health_check: invalid domain name ${domain}`, "a domain name");
      }
      options.healthDomain = absolute(domain);
    } else throw corefile.plainError(`health_check: unknown option ${word}`, "no_rec or domain NAME");
  }
}
