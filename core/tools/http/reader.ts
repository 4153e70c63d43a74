/** Reads HTTP messages off a TCP stream: heads, and bodies by length, by chunk or to the end. */
import { type Failure, isFailure, joinBytes } from "../../base/mod.ts";
import type { Stream } from "../../linux/mod.ts";
import { header, type Headers } from "./message.ts";

/** Why nothing more came: the peer closed, the kernel refused, time ran out, or the peer talked nonsense. */
export type Broken = "closed" | "timeout" | "malformed" | Failure;

/** A body, and how it ended: `short` where the peer closed before all of it came. */
export interface Body {
  readonly bytes: Uint8Array;
  readonly broken?: Broken;
}

const MAX_HEAD = 64 * 1024;
const TLS_HANDSHAKE = 0x16;

/** One side's input. Every deadline is a virtual time in ms since 1970; Infinity waits for ever. */
export class HttpReader {
  #buffer = new Uint8Array();

  constructor(readonly stream: Stream, readonly now: () => number) {}

  /** Octets that came and were not read yet. */
  get pending(): number {
    return this.#buffer.length;
  }

  /** The next head without its empty line, or why there is none. `closed` with nothing read is a clean end. */
  async head(deadline: number): Promise<Broken | { readonly head: string }> {
    for (;;) {
      const at = endOfHead(this.#buffer);
      if (at !== undefined) {
        const text = latin1(this.#buffer.subarray(0, at.head));
        this.#buffer = this.#buffer.slice(at.next);
        return { head: text };
      }
      // A TLS record where a request line should be: no line end will ever come.
      if (this.#buffer.length > MAX_HEAD || this.#buffer[0] === TLS_HANDSHAKE) return "malformed";
      const broken = await this.#more(deadline);
      if (broken !== undefined) return broken;
    }
  }

  /** The body that follows a head. `none` answers HEAD and 1xx, 204, 304. */
  async body(headers: Headers, kind: "request" | "response" | "none", deadline: number): Promise<Body> {
    if (kind === "none") return { bytes: new Uint8Array() };
    if (/chunked/i.test(header(headers, "Transfer-Encoding") ?? "")) return await this.#chunks(deadline);
    const length = header(headers, "Content-Length");
    if (length !== undefined) return await this.#exactly(Number(length), deadline);
    return kind === "request" ? { bytes: new Uint8Array() } : await this.#toEnd(deadline);
  }

  async #more(deadline: number): Promise<Broken | undefined> {
    const wait = deadline === Infinity ? undefined : Math.max(0, deadline - this.now());
    const got = await this.stream.read(wait);
    if (got === undefined) return "timeout";
    if (got === null) return "closed";
    if (isFailure(got)) return got;
    this.#buffer = joinBytes([this.#buffer, got]);
    return undefined;
  }

  async #exactly(length: number, deadline: number): Promise<Body> {
    if (!Number.isSafeInteger(length) || length < 0) return { bytes: new Uint8Array(), broken: "malformed" };
    while (this.#buffer.length < length) {
      const broken = await this.#more(deadline);
      if (broken !== undefined) return { bytes: this.#take(this.#buffer.length), broken };
    }
    return { bytes: this.#take(length) };
  }

  async #toEnd(deadline: number): Promise<Body> {
    for (;;) {
      const broken = await this.#more(deadline);
      if (broken === "closed") return { bytes: this.#take(this.#buffer.length) };
      if (broken !== undefined) return { bytes: this.#take(this.#buffer.length), broken };
    }
  }

  async #chunks(deadline: number): Promise<Body> {
    const parts: Uint8Array[] = [];
    const whole = (broken?: Broken): Body => ({ bytes: joinBytes(parts), ...(broken === undefined ? {} : { broken }) });
    for (;;) {
      const line = await this.#line(deadline);
      if (typeof line !== "object" || !("line" in line)) return whole(line);
      const size = parseInt(line.line, 16);
      if (Number.isNaN(size)) return whole("malformed");
      if (size === 0) return whole(await this.#trailers(deadline));
      const data = await this.#exactly(size, deadline);
      parts.push(data.bytes);
      if (data.broken !== undefined) return whole(data.broken);
      await this.#line(deadline);
    }
  }

  async #trailers(deadline: number): Promise<Broken | undefined> {
    for (;;) {
      const line = await this.#line(deadline);
      if (typeof line !== "object" || !("line" in line)) return line;
      if (line.line === "") return undefined;
    }
  }

  async #line(deadline: number): Promise<{ readonly line: string } | Broken> {
    for (;;) {
      const end = this.#buffer.indexOf(10);
      if (end >= 0) return { line: latin1(this.#take(end + 1)).replace(/\r?\n$/, "") };
      const broken = await this.#more(deadline);
      if (broken !== undefined) return broken;
    }
  }

  #take(length: number): Uint8Array {
    const taken = this.#buffer.slice(0, length);
    this.#buffer = this.#buffer.slice(length);
    return taken;
  }
}

function endOfHead(bytes: Uint8Array): { head: number; next: number } | undefined {
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) {
    if (bytes[at + 1] === 10) return { head: at + 1, next: at + 2 };
    if (bytes[at + 1] === 13 && bytes[at + 2] === 10) return { head: at + 1, next: at + 3 };
  }
  return undefined;
}

function latin1(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return text;
}
