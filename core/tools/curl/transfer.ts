/** One URL with curl: connection, request, response, redirects; what it leaves for -w and for the exit status. */
import { isFailure } from "../../base/mod.ts";
import type { Process } from "../../linux/mod.ts";
import {
  type Broken,
  exchange,
  header,
  type Headers,
  type HttpRequest,
  type HttpResponse,
  printRequestHead,
  printResponseHead,
  staysOpen,
} from "../http/mod.ts";
import { curlConnect, type CurlConnection, type CurlError, type Teller } from "./connection.ts";
import { Meter } from "./meter.ts";
import type { CurlPlan } from "./plan.ts";
import { type CurlUrl, parseCurlUrl, redirected } from "./url.ts";

/** What one transfer left. */
export interface Transfer {
  readonly url: string;
  readonly error?: CurlError;
  readonly response?: HttpResponse;
  /** Heads of every response, redirects included, as -i shows them. */
  readonly heads: readonly string[];
  readonly body: Uint8Array;
  readonly started: number;
  readonly times: { lookup: number; connect: number; begin: number; total: number; redirect: number };
  readonly local?: { readonly address: string; readonly port: number };
  readonly remote?: { readonly address: string; readonly port: number };
  readonly redirects: number;
  readonly redirectUrl?: string;
  readonly requestSize: number;
  readonly connects: number;
  readonly method: string;
}

type Draft = { -readonly [K in keyof Transfer]: Transfer[K] };

/** curl's run over its URLs: connections are kept between them. */
export class CurlRun {
  readonly #pool = new Map<string, CurlConnection>();
  #connections = 0;
  #transfers = 0;

  constructor(readonly process: Process, readonly plan: CurlPlan) {}

  /** Fetches one URL. */
  async fetch(text: string): Promise<Transfer> {
    const { process, plan } = this;
    const started = process.clock.now();
    const draft: Draft = {
      url: text,
      heads: [],
      body: new Uint8Array(),
      started,
      times: { lookup: 0, connect: 0, begin: 0, total: 0, redirect: 0 },
      redirects: 0,
      requestSize: 0,
      connects: 0,
      method: plan.method,
    };
    const meter = new Meter((line) => plan.meter ? process.err(line) : undefined, this.#transfers++ > 0);
    const error = await this.#follow(draft, text, meter);
    draft.times.total = process.clock.now() - started;
    meter.end(this.#state(draft));
    return error === undefined ? draft : { ...draft, error };
  }

  /** Closes what is still open. */
  close(): void {
    for (const connection of this.#pool.values()) connection.stream.close();
  }

  async #follow(draft: Draft, first: string, meter: Meter): Promise<CurlError | undefined> {
    const { plan, process } = this;
    let text = first;
    let method = plan.method;
    for (;;) {
      const url = parseCurlUrl(plan.query === undefined ? text : withQuery(text, plan.query));
      if ("code" in url) return url;
      draft.url = url.text;
      draft.method = method;
      const error = await this.#once(draft, url, method, meter);
      if (error !== undefined || draft.response === undefined) return error;
      const { status, headers } = draft.response;
      const location = header(headers, "Location");
      if (location === undefined || status < 300 || status > 399) return this.#failOn(status);
      if (!plan.follow) {
        draft.redirectUrl = redirected(url, location);
        return undefined;
      }
      if (draft.redirects >= plan.maxRedirects) {
        const message = `Maximum (${plan.maxRedirects}) redirects followed`;
        this.#info(message);
        return { code: 47, message };
      }
      draft.redirects++;
      draft.times.redirect = process.clock.now() - draft.started;
      text = redirected(url, location);
      this.#info(`Issue another request to this URL: '${text}'`);
      if (!plan.forced && method === "POST" && [301, 302, 303].includes(status)) method = "GET";
    }
  }

  #failOn(status: number): CurlError | undefined {
    if (this.plan.fail === "no" || status < 400) return undefined;
    return { code: 22, message: `The requested URL returned error: ${status}` };
  }

  async #once(draft: Draft, url: CurlUrl, method: string, meter: Meter): Promise<CurlError | undefined> {
    const { process, plan } = this;
    const deadline = draft.started + plan.maxTime;
    const connection = await this.#connection(draft, url, { deadline, meter });
    if ("code" in connection) return connection;
    const { stream } = connection;
    Object.assign(draft, { local: stream.local, remote: stream.remote });
    if (url.scheme === "https") return await this.#tls(connection, deadline);
    const request = this.#request(url, method);
    draft.requestSize += printRequestHead(request).length + request.body.length;
    this.#showRequest(request);
    const got = await exchange(stream, connection.reader, request, deadline);
    draft.times.begin = process.clock.now() - draft.started;
    if (!("response" in got)) return this.#noResponse(connection, got.broken, draft);
    const { response } = got;
    draft.response = response;
    draft.heads = [...draft.heads, printResponseHead(response)];
    this.#showResponse(response);
    const moves = plan.follow && header(response.headers, "Location") !== undefined && response.status >= 300;
    const withheld = plan.fail === "yes" && response.status >= 400;
    if (!moves && !withheld) draft.body = response.body;
    if (moves && response.body.length > 0) this.#info("Ignoring the response-body");
    if (response.body.length > 0 && !withheld) this.#say(`{ [${response.body.length} bytes data]\n`);
    return this.#settle(connection, { draft, request, response, broken: got.broken, withheld });
  }

  #settle(
    connection: CurlConnection,
    { draft, request, response, broken, withheld }: {
      readonly draft: Draft;
      readonly request: HttpRequest;
      readonly response: HttpResponse;
      readonly broken: Broken | undefined;
      readonly withheld: boolean;
    },
  ): CurlError | undefined {
    if (broken !== undefined) return this.#brokenBody(connection, broken, draft);
    if (withheld) {
      this.#info(`The requested URL returned error: ${response.status}`);
      this.#drop(connection);
    } else if (request.version === "HTTP/1.1" && staysOpen(response)) {
      this.#pool.set(connection.key, connection);
      this.#info(
        `Connection #${connection.number} to host ${connection.key.replace(/^.*\/\/|:\d+$/g, "")} left intact`,
      );
    } else this.#drop(connection);
    return undefined;
  }

  async #connection(
    draft: Draft,
    url: CurlUrl,
    { deadline, meter }: { readonly deadline: number; readonly meter: Meter },
  ): Promise<CurlConnection | CurlError> {
    const { process, plan } = this;
    const kept = this.#pool.get(`${url.scheme}://${url.host}:${url.port}`);
    if (kept !== undefined) {
      meter.begin();
      this.#info(`Found bundle for host: 0x55d0c0de5f00 [serially]`);
      this.#info("Can not multiplex, even if we wanted to");
      this.#info(`Re-using existing connection #${kept.number} with host ${url.host}`);
      return kept;
    }
    const teller: Teller = { info: (text) => this.#info(text), asked: () => meter.begin() };
    if (plan.verbose) meter.begin();
    const number = this.#connections++;
    const connection = await curlConnect(process, plan, { url, number, deadline, teller });
    if (!("code" in connection && connection.code === 6)) meter.tick(this.#state(draft));
    if ("code" in connection) return connection;
    draft.connects++;
    draft.times.lookup = connection.lookedUp - draft.started;
    draft.times.connect = connection.connected - draft.started;
    return connection;
  }

  #request(url: CurlUrl, method: string): HttpRequest {
    const { plan } = this;
    const host = url.host.includes(":") ? `[${url.host}]` : url.host;
    const own = plan.headers.find(([name]) => name.toLowerCase() === "host")?.[1];
    const custom = new Set(plan.headers.map(([name]) => name.toLowerCase()));
    const body = method === "GET" || method === "HEAD" && !plan.forced ? undefined : plan.body;
    const sized: Headers = body === undefined ? [] : [["Content-Length", String(body.length)]];
    const typed: Headers = body === undefined || plan.bodyType === undefined || custom.has("content-type")
      ? []
      : [["Content-Type", plan.bodyType]];
    const auth: Headers = url.user === undefined ? [] : [["Authorization", `Basic ${btoa(url.user)}`]];
    const names = plan.headers.map(([name]) => name.toLowerCase());
    const rest = plan.headers.filter(([name], i) => {
      const low = name.toLowerCase();
      return low !== "host" && !plan.removed.includes(low) && names.lastIndexOf(low) === i;
    });
    return {
      method,
      target: url.target,
      version: plan.version,
      headers: [["Host", own ?? `${host}${url.explicit ? `:${url.port}` : ""}`], ...auth, ...rest, ...sized, ...typed],
      body: body ?? new Uint8Array(),
    };
  }

  #showRequest(request: HttpRequest): void {
    const lines = printRequestHead(request).split("\r\n").slice(0, -1);
    this.#say(lines.map((line) => `> ${line}\r\n`).join(""));
    if (request.body.length > 0) this.#say(`} [${request.body.length} bytes data]\n`);
  }

  #showResponse(response: HttpResponse): void {
    const lines = printResponseHead(response).split("\r\n").slice(0, -1);
    this.#say(lines.map((line) => `< ${line}\r\n`).join(""));
  }

  #noResponse(connection: CurlConnection, broken: Broken, draft: Draft): CurlError {
    this.#drop(connection, true);
    const error = this.#broken(broken, draft);
    this.#info(error.message);
    this.#info(`Closing connection ${connection.number}`);
    return error;
  }

  #brokenBody(connection: CurlConnection, broken: Broken, draft: Draft): CurlError {
    this.#drop(connection, true);
    const { response } = draft;
    const total = Number(header(response?.headers ?? [], "Content-Length") ?? 0);
    const error = broken === "closed"
      ? { code: 18, message: `transfer closed with ${total - (response?.body.length ?? 0)} bytes remaining to read` }
      : this.#broken(broken, draft);
    this.#info(error.message);
    this.#info(`Closing connection ${connection.number}`);
    return error;
  }

  #broken(broken: Broken, draft: Draft): CurlError {
    if (broken === "closed") return { code: 52, message: "Empty reply from server" };
    if (broken === "malformed") return { code: 1, message: "Received HTTP/0.9 when not allowed" };
    if (isFailure(broken)) {
      const reset = broken.errno === "ECONNRESET" ? "Connection reset by peer" : broken.errno;
      return { code: 56, message: `Recv failure: ${reset}` };
    }
    const took = Math.floor(this.process.clock.now() - draft.started);
    const received = draft.response?.body.length ?? 0;
    const total = header(draft.response?.headers ?? [], "Content-Length");
    const of = total === undefined || Number(total) === 0 ? "" : ` out of ${total}`;
    return { code: 28, message: `Operation timed out after ${took} milliseconds with ${received}${of} bytes received` };
  }

  /** TLS is not modelled: a hello goes out, and what a plain server makes of it comes back as OpenSSL says it. */
  async #tls(connection: CurlConnection, deadline: number): Promise<CurlError> {
    this.#info("ALPN: offers h2,http/1.1");
    this.#say("} [5 bytes data]\n");
    this.#info("TLSv1.3 (OUT), TLS handshake, Client hello (1):");
    this.#say("} [512 bytes data]\n");
    await connection.stream.write(Uint8Array.of(0x16, 3, 1, 0, 1, 0));
    const wait = deadline === Infinity ? 300_000 : Math.max(0, deadline - this.process.clock.now());
    const got = await connection.stream.read(wait);
    connection.stream.close();
    const error = got instanceof Uint8Array
      ? { code: 35, message: "OpenSSL/3.0.19: error:0A00010B:SSL routines::wrong version number" }
      : got === undefined
      ? { code: 28, message: `SSL connection timeout` }
      : { code: 35, message: `OpenSSL SSL_connect: SSL_ERROR_SYSCALL in connection to ${connection.key.slice(8)} ` };
    this.#info(error.message);
    this.#info(`Closing connection ${connection.number}`);
    return error;
  }

  #drop(connection: CurlConnection, silent = false): void {
    this.#pool.delete(connection.key);
    connection.stream.close();
    if (!silent) this.#info(`Closing connection ${connection.number}`);
  }

  #state(draft: Draft) {
    const response = draft.response;
    const total = Number(header(response?.headers ?? [], "Content-Length") ?? 0);
    const toSend = draft.requestSize > 0 && draft.method !== "GET" ? this.plan.body?.length ?? 0 : 0;
    const elapsed = this.process.clock.now() - draft.started;
    return { total, received: draft.body.length, toSend, sent: toSend, elapsed };
  }

  #info(text: string): void {
    this.#say(`* ${text}\n`);
  }

  #say(text: string): void {
    if (this.plan.verbose) this.process.err(text);
  }
}

function withQuery(text: string, query: string): string {
  return `${text}${text.includes("?") ? "&" : /^\w+:\/\/[^/]+$/.test(text) ? "/?" : "?"}${query}`;
}
