/** What curl's options ask for, as one value. */
import { joinBytes } from "../../base/mod.ts";
import type { Process } from "../../linux/mod.ts";
import type { Headers } from "../http/mod.ts";
import type { CurlOption } from "./options.ts";

/** One command's wishes. */
export interface CurlPlan {
  readonly silent: boolean;
  readonly showError: boolean;
  readonly verbose: boolean;
  readonly meter: boolean;
  readonly include: boolean;
  readonly method: string;
  /** `-X` was given: redirects keep it. */
  readonly forced: boolean;
  readonly head: boolean;
  readonly body?: Uint8Array;
  readonly bodyType?: string;
  /** `-G`: the data goes into the query. */
  readonly query?: string;
  readonly upload: boolean;
  readonly headers: Headers;
  /** Header names taken out (`-H 'Accept:'`). */
  readonly removed: readonly string[];
  readonly outputs: readonly string[];
  readonly remoteNames: number;
  readonly outputDir?: string;
  readonly dumpHeader?: string;
  readonly writeOut?: string;
  /** Milliseconds; Infinity for ever. */
  readonly maxTime: number;
  readonly connectTimeout: number;
  readonly follow: boolean;
  readonly maxRedirects: number;
  readonly fail: "no" | "yes" | "with-body";
  readonly family: 0 | 4 | 6;
  readonly resolve: readonly string[];
  readonly connectTo: readonly string[];
  readonly bind?: string;
  readonly fromPort?: number;
  readonly retries: number;
  readonly retryDelay?: number;
  readonly retryRefused: boolean;
  readonly retryAll: boolean;
  readonly version: string;
}

/** Agent the Debian package names itself by. */
const CURL_AGENT = "curl/7.88.1";

const encoder = new TextEncoder();

/** The plan of some options; files that `@name` means are read from the process's machine. */
export function curlPlan(process: Process, options: readonly CurlOption[]): CurlPlan {
  const has = (name: string) => options.some((option) => option.name === name);
  const last = (name: string) => options.findLast((option) => option.name === name)?.value;
  const all = (name: string) => options.filter((option) => option.name === name).map((option) => option.value);
  const seconds = (name: string) =>
    last(name) === undefined || Number(last(name)) === 0 ? Infinity : Number(last(name)) * 1000;
  const data = bodyOf(process, options);
  const upload = last("upload-file");
  const head = has("head");
  const asQuery = has("get") && data !== undefined;
  const sent = upload !== undefined ? readFile(process, upload) : asQuery ? undefined : data;
  const method = last("request") ??
    (head ? "HEAD" : upload !== undefined ? "PUT" : sent !== undefined ? "POST" : "GET");
  const custom = all("header").map(splitHeader);
  return {
    silent: has("silent"),
    showError: has("show-error"),
    verbose: has("verbose"),
    meter: !has("silent") && !has("no-progress-meter"),
    include: has("include"),
    method,
    forced: last("request") !== undefined,
    head,
    upload: upload !== undefined,
    headers: [...requestHeaders(options, last), ...custom.filter(({ kept }) => kept).map(({ pair }) => pair)],
    removed: custom.filter(({ kept, empty }) => !kept && !empty).map(({ pair }) => pair[0].toLowerCase()),
    outputs: all("output"),
    remoteNames: all("remote-name").length,
    maxTime: seconds("max-time"),
    connectTimeout: last("connect-timeout") === undefined ? 300_000 : seconds("connect-timeout"),
    follow: has("location") || has("location-trusted"),
    maxRedirects: Number(last("max-redirs") ?? 50),
    fail: has("fail-with-body") ? "with-body" : has("fail") ? "yes" : "no",
    family: has("ipv6") ? 6 : has("ipv4") ? 4 : 0,
    resolve: all("resolve"),
    connectTo: all("connect-to"),
    retries: Number(last("retry") ?? 0),
    retryRefused: has("retry-connrefused") || has("retry-all-errors"),
    retryAll: has("retry-all-errors"),
    version: has("http1.0") ? "HTTP/1.0" : "HTTP/1.1",
    ...optional("body", sent),
    ...optional(
      "bodyType",
      has("json") ? "application/json" : upload === undefined ? "application/x-www-form-urlencoded" : undefined,
    ),
    ...optional("query", asQuery ? new TextDecoder().decode(data) : undefined),
    ...optional("outputDir", last("output-dir")),
    ...optional("dumpHeader", last("dump-header")),
    ...optional("writeOut", last("write-out")),
    ...optional("bind", last("interface")),
    ...optional("fromPort", last("local-port") === undefined ? undefined : parseInt(last("local-port") as string)),
    ...optional("retryDelay", last("retry-delay") === undefined ? undefined : Number(last("retry-delay")) * 1000),
  };
}

function optional<K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } {
  return (value === undefined ? {} : { [key]: value }) as { readonly [P in K]?: V };
}

/** Headers in the order curl writes them, before the ones of `-H`. */
function requestHeaders(options: readonly CurlOption[], last: (name: string) => string | undefined): Headers {
  const headers: [string, string][] = [];
  const user = last("user");
  const bearer = last("oauth2-bearer");
  if (user !== undefined) headers.push(["Authorization", `Basic ${btoa(user)}`]);
  if (bearer !== undefined) headers.push(["Authorization", `Bearer ${bearer}`]);
  const agent = last("user-agent") ?? CURL_AGENT;
  const range = last("range");
  const referer = last("referer");
  const cookie = last("cookie");
  if (range !== undefined) headers.push(["Range", `bytes=${range}`]);
  if (agent !== "") headers.push(["User-Agent", agent]);
  headers.push(["Accept", last("json") === undefined ? "*/*" : "application/json"]);
  if (options.some(({ name }) => name === "compressed")) headers.push(["Accept-Encoding", "deflate, gzip, br, zstd"]);
  if (referer !== undefined) headers.push(["Referer", referer]);
  if (cookie !== undefined && cookie.includes("=")) headers.push(["Cookie", cookie]);
  return headers;
}

interface Custom {
  readonly pair: readonly [string, string];
  /** Written at all. */
  readonly kept: boolean;
  readonly empty: boolean;
}

/** `Name: value`, `Name:` (take it out), `Name;` (send it empty). */
function splitHeader(text: string): Custom {
  const [, name = "", value = ""] = /^([^:;]+):\s*(.*)$/s.exec(text) ?? [];
  if (name !== "") return { pair: [name, value], kept: value !== "", empty: false };
  const [, bare = ""] = /^([^:;]+);\s*$/.exec(text) ?? [];
  return { pair: [bare, ""], kept: bare !== "", empty: bare === "" };
}

function bodyOf(process: Process, options: readonly CurlOption[]): Uint8Array | undefined {
  const parts: Uint8Array[] = [];
  for (const { name, value } of options) {
    const part = bodyPart(process, name, value);
    if (part === undefined) continue;
    if (parts.length > 0 && name !== "json") parts.push(encoder.encode("&"));
    parts.push(part);
  }
  if (parts.length === 0) return undefined;
  return joinBytes(parts);
}

function bodyPart(process: Process, name: string, value: string): Uint8Array | undefined {
  if (name === "data-raw") return encoder.encode(value);
  if (name === "data-urlencode") return encoder.encode(urlEncoded(value));
  if (!["data", "data-ascii", "data-binary", "json"].includes(name)) return undefined;
  if (!value.startsWith("@")) return encoder.encode(value);
  const file = readFile(process, value.slice(1));
  const plain = name === "data" || name === "data-ascii";
  return plain ? file.filter((byte) => byte !== 10 && byte !== 13 && byte !== 0) : file;
}

function urlEncoded(value: string): string {
  const [, name, text] = /^([^=@]*)=(.*)$/s.exec(value) ?? [];
  const encode = (part: string) =>
    encodeURIComponent(part).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
  if (text === undefined) return encode(value);
  return name === "" ? encode(text) : `${name}=${encode(text)}`;
}

function readFile(process: Process, path: string): Uint8Array {
  if (path === "-" || path === ".") return encoder.encode(process.stdin);
  const full = path.startsWith("/") ? path : `${process.cwd.replace(/\/$/, "")}/${path}`;
  return process.files.readBytes(full) ?? new Uint8Array();
}
