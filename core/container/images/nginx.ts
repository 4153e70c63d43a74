/** nginx: the official image's start, its default site, its log lines; static files, `return` and `proxy_pass` of any site it is given. */
import { ERRNO, isFailure, strerror, TextError } from "../../base/mod.ts";
import type { Process } from "../../linux/mod.ts";
import { gaiFailed, getaddrinfo } from "../../dns/mod.ts";
import {
  type Connection,
  exchange,
  header,
  type Headers,
  httpDate,
  HttpReader,
  type HttpRequest,
  type HttpResponse,
  REASONS,
  respond,
  serveHttp,
} from "../../tools/mod.ts";
import { type Image, type ImageRow, isAlpine, versionOf } from "../image.ts";
import { baseImage } from "./bases.ts";
import { DEFAULT_CONF, ERROR_HTML, INDEX_HTML, NGINX_CONF } from "./nginx_files.ts";
import { type Location, locationFor, nginxSites, type Site, siteFor } from "./nginx_site.ts";
import { untilAsked } from "./serve.ts";
import { clfTime, nginxTime } from "./times.ts";

const LATEST = "1.29.3";
/** When the files of the image were made; nginx tells it as Last-Modified and, with the length, as ETag. */
const BUILT = Date.UTC(2025, 9, 28, 12, 5, 10);
const WORKER = 29;

/** The nginx image. */
export const NGINX: ImageRow = {
  repositories: ["nginx", "nginxinc/nginx-unprivileged", "bitnami/nginx", "registry.k8s.io/nginx", "*/nginx-slim"],
  make: (reference): Image => {
    const base = baseImage(isAlpine(reference) ? "alpine" : "debian");
    const version = versionOf(reference, LATEST);
    const port = reference.repository.includes("unprivileged") || reference.repository.startsWith("bitnami/")
      ? 8080
      : 80;
    return {
      ...base,
      entrypoint: ["/docker-entrypoint.sh"],
      command: ["nginx", "-g", "daemon off;"],
      env: { ...base.env, NGINX_VERSION: version, PKG_RELEASE: "1~bookworm" },
      tools: [...base.tools as string[], "curl"],
      files: {
        ...base.files,
        "/usr/share/nginx/html/index.html": INDEX_HTML,
        "/usr/share/nginx/html/50x.html": ERROR_HTML,
        "/etc/nginx/nginx.conf": NGINX_CONF,
        "/etc/nginx/conf.d/default.conf": DEFAULT_CONF.replaceAll("80;", `${port};`),
      },
      programs: { nginx: (process) => nginx(process, version), "/docker-entrypoint.sh": entrypoint },
    };
  },
};

const SCRIPTS: readonly string[] = [
  "/docker-entrypoint.sh: /docker-entrypoint.d/ is not empty, will attempt to perform configuration",
  "/docker-entrypoint.sh: Looking for shell scripts in /docker-entrypoint.d/",
  "/docker-entrypoint.sh: Launching /docker-entrypoint.d/10-listen-on-ipv6-by-default.sh",
  "10-listen-on-ipv6-by-default.sh: info: Getting the checksum of /etc/nginx/conf.d/default.conf",
  "10-listen-on-ipv6-by-default.sh: info: Enabled listen on IPv6 in /etc/nginx/conf.d/default.conf",
  "/docker-entrypoint.sh: Sourcing /docker-entrypoint.d/15-local-resolvers.envsh",
  "/docker-entrypoint.sh: Launching /docker-entrypoint.d/20-envsubst-on-templates.sh",
  "/docker-entrypoint.sh: Launching /docker-entrypoint.d/30-tune-worker-processes.sh",
  "/docker-entrypoint.sh: Configuration complete; ready for start up",
];

async function entrypoint(process: Process): Promise<number> {
  const command = process.argv.slice(1);
  if (command[0] === "nginx") process.out(SCRIPTS.map((line) => line + "\n").join(""));
  // The script execs: a signal reaches nginx itself, which decides how it ends.
  untilAsked(process);
  return await process.exec(command);
}

async function nginx(process: Process, version: string): Promise<number> {
  const asked = untilAsked(process);
  if (process.argv.includes("-v")) return (process.err(`nginx version: nginx/${version}\n`), 0);
  const sites = readSites(process);
  if (typeof sites === "string") return (process.err(sites), 1);
  if (process.argv.includes("-t")) return tested(process);
  for (const port of new Set(sites.flatMap(({ ports }) => ports))) {
    const server = new NginxServer(process, sites, version);
    const started = serveHttp(process, { address: "0.0.0.0", port }, (request, at) => server.answer(request, at), {
      served: (request, response, at) => server.log(request, response, at),
    });
    if (isFailure(started)) return emergency(process, `bind() to 0.0.0.0:${port} failed`, started.errno);
  }
  notices(process, version);
  await asked;
  return 0;
}

function readSites(process: Process): Site[] | string {
  const stamp = `${nginxTime(process.clock.now())} [emerg] ${process.pid}#${process.pid}:`;
  try {
    return nginxSites(process.files, "/etc/nginx/nginx.conf");
  } catch (error) {
    if (!(error instanceof TextError)) throw error;
    const text = `${error.problem} in ${error.file}:${error.line}\n`;
    return `${stamp} ${text}nginx: [emerg] ${text}`;
  }
}

function tested(process: Process): number {
  process.err("nginx: the configuration file /etc/nginx/nginx.conf syntax is ok\n");
  process.err("nginx: configuration file /etc/nginx/nginx.conf test is successful\n");
  return 0;
}

function emergency(process: Process, what: string, errno: keyof typeof ERRNO): number {
  const text = `${what} (${ERRNO[errno][0]}: ${strerror(errno)})\n`;
  process.err(`${nginxTime(process.clock.now())} [emerg] 1#1: ${text}nginx: [emerg] ${text}`);
  return 1;
}

function notices(process: Process, version: string): void {
  const lines = [
    `using the "epoll" event method`,
    `nginx/${version}`,
    "built by gcc 12.2.0 (Debian 12.2.0-14+deb12u1) ",
    "OS: Linux 6.1.0",
    "getrlimit(RLIMIT_NOFILE): 1048576:1048576",
    "start worker processes",
    `start worker process ${WORKER}`,
  ];
  const stamp = nginxTime(process.clock.now());
  process.err(lines.map((line) => `${stamp} [notice] 1#1: ${line}\n`).join(""));
}

const TYPES: Readonly<Record<string, string>> = {
  html: "text/html",
  htm: "text/html",
  css: "text/css",
  xml: "text/xml",
  txt: "text/plain",
  js: "application/javascript",
  json: "application/json",
  png: "image/png",
  svg: "image/svg+xml",
};

/** One listening port's answers. */
class NginxServer {
  #requests = 0;

  constructor(readonly process: Process, readonly sites: readonly Site[], readonly version: string) {}

  async answer(request: HttpRequest, at: Connection): Promise<HttpResponse> {
    this.#requests++;
    const site = siteFor(this.sites, at.local.port, header(request.headers, "Host") ?? "") as Site;
    const path = decode(request.target.replace(/[?#].*$/, ""));
    const location = locationFor(site, path);
    const returns = location.returns ?? site.itself.returns;
    if (returns !== undefined) return this.#return(location, returns, request, at);
    if (location.proxyPass !== undefined) return await this.#proxy(location.proxyPass, request, location);
    if (!["GET", "HEAD"].includes(request.method)) return this.#error(405);
    return this.#file(location, path, { request, at, site });
  }

  log(request: HttpRequest | undefined, response: HttpResponse, at: Connection): void {
    const field = (name: string) => (request && header(request.headers, name)) ?? "-";
    const line = request === undefined ? "" : `${request.method} ${request.target} ${request.version}`;
    const size = request?.method === "HEAD" ? 0 : response.body.length;
    this.process.out(
      `${at.remote.address} - - [${clfTime(this.process.clock.now())}] "${line}" ${response.status} ${size} ` +
        `"${field("Referer")}" "${field("User-Agent")}" "${field("X-Forwarded-For")}"\n`,
    );
  }

  #headers(type: string, length: number, more: Headers = []): Headers {
    return [
      ["Server", `nginx/${this.version}`],
      ["Date", httpDate(this.process.clock.now())],
      ["Content-Type", type],
      ["Content-Length", String(length)],
      ...more,
    ];
  }

  #error(status: number, more: Headers = []): HttpResponse {
    const title = `${status} ${REASONS[status] ?? ""}`;
    const body = `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n` +
      `<hr><center>nginx/${this.version}</center>\r\n</body>\r\n</html>\r\n`;
    return respond(status, body, this.#headers("text/html", body.length, [["Connection", "keep-alive"], ...more]));
  }

  #return(
    location: Location,
    { status, text }: { readonly status: number; readonly text: string },
    request: HttpRequest,
    at: Connection,
  ): HttpResponse {
    const full = variables(text, request, at, this.process);
    if (status >= 300 && status < 400) return this.#error(status, [["Location", full]]);
    if (text === "" && status >= 400) return this.#error(status);
    const length = new TextEncoder().encode(full).length;
    const more: Headers = [["Connection", "keep-alive"], ...location.headers];
    return respond(status, full, this.#headers(location.defaultType, length, more));
  }

  #file(
    location: Location,
    path: string,
    { request, at, site }: { readonly request: HttpRequest; readonly at: Connection; readonly site: Site },
  ): HttpResponse {
    for (const [file, name] of candidates(location, path)) {
      const bytes = this.process.files.readBytes(file);
      if (bytes !== undefined) return this.#static(bytes, name, location);
    }
    const file = rooted(location, path);
    if (!path.endsWith("/") && this.process.files.list(file) !== undefined) {
      return this.#error(301, [["Location", `http://${header(request.headers, "Host") ?? "localhost"}${path}/`]]);
    }
    this.#missing(file, { request, at, site });
    return this.#error(path.endsWith("/") && this.process.files.list(file) !== undefined ? 403 : 404);
  }

  #static(bytes: Uint8Array, name: string, location: Location): HttpResponse {
    const type = TYPES[name.slice(name.lastIndexOf(".") + 1)] ?? "application/octet-stream";
    const tag = `"${Math.floor(BUILT / 1000).toString(16)}-${bytes.length.toString(16)}"`;
    return respond(
      200,
      bytes,
      this.#headers(type, bytes.length, [
        ["Last-Modified", httpDate(BUILT)],
        ["Connection", "keep-alive"],
        ["ETag", tag],
        ["Accept-Ranges", "bytes"],
        ...location.headers,
      ]),
    );
  }

  #missing(file: string, { request, at, site }: { request: HttpRequest; at: Connection; site: Site }): void {
    const stamp = `${nginxTime(this.process.clock.now())} [error] ${WORKER}#${WORKER}: *${this.#requests}`;
    this.process.err(
      `${stamp} open() "${file}" failed (2: No such file or directory), client: ${at.remote.address}, ` +
        `server: ${site.names[0] ?? ""}, request: "${request.method} ${request.target} ${request.version}", ` +
        `host: "${header(request.headers, "Host") ?? ""}"\n`,
    );
  }

  async #proxy(url: string, request: HttpRequest, location: Location): Promise<HttpResponse> {
    const { hostname, port, pathname } = new URL(url);
    const info = await getaddrinfo(this.process, hostname, { family: 4 });
    if (gaiFailed(info)) return this.#error(502);
    const stream = await this.process.net.connect(info.addresses[0] as string, Number(port || 80), { timeout: 60_000 });
    if (stream === undefined) return this.#error(504);
    if (isFailure(stream)) return this.#error(502);
    const cut = pathname !== "/" || url.endsWith("/");
    const target = cut ? pathname + request.target.slice(location.path.length) : request.target;
    const kept = request.headers.filter(([name]) => !/^(host|connection)$/i.test(name));
    const headers: Headers = [["Host", new URL(url).host], ["Connection", "close"], ...kept];
    const reader = new HttpReader(stream, () => this.process.clock.now());
    const outer = { ...request, target, version: "HTTP/1.0", headers };
    const got = await exchange(stream, reader, outer, this.process.clock.now() + 60_000);
    stream.close();
    return "response" in got ? this.#passedOn(got.response) : this.#error(got.broken === "timeout" ? 504 : 502);
  }

  #passedOn(response: HttpResponse): HttpResponse {
    const type = header(response.headers, "Content-Type") ?? "text/plain";
    const skip = /^(server|date|content-type|content-length|connection|transfer-encoding|keep-alive)$/i;
    const rest = response.headers.filter(([name]) => !skip.test(name));
    const more: Headers = [["Connection", "keep-alive"], ...rest];
    return {
      ...respond(response.status, response.body, this.#headers(type, response.body.length, more)),
      reason: response.reason,
    };
  }
}

function decode(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

function rooted(location: Location, path: string): string {
  if (location.alias !== undefined) return location.alias + path.slice(location.path.length);
  return location.root.replace(/\/$/, "") + path;
}

/** Files a path may mean, in order. */
function candidates(location: Location, path: string): (readonly [file: string, name: string])[] {
  const tries = (location.tryFiles ?? ["$uri"]).filter((each) => !each.startsWith("=")).map((each) =>
    each.replace("$uri", path)
  );
  const indexes = path.endsWith("/") ? location.index.map((name) => path + name) : [];
  return [...indexes, ...tries.filter((each) => !each.endsWith("/"))].map((each) =>
    [rooted(location, each), each] as const
  );
}

function variables(text: string, request: HttpRequest, at: Connection, process: Process): string {
  const known: Readonly<Record<string, string>> = {
    hostname: process.machine.name,
    host: (header(request.headers, "Host") ?? "").replace(/:\d+$/, ""),
    remote_addr: at.remote.address,
    server_addr: at.local.address,
    server_port: String(at.local.port),
    request_uri: request.target,
    uri: request.target.replace(/\?.*$/, ""),
    request_method: request.method,
  };
  return text.replace(/\$(\w+)/g, (whole, name: string) => known[name] ?? whole);
}
