/** A plain-JavaScript peer for IPv4 routes: DIR-24-8 (Gupta, Lin and McKeown 1998) in typed arrays, as well as it can be written. */

const NONE = 0x7fffffff;
const LONG = 0x80000000 | 0;

/** One entry per /24; those with longer prefixes inside point to 256 entries of their own. */
export class Dir24 {
  readonly #first = new Int32Array(1 << 24).fill(NONE);
  #rest = new Int32Array(1 << 16);
  #groups = 0;

  /** Prefixes as columns; value n is that of prefix n. */
  constructor(addresses: Uint32Array, lengths: Uint8Array) {
    const byLength = Array.from(lengths.keys()).sort((a, b) => (lengths[a] as number) - (lengths[b] as number));
    for (const n of byLength) this.#insert(addresses[n] as number, lengths[n] as number, n);
  }

  #insert(address: number, length: number, value: number): void {
    const first = address >>> 8;
    if (length <= 24) {
      this.#first.fill(value, first, first + (1 << (24 - length)));
      return;
    }
    const group = this.#groupOf(first);
    const from = group * 256 + (address & 255);
    this.#rest.fill(value, from, from + (1 << (32 - length)));
  }

  #groupOf(first: number): number {
    const entry = this.#first[first] as number;
    if (entry < 0) return entry & 0x7fffffff;
    const group = this.#groups++;
    if ((group + 1) * 256 > this.#rest.length) {
      const larger = new Int32Array(this.#rest.length * 2);
      larger.set(this.#rest);
      this.#rest = larger;
    }
    this.#rest.fill(entry, group * 256, group * 256 + 256);
    this.#first[first] = LONG | group;
    return group;
  }

  /** The value of the longest prefix of each key. */
  lookup(keys: Uint32Array, answers: Uint32Array): void {
    const first = this.#first;
    const rest = this.#rest;
    for (let n = 0; n < keys.length; n++) {
      const key = keys[n] as number;
      const entry = first[key >>> 8] as number;
      answers[n] = entry >= 0 ? entry : rest[((entry & 0x7fffffff) << 8) + (key & 255)] as number;
    }
  }
}
