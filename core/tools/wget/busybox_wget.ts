/** wget of busybox. */
import { type Failure, isFailure, strerror } from "../../base/mod.ts";
import { gaiFailed, getaddrinfo, libcOf } from "../../dns/mod.ts";
import type { Process, Stream } from "../../linux/mod.ts";
import { busyboxUsage } from "../busybox.ts";
import { getopt, has, type Option, valueOf } from "../getopt.ts";
import { exchange, type Exchanged, header, HttpReader, type HttpResponse, printResponseHead } from "../http/mod.ts";
import { type CurlUrl, parseCurlUrl, redirected } from "../curl/url.ts";

const USAGE = `Usage: wget [-cqS] [--spider] [-O FILE] [-o LOGFILE] [--header STR]
	[--post-data STR | --post-file FILE] [-Y on/off]
	[--no-check-certificate] [-P DIR] [-U AGENT] [-T SEC] URL...

Retrieve files via HTTP or FTP

	--spider	Only check URL existence: $? is 0 if exists
	--header STR	Add STR (of form 'header: value') to headers
	--post-data STR	Send STR using POST method
	--post-file FILE	Send FILE using POST method
	--no-check-certificate	Don't validate the server's certificate
	-c		Continue retrieval of aborted transfer
	-q		Quiet
	-P DIR		Save to DIR (default .)
	-S    		Show server response
	-T SEC		Network read timeout is SEC seconds
	-O FILE		Save to FILE ('-' for stdout)
	-o LOGFILE	Log messages to FILE
	-U STR		Use STR for User-Agent header
	-Y on/off	Use proxy
`;
const TABLE = {
  short: "cqST:t:O:o:P:Y:U:",
  long: {
    spider: "spider",
    header: "header",
    "post-data": "post-data",
    "post-file": "post-file",
    "no-check-certificate": "k",
    continue: "c",
    quiet: "q",
    "directory-prefix": "P",
    "server-response": "S",
    timeout: "T",
    tries: "t",
    "output-document": "O",
    "output-file": "o",
    "user-agent": "U",
    proxy: "Y",
    passive: "k",
    "passive-ftp": "k",
  },
  longArguments: ["header", "post-data", "post-file"],
};
const MAX_REDIRECTS = 5;
/** FEATURE_WGET_TIMEOUT's default. */
const TIMEOUT = 900;

/** The program. */
export async function busyboxWget(process: Process): Promise<number> {
  const parsed = getopt(process.argv.slice(1), { ...TABLE, musl: libcOf(process.files) === "musl" });
  if ("problem" in parsed) return busyboxUsage(process, USAGE, parsed.problem);
  if (parsed.operands.length === 0) return busyboxUsage(process, USAGE);
  for (const url of parsed.operands) {
    const failed = await fetch(process, url, parsed.options);
    if (failed !== undefined) return (process.err(`wget: ${failed}\n`), 1);
  }
  return 0;
}

/** Fetches one URL; the complaint where it failed. */
async function fetch(process: Process, text: string, options: readonly Option[]): Promise<string | undefined> {
  let url = parseCurlUrl(text);
  for (let redirects = MAX_REDIRECTS;; redirects--) {
    if ("code" in url) return `not an http or ftp url: ${text}`;
    const got = await ask(process, url, options);
    if (typeof got === "string") return got;
    const location = header(got.headers, "Location");
    if ([301, 302, 303, 307, 308].includes(got.status) && location !== undefined) {
      if (redirects === 0) return "too many redirections";
      url = parseCurlUrl(redirected(url, location));
      continue;
    }
    if (got.status >= 300 || got.status < 200) {
      return `server returned error: ${got.version} ${got.status} ${got.reason}`;
    }
    return deliver(process, url, got, options);
  }
}

async function ask(process: Process, url: CurlUrl, options: readonly Option[]): Promise<HttpResponse | string> {
  const stream = await connect(process, url, options);
  if (typeof stream === "string") return stream;
  const timeout = Number(valueOf(options, "T") ?? TIMEOUT) * 1000;
  const body = new TextEncoder().encode(
    valueOf(options, "post-data") ?? fileText(process, valueOf(options, "post-file")) ?? "",
  );
  const posts = has(options, "post-data") || has(options, "post-file");
  const now = () => process.clock.now();
  const request = {
    method: posts ? "POST" : has(options, "spider") ? "HEAD" : "GET",
    target: url.target,
    version: "HTTP/1.1",
    headers: requestHeaders(url, options, posts ? body.length : undefined),
    body,
  };
  const got = await exchange(stream, new HttpReader(stream, now), request, now() + timeout);
  stream.close();
  return answered(process, got, has(options, "S"));
}

async function connect(process: Process, url: CurlUrl, options: readonly Option[]): Promise<Stream | string> {
  const info = await getaddrinfo(process, url.host);
  if (gaiFailed(info)) return `bad address '${url.host}'`;
  const address = info.addresses.find((each) => !each.includes(":")) ?? info.addresses[0] as string;
  const shown = address.includes(":") ? `[${address}]` : address;
  if (!has(options, "q")) {
    process.err(`Connecting to ${url.host}${url.explicit ? `:${url.port}` : ""} (${shown}:${url.port})\n`);
  }
  const stream = await process.net.connect(address, url.port, {
    timeout: Number(valueOf(options, "T") ?? TIMEOUT) * 1000,
  });
  if (stream === undefined) return "download timed out";
  if (isFailure(stream)) return `can't connect to remote host (${address}): ${strerror((stream as Failure).errno)}`;
  if (url.scheme === "https") {
    stream.close();
    return "error getting response: Connection reset by peer";
  }
  return stream;
}

function requestHeaders(
  url: CurlUrl,
  options: readonly Option[],
  length: number | undefined,
): (readonly [string, string])[] {
  const own = options.filter(({ name }) => name === "header").map(({ value }) => {
    const at = value.indexOf(":");
    return [value.slice(0, at), value.slice(at + 1).trim()] as const;
  });
  const has = (name: string) => own.some(([each]) => each.toLowerCase() === name.toLowerCase());
  return [
    ...(has("Host") ? [] : [["Host", `${url.host}${url.explicit ? `:${url.port}` : ""}`] as const]),
    ...(has("User-Agent") ? [] : [["User-Agent", valueOf(options, "U") ?? "Wget"] as const]),
    ["Connection", "close"],
    ...own,
    ...(length === undefined ? [] : [
      ...(has("Content-Type") ? [] : [["Content-Type", "application/x-www-form-urlencoded"] as const]),
      ["Content-Length", String(length)] as const,
    ]),
  ];
}

function answered(process: Process, got: Exchanged, show: boolean): HttpResponse | string {
  if (!("response" in got)) {
    if (got.broken === "timeout") return "download timed out";
    return `error getting response${isFailure(got.broken) ? `: ${strerror(got.broken.errno)}` : ""}`;
  }
  if (show) {
    const lines = printResponseHead(got.response).split("\r\n").slice(0, -1);
    process.err(lines.map((line) => `  ${line}\n`).join(""));
  }
  if (got.broken === "timeout") return "download timed out";
  return got.broken === undefined || got.broken === "closed" ? got.response : "error getting response";
}

function deliver(
  process: Process,
  url: CurlUrl,
  response: HttpResponse,
  options: readonly Option[],
): string | undefined {
  const say = (text: string) => has(options, "q") ? undefined : process.err(text);
  if (has(options, "spider")) return void say("remote file exists\n");
  const bare = url.target.replace(/[?#].*$/, "").replace(/^.*\//, "") || "index.html";
  const folder = valueOf(options, "P");
  const name = valueOf(options, "O") ?? (folder === undefined ? bare : `${folder}/${bare}`);
  if (name === "-") {
    say("writing to stdout\n");
    process.out(new TextDecoder().decode(response.body));
    say(`${bar("-", response.body.length)}written to stdout\n`);
    return undefined;
  }
  const path = name.startsWith("/") ? name : `${process.cwd.replace(/\/$/, "")}/${name}`;
  if (!has(options, "O") && process.files.read(path) !== undefined) return `can't open '${name}': File exists`;
  if (path !== "/dev/null" && isFailure(process.files.write(path, response.body))) {
    return `can't open '${name}': No such file or directory`;
  }
  say(`saving to '${name}'\n${bar(name.replace(/^.*\//, ""), response.body.length)}'${name}' saved\n`);
  return undefined;
}

/** The finished progress bar. */
function bar(name: string, size: number): string {
  const shown = size >= 100_000 ? `${Math.floor(size / 1024)}k` : String(size);
  return `${name.slice(0, 20).padEnd(20)} 100% |${"*".repeat(32)}| ${shown.padStart(5)}  0:00:00 ETA\n`;
}

function fileText(process: Process, path: string | undefined): string | undefined {
  return path === undefined ? undefined : process.files.read(path);
}
