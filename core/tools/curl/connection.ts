/** curl's way to a connection: names, addresses in turn, its words on the way. */
import { type Failure, isFailure, strerror } from "../../base/mod.ts";
import { gaiFailed, getaddrinfo, numericAddress } from "../../dns/mod.ts";
import type { ConnectOptions, Process, Stream } from "../../linux/mod.ts";
import { HttpReader } from "../http/mod.ts";
import { deviceIndex } from "../place.ts";
import type { CurlPlan } from "./plan.ts";
import type { CurlUrl } from "./url.ts";

/** A curl error: its number and text. */
export interface CurlError {
  readonly code: number;
  readonly message: string;
}

/** A connection with its reader, and when it stood. */
export interface CurlConnection {
  readonly number: number;
  readonly stream: Stream;
  readonly reader: HttpReader;
  /** Host and port as the URL has them. */
  readonly key: string;
  readonly lookedUp: number;
  readonly connected: number;
}

/** Where a transfer says what it does. */
export interface Teller {
  /** A `*` line of -v. */
  info(text: string): void;
  /** A name had to be asked for: the meter shows. */
  asked(): void;
}

/** Opens a connection for a URL. `deadline` is the end of --max-time. */
export async function curlConnect(
  process: Process,
  plan: CurlPlan,
  { url, number, deadline, teller }: {
    readonly url: CurlUrl;
    readonly number: number;
    readonly deadline: number;
    readonly teller: Teller;
  },
): Promise<CurlConnection | CurlError> {
  const place = connectTo(plan, url);
  const addresses = await lookUp(process, plan, place, teller);
  if ("code" in addresses) {
    teller.info(addresses.message);
    teller.info(`Closing connection ${number}`);
    return addresses;
  }
  const lookedUp = process.clock.now();
  const stream = await tryAll(process, plan, { ...place, url, addresses: addresses.list, deadline, teller });
  if ("code" in stream) {
    if (stream.code !== 45) teller.info(`Closing connection ${number}`);
    return stream;
  }
  const { remote } = stream;
  teller.info(`Connected to ${url.host} (${remote.address}) port ${remote.port} (#${number})`);
  return {
    number,
    stream,
    reader: new HttpReader(stream, () => process.clock.now()),
    key: `${url.scheme}://${url.host}:${url.port}`,
    lookedUp,
    connected: process.clock.now(),
  };
}

/** `--connect-to HOST1:PORT1:HOST2:PORT2`: another place for the connection alone. */
function connectTo(plan: CurlPlan, url: CurlUrl): { host: string; port: number } {
  for (const rule of plan.connectTo) {
    const [host = "", port = "", toHost = "", toPort = ""] = rule.split(":");
    if ((host !== "" && host !== url.host) || (port !== "" && Number(port) !== url.port)) continue;
    return { host: toHost || url.host, port: toPort === "" ? url.port : Number(toPort) };
  }
  return { host: url.host, port: url.port };
}

async function lookUp(
  process: Process,
  plan: CurlPlan,
  { host, port }: { host: string; port: number },
  teller: Teller,
): Promise<{ readonly list: readonly string[] } | CurlError> {
  for (const entry of plan.resolve) {
    const [, name, at, addresses] = /^[+-]?([^:]+|\*):(\d+):(.*)$/.exec(entry) ?? [];
    if ((name !== host && name !== "*") || Number(at) !== port) continue;
    teller.info(`Hostname ${host} was found in DNS cache`);
    return { list: (addresses as string).split(",").map((each) => each.replace(/^\[|\]$/g, "")) };
  }
  const literal = numericAddress(host);
  if (literal !== undefined) {
    const fits = plan.family === 0 || (plan.family === 6) === literal.includes(":");
    return fits ? { list: [literal] } : { code: 7, message: "Couldn't connect to server" };
  }
  let heard = false;
  const info = await getaddrinfo(process, host, {
    family: plan.family,
    watch: ({ reply, failure }) => heard ||= reply !== undefined || failure === "timed out",
  });
  if (heard) teller.asked();
  return gaiFailed(info) ? { code: 6, message: `Could not resolve host: ${host}` } : { list: info.addresses };
}

interface Tries {
  readonly url: CurlUrl;
  readonly port: number;
  readonly addresses: readonly string[];
  readonly deadline: number;
  readonly teller: Teller;
}

async function tryAll(process: Process, plan: CurlPlan, tries: Tries): Promise<Stream | CurlError> {
  const started = process.clock.now();
  const until = Math.min(started + plan.connectTimeout, tries.deadline);
  const options = bindOptions(process, plan);
  if ("code" in options) return options;
  for (const address of tries.addresses) {
    const left = until - process.clock.now();
    tries.teller.info(`  Trying ${address.includes(":") ? `[${address}]` : address}:${tries.port}...`);
    const stream = await process.net.connect(address, tries.port, {
      ...options,
      ...(left === Infinity ? {} : { timeout: Math.max(0, left) }),
    });
    if (stream === undefined) return timedOut(process, plan, { ...tries, started, address });
    if (!isFailure(stream)) return stream;
    if (stream.errno === "EADDRNOTAVAIL" && plan.bind !== undefined) return cannotBind(plan, tries.teller);
    tries.teller.info(refusal(address, tries.port, stream));
  }
  return failed(process, tries, started);
}

function bindOptions(process: Process, plan: CurlPlan): ConnectOptions | CurlError {
  const port = plan.fromPort === undefined ? {} : { fromPort: plan.fromPort };
  if (plan.bind === undefined) return port;
  if (numericAddress(plan.bind) !== undefined) return { from: plan.bind, ...port };
  const device = deviceIndex(process, plan.bind.replace(/^if!/, ""));
  return device === undefined ? { code: 45, message: `Couldn't bind to '${plan.bind}'` } : { device, ...port };
}

function cannotBind(plan: CurlPlan, teller: Teller): CurlError {
  teller.info(`bind failed with errno 99: ${strerror("EADDRNOTAVAIL")}`);
  return {
    code: 45,
    message: `bind failed with errno 99: ${plan.bind === undefined ? "" : strerror("EADDRNOTAVAIL")}`,
  };
}

function refusal(address: string, port: number, { errno }: Failure): string {
  const atOnce = errno === "ENETUNREACH" || errno === "EADDRNOTAVAIL" || errno === "EACCES" || errno === "EPERM";
  if (atOnce) return `Immediate connect fail for ${address}: ${strerror(errno)}`;
  return `connect to ${address} port ${port} failed: ${strerror(errno)}`;
}

function failed(process: Process, { url, port, teller }: Tries, started: number): CurlError {
  const took = Math.floor(process.clock.now() - started);
  const message = `Failed to connect to ${url.host} port ${port} after ${took} ms: Couldn't connect to server`;
  teller.info(message);
  return { code: 7, message };
}

function timedOut(
  process: Process,
  plan: CurlPlan,
  { url, port, teller, started, address, deadline }: Tries & { readonly started: number; readonly address: string },
): CurlError {
  const took = Math.floor(process.clock.now() - started);
  if (process.clock.now() >= deadline) {
    const message = `Connection timed out after ${took} milliseconds`;
    teller.info(message);
    return { code: 28, message };
  }
  const family = address.includes(":") ? "ipv6" : "ipv4";
  teller.info(`${family} connect timeout after ${Math.floor(plan.connectTimeout)}ms, move on!`);
  const message = `Failed to connect to ${url.host} port ${port} after ${took} ms: Timeout was reached`;
  teller.info(message);
  return { code: 28, message };
}
