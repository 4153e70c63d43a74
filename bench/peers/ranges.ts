/** A plain-JavaScript peer for routes of both families: sorted ranges in typed arrays, an index over the first 16 bits, binary search. */

const NONE = 0x7fffffff;

/** Columns of 32-bit words, one per word of an address. */
export class Ranges {
  readonly #starts: Uint32Array[];
  readonly #values: Uint32Array;
  readonly #index = new Uint32Array(65537);
  readonly #width: number;

  /** Prefixes as columns; value n is that of prefix n. */
  constructor(addresses: Uint32Array, lengths: Uint8Array) {
    this.#width = addresses.length / lengths.length;
    const cuts = cutsOf(addresses, lengths, this.#width);
    this.#starts = Array.from(
      { length: this.#width },
      (_, word) => Uint32Array.from(cuts, (cut) => cut.words[word] as number),
    );
    this.#values = Uint32Array.from(cuts, (cut) => cut.value);
    const first = this.#starts[0] as Uint32Array;
    for (let top = 0, at = 0; top <= 65536; top++) {
      while (at < first.length && (first[at] as number) >>> 16 < top) at++;
      this.#index[top] = at;
    }
  }

  /** The value of the longest prefix of each key. */
  lookup(keys: Uint32Array, answers: Uint32Array): void {
    if (this.#width === 1) this.#lookup4(keys, answers);
    else this.#lookup6(keys, answers);
  }

  #lookup4(keys: Uint32Array, answers: Uint32Array): void {
    const starts = this.#starts[0] as Uint32Array;
    for (let n = 0; n < keys.length; n++) {
      const key = keys[n] as number;
      let low = this.#index[key >>> 16] as number;
      let high = this.#index[(key >>> 16) + 1] as number;
      while (low < high) {
        const middle = (low + high) >>> 1;
        if ((starts[middle] as number) <= key) low = middle + 1;
        else high = middle;
      }
      answers[n] = this.#values[low - 1] as number;
    }
  }

  #lookup6(keys: Uint32Array, answers: Uint32Array): void {
    const [s0, s1, s2, s3] = this.#starts as [Uint32Array, Uint32Array, Uint32Array, Uint32Array];
    for (let n = 0; n < answers.length; n++) {
      const k0 = keys[4 * n] as number, k1 = keys[4 * n + 1] as number;
      const k2 = keys[4 * n + 2] as number, k3 = keys[4 * n + 3] as number;
      let low = this.#index[k0 >>> 16] as number;
      let high = this.#index[(k0 >>> 16) + 1] as number;
      while (low < high) {
        const middle = (low + high) >>> 1;
        const difference = (s0[middle] as number) - k0 || (s1[middle] as number) - k1 || (s2[middle] as number) - k2 ||
          (s3[middle] as number) - k3;
        if (difference <= 0) low = middle + 1;
        else high = middle;
      }
      answers[n] = this.#values[low - 1] as number;
    }
  }
}

interface Cut {
  readonly words: readonly number[];
  readonly value: number;
}

/** Where the answer changes, from the lowest address up. */
function cutsOf(addresses: Uint32Array, lengths: Uint8Array, width: number): Cut[] {
  const words = (n: number) => addresses.subarray(n * width, n * width + width);
  const order = Array.from(lengths.keys()).sort((a, b) =>
    compare(words(a), words(b)) || (lengths[a] as number) - (lengths[b] as number)
  );
  const cuts: Cut[] = [{ words: Array(width).fill(0), value: NONE }];
  const open: { end: readonly number[] | undefined; value: number }[] = [];
  const cut = (at: readonly number[], value: number) => {
    if (compare((cuts.at(-1) as Cut).words, at) === 0) cuts.pop();
    cuts.push({ words: at, value });
  };
  const close = (before: ArrayLike<number> | undefined) => {
    for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
      if (before !== undefined && (top.end === undefined || compare(top.end, before) > 0)) return;
      open.pop();
      if (top.end !== undefined) cut(top.end, open.at(-1)?.value ?? NONE);
    }
  };
  for (const n of order) {
    close(words(n));
    cut([...words(n)], n);
    open.push({ end: after(words(n), lengths[n] as number), value: n });
  }
  close(undefined);
  return cuts;
}

function compare(a: ArrayLike<number>, b: ArrayLike<number>): number {
  for (let n = 0; n < a.length; n++) if (a[n] !== b[n]) return (a[n] as number) - (b[n] as number);
  return 0;
}

/** The first address past a prefix, unless that is past the end. */
function after(network: ArrayLike<number>, length: number): number[] | undefined {
  const words = Array.from(network);
  let word = Math.max(0, Math.ceil(length / 32) - 1);
  words[word] = (words[word] as number) + 2 ** (32 * (word + 1) - length);
  while ((words[word] as number) >= 2 ** 32) {
    words[word] = (words[word] as number) - 2 ** 32;
    if (word-- === 0) return undefined;
    words[word] = (words[word] as number) + 1;
  }
  return words;
}
