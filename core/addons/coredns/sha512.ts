/** SHA-512 (FIPS 180-4): CoreDNS prints that of its configuration. */

const MASK = 0xffff_ffff_ffff_ffffn;
const PRIMES = firstPrimes(80);
const K = PRIMES.map((prime) => fractionBits(prime, 3n));
const START = PRIMES.slice(0, 8).map((prime) => fractionBits(prime, 2n));

/** The SHA-512 of a text's UTF-8 bytes, as 128 hexadecimal digits. */
export function sha512(text: string): string {
  const blocks = padded(new TextEncoder().encode(text));
  const state = [...START];
  for (let at = 0; at < blocks.byteLength; at += 128) compress(state, blocks, at);
  return state.map((word) => word.toString(16).padStart(16, "0")).join("");
}

function firstPrimes(count: number): bigint[] {
  const primes: bigint[] = [];
  for (let n = 2n; primes.length < count; n++) if (primes.every((p) => n % p !== 0n)) primes.push(n);
  return primes;
}

/** The first 64 bits behind the point of a root of a prime, by bisection. */
function fractionBits(prime: bigint, power: bigint): bigint {
  const target = prime << (64n * power);
  let [low, high] = [0n, prime << 64n];
  while (high - low > 1n) {
    const middle = (low + high) >> 1n;
    if (middle ** power <= target) low = middle;
    else high = middle;
  }
  return low & MASK;
}

function padded(bytes: Uint8Array): DataView {
  const out = new Uint8Array(Math.ceil((bytes.length + 17) / 128) * 128);
  out.set(bytes);
  out[bytes.length] = 0x80;
  const view = new DataView(out.buffer);
  view.setBigUint64(out.length - 8, BigInt(bytes.length) * 8n);
  return view;
}

const rotate = (word: bigint, by: bigint): bigint => ((word >> by) | (word << (64n - by))) & MASK;
const at = (words: readonly bigint[], i: number): bigint => words[i] as bigint;

function compress(state: bigint[], blocks: DataView, from: number): void {
  const w: bigint[] = [];
  for (let i = 0; i < 16; i++) w.push(blocks.getBigUint64(from + i * 8));
  for (let i = 16; i < 80; i++) {
    const [a, b] = [at(w, i - 15), at(w, i - 2)];
    const s0 = rotate(a, 1n) ^ rotate(a, 8n) ^ (a >> 7n);
    const s1 = rotate(b, 19n) ^ rotate(b, 61n) ^ (b >> 6n);
    w.push((at(w, i - 16) + s0 + at(w, i - 7) + s1) & MASK);
  }
  const v = [...state];
  for (let i = 0; i < 80; i++) {
    const [a, b, c, d, e, f, g, h] = v as [bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint];
    const s1 = rotate(e, 14n) ^ rotate(e, 18n) ^ rotate(e, 41n);
    const t1 = h + s1 + ((e & f) ^ (~e & MASK & g)) + at(K, i) + at(w, i);
    const s0 = rotate(a, 28n) ^ rotate(a, 34n) ^ rotate(a, 39n);
    v.unshift((t1 + s0 + ((a & b) ^ (a & c) ^ (b & c))) & MASK);
    v[4] = (d + t1) & MASK;
    v.pop();
  }
  v.forEach((word, i) => state[i] = (at(state, i) + word) & MASK);
}
