import { type Errno, isFailure, joinBytes, strerror } from "../../base/mod.ts";
import type { Stream } from "../../linux/mod.ts";
import type { Host } from "./plugin.ts";

/** The DNS messages of a TCP stream, each behind its 16-bit length (RFC 1035 4.2.2). */
export class FrameReader {
  #bytes: Uint8Array = new Uint8Array();

  constructor(readonly stream: Stream, readonly clock: Host["clock"]) {}

  /** The next message, or why there is none, in Go's words. `timeout` is virtual milliseconds. */
  async next(timeout: number): Promise<Uint8Array | string> {
    const deadline = this.clock.now() + timeout;
    for (;;) {
      const bytes = this.#bytes;
      const end = bytes.length < 2 ? Infinity : 2 + (((bytes[0] as number) << 8) | (bytes[1] as number));
      if (bytes.length >= end) {
        this.#bytes = bytes.slice(end);
        return bytes.slice(2, end);
      }
      const more = await this.stream.read(Math.max(0, deadline - this.clock.now()));
      if (more === undefined) return "i/o timeout";
      if (more === null) return "EOF";
      if (isFailure(more)) return `read: ${errorText(more.errno)}`;
      this.#bytes = joinBytes([bytes, more]);
    }
  }
}

/** A message behind its length. */
export function framed(message: Uint8Array): Uint8Array {
  return joinBytes([Uint8Array.of(message.length >> 8, message.length & 255), message]);
}

/** An errno as Go prints it. */
export function errorText(errno: Errno): string {
  return strerror(errno).toLowerCase();
}
