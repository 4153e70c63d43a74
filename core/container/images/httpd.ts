/** Apache httpd: the official image's page, headers and log lines. */
import { ERRNO, isFailure, strerror } from "../../base/mod.ts";
import type { Process } from "../../linux/mod.ts";
import {
  type Connection,
  type Headers,
  httpDate,
  type HttpRequest,
  type HttpResponse,
  REASONS,
  respond,
  serveHttp,
} from "../../tools/mod.ts";
import { type Image, type ImageRow, isAlpine, versionOf } from "../image.ts";
import { baseImage } from "./bases.ts";
import { untilAsked } from "./serve.ts";
import { apacheTime, clfTime } from "./times.ts";

const LATEST = "2.4.65";
const ROOT = "/usr/local/apache2/htdocs";
const BUILT = Date.UTC(2007, 5, 11, 18, 53, 14);

/** The httpd image. */
export const HTTPD: ImageRow = {
  repositories: ["httpd"],
  make: (reference): Partial<Image> => {
    const base = baseImage(isAlpine(reference) ? "alpine" : "debian");
    const version = versionOf(reference, LATEST);
    return {
      ...base,
      command: ["httpd-foreground"],
      env: { ...base.env, HTTPD_PREFIX: "/usr/local/apache2", HTTPD_VERSION: version },
      workingDir: "/usr/local/apache2",
      files: { ...base.files, [`${ROOT}/index.html`]: "<html><body><h1>It works!</h1></body></html>\n" },
      programs: { "httpd-foreground": (process) => httpd(process, version) },
    };
  },
};

async function httpd(process: Process, version: string): Promise<number> {
  const asked = untilAsked(process);
  const started = serveHttp(process, { address: "0.0.0.0", port: 80 }, (request) => answer(process, version, request), {
    served: (request, response, at) => log(process, request, response, at),
    idle: 5_000,
  });
  if (isFailure(started)) {
    const why = `(${ERRNO[started.errno][0]})${strerror(started.errno)}`;
    process.err(
      `${why}: AH00072: make_sock: could not bind to address 0.0.0.0:80\nno listening sockets available, shutting down\nAH00015: Unable to open logs\n`,
    );
    return 1;
  }
  const address = ownAddress(process);
  const unnamed =
    `AH00558: httpd: Could not reliably determine the server's fully qualified domain name, using ${address}. ` +
    "Set the 'ServerName' directive globally to suppress this message\n";
  const stamp = (module: string) => `[${apacheTime(process.clock.now())}] [${module}:notice] [pid 1:tid 1]`;
  process.err(
    `${unnamed}${unnamed}${
      stamp("mpm_event")
    } AH00489: Apache/${version} (Unix) configured -- resuming normal operations\n` +
      `${stamp("core")} AH00094: Command line: 'httpd -D FOREGROUND'\n`,
  );
  await asked;
  process.err(`${stamp("mpm_event")} AH00491: caught SIGTERM, shutting down\n`);
  return 0;
}

function ownAddress(process: Process): string {
  const addresses = process.machine.plane.addresses(process.ns).map(({ address }) => address.replace(/\/.*$/, ""));
  return addresses.find((address) => !address.startsWith("127.") && !address.includes(":")) ?? "127.0.0.1";
}

function answer(process: Process, version: string, request: HttpRequest): HttpResponse {
  const common: Headers = [["Date", httpDate(process.clock.now())], ["Server", `Apache/${version} (Unix)`]];
  const path = request.target.replace(/[?#].*$/, "");
  const bytes = process.files.readBytes(ROOT + (path.endsWith("/") ? `${path}index.html` : path));
  if (request.method === "OPTIONS") return respond(200, "", [...common, ["Allow", "GET,POST,OPTIONS,HEAD"]]);
  if (bytes === undefined) return missing(common);
  const tag = `"${bytes.length.toString(16)}-${(BigInt(BUILT) * 1000n).toString(16)}"`;
  return respond(200, bytes, [
    ...common,
    ["Last-Modified", httpDate(BUILT)],
    ["ETag", tag],
    ["Accept-Ranges", "bytes"],
    ["Content-Length", String(bytes.length)],
    ["Content-Type", typeOf(path)],
  ]);
}

function typeOf(path: string): string {
  return /\.(html?)$|\/$/.test(path) ? "text/html" : "text/plain";
}

function missing(common: Headers): HttpResponse {
  const body =
    `<!DOCTYPE HTML PUBLIC "-//IETF//DTD HTML 2.0//EN">\n<html><head>\n<title>404 ${
      REASONS[404]
    }</title>\n</head><body>\n` +
    "<h1>Not Found</h1>\n<p>The requested URL was not found on this server.</p>\n</body></html>\n";
  return respond(404, body, [...common, ["Content-Length", String(body.length)], [
    "Content-Type",
    "text/html; charset=iso-8859-1",
  ]]);
}

function log(process: Process, request: HttpRequest | undefined, response: HttpResponse, at: Connection): void {
  const line = request === undefined ? "-" : `${request.method} ${request.target} ${request.version}`;
  const size = request?.method === "HEAD" || response.body.length === 0 ? "-" : response.body.length;
  process.out(`${at.remote.address} - - [${clfTime(process.clock.now())}] "${line}" ${response.status} ${size}\n`);
}
