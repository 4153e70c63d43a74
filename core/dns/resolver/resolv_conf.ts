/**
 * resolv.conf(5).
 *
 *     line    = ("#" | ";") text | keyword blanks value...
 *     keyword = "nameserver" address | "search" domain... | "domain" domain | "sortlist" pair... | "options" option...
 *     option  = "ndots:" n | "timeout:" n | "attempts:" n | "rotate" | "edns0" | ...
 *
 * A line that is neither is ignored, as the resolver does; it is kept in `ignored`, so a user can be told. The last
 * `search` or `domain` counts. Three name servers at most are used.
 */
import { isIp } from "../../base/mod.ts";

/** The flags among the options. */
export const FLAGS = [
  "debug",
  "rotate",
  "no-check-names",
  "inet6",
  "edns0",
  "single-request",
  "single-request-reopen",
  "no-tld-query",
  "use-vc",
  "no-reload",
  "trust-ad",
  "no-aaaa",
] as const;

/** One option without a number. */
export type ResolvFlag = typeof FLAGS[number];

/** A resolv.conf as it is written. */
export interface ResolvConf {
  readonly nameservers: readonly string[];
  /** `search` domains in order, or the one `domain`. */
  readonly search: readonly string[];
  /** Whether the search list was written as `domain`. */
  readonly domain?: boolean;
  readonly ndots?: number;
  /** Seconds. */
  readonly timeout?: number;
  readonly attempts?: number;
  readonly flags: readonly ResolvFlag[];
  /** Lines and options the resolver does not know. */
  readonly ignored: readonly string[];
}

/** What the resolver goes by where nothing is written; and the caps it puts on numbers (resolv.h). */
export const RESOLV_DEFAULTS = { ndots: 1, timeout: 5, attempts: 2 } as const;
const CAPS = { ndots: 15, timeout: 30, attempts: 5 } as const;
const MAX_SERVERS = 3;

/** Reads a resolv.conf; it is never wrong, only ignored in part. */
export function parseResolvConf(text: string): ResolvConf {
  const found = {
    nameservers: [] as string[],
    search: [] as string[],
    flags: [] as ResolvFlag[],
    ignored: [] as string[],
  };
  const numbers: { ndots?: number; timeout?: number; attempts?: number; domain?: boolean } = {};
  for (const line of text.split("\n")) {
    const [keyword, ...values] = line.trim().split(/\s+/);
    // The keyword must stand at the line's start.
    if (keyword === undefined || keyword === "" || /^[#;]/.test(keyword)) continue;
    if (keyword === "nameserver" && isServer(values[0])) found.nameservers.push(values[0] as string);
    else if ((keyword === "search" || keyword === "domain") && values.length > 0) {
      found.search = keyword === "domain" ? values.slice(0, 1) : values;
      numbers.domain = keyword === "domain";
    } else if (keyword === "options") readOptions(values, found, numbers);
    else found.ignored.push(line.trim());
  }
  if (numbers.domain === false) delete numbers.domain;
  return { ...found, ...numbers };
}

function isServer(text: string | undefined): boolean {
  return text !== undefined && isIp(text.replace(/%.*$/, ""));
}

function readOptions(
  words: readonly string[],
  found: { flags: ResolvFlag[]; ignored: string[] },
  numbers: { ndots?: number; timeout?: number; attempts?: number },
): void {
  for (const word of words) {
    const [, key, value] = /^(ndots|timeout|attempts):(\d+)$/.exec(word) ?? [];
    if (key !== undefined) numbers[key as keyof typeof CAPS] = Math.min(Number(value), CAPS[key as keyof typeof CAPS]);
    else if ((FLAGS as readonly string[]).includes(word)) found.flags.push(word as ResolvFlag);
    else found.ignored.push(`options ${word}`);
  }
}

/** The file: search, nameservers, options, in the order a kubelet writes them. */
export function printResolvConf(conf: ResolvConf): string {
  const options = [
    ...(["ndots", "timeout", "attempts"] as const).flatMap((key) =>
      conf[key] === undefined ? [] : [`${key}:${conf[key]}`]
    ),
    ...conf.flags,
  ];
  const lines = [
    ...(conf.search.length === 0 ? [] : [`${conf.domain ? "domain" : "search"} ${conf.search.join(" ")}`]),
    ...conf.nameservers.map((server) => `nameserver ${server}`),
    ...(options.length === 0 ? [] : [`options ${options.join(" ")}`]),
  ];
  return lines.map((line) => line + "\n").join("");
}

/** A resolv.conf with its defaults filled in: what a resolver works with. */
export interface ResolverSettings {
  /** At most three; the local host where none is written. */
  readonly nameservers: readonly string[];
  readonly search: readonly string[];
  readonly ndots: number;
  /** Milliseconds. */
  readonly timeout: number;
  readonly attempts: number;
  readonly flags: ReadonlySet<ResolvFlag>;
}

/** The settings of a host: its file, else the domain part of its own name and 127.0.0.1 (resolv.conf(5)). */
export function resolverSettings(files: { read(path: string): string | undefined }): ResolverSettings {
  const conf = parseResolvConf(files.read("/etc/resolv.conf") ?? "");
  const ownName = files.read("/proc/sys/kernel/hostname")?.trim() ?? "";
  const ownDomain = ownName.includes(".") ? [ownName.slice(ownName.indexOf(".") + 1)] : [];
  const written = conf.search.length > 0;
  return {
    nameservers: conf.nameservers.length === 0 ? ["127.0.0.1"] : conf.nameservers.slice(0, MAX_SERVERS),
    search: written ? conf.search : ownDomain,
    ndots: conf.ndots ?? RESOLV_DEFAULTS.ndots,
    timeout: (conf.timeout ?? RESOLV_DEFAULTS.timeout) * 1000,
    attempts: conf.attempts ?? RESOLV_DEFAULTS.attempts,
    flags: new Set(conf.flags),
  };
}
