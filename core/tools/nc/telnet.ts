/** telnet: the netkit form of Debian, and busybox's; a connection with standard input and nothing negotiated. */
import { isFailure, strerror } from "../../base/mod.ts";
import { gaiFailed, getaddrinfo } from "../../dns/mod.ts";
import type { Process, Stream } from "../../linux/mod.ts";
import { busyboxUsage } from "../busybox.ts";
import { servicePort } from "../place.ts";

const USAGE = `Usage: telnet [-a] [-l USER] HOST [PORT]

Connect to telnet server

	-a	Automatic login with $USER variable
	-l USER	Automatic login as USER
`;
const PORT = "23";

/** telnet of inetutils. */
export async function telnet(process: Process): Promise<number> {
  const [host, port = PORT] = process.argv.slice(1).filter((arg) => !arg.startsWith("-"));
  if (host === undefined) return 0;
  const info = await getaddrinfo(process, host);
  if (gaiFailed(info)) return (process.err(`telnet: could not resolve ${host}/${port}: ${info.text}\n`), 1);
  const number = servicePort(process, port, "tcp");
  if (number === undefined) {
    return (process.err(`telnet: could not resolve ${host}/${port}: Servname not supported for ai_socktype\n`), 1);
  }
  for (const [i, address] of info.addresses.entries()) {
    process.out(`Trying ${address}...\n`);
    const stream = await process.net.connect(address, number);
    if (stream !== undefined && !isFailure(stream)) {
      process.out(`Connected to ${host}.\nEscape character is '^]'.\n`);
      const ended = await converse(process, stream);
      process.out(ended ? "Connection closed by foreign host.\n" : "");
      return ended ? 1 : 0;
    }
    const why = stream === undefined ? "Connection timed out" : strerror(stream.errno);
    const last = i === info.addresses.length - 1;
    process.err(
      last ? `telnet: Unable to connect to remote host: ${why}\n` : `telnet: connect to address ${address}: ${why}\n`,
    );
  }
  return 1;
}

/** telnet of busybox. */
export async function busyboxTelnet(process: Process): Promise<number> {
  const [host, port = PORT] = process.argv.slice(1).filter((arg) => !arg.startsWith("-"));
  if (host === undefined) return busyboxUsage(process, USAGE);
  const info = await getaddrinfo(process, host);
  if (gaiFailed(info)) return (process.err(`telnet: bad address '${host}'\n`), 1);
  const number = servicePort(process, port, "tcp");
  if (number === undefined) return (process.err(`telnet: bad port '${port}'\n`), 1);
  const address = info.addresses.find((each) => !each.includes(":")) ?? info.addresses[0] as string;
  const stream = await process.net.connect(address, number);
  if (stream === undefined || isFailure(stream)) {
    const why = stream === undefined ? "Connection timed out" : strerror(stream.errno);
    return (process.err(`telnet: can't connect to remote host (${address}): ${why}\n`), 1);
  }
  process.out(`Connected to ${host}\n`);
  const ended = await converse(process, stream);
  if (ended) process.err("Connection closed by foreign host\n");
  return ended ? 1 : 0;
}

/** Sends the input, prints what comes within a second of silence; true where the peer ended it. */
async function converse(process: Process, stream: Stream): Promise<boolean> {
  if (process.stdin !== "") await stream.write(process.stdin.replace(/\r?\n/g, "\r\n"));
  const text = new TextDecoder();
  for (;;) {
    // Standard input is at its end: the client leaves once nothing more comes at once.
    const data = await stream.read(1000);
    if (data === undefined || (data !== null && isFailure(data))) break;
    if (data === null) {
      stream.close();
      return true;
    }
    process.out(text.decode(data, { stream: true }).replace(/\r\n/g, "\n"));
  }
  stream.close();
  return false;
}
