/** Bricks of the programs that images run: sockets that are served until a signal comes. */
import { ERRNO, isFailure, strerror } from "../../base/mod.ts";
import type { Process, Stream } from "../../linux/mod.ts";
import { listenOverIpv6 } from "../../tools/mod.ts";

const SIGINT = 2;
const SIGQUIT = 3;
const SIGTERM = 15;

/** The wildcard address servers listen on. */
const ANY = "0.0.0.0";

/** Says that the program ends by itself when asked to; gives the promise of that. */
export function untilAsked(process: Process): Promise<number> {
  for (const signal of [SIGINT, SIGQUIT, SIGTERM]) process.handle(signal);
  return process.killed;
}

/** Accepts connections on a port and runs `serve` for each; an error text where bind(2) fails. */
export function serveTcp(
  process: Process,
  port: number,
  serve: (stream: Stream) => Promise<void>,
): string | undefined {
  const listener = process.net.listen(ANY, port);
  if (isFailure(listener)) return `(${ERRNO[listener.errno][0]}: ${strerror(listener.errno)})`;
  const twin = listenOverIpv6(process, { address: ANY, port });
  for (const each of twin === undefined ? [listener] : [listener, twin]) {
    void (async () => {
      for (let stream = await each.accept(); stream !== undefined; stream = await each.accept()) {
        void serve(stream).finally(stream.close.bind(stream));
      }
    })();
  }
  return undefined;
}

/** Answers datagrams on a port; an error text where bind(2) fails. */
export function serveUdp(
  process: Process,
  port: number,
  answer: (data: Uint8Array) => Uint8Array | undefined,
): string | undefined {
  const socket = process.net.udp(4);
  const bound = socket.bind("0.0.0.0", port);
  if (isFailure(bound)) return `(${ERRNO[bound.errno][0]}: ${strerror(bound.errno)})`;
  void (async () => {
    for (let got = await socket.receive(); got !== undefined; got = await socket.receive()) {
      if ("error" in got) continue;
      const { datagram } = got;
      const reply = answer(datagram.data);
      // The answer leaves from the address that was asked, as a connected reply does.
      if (reply !== undefined) socket.sendTo(reply, datagram.from, datagram.fromPort, datagram.to);
    }
  })();
  return undefined;
}

/** Reads a stream to its end, handing each piece on; ends early when `take` gives false. */
export async function readAll(stream: Stream, take: (data: Uint8Array) => Promise<boolean> | boolean): Promise<void> {
  for (;;) {
    const data = await stream.read();
    if (data === null || data === undefined || isFailure(data)) return;
    if (!await take(data)) return;
  }
}
