/** A small HTTP/1.1 server over a process's sockets: keep-alive, one request after the other on each connection. */
import type { Endpoint, Listener, Process, Stream } from "../../linux/mod.ts";
import { isFailure, joinBytes, type Result } from "../../base/mod.ts";
import {
  header,
  type HttpRequest,
  type HttpResponse,
  parseRequestHead,
  printResponseHead,
  REASONS,
} from "./message.ts";
import { HttpReader } from "./reader.ts";

/** What a handler knows of a request beside its text. */
export interface Connection {
  readonly local: Endpoint;
  readonly remote: Endpoint;
}

/** Answers a request. */
export type HttpHandler = (request: HttpRequest, connection: Connection) => Promise<HttpResponse> | HttpResponse;

/** How a server behaves. */
export interface ServerOptions {
  /** Milliseconds an idle connection is kept. */
  readonly idle?: number;
  /** Called after each answer, for the access log; `malformed` requests have no method. */
  readonly served?: (request: HttpRequest | undefined, response: HttpResponse, connection: Connection) => void;
}

const IDLE = 75_000;
const encoder = new TextEncoder();

/** A response with a text or bytes; length and reason are filled in. */
export function respond(
  status: number,
  body: string | Uint8Array,
  headers: HttpResponse["headers"] = [],
): HttpResponse {
  const bytes = typeof body === "string" ? encoder.encode(body) : body;
  const sized = header(headers, "Content-Length") === undefined && status !== 204 && status !== 304;
  return {
    version: "HTTP/1.1",
    status,
    reason: REASONS[status] ?? "",
    headers: sized ? [...headers, ["Content-Length", String(bytes.length)]] : headers,
    body: bytes,
  };
}

/** Listens and serves until the process is killed; gives the listener, or what bind(2) failed with. */
export function serveHttp(
  process: Process,
  at: Endpoint,
  handler: HttpHandler,
  options: ServerOptions = {},
): Result<{ readonly listener: Listener; readonly done: Promise<void> }> {
  const listener = process.net.listen(at.address, at.port);
  if (isFailure(listener)) return listener;
  const twin = listenOverIpv6(process, at);
  if (twin !== undefined) void acceptAll(process, twin, handler, options);
  return { listener, done: acceptAll(process, listener, handler, options).finally(() => twin?.close()) };
}

/** What listens on every IPv4 address does on every IPv6 one too, by a socket of its own, where the machine speaks it. */
export function listenOverIpv6(process: Process, { address, port }: Endpoint): Listener | undefined {
  const off = process.files.read("/proc/sys/net/ipv6/conf/all/disable_ipv6")?.trim() !== "0";
  if (address !== "0.0.0.0" || off) return undefined;
  const twin = process.net.listen("::", port, { v6Only: true });
  return isFailure(twin) ? undefined : twin;
}

async function acceptAll(
  process: Process,
  listener: Listener,
  handler: HttpHandler,
  options: ServerOptions,
): Promise<void> {
  for (;;) {
    const stream = await listener.accept();
    if (stream === undefined) return;
    void serveStream(process, stream, handler, options);
  }
}

/** Serves the requests of one connection until either side ends it. */
export async function serveStream(
  process: Process,
  stream: Stream,
  handler: HttpHandler,
  options: ServerOptions = {},
): Promise<void> {
  const reader = new HttpReader(stream, () => process.clock.now());
  const connection = { local: stream.local, remote: stream.remote };
  for (let more = true; more;) {
    const request = await readRequest(reader, process.clock.now() + (options.idle ?? IDLE));
    if (request === undefined) break;
    const response = request === "malformed" ? badRequest() : await handler(request, connection);
    more = request !== "malformed" && keepsAlive(request, response);
    if (isFailure(await send(stream, request, response))) break;
    options.served?.(request === "malformed" ? undefined : request, response, connection);
  }
  stream.close();
}

async function readRequest(reader: HttpReader, deadline: number): Promise<HttpRequest | "malformed" | undefined> {
  const got = await reader.head(deadline);
  if (got === "malformed") return "malformed";
  if (typeof got !== "object" || !("head" in got)) return undefined;
  const head = parseRequestHead(got.head.replace(/^(\r?\n)+/, ""));
  if (head === undefined) return "malformed";
  const body = await reader.body(head.headers, "request", deadline);
  return body.broken === undefined ? { ...head, body: body.bytes } : undefined;
}

function badRequest(): HttpResponse {
  return respond(400, "", [["Connection", "close"]]);
}

function keepsAlive(request: HttpRequest, response: HttpResponse): boolean {
  const asked = (header(request.headers, "Connection") ?? "").toLowerCase();
  if (/close/i.test(header(response.headers, "Connection") ?? "")) return false;
  return request.version === "HTTP/1.1" ? asked !== "close" : asked === "keep-alive";
}

async function send(stream: Stream, request: HttpRequest | "malformed", response: HttpResponse) {
  const head = encoder.encode(printResponseHead(response));
  const bare = request !== "malformed" && request.method === "HEAD";
  return await stream.write(bare ? head : joinBytes([head, response.body]));
}
