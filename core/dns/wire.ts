/** Octets in network order, with DNS's names: what `dns-packet` does not do is here (escapes, bytes above 127, compression). */
import { labelBytes, labelsOf, labelText } from "./name.ts";

/** A message that breaks the wire format; `parseMessage` turns it into a value. */
export class WireError extends Error {
  override readonly name = "WireError";
}

/** Reads one message front to back. */
export class WireReader {
  at = 0;
  readonly #view: DataView;

  constructor(readonly bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get left(): number {
    return this.bytes.length - this.at;
  }

  u8(): number {
    this.#need(1);
    return this.#view.getUint8(this.at++);
  }

  u16(): number {
    this.#need(2);
    this.at += 2;
    return this.#view.getUint16(this.at - 2);
  }

  u32(): number {
    this.#need(4);
    this.at += 4;
    return this.#view.getUint32(this.at - 4);
  }

  take(length: number): Uint8Array {
    this.#need(length);
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  /** A name, following pointers, which may only point back (RFC 1035 4.1.4). */
  name(): string {
    let [at, text, length, limit] = [this.at, "", 1, this.at];
    let after = -1;
    for (;;) {
      const head = this.#byte(at);
      if (head === 0) break;
      if ((head & 0xc0) === 0xc0) {
        const target = ((head & 0x3f) << 8) | this.#byte(at + 1);
        if (after < 0) after = at + 2;
        if (target >= limit) throw new WireError("bad compression pointer");
        at = limit = target;
        continue;
      }
      if ((head & 0xc0) !== 0) throw new WireError("bad label type");
      length += head + 1;
      if (length > 255) throw new WireError("name too long");
      if (at + 1 + head > this.bytes.length) throw new WireError("unexpected end of input");
      text += labelText(this.bytes.subarray(at + 1, at + 1 + head)) + ".";
      at += head + 1;
    }
    this.at = after < 0 ? at + 1 : after;
    return text === "" ? "." : text;
  }

  #byte(at: number): number {
    const byte = this.bytes[at];
    if (byte === undefined) throw new WireError("unexpected end of input");
    return byte;
  }

  #need(length: number): void {
    if (this.left < length) throw new WireError("unexpected end of input");
  }
}

/** How a name is written: `compress` may point back, `plain` may only be pointed at (RFC 3597 4). */
export type NameMode = "compress" | "plain";

/** Which names of a message may point back: all, none, or only those that records belong to. */
export type Compression = boolean | "owners";

const [DOT, BACKSLASH] = [0x2e, 0x5c];
let scratch: Uint8Array | undefined;

/** Writes one message front to back. */
export class WireWriter {
  at = 0;
  #bytes: Uint8Array;
  readonly #seen = new Map<string, number>();

  /** Within rdata, where some servers never point back. */
  inside = false;

  constructor(readonly compress: Compression) {
    // Writers are used one after another: they share the buffer that the last one gave back.
    this.#bytes = scratch ?? new Uint8Array(4096);
    scratch = undefined;
  }

  /** What was written; nothing more may be written afterwards. */
  get bytes(): Uint8Array {
    const written = this.#bytes.slice(0, this.at);
    scratch = this.#bytes;
    return written;
  }

  u8(value: number): void {
    this.#room(1);
    this.#bytes[this.at++] = value;
  }

  u16(value: number): void {
    this.#room(2);
    this.#bytes[this.at++] = value >>> 8;
    this.#bytes[this.at++] = value & 255;
  }

  u32(value: number): void {
    this.u16(value >>> 16);
    this.u16(value & 0xffff);
  }

  put(bytes: Uint8Array): void {
    this.#room(bytes.length);
    this.#bytes.set(bytes, this.at);
    this.at += bytes.length;
  }

  /** Writes what `write` writes behind its 16-bit length. */
  sized(write: () => void): void {
    const start = this.at;
    this.u16(0);
    write();
    const length = this.at - start - 2;
    this.#bytes[start] = length >>> 8;
    this.#bytes[start + 1] = length & 255;
  }

  name(name: string, mode: NameMode): void {
    if (!this.compress && this.#plainName(name)) return;
    const labels = labelsOf(name);
    for (let i = 0; i < labels.length; i++) {
      if (this.compress) {
        const rest = labels.slice(i).join(".");
        const seen = this.#seen.get(rest);
        const may = mode === "compress" && !(this.inside && this.compress === "owners");
        if (seen !== undefined && may) return this.u16(0xc000 | seen);
        if (seen === undefined && this.at < 0x4000) this.#seen.set(rest, this.at);
      }
      const bytes = labelBytes(labels[i] as string);
      if (bytes === undefined) throw new RangeError(`not a domain name: ${name}`);
      this.u8(bytes.length);
      this.put(bytes);
    }
    this.u8(0);
  }

  /** Writes an absolute name of printable characters without escapes straight away; false where it is none, and nothing is written. */
  #plainName(name: string): boolean {
    const start = this.at;
    this.#room(name.length + 1);
    let head = this.at++;
    for (let i = 0; i < name.length; i++) {
      const code = name.charCodeAt(i);
      if (code !== DOT) {
        if (code === BACKSLASH || code > 0x7e) break;
        this.#bytes[this.at++] = code;
        continue;
      }
      const length = this.at - head - 1;
      if (length === 0 || length > 63) break;
      this.#bytes[head] = length;
      head = this.at++;
      if (i === name.length - 1) {
        this.#bytes[head] = 0;
        return true;
      }
    }
    this.at = start;
    return false;
  }

  #room(length: number): void {
    if (this.at + length <= this.#bytes.length) return;
    const wider = new Uint8Array(Math.max(this.#bytes.length * 2, this.at + length));
    wider.set(this.#bytes.subarray(0, this.at));
    this.#bytes = wider;
  }
}
