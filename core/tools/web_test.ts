/** A web server for the tests of HTTP clients, with a page for each thing that can happen. */
import type { Program } from "../linux/mod.ts";
import { type HttpHandler, respond, serveHttp } from "./http/mod.ts";

const HEAD: readonly (readonly [string, string])[] = [
  ["Server", "nginx/1.25.3"],
  ["Date", "Thu, 20 Nov 2025 10:00:00 GMT"],
  ["Content-Type", "text/plain"],
];
const encoder = new TextEncoder();

const chunked = {
  version: "HTTP/1.1",
  status: 200,
  reason: "OK",
  headers: [...HEAD, ["Transfer-Encoding", "chunked"]] as const,
  body: encoder.encode("5\r\nhello\r\n1\r\n\n\r\n0\r\n\r\n"),
};

/** The server, on port 80: `/`, `/redir`, `/loop`, `/404`, `/500`, `/big`, `/chunk`, `/slow`, `/short`, `/headers`, `/noeol`; POST echoes. */
export const webServer: Program = async (process) => {
  const handler: HttpHandler = async (request) => {
    if (request.method === "POST") return respond(200, `got ${new TextDecoder().decode(request.body)}\n`, HEAD);
    switch (request.target) {
      case "/":
        return respond(200, "hello\n", HEAD);
      case "/redir":
        return respond(302, "moved\n", [...HEAD, ["Location", "/"]]);
      case "/loop":
        return respond(302, "", [...HEAD, ["Location", "/loop"]]);
      case "/500":
        return respond(500, "err\n", HEAD);
      case "/noeol":
        return respond(200, "abc", HEAD);
      case "/big":
        return respond(200, "x".repeat(200_000), HEAD);
      case "/chunk":
        return chunked;
      case "/slow":
        await process.clock.sleep(5000);
        return respond(200, "late", HEAD);
      case "/short":
        return {
          ...respond(200, "abc", [...HEAD, ["Content-Length", "10"]]),
          headers: [["Content-Length", "10"], ["Connection", "close"]],
        };
      case "/headers":
        return respond(200, request.headers.map(([name, value]) => `${name}: ${value}\n`).join(""), HEAD);
      default:
        return respond(404, "nope\n", HEAD);
    }
  };
  const started = serveHttp(process, { address: "0.0.0.0", port: 80 }, handler);
  if ("errno" in started) return 1;
  await process.killed;
  return 0;
};
