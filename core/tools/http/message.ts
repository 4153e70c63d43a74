/**
 * HTTP/1.1 messages as values and as text (RFC 9112).
 *
 *     head   = first { name ":" value CRLF } CRLF
 *     first  = method SP target SP version CRLF | version SP status SP reason CRLF
 */

/** Header fields in the order they were written. */
export type Headers = readonly (readonly [name: string, value: string])[];

/** A request without its body. */
export interface RequestHead {
  readonly method: string;
  /** Path and query, or an absolute URL for a proxy. */
  readonly target: string;
  /** `HTTP/1.1`. */
  readonly version: string;
  readonly headers: Headers;
}

/** A response without its body. */
export interface ResponseHead {
  readonly version: string;
  readonly status: number;
  readonly reason: string;
  readonly headers: Headers;
}

/** A whole request. */
export interface HttpRequest extends RequestHead {
  readonly body: Uint8Array;
}

/** A whole response. */
export interface HttpResponse extends ResponseHead {
  readonly body: Uint8Array;
}

/** The value of a field, its name in any case; undefined where there is none. */
export function header(headers: Headers, name: string): string | undefined {
  const wanted = name.toLowerCase();
  return headers.find(([own]) => own.toLowerCase() === wanted)?.[1];
}

/** The request in a head's text, or undefined where it is none. */
export function parseRequestHead(text: string): RequestHead | undefined {
  const [first, headers] = split(text);
  const [, method, target, version] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+) (\S+) (HTTP\/\d\.\d)$/.exec(first) ?? [];
  if (method === undefined || target === undefined || version === undefined || headers === undefined) return undefined;
  return { method, target, version, headers };
}

/** The head's text, empty line included. */
export function printRequestHead(head: RequestHead): string {
  return `${head.method} ${head.target} ${head.version}\r\n${printHeaders(head.headers)}\r\n`;
}

/** The response in a head's text, or undefined where it is none. */
export function parseResponseHead(text: string): ResponseHead | undefined {
  const [first, headers] = split(text);
  const [, version, status, reason] = /^(HTTP\/\d(?:\.\d)?) (\d{3}) ?(.*)$/.exec(first) ?? [];
  if (version === undefined || headers === undefined) return undefined;
  return { version, status: Number(status), reason: reason ?? "", headers };
}

/** The head's text, empty line included. */
export function printResponseHead(head: ResponseHead): string {
  return `${head.version} ${head.status} ${head.reason}\r\n${printHeaders(head.headers)}\r\n`;
}

function split(text: string): [string, Headers | undefined] {
  const [first = "", ...lines] = text.split(/\r?\n/);
  const headers: [string, string][] = [];
  for (const line of lines) {
    if (line === "") continue;
    const at = line.indexOf(":");
    if (at <= 0) return [first, undefined];
    headers.push([line.slice(0, at), line.slice(at + 1).trim()]);
  }
  return [first, headers];
}

function printHeaders(headers: Headers): string {
  return headers.map(([name, value]) => `${name}: ${value}\r\n`).join("");
}

/** Reason phrases (RFC 9110 15). */
export const REASONS: Readonly<Record<number, string>> = {
  100: "Continue",
  200: "OK",
  201: "Created",
  202: "Accepted",
  204: "No Content",
  206: "Partial Content",
  301: "Moved Permanently",
  302: "Found",
  303: "See Other",
  304: "Not Modified",
  307: "Temporary Redirect",
  308: "Permanent Redirect",
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  408: "Request Timeout",
  409: "Conflict",
  411: "Length Required",
  413: "Content Too Large",
  429: "Too Many Requests",
  500: "Internal Server Error",
  501: "Not Implemented",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout",
};

/** `Thu, 20 Nov 2025 10:00:00 GMT` of virtual milliseconds since 1970 (RFC 9110 5.6.7). */
export function httpDate(time: number): string {
  return new Date(time).toUTCString();
}
