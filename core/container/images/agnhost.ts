/** agnhost, the image Kubernetes' own tests use: netexec, serve-hostname, connect, porter, pause and the small ones. */
import { isFailure, parseIp } from "../../base/mod.ts";
import { gaiFailed, getaddrinfo, parseResolvConf } from "../../dns/mod.ts";
import type { Process, Program } from "../../linux/mod.ts";
import { type Connection, httpDate, type HttpRequest, type HttpResponse, respond, serveHttp } from "../../tools/mod.ts";
import type { ImageRow } from "../image.ts";
import { ALPINE_TOOLS, baseImage } from "./bases.ts";
import { dial } from "./agnhost_dial.ts";
import { serveTcp, serveUdp, untilAsked } from "./serve.ts";

/** The agnhost image. */
export const AGNHOST: ImageRow = {
  repositories: ["registry.k8s.io/e2e-test-images/agnhost", "k8s.gcr.io/e2e-test-images/agnhost", "*/agnhost"],
  make: () => ({
    ...baseImage("alpine"),
    entrypoint: ["/agnhost"],
    command: ["pause"],
    tools: [...ALPINE_TOOLS, "curl", "dig", "host"],
    programs: { "/agnhost": agnhost, agnhost },
  }),
};

const COMMANDS: Readonly<Record<string, Program>> = {
  pause: async (process) => (process.out("Paused\n"), await untilAsked(process), 0),
  netexec,
  "serve-hostname": serveHostname,
  connect,
  porter,
  "dns-suffix": (process) => print(process, (conf) => conf.search.join(",")),
  "dns-server-list": (process) => print(process, (conf) => conf.nameservers.join(",")),
  "etc-hosts": (process) => Promise.resolve((process.out(process.files.read("/etc/hosts") ?? ""), 0)),
};

async function agnhost(process: Process): Promise<number> {
  const [name = ""] = process.argv.slice(1);
  const run = COMMANDS[name];
  if (run !== undefined) return await run(process);
  process.err(`Error: unknown command "${name}" for "app"\nRun 'app --help' for usage.\n`);
  return 1;
}

function print(process: Process, say: (conf: ReturnType<typeof parseResolvConf>) => string): Promise<number> {
  process.out(say(parseResolvConf(process.files.read("/etc/resolv.conf") ?? "")) + "\n");
  return Promise.resolve(0);
}

/** The value of `--NAME=VALUE` or `--NAME VALUE`. */
function flagOf(process: Process, name: string): string | undefined {
  const args = process.argv;
  const at = args.indexOf(`--${name}`);
  return at >= 0 ? args[at + 1] : args.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3);
}

async function netexec(process: Process): Promise<number> {
  const asked = untilAsked(process);
  const http = Number(flagOf(process, "http-port") ?? 8080);
  const udp = Number(flagOf(process, "udp-port") ?? 8081);
  const started = serveHttp(
    process,
    { address: "0.0.0.0", port: http },
    (request, at) => netexecHttp(process, request, at),
  );
  if (isFailure(started)) return (process.err(`listen tcp :${http}: bind: address already in use\n`), 1);
  if (udp > 0) serveUdp(process, udp, (data) => netexecUdp(process, data));
  process.out(`Started HTTP server on port ${http}\nStarted UDP server on port  ${udp}\n`);
  await asked;
  return 0;
}

function netexecUdp(process: Process, data: Uint8Array): Uint8Array | undefined {
  const text = new TextDecoder().decode(data).trim();
  const answer = text === "hostname" ? process.machine.name : /^echo (.*)$/is.exec(text)?.[1];
  return answer === undefined ? undefined : new TextEncoder().encode(answer);
}

async function netexecHttp(process: Process, request: HttpRequest, at: Connection): Promise<HttpResponse> {
  const url = new URL(request.target, "http://x");
  const ask = (name: string) => url.searchParams.get(name) ?? "";
  const say = (text: string, status = 200) =>
    respond(status, text, [["Date", httpDate(process.clock.now())], ["Content-Type", "text/plain; charset=utf-8"]]);
  switch (url.pathname.toLowerCase()) {
    case "/":
      return say(`NOW: ${new Date(process.clock.now()).toISOString().replace("T", " ").replace("Z", "")} +0000 UTC`);
    case "/hostname":
      return say(process.machine.name);
    case "/clientip":
      return say(`${at.remote.address}:${at.remote.port}`);
    case "/echo":
      return say(ask("msg"), Number(ask("code") || 200));
    case "/healthz":
      return say("");
    case "/header":
      return say(request.headers.find(([name]) => name.toLowerCase() === ask("key").toLowerCase())?.[1] ?? "");
    case "/redirect":
      return respond(Number(ask("code") || 302), "", [["Location", ask("location")]]);
    case "/shell":
      return say(await shell(process, ask("shellCommand") || ask("cmd")));
    case "/dial":
      return say(await dial(process, url.searchParams));
    default:
      return say("404 page not found\n", 404);
  }
}

async function shell(process: Process, command: string): Promise<string> {
  const left = await process.spawn(["sh", "-c", command]);
  const error = left.exit === 0 ? {} : { error: `exit status ${left.exit}` };
  return JSON.stringify({ output: left.stdout + left.stderr, ...error });
}

async function serveHostname(process: Process): Promise<number> {
  const asked = untilAsked(process);
  const port = Number(flagOf(process, "port") ?? 9376);
  const name = process.machine.name;
  const has = (flag: string) => process.argv.includes(`--${flag}`) || flagOf(process, flag) === "true";
  if (has("tcp")) serveTcp(process, port, async (stream) => void await stream.write(`${name}\n`));
  if (has("udp")) serveUdp(process, port, () => new TextEncoder().encode(name));
  if (has("http") || (!has("tcp") && !has("udp"))) {
    serveHttp(process, { address: "0.0.0.0", port }, () => respond(200, name));
  }
  process.out(`Serving on port ${port}.\n`);
  await asked;
  return 0;
}

/** `agnhost connect HOST:PORT [--timeout 1s] [--protocol tcp|udp]`: silent, or TIMEOUT, REFUSED, DNS, OTHER. */
async function connect(process: Process): Promise<number> {
  const place = process.argv.slice(2).find((arg) => !arg.startsWith("-") && arg.includes(":")) ?? "";
  const [, host = "", port = ""] = /^\[?(.*?)\]?:(\d+)$/.exec(place) ?? [];
  const timeout = duration(flagOf(process, "timeout")) ?? Infinity;
  const fail = (word: string) => (process.err(`${word}\n`), 1);
  if (host === "") return fail("OTHER: address " + place + ": missing port in address");
  const info = await getaddrinfo(process, host);
  if (gaiFailed(info)) return fail("DNS: lookup " + host + ": no such host");
  const address = info.addresses[0] as string;
  if (flagOf(process, "protocol") === "udp") return await connectUdp(process, address, { port: Number(port), timeout });
  const stream = await process.net.connect(address, Number(port), timeout === Infinity ? {} : { timeout });
  if (stream === undefined) return fail("TIMEOUT");
  if (isFailure(stream)) {
    return fail(stream.errno === "ECONNREFUSED" ? "REFUSED" : stream.errno === "ETIMEDOUT" ? "TIMEOUT" : "OTHER");
  }
  stream.close();
  return 0;
}

async function connectUdp(
  process: Process,
  address: string,
  { port, timeout }: { readonly port: number; readonly timeout: number },
): Promise<number> {
  const socket = process.net.udp(parseIp(address)?.family ?? 4);
  const fail = (word: string) => (process.err(`${word}\n`), 1);
  if (isFailure(socket.connect(address, port))) return fail("OTHER");
  socket.send(new TextEncoder().encode("hostname\n"));
  const got = await socket.receive(timeout === Infinity ? undefined : timeout);
  if (got === undefined) return fail("TIMEOUT");
  return "error" in got ? fail("REFUSED") : 0;
}

/** Milliseconds of a Go duration such as `1s`, `500ms`. */
export function duration(text: string | undefined): number | undefined {
  const [, value, unit] = /^([\d.]+)(ms|s|m)$/.exec(text ?? "") ?? [];
  return value === undefined ? undefined : Number(value) * ({ ms: 1, s: 1000, m: 60_000 }[unit as "ms"]);
}

/** Serves each `SERVE_PORT_<port>` of the environment with its value. */
async function porter(process: Process): Promise<number> {
  const asked = untilAsked(process);
  for (const [key, value] of Object.entries(process.env)) {
    const port = /^SERVE_PORT_(\d+)$/.exec(key)?.[1];
    if (port !== undefined) serveHttp(process, { address: "0.0.0.0", port: Number(port) }, () => respond(200, value));
  }
  await asked;
  return 0;
}
