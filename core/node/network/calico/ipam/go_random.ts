/** Go's math/rand with a seed, as far as Calico draws from it: its walk through a pool's blocks begins where this says. */
import { decodeBase64 } from "@std/encoding";
import { GO_RANDOM_TABLE } from "./go_random_table.ts";

const [LENGTH, TAP] = [607, 273];
const MASK = 0xffff_ffff_ffff_ffffn;
const [MULTIPLIER, MODULUS] = [48271, 2 ** 31 - 1];

/** An additive lagged Fibonacci generator, seeded as Go does it. */
export class GoRandom {
  readonly #state: bigint[];
  #tap = 0;
  #feed = LENGTH - TAP;

  constructor(seed: number) {
    const table = new DataView(decodeBase64(GO_RANDOM_TABLE).buffer);
    let x = seed % MODULUS || 89482311;
    const next = () => BigInt(x = Number((BigInt(x) * BigInt(MULTIPLIER)) % BigInt(MODULUS)));
    for (let i = 0; i < 20; i++) next();
    this.#state = Array.from({ length: LENGTH }, (_, i) => {
      const [high, middle, low] = [next(), next(), next()];
      return ((high << 40n) ^ (middle << 20n) ^ low ^ table.getBigUint64(i * 8)) & MASK;
    });
  }

  /** 32 random bits. */
  uint32(): number {
    this.#tap = (this.#tap + LENGTH - 1) % LENGTH;
    this.#feed = (this.#feed + LENGTH - 1) % LENGTH;
    const value = ((this.#state[this.#feed] as bigint) + (this.#state[this.#tap] as bigint)) & MASK;
    this.#state[this.#feed] = value;
    return Number((value & 0x7fff_ffff_ffff_ffffn) >> 31n);
  }

  /** A number below a limit, as math/big draws it: words of 64 bits, cut to the limit's length, until one is below it. */
  below(limit: bigint): bigint {
    const length = limit.toString(2).length;
    const words = Math.ceil(length / 64);
    for (;;) {
      let value = 0n;
      for (let i = 0; i < words; i++) {
        const [low, high] = [BigInt(this.uint32()), BigInt(this.uint32())];
        value |= ((high << 32n) | low) << BigInt(64 * i);
      }
      value &= (1n << BigInt(length)) - 1n;
      if (value < limit) return value;
    }
  }
}

/** The 32 bit FNV-1 hash of a text. */
export function fnv32(text: string): number {
  return new TextEncoder().encode(text).reduce((hash, byte) => (Math.imul(hash, 0x01000193) ^ byte) >>> 0, 0x811c9dc5);
}
