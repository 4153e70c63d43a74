/** The loop in the middle of netcat: standard input to the network, the network to standard output. */
import { isFailure } from "../../base/mod.ts";
import type { DatagramSocket, Process, Stream } from "../../linux/mod.ts";
import type { NcOptions } from "./options.ts";

const decode = () => new TextDecoder("utf-8", { fatal: false });

/** The lines of standard input as they are sent. */
function inputOf(process: Process, options: Pick<NcOptions, "noStdin" | "crlf">): string {
  if (options.noStdin) return "";
  return options.crlf ? process.stdin.replace(/\r?\n/g, "\r\n") : process.stdin;
}

/** Sends the input and prints what comes, until the peer ends, -w or -q are over. */
export async function relayStream(process: Process, stream: Stream, options: NcOptions): Promise<void> {
  const text = decode();
  if (
    !await sendLines(process, inputOf(process, options), options, async (data) => !isFailure(await stream.write(data)))
  ) return;
  if (options.shutdown) stream.end();
  const quit = options.quit === undefined ? Infinity : process.clock.now() + options.quit;
  for (;;) {
    const wait = Math.min(options.timeout ?? Infinity, quit - process.clock.now());
    const data = await stream.read(wait === Infinity ? undefined : Math.max(0, wait));
    if (data === null || data === undefined || isFailure(data)) return;
    process.out(text.decode(data, { stream: true }));
  }
}

/** The same over a connected datagram socket. */
export async function relayDatagrams(process: Process, socket: DatagramSocket, options: NcOptions): Promise<void> {
  const text = decode();
  const send = (data: Uint8Array) => Promise.resolve(!isFailure(socket.send(data)));
  if (!await sendLines(process, inputOf(process, options), options, send)) return;
  const quit = options.quit === undefined ? Infinity : process.clock.now() + options.quit;
  for (let left = options.receiveLimit ?? Infinity; left > 0; left--) {
    const wait = Math.min(options.timeout ?? Infinity, quit - process.clock.now());
    const got = await socket.receive(wait === Infinity ? undefined : Math.max(0, wait));
    if (got === undefined || "error" in got) return;
    process.out(text.decode(got.datagram.data, { stream: true }));
  }
}

/** Sends at once, or line by line with -i; false where the network broke. */
async function sendLines(
  process: Process,
  input: string,
  options: NcOptions,
  send: (data: Uint8Array) => Promise<boolean>,
): Promise<boolean> {
  const encoder = new TextEncoder();
  const pieces = options.interval > 0 ? input.match(/[^\n]*\n|[^\n]+$/g) ?? [] : input === "" ? [] : [input];
  for (const piece of pieces) {
    if (!await send(encoder.encode(piece))) return false;
    if (options.interval > 0 && !await process.clock.sleep(options.interval)) return false;
  }
  return true;
}
