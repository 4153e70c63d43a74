/** curl's command line: one row per option; what is known to curl and has no effect here is named when it is used. */

/** What an option takes. */
type Takes = "nothing" | "word" | "number";

interface Row {
  readonly long: string;
  readonly short?: string;
  readonly takes: Takes;
  /** Has no effect here: TLS, proxies, protocols other than HTTP. `silent` ones need no warning (plain HTTP has nothing they would change). */
  readonly unmodelled?: "warn" | "silent";
}

const row = (long: string, short: string | undefined, takes: Takes, unmodelled?: Row["unmodelled"]): Row => ({
  long,
  takes,
  ...(short === undefined ? {} : { short }),
  ...(unmodelled === undefined ? {} : { unmodelled }),
});

const ROWS: readonly Row[] = [
  row("silent", "s", "nothing"),
  row("show-error", "S", "nothing"),
  row("verbose", "v", "nothing"),
  row("include", "i", "nothing"),
  row("head", "I", "nothing"),
  row("request", "X", "word"),
  row("data", "d", "word"),
  row("data-ascii", undefined, "word"),
  row("data-raw", undefined, "word"),
  row("data-binary", undefined, "word"),
  row("data-urlencode", undefined, "word"),
  row("json", undefined, "word"),
  row("get", "G", "nothing"),
  row("header", "H", "word"),
  row("user-agent", "A", "word"),
  row("referer", "e", "word"),
  row("cookie", "b", "word"),
  row("user", "u", "word"),
  row("oauth2-bearer", undefined, "word"),
  row("output", "o", "word"),
  row("remote-name", "O", "nothing"),
  row("output-dir", undefined, "word"),
  row("create-dirs", undefined, "nothing"),
  row("write-out", "w", "word"),
  row("max-time", "m", "number"),
  row("connect-timeout", undefined, "number"),
  row("insecure", "k", "nothing", "silent"),
  row("location", "L", "nothing"),
  row("location-trusted", undefined, "nothing"),
  row("max-redirs", undefined, "number"),
  row("fail", "f", "nothing"),
  row("fail-with-body", undefined, "nothing"),
  row("resolve", undefined, "word"),
  row("connect-to", undefined, "word"),
  row("ipv4", "4", "nothing"),
  row("ipv6", "6", "nothing"),
  row("interface", undefined, "word"),
  row("local-port", undefined, "word"),
  row("retry", undefined, "number"),
  row("retry-delay", undefined, "number"),
  row("retry-connrefused", undefined, "nothing"),
  row("retry-all-errors", undefined, "nothing"),
  row("retry-max-time", undefined, "number"),
  row("upload-file", "T", "word"),
  row("range", "r", "word"),
  row("url", undefined, "word"),
  row("no-progress-meter", undefined, "nothing"),
  row("progress-bar", "#", "nothing"),
  row("no-keepalive", undefined, "nothing", "silent"),
  row("keepalive-time", undefined, "number", "silent"),
  row("tcp-nodelay", undefined, "nothing", "silent"),
  row("http1.0", "0", "nothing"),
  row("http1.1", undefined, "nothing", "silent"),
  row("http2", undefined, "nothing", "silent"),
  row("http2-prior-knowledge", undefined, "nothing", "warn"),
  row("http0.9", undefined, "nothing", "silent"),
  row("compressed", undefined, "nothing"),
  row("globoff", "g", "nothing"),
  row("no-buffer", "N", "nothing", "silent"),
  row("path-as-is", undefined, "nothing", "silent"),
  row("version", "V", "nothing"),
  row("help", "h", "nothing"),
  row("disable", "q", "nothing", "silent"),
  row("cacert", undefined, "word", "silent"),
  row("capath", undefined, "word", "silent"),
  row("cert", "E", "word", "silent"),
  row("key", undefined, "word", "silent"),
  row("tlsv1.2", undefined, "nothing", "silent"),
  row("tlsv1.3", undefined, "nothing", "silent"),
  row("dump-header", "D", "word"),
  row("stderr", undefined, "word", "warn"),
  row("proxy", "x", "word", "warn"),
  row("noproxy", undefined, "word", "silent"),
  row("proxy-user", "U", "word", "warn"),
  row("socks5", undefined, "word", "warn"),
  row("socks5-hostname", undefined, "word", "warn"),
  row("cookie-jar", "c", "word", "warn"),
  row("form", "F", "word", "warn"),
  row("config", "K", "word", "warn"),
  row("limit-rate", undefined, "word", "warn"),
  row("speed-limit", "Y", "number", "warn"),
  row("speed-time", "y", "number", "warn"),
  row("trace", undefined, "word", "warn"),
  row("trace-ascii", undefined, "word", "warn"),
  row("trace-time", undefined, "nothing", "warn"),
  row("parallel", "Z", "nothing", "warn"),
  row("unix-socket", undefined, "word", "warn"),
  row("digest", undefined, "nothing", "warn"),
  row("ntlm", undefined, "nothing", "warn"),
  row("basic", undefined, "nothing", "silent"),
  row("anyauth", undefined, "nothing", "warn"),
  row("netrc", "n", "nothing", "warn"),
  row("continue-at", "C", "word", "warn"),
  row("quote", "Q", "word", "warn"),
  row("dns-servers", undefined, "word", "warn"),
  row("doh-url", undefined, "word", "warn"),
  row("haproxy-protocol", undefined, "nothing", "warn"),
  row("remote-time", "R", "nothing", "warn"),
  row("remote-header-name", "J", "nothing", "warn"),
];

/** One option given. */
export interface CurlOption {
  readonly name: string;
  readonly value: string;
}

/** A command line: options in order and URLs, or curl's complaint with its exit status. */
export type CurlLine =
  | { readonly options: readonly CurlOption[]; readonly urls: readonly string[]; readonly warnings: readonly string[] }
  | { readonly problem: string; readonly exit: number };

const TRY = "curl: try 'curl --help' or 'curl --manual' for more information\n";

/** Reads the arguments behind the program's name. */
export function parseCurl(args: readonly string[]): CurlLine {
  const options: CurlOption[] = [];
  const urls: string[] = [];
  const left = [...args];
  while (left.length > 0) {
    const arg = left.shift() as string;
    const problem = arg.startsWith("--") && arg !== "--"
      ? long(arg.slice(2), left, options)
      : arg.startsWith("-") && arg !== "-" && arg !== "--"
      ? cluster(arg, left, options)
      : void (arg === "--" ? urls.push(...left.splice(0)) : urls.push(arg));
    if (problem !== undefined) return { problem: `curl: option ${arg}: ${problem}\n${TRY}`, exit: 2 };
  }
  for (const { name, value } of options) if (name === "url") urls.push(value);
  const rows = options.map(({ name }) =>
    ROWS.find((each) => each.long === name.replace(/^no-(?!keepalive|buffer|progress)/, ""))
  );
  const warnings = rows.flatMap((each) => each?.unmodelled === "warn" ? [`--${each.long}`] : []);
  return { options, urls, warnings };
}

function long(name: string, left: string[], options: CurlOption[]): string | undefined {
  const exact = ROWS.find((each) => each.long === name);
  const fitting = exact === undefined ? ROWS.filter((each) => each.long.startsWith(name)) : [exact];
  const negated = name.startsWith("no-") ? ROWS.find((each) => each.long === name.slice(3)) : undefined;
  if (exact === undefined && negated !== undefined) {
    const at = options.findIndex((option) => option.name === negated.long);
    if (at >= 0) options.splice(at, 1);
    return undefined;
  }
  if (fitting.length === 0) return "is unknown";
  if (fitting.length > 1) return "is ambiguous";
  return take(fitting[0] as Row, undefined, left, options);
}

function cluster(arg: string, left: string[], options: CurlOption[]): string | undefined {
  for (let i = 1; i < arg.length; i++) {
    const found = ROWS.find((each) => each.short === arg[i]);
    if (found === undefined) return "is unknown";
    if (found.takes === "nothing") {
      options.push({ name: found.long, value: "" });
      continue;
    }
    return take(found, arg.slice(i + 1) || undefined, left, options);
  }
  return undefined;
}

function take(found: Row, joined: string | undefined, left: string[], options: CurlOption[]): string | undefined {
  if (found.takes === "nothing") {
    options.push({ name: found.long, value: "" });
    return undefined;
  }
  const value = joined ?? left.shift();
  if (value === undefined) return "requires parameter";
  if (found.takes === "number" && !/^\d+(\.\d*)?$/.test(value)) return "expected a proper numerical parameter";
  options.push({ name: found.long, value });
  return undefined;
}
