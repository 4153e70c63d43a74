import { printIp } from "../../base/mod.ts";

/** Thrown where a printer needs bytes that were not captured; {@link Out} then names the protocol it was in. */
export class Truncated extends Error {
  override readonly name = "Truncated";
}

/** Bytes of a packet between where a header begins and where the capture, or the header around it, ends. Network byte order. */
export class Octets {
  /** @param end where the bytes end in `bytes`, exclusive */
  constructor(readonly bytes: Uint8Array, readonly at = 0, readonly end = bytes.length) {}

  /** How many bytes are there. */
  get length(): number {
    return Math.max(0, this.end - this.at);
  }

  has(offset: number, count = 1): boolean {
    return offset >= 0 && this.at + offset + count <= this.end;
  }

  u8(offset: number): number {
    if (!this.has(offset)) throw new Truncated();
    return this.bytes[this.at + offset] as number;
  }

  u16(offset: number): number {
    return (this.u8(offset) << 8) | this.u8(offset + 1);
  }

  u24(offset: number): number {
    return (this.u16(offset) << 8) | this.u8(offset + 2);
  }

  u32(offset: number): number {
    return this.u16(offset) * 65536 + this.u16(offset + 2);
  }

  /** From an offset on; may be empty. */
  from(offset: number): Octets {
    return new Octets(this.bytes, this.at + offset, this.end);
  }

  /** At most `length` of them: what the header around says there is. */
  upTo(length: number): Octets {
    return new Octets(this.bytes, this.at, Math.min(this.end, this.at + length));
  }

  /** A copy of `count` bytes from `offset`. */
  slice(offset: number, count = this.length - offset): Uint8Array {
    if (!this.has(offset, count)) throw new Truncated();
    return this.bytes.slice(this.at + offset, this.at + offset + count);
  }

  ip4(offset: number): string {
    return [0, 1, 2, 3].map((i) => this.u8(offset + i)).join(".");
  }

  ip6(offset: number): string {
    let value = 0n;
    for (let i = 0; i < 16; i += 2) value = (value << 16n) | BigInt(this.u16(offset + i));
    return printIp({ family: 6, value });
  }

  mac(offset: number, length = 6): string {
    return [...this.slice(offset, length)].map((byte) => byte.toString(16).padStart(2, "0")).join(":");
  }

  /** The bytes as characters of their own. */
  latin1(offset: number, count: number): string {
    return String.fromCharCode(...this.slice(offset, count));
  }
}
