/** GNU wget 1.21.3. */
import { type Failure, isFailure, strerror } from "../../base/mod.ts";
import { gaiFailed, getaddrinfo, numericAddress } from "../../dns/mod.ts";
import type { Process, Stream } from "../../linux/mod.ts";
import {
  type Broken,
  exchange,
  header,
  HttpReader,
  type HttpRequest,
  type HttpResponse,
  printResponseHead,
  staysOpen,
} from "../http/mod.ts";
import { type CurlUrl, parseCurlUrl, redirected } from "../curl/url.ts";
import { type WgetPlan, wgetPlan } from "./plan.ts";
import { dots, rateText, shortSize, wgetTime } from "./progress.ts";

/** wget's exit statuses. */
const EXIT = { generic: 1, parse: 2, io: 3, network: 4, tls: 5, server: 8 } as const;

/** The program. */
export async function wget(process: Process): Promise<number> {
  const plan = wgetPlan(process);
  if (typeof plan === "number") return plan;
  if (plan.output !== undefined && plan.output !== "-" && !canWrite(process, plan.output)) {
    process.err(`${plan.output}: No such file or directory\n`);
    return EXIT.generic;
  }
  for (const name of plan.warnings) {
    process.err(`wget: option ${name.length > 1 ? "--" : "-"}${name} is not modelled and has no effect\n`);
  }
  let exit = 0;
  const run = new Wget(process, plan);
  for (const url of plan.urls) exit = Math.max(exit, await run.retrieve(url));
  run.close();
  return exit;
}

function canWrite(process: Process, path: string): boolean {
  return !isFailure(process.files.write(absolutePath(process, path), ""));
}

function absolutePath(process: Process, path: string): string {
  return path.startsWith("/") ? path : `${process.cwd.replace(/\/$/, "")}/${path}`;
}

type Step = { readonly exit: number } | { readonly location: string } | { readonly again: string };

class Wget {
  #open: { readonly key: string; readonly stream: Stream; readonly reader: HttpReader } | undefined;
  #whole = "";

  constructor(readonly process: Process, readonly plan: WgetPlan) {}

  close(): void {
    this.#open?.stream.close();
    this.#open = undefined;
  }

  /** Fetches a URL with its redirects and tries; the exit status. */
  async retrieve(text: string): Promise<number> {
    const { plan } = this;
    if (plan.spider) this.#say("Spider mode enabled. Check if remote file exists.\n");
    let url = parseCurlUrl(text);
    let redirects = 0;
    let wait = 0;
    for (let attempt = 1;;) {
      if ("code" in url) {
        const scheme = /^(\w+):\/\//.exec(text)?.[1];
        this.process.err(
          scheme === undefined ? `${text}: Invalid host name.\n` : `${text}: Unsupported scheme ‘${scheme}’.\n`,
        );
        return EXIT.generic;
      }
      const step = await this.#attempt(url, attempt);
      if ("exit" in step) return step.exit;
      if ("location" in step) {
        if (redirects++ >= plan.maxRedirects) {
          this.#say(`${plan.maxRedirects} redirections exceeded.\n`);
          return EXIT.server;
        }
        url = parseCurlUrl(redirected(url, step.location));
        continue;
      }
      if (attempt >= plan.tries) {
        this.#say(`${step.again}Giving up.\n\n`);
        return EXIT.network;
      }
      this.#say(`${step.again}Retrying.\n\n`);
      wait = Math.min(wait + 1000, plan.wait);
      if (!await this.process.clock.sleep(wait)) return EXIT.network;
      attempt++;
    }
  }

  async #attempt(url: CurlUrl, attempt: number): Promise<Step> {
    const { process, plan } = this;
    const started = process.clock.now();
    this.#say(`--${wgetTime(started)}--  ${attempt > 1 ? `(try:${String(attempt).padStart(2)})  ` : ""}${url.text}\n`);
    const connection = await this.#connect(url);
    if (!("stream" in connection)) return connection;
    if (url.scheme === "https") return this.#noTls(connection);
    this.#say(
      `${
        plan.method === "HEAD" || plan.method === "GET" || plan.method === "POST" ? "HTTP" : plan.method
      } request sent, awaiting response... `,
    );
    const deadline = process.clock.now() + plan.timeout;
    const got = await exchange(connection.stream, connection.reader, this.#request(url), deadline);
    if (!("response" in got)) return this.#noResponse(got.broken);
    if (!staysOpen(got.response) || got.broken !== undefined) this.close();
    return this.#respond(url, got.response, { started: deadline - plan.timeout, broken: got.broken });
  }

  async #connect(url: CurlUrl): Promise<{ readonly stream: Stream; readonly reader: HttpReader } | Step> {
    const { process, plan } = this;
    const key = `${url.host}:${url.port}`;
    if (this.#open?.key === key) {
      this.#say(`Reusing existing connection to ${key}.\n`);
      return this.#open;
    }
    this.close();
    const addresses = await this.#resolve(url.host);
    if (addresses === undefined) return { exit: EXIT.network };
    let failure: Failure | undefined;
    for (const address of addresses) {
      const shown = address === url.host ? key : `${url.host} (${url.host})|${address}|:${url.port}`;
      this.#say(`Connecting to ${shown}... `);
      const timeout = plan.connectTimeout === Infinity ? {} : { timeout: plan.connectTimeout };
      const stream = await process.net.connect(address, url.port, {
        ...timeout,
        ...(plan.bind === undefined ? {} : { from: plan.bind }),
      });
      if (stream !== undefined && !isFailure(stream)) {
        this.#say("connected.\n");
        this.#open = { key, stream, reader: new HttpReader(stream, () => process.clock.now()) };
        return this.#open;
      }
      failure = stream ?? { errno: "ETIMEDOUT" };
      this.#say(`failed: ${strerror(failure.errno)}.\n`);
    }
    return this.#unreached(failure as Failure);
  }

  /** A refusal or a missing route is final, a time-out is tried again. */
  #unreached({ errno }: Failure): Step {
    const final = ["ECONNREFUSED", "ENETUNREACH", "EHOSTUNREACH", "EADDRNOTAVAIL", "EACCES"].includes(errno);
    return final && !(errno === "ECONNREFUSED" && this.plan.retryRefused) ? { exit: EXIT.network } : { again: "" };
  }

  async #resolve(host: string): Promise<readonly string[] | undefined> {
    const literal = numericAddress(host);
    if (literal !== undefined) return [literal];
    this.#say(`Resolving ${host} (${host})... `);
    const info = await getaddrinfo(this.process, host, { family: this.plan.family });
    if (gaiFailed(info)) {
      this.#say(`failed: ${info.text}.\nwget: unable to resolve host address ‘${host}’\n`);
      return undefined;
    }
    const shown = info.addresses.slice(0, 3).join(", ") + (info.addresses.length > 3 ? ", ..." : "");
    this.#say(`${shown}\n`);
    return info.addresses;
  }

  #request(url: CurlUrl): HttpRequest {
    const { plan } = this;
    const own = new Set(plan.headers.map(([name]) => name.toLowerCase()));
    const common: readonly (readonly [string, string])[] = [
      ["Host", `${url.host}${url.explicit ? `:${url.port}` : ""}`],
      ["User-Agent", plan.agent],
      ["Accept", "*/*"],
      ["Accept-Encoding", "identity"],
      ["Connection", "Keep-Alive"],
    ];
    const body = new TextEncoder().encode(plan.body ?? "");
    const sized: readonly (readonly [string, string])[] = plan.body === undefined ? [] : [
      ...(own.has("content-type") ? [] : [["Content-Type", "application/x-www-form-urlencoded"] as const]),
      ["Content-Length", String(body.length)],
    ];
    const headers = [...common.filter(([name]) => !own.has(name.toLowerCase())), ...sized, ...plan.headers];
    return { method: plan.method, target: url.target, version: "HTTP/1.1", headers, body };
  }

  #noResponse(broken: Broken): Step {
    this.close();
    if (broken === "closed") return { again: "No data received.\n" };
    if (broken === "timeout") return { again: "Read error (Connection timed out) in headers.\n" };
    const why = isFailure(broken) ? strerror(broken.errno) : "Success";
    return { again: `Read error (${why}) in headers.\n` };
  }

  #noTls({ stream }: { readonly stream: Stream }): Step {
    stream.close();
    this.#open = undefined;
    this.#say("GnuTLS: An unexpected TLS packet was received.\nUnable to establish SSL connection.\n\n");
    return { exit: EXIT.tls - 1 };
  }

  #respond(
    url: CurlUrl,
    response: HttpResponse,
    { started, broken }: { readonly started: number; readonly broken: Broken | undefined },
  ): Step {
    const { plan } = this;
    const { status, reason } = response;
    if (plan.serverResponse) this.#serverResponse(response);
    else this.#say(`${status} ${reason}\n`);
    const location = header(response.headers, "Location");
    if (status >= 300 && status < 400 && status !== 304 && location !== undefined) {
      this.#say(`Location: ${location} [following]\n`);
      return { location };
    }
    if (status >= 400) return this.#refused(url, response);
    return plan.spider ? this.#exists(response) : this.#save(url, response, { started, broken });
  }

  #serverResponse(response: HttpResponse): void {
    const lines = printResponseHead(response).split("\r\n").filter((line) => line !== "");
    if (!this.plan.quiet) this.process.err("\n");
    this.process.err(lines.map((line) => `  ${line}\n`).join(""));
  }

  #refused(url: CurlUrl, { status, reason, body }: HttpResponse): Step {
    const { process, plan } = this;
    if (plan.spider) {
      this.#say("Remote file does not exist -- broken link!!!\n\n");
      return { exit: EXIT.server };
    }
    const line = `${wgetTime(process.clock.now())} ERROR ${status}: ${reason}.\n`;
    if (plan.brief) process.err(`${url.text}:\n${line}`);
    else this.#say(`${line}\n`);
    if (plan.contentOnError && plan.output === "-") process.out(new TextDecoder().decode(body));
    return { exit: EXIT.server };
  }

  #exists(response: HttpResponse): Step {
    this.#say(`${lengthLine(response)}Remote file exists.\n\n`);
    return { exit: 0 };
  }

  #save(
    url: CurlUrl,
    response: HttpResponse,
    { started, broken }: { readonly started: number; readonly broken: Broken | undefined },
  ): Step {
    const { process, plan } = this;
    const size = response.body.length;
    const name = this.#fileName(url);
    const shown = name === "-" ? "STDOUT" : name;
    this.#say(`${lengthLine(response)}Saving to: ‘${shown}’\n`);
    if (name === "-") process.out(new TextDecoder().decode(response.body));
    else if (!this.#write(name, response.body)) {
      this.#say(`${name}: No such file or directory\n\nCannot write to ‘${name}’ (Success).\n`);
      return { exit: EXIT.io };
    }
    const told = header(response.headers, "Content-Length");
    const total = told === undefined ? undefined : Number(told);
    const took = process.clock.now() - started;
    this.#say(`\n${dots(size, total, took)}`);
    const closing = `${wgetTime(process.clock.now())} (${rateText(size, took)})`;
    const count = total === undefined ? `[${size}]` : `[${size}/${total}]`;
    if (broken !== undefined) {
      const why = broken === "closed"
        ? "Connection closed"
        : `Read error (${broken === "timeout" ? "Connection timed out" : ""})`;
      return { again: `${closing} - ${why} at byte ${size}${total === undefined ? "" : `/${total}`}. ` };
    }
    if (plan.brief) process.err(`${wgetTime(process.clock.now())} URL:${url.text} ${count} -> "${name}" [1]\n`);
    this.#say(`${closing} - ${name === "-" ? `written to stdout` : `‘${name}’ saved`} ${count}\n\n`);
    return { exit: 0 };
  }

  /** Every URL's text goes into the one file of -O, one behind the other. */
  #write(name: string, body: Uint8Array): boolean {
    const text = new TextDecoder().decode(body);
    this.#whole = this.plan.output === undefined ? text : this.#whole + text;
    if (name === "/dev/null") return true;
    return !isFailure(
      this.process.files.write(absolutePath(this.process, name), this.plan.output === undefined ? body : this.#whole),
    );
  }

  #fileName(url: CurlUrl): string {
    const { plan, process } = this;
    if (plan.output !== undefined) return plan.output;
    const last = url.target.replace(/^.*\//, "");
    const bare = last === "" ? "index.html" : last;
    const name = plan.prefix === undefined ? bare : `${plan.prefix}/${bare}`;
    const taken = (each: string) => process.files.read(absolutePath(process, each)) !== undefined;
    if (plan.prefix !== undefined || plan.noClobber || !taken(name)) return name;
    for (let i = 1;; i++) if (!taken(`${name}.${i}`)) return `${name}.${i}`;
  }

  #say(text: string): void {
    if (!this.plan.quiet && !this.plan.brief) this.process.err(quotes(this.process, text));
  }
}

/** Quotation marks of the C locale; others need a UTF-8 one. */
function quotes(process: Process, text: string): string {
  const locale = process.env["LC_ALL"] ?? process.env["LANG"] ?? "";
  return /utf-?8/i.test(locale) ? text : text.replace(/[‘’]/g, "'");
}

function lengthLine({ headers }: HttpResponse): string {
  const length = header(headers, "Content-Length");
  const type = header(headers, "Content-Type")?.replace(/;.*$/, "");
  const kind = type === undefined ? "" : ` [${type}]`;
  if (length === undefined) return `Length: unspecified${kind}\n`;
  const bytes = Number(length);
  return `Length: ${bytes}${bytes >= 1024 ? ` (${shortSize(bytes)})` : ""}${kind}\n`;
}
