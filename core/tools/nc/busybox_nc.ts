/** nc of busybox: the small one of its default configuration, and Alpine's, which takes netcat 1.10's options. */
import { isFailure, strerror } from "../../base/mod.ts";
import { gaiFailed, getaddrinfo, libcOf } from "../../dns/mod.ts";
import type { Process, Stream } from "../../linux/mod.ts";
import { busyboxUsage } from "../busybox.ts";
import { getopt, has, type Option, valueOf } from "../getopt.ts";
import { servicePort } from "../place.ts";

const SMALL = `Usage: nc [-iN] [-wN] [-l] [-p PORT] [-f FILE|IPADDR PORT] [-e PROG]

Open a pipe to IP:PORT or FILE

	-l	Listen mode, for inbound connects
		(use -ll with -e for persistent server)
	-p PORT	Local port
	-w SEC	Connect timeout
	-i SEC	Delay interval for lines sent
	-f FILE	Use file (ala /dev/ttyS0) instead of network
	-e PROG	Run PROG after connect
`;
const COMPAT = `Usage: nc [OPTIONS] HOST PORT  - connect
nc [OPTIONS] -l -p PORT [HOST] [PORT]  - listen

	-e PROG	Run PROG after connect (must be last)
	-l	Listen mode, for inbound connects
	-lk	With -e, provides persistent server
	-p PORT	Local port
	-s ADDR	Local address
	-w SEC	Timeout for connects and final net reads
	-i SEC	Delay interval for lines sent
	-n	Don't do DNS resolution
	-u	UDP mode
	-b	Allow broadcasts
	-v	Verbose
	-o FILE	Hex dump traffic
	-z	Zero-I/O mode (scanning)
`;

/** The program. */
export async function busyboxNc(process: Process): Promise<number> {
  const compat = libcOf(process.files) === "musl";
  const usage = compat ? COMPAT : SMALL;
  const parsed = getopt(process.argv.slice(1), {
    short: compat ? "hnluzvbp:s:w:i:o:e:k" : "lp:w:i:f:e:",
    musl: compat,
  });
  if ("problem" in parsed) return busyboxUsage(process, usage, parsed.problem);
  const { options, operands } = parsed;
  const timeout = valueOf(options, "w") === undefined ? undefined : Number(valueOf(options, "w")) * 1000;
  if (has(options, "l")) return await listen(process, options, { timeout, usage });
  const [host, port] = operands;
  if (host === undefined || port === undefined) return busyboxUsage(process, usage);
  return await connect(process, { host, port, options, timeout, compat });
}

function die(process: Process, text: string): number {
  process.err(`nc: ${text}\n`);
  return 1;
}

interface Target {
  readonly host: string;
  readonly port: string;
  readonly options: readonly Option[];
  readonly timeout: number | undefined;
  readonly compat: boolean;
}

async function connect(process: Process, { host, port, options, timeout, compat }: Target): Promise<number> {
  const number = servicePort(process, port, has(options, "u") ? "udp" : "tcp");
  if (number === undefined) return die(process, `bad port '${port}'`);
  const info = await getaddrinfo(process, host);
  if (gaiFailed(info)) return die(process, `bad address '${host}'`);
  const address = info.addresses.find((each) => !each.includes(":")) ?? info.addresses[0] as string;
  const verbose = has(options, "v");
  const where = `${host} (${address}:${number})`;
  if (has(options, "u")) {
    return await udp(process, { address, port: number, timeout, scan: has(options, "z"), verbose, where });
  }
  const from = valueOf(options, "s");
  const stream = await process.net.connect(address, number, {
    ...(timeout === undefined ? {} : { timeout }),
    ...(from === undefined ? {} : { from }),
    ...(valueOf(options, "p") === undefined ? {} : { fromPort: Number(valueOf(options, "p")) }),
  });
  if (stream === undefined) {
    return compat ? (verbose ? die(process, `${where}: Connection timed out`) : 1) : die(process, "timed out");
  }
  if (isFailure(stream)) {
    const why = strerror(stream.errno);
    if (!compat) return die(process, `can't connect to remote host (${address}): ${why}`);
    return verbose ? die(process, `${where}: ${why}`) : 1;
  }
  if (compat && verbose) process.err(`${where} open\n`);
  if (!has(options, "z")) await relay(process, stream, compat ? timeout : undefined);
  stream.close();
  return 0;
}

/** Its end of input closes the sending half; then what comes is printed to the end. */
async function relay(process: Process, stream: Stream, timeout: number | undefined): Promise<void> {
  if (process.stdin !== "" && isFailure(await stream.write(process.stdin))) return;
  stream.end();
  const text = new TextDecoder();
  for (;;) {
    const data = await stream.read(timeout);
    if (data === null || data === undefined || isFailure(data)) return;
    process.out(text.decode(data, { stream: true }));
  }
}

async function listen(
  process: Process,
  options: readonly Option[],
  { timeout, usage }: { readonly timeout: number | undefined; readonly usage: string },
): Promise<number> {
  const port = Number(valueOf(options, "p") ?? 0);
  if (has(options, "e")) return busyboxUsage(process, usage, "option -e is not modelled");
  const listener = process.net.listen(valueOf(options, "s") ?? "0.0.0.0", port);
  if (isFailure(listener)) return die(process, `bind: ${strerror(listener.errno)}`);
  if (has(options, "v")) process.err(`listening on [::]:${listener.local.port} ...\n`);
  const stream = await listener.accept(timeout);
  if (stream === undefined) return die(process, "timed out");
  listener.close();
  if (has(options, "v")) {
    const [local, remote] = [stream.local, stream.remote];
    process.err(
      `connect to [::ffff:${local.address}]:${local.port} from [::ffff:${remote.address}]:${remote.port} ([::ffff:${remote.address}]:${remote.port})\n`,
    );
  }
  await relay(process, stream, undefined);
  stream.close();
  return 0;
}

interface UdpTarget {
  readonly address: string;
  readonly port: number;
  readonly timeout: number | undefined;
  readonly scan: boolean;
  readonly verbose: boolean;
  readonly where: string;
}

async function udp(process: Process, { address, port, timeout, scan, verbose, where }: UdpTarget): Promise<number> {
  const socket = process.net.udp(address.includes(":") ? 6 : 4);
  const connected = socket.connect(address, port);
  if (isFailure(connected)) return die(process, `${where}: ${strerror(connected.errno)}`);
  socket.send(new TextEncoder().encode(scan ? "\n" : process.stdin));
  if (verbose) process.err(`${where} open\n`);
  const text = new TextDecoder();
  for (;;) {
    const got = await socket.receive(scan ? timeout ?? 1000 : timeout);
    if (got === undefined) return 0;
    if ("error" in got) return 1;
    process.out(text.decode(got.datagram.data, { stream: true }));
  }
}
