/** Small servers that say who answered: http-echo, whoami, hello-app, echoserver. */
import { isFailure } from "../../base/mod.ts";
import type { Process } from "../../linux/mod.ts";
import {
  type Connection,
  header,
  httpDate,
  type HttpRequest,
  type HttpResponse,
  respond,
  serveHttp,
} from "../../tools/mod.ts";
import type { ImageRow } from "../image.ts";
import { baseImage } from "./bases.ts";
import { untilAsked } from "./serve.ts";

type Answer = (request: HttpRequest, at: Connection, process: Process) => HttpResponse;

async function serve(process: Process, port: number, answer: Answer): Promise<number> {
  const asked = untilAsked(process);
  const started = serveHttp(process, { address: "0.0.0.0", port }, (request, at) => answer(request, at, process));
  if (isFailure(started)) {
    process.err(`listen tcp :${port}: bind: address already in use\n`);
    return 1;
  }
  await asked;
  return 0;
}

/** Go's net/http writes these two after its own; the rest is sorted. */
function goHeaders(process: Process): [string, string][] {
  return [["Date", httpDate(process.clock.now())], ["Content-Type", "text/plain; charset=utf-8"]];
}

/** The value of `-NAME VALUE`, `-NAME=VALUE`, one or two dashes. */
function flag(process: Process, name: string): string | undefined {
  const args = process.argv.slice(1);
  for (const [i, arg] of args.entries()) {
    if (arg === `-${name}` || arg === `--${name}`) return args[i + 1];
    const found = new RegExp(`^--?${name}=(.*)$`, "s").exec(arg);
    if (found !== null) return found[1];
  }
  return undefined;
}

const HTTP_ECHO: ImageRow = {
  repositories: ["hashicorp/http-echo"],
  make: () => ({
    ...baseImage("scratch"),
    entrypoint: ["/http-echo"],
    programs: {
      "/http-echo": (process) => {
        const text = flag(process, "text") ?? process.env["ECHO_TEXT"];
        if (text === undefined) return Promise.resolve((process.err("Missing -text option!\n"), 127));
        const listen = flag(process, "listen") ?? ":5678";
        process.err(
          `${
            new Date(process.clock.now()).toISOString().slice(0, 19).replace(/-/g, "/").replace("T", " ")
          } [INFO] server is listening on ${listen}\n`,
        );
        return serve(process, Number(/:(\d+)$/.exec(listen)?.[1] ?? 5678), () => {
          const headers: [string, string][] = [
            ["X-App-Name", "http-echo"],
            ["X-App-Version", "1.0.0"],
            ...goHeaders(process),
          ];
          return respond(200, `${text}\n`, headers);
        });
      },
    },
  }),
};

const WHOAMI: ImageRow = {
  repositories: ["traefik/whoami", "containous/whoami"],
  make: () => ({
    ...baseImage("scratch"),
    entrypoint: ["/whoami"],
    programs: {
      "/whoami": (process) => {
        const port = Number(flag(process, "port") ?? process.env["WHOAMI_PORT_NUMBER"] ?? 80);
        process.out(`Starting up on port ${port}\n`);
        return serve(process, port, whoami);
      },
    },
  }),
};

function whoami(request: HttpRequest, at: Connection, process: Process): HttpResponse {
  const addresses = process.machine.plane.addresses(process.ns).map(({ address }) => address.replace(/\/.*$/, ""));
  const rest = request.headers.filter(([name]) => name.toLowerCase() !== "host").sort(([a], [b]) => a < b ? -1 : 1);
  const lines = [
    `Hostname: ${process.machine.name}`,
    ...addresses.map((address) => `IP: ${address}`),
    `RemoteAddr: ${at.remote.address}:${at.remote.port}`,
    `${request.method} ${request.target} ${request.version}`,
    `Host: ${header(request.headers, "Host") ?? ""}`,
    ...rest.map(([name, value]) => `${name}: ${value}`),
  ];
  return respond(200, lines.join("\n") + "\n\n", goHeaders(process));
}

const HELLO: ImageRow = {
  repositories: ["gcr.io/google-samples/hello-app", "us-docker.pkg.dev/google-samples/containers/gke/hello-app"],
  make: (reference) => ({
    ...baseImage("alpine"),
    command: ["./hello-app"],
    env: { ...baseImage("alpine").env, PORT: "8080" },
    programs: {
      "./hello-app": (process) => {
        const port = Number(process.env["PORT"] ?? 8080);
        const stamp = () =>
          new Date(process.clock.now()).toISOString().slice(0, 19).replace(/-/g, "/").replace("T", " ");
        process.err(`${stamp()} Server listening on port ${port}\n`);
        const version = reference.tag === "2.0" ? "2.0.0" : "1.0.0";
        return serve(process, port, (request) => {
          process.err(`${stamp()} Serving request: ${request.target}\n`);
          return respond(
            200,
            `Hello, world!\nVersion: ${version}\nHostname: ${process.machine.name}\n`,
            goHeaders(process),
          );
        });
      },
    },
  }),
};

/** The rows. */
export const ECHO_ROWS: readonly ImageRow[] = [HTTP_ECHO, WHOAMI, HELLO];
