/** nc of netcat-openbsd 1.219 as Debian has it. */
import { isFailure, strerror } from "../../base/mod.ts";
import { gaiFailed, getaddrinfo, nameOfAddress } from "../../dns/mod.ts";
import type { ConnectOptions, DatagramSocket, Endpoint, Process, Stream } from "../../linux/mod.ts";
import { serviceName } from "../place.ts";
import { type NcOptions, ncOptions } from "./options.ts";
import { relayDatagrams, relayStream } from "./relay.ts";

/** How long a UDP scan listens for refusals where -w says nothing: seconds. */
const UDP_SCAN = 3;

/** The program. */
export async function nc(process: Process): Promise<number> {
  const given = ncOptions(process);
  if (typeof given === "number") return given;
  const options = await withSource(process, given);
  if (options === undefined) return 1;
  if (options.listen) return options.udp ? await listenUdp(process, options) : await listenTcp(process, options);
  let exit = 1;
  for (const [i, port] of options.ports.entries()) {
    if (i > 0 && options.interval > 0) await process.clock.sleep(options.interval);
    const reached = await toPort(process, options, port);
    if (reached === "stop") return 1;
    if (reached) exit = 0;
  }
  return exit;
}

/** `-s` may be a name; one that means nothing ends the program. */
async function withSource(process: Process, options: NcOptions): Promise<NcOptions | undefined> {
  if (options.from === undefined) return options;
  const info = await getaddrinfo(process, options.from, { family: options.family, numeric: options.numeric });
  if (!gaiFailed(info)) return { ...options, from: info.addresses[0] };
  say(process, `getaddrinfo: ${info.text}`);
  return undefined;
}

function say(process: Process, text: string): void {
  process.err(`nc: ${text}\n`);
}

async function addressesOf(process: Process, options: NcOptions, port: number): Promise<readonly string[] | undefined> {
  const host = options.host as string;
  const info = await getaddrinfo(process, host, { family: options.family, numeric: options.numeric });
  if (!gaiFailed(info)) return info.addresses;
  say(process, `getaddrinfo for host "${host}" port ${port}: ${info.text}`);
  return undefined;
}

async function toPort(process: Process, options: NcOptions, port: number): Promise<boolean | "stop"> {
  const addresses = await addressesOf(process, options, port);
  if (addresses === undefined) return "stop";
  for (const address of addresses) {
    const reached = options.udp
      ? await toUdp(process, options, { address, port })
      : await toTcp(process, options, { address, port });
    if (reached !== false) return reached;
  }
  return false;
}

/** `web (10.0.1.2)`, or the address alone. */
function shown(options: NcOptions, address: string): string {
  return options.host === address ? address : `${options.host} (${address})`;
}

function succeeded(process: Process, options: NcOptions, { address, port }: Endpoint): void {
  if (!options.verbose) return;
  const protocol = options.udp ? "udp" : "tcp";
  const service = options.numeric ? undefined : serviceName(process, port, protocol);
  process.err(`Connection to ${shown(options, address)} ${port} port [${protocol}/${service ?? "*"}] succeeded!\n`);
}

function socketOptions(options: NcOptions): ConnectOptions {
  return {
    ...(options.ttl === undefined ? {} : { ttl: options.ttl }),
    ...(options.tos === undefined ? {} : { tos: options.tos }),
    ...(options.from === undefined ? {} : { from: options.from }),
    ...(options.fromPort === undefined ? {} : { fromPort: options.fromPort, reuseAddress: true }),
  };
}

async function toTcp(process: Process, options: NcOptions, to: Endpoint): Promise<boolean | "stop"> {
  const timeout = options.timeout === undefined ? {} : { timeout: options.timeout };
  const where = `connect to ${shown(options, to.address)} port ${to.port} (tcp)`;
  const stream = await process.net.connect(to.address, to.port, { ...socketOptions(options), ...timeout });
  if (stream === undefined) {
    if (options.verbose) say(process, `${where} timed out: ${strerror("EINPROGRESS")}`);
    return false;
  }
  if (isFailure(stream)) {
    if (stream.errno === "EADDRNOTAVAIL" && options.from !== undefined) {
      say(process, `bind failed: ${strerror(stream.errno)}`);
      return "stop";
    }
    if (options.verbose) say(process, `${where} failed: ${strerror(stream.errno)}`);
    return false;
  }
  succeeded(process, options, to);
  if (!options.scan) await relayStream(process, stream, options);
  stream.close();
  return true;
}

async function toUdp(process: Process, options: NcOptions, to: Endpoint): Promise<boolean | "stop"> {
  const { from, fromPort, ...rest } = socketOptions(options);
  const socket = process.net.udp(to.address.includes(":") ? 6 : 4, rest);
  const any = to.address.includes(":") ? "::" : "0.0.0.0";
  const bound = from === undefined && fromPort === undefined ? undefined : socket.bind(from ?? any, fromPort ?? 0);
  if (bound !== undefined && isFailure(bound)) {
    say(process, `bind failed: ${strerror(bound.errno)}`);
    return "stop";
  }
  const connected = socket.connect(to.address, to.port);
  if (isFailure(connected)) {
    if (options.verbose) {
      say(
        process,
        `connect to ${shown(options, to.address)} port ${to.port} (udp) failed: ${strerror(connected.errno)}`,
      );
    }
    return false;
  }
  const open = !options.scan || await udpTest(process, socket, options);
  if (open && (options.scan || options.verbose)) succeeded(process, options, to);
  if (open && !options.scan) await relayDatagrams(process, socket, options);
  socket.close();
  return open;
}

/** Two probes at once, then one a second: a port is open unless an ICMP message says otherwise in that time. */
async function udpTest(process: Process, socket: DatagramSocket, options: NcOptions): Promise<boolean> {
  const probe = () => !isFailure(socket.send(new TextEncoder().encode("X")));
  if (!probe() || !probe()) return false;
  const seconds = options.timeout === undefined ? UDP_SCAN : options.timeout / 1000;
  const end = process.clock.now() + seconds * 1000;
  while (process.clock.now() < end) {
    const next = process.clock.now() + Math.min(1000, end - process.clock.now());
    while (process.clock.now() < next) {
      const got = await socket.receive(next - process.clock.now());
      if (got !== undefined && "error" in got) return false;
      if (got === undefined) break;
    }
    if (!probe()) return false;
  }
  return true;
}

function anyOf(options: NcOptions): string {
  return options.family === 6 ? "::" : "0.0.0.0";
}

/** `VERB on NAME PORT`, the name asked for unless -n; a name server that does not answer is complained of instead. */
async function report(process: Process, options: NcOptions, verb: string, { address, port }: Endpoint): Promise<void> {
  if (!options.verbose) return;
  if (options.numeric || address === "::") return process.err(`${verb} ${address} ${port}\n`);
  let failed = false;
  const name = await nameOfAddress(process, address, {
    watch: ({ failure, reply }) =>
      failed ||= failure !== undefined || reply?.rcode === "SERVFAIL" || reply?.rcode === "REFUSED",
  });
  if (name === undefined && failed) return say(process, "getnameinfo: Temporary failure in name resolution");
  process.err(`${verb} ${name ?? address} ${port}\n`);
}

async function listenAddress(process: Process, options: NcOptions): Promise<string | undefined> {
  if (options.host === undefined) return options.from ?? anyOf(options);
  return (await addressesOf(process, options, options.ports[0] as number))?.[0];
}

async function listenTcp(process: Process, options: NcOptions): Promise<number> {
  const address = await listenAddress(process, options);
  if (address === undefined) return 1;
  const port = options.ports[0] as number;
  for (;;) {
    const listener = process.net.listen(address, port, { backlog: 1 });
    if (isFailure(listener)) return (say(process, strerror(listener.errno)), 1);
    await report(process, options, "Listening on", listener.local);
    do {
      const stream = await listener.accept();
      if (stream === undefined) return 1;
      if (!options.keep) listener.close();
      await serve(process, options, stream);
    } while (options.keep);
    return 0;
  }
}

async function serve(process: Process, options: NcOptions, stream: Stream): Promise<void> {
  await report(process, options, "Connection received on", stream.remote);
  if (!options.scan) await relayStream(process, stream, options);
  stream.close();
}

async function listenUdp(process: Process, options: NcOptions): Promise<number> {
  const address = await listenAddress(process, options);
  if (address === undefined) return 1;
  const socket = process.net.udp(address.includes(":") ? 6 : 4, { reuseAddress: true });
  const bound = socket.bind(address, options.ports[0] as number);
  if (isFailure(bound)) return (say(process, strerror(bound.errno)), 1);
  await report(process, options, "Bound on", socket.local);
  const text = new TextDecoder();
  for (;;) {
    const got = await socket.receive();
    if (got === undefined) return 1;
    if ("error" in got) continue;
    const { datagram } = got;
    if (options.keep) {
      process.out(text.decode(datagram.data, { stream: true }));
      continue;
    }
    socket.connect(datagram.from, datagram.fromPort);
    await report(process, options, "Connection received on", { address: datagram.from, port: datagram.fromPort });
    process.out(text.decode(datagram.data, { stream: true }));
    await relayDatagrams(process, socket, options);
    return 0;
  }
}
