/**
 * Full routing tables: a seeded one with the size and prefix lengths of a real Internet table, and the real one where it is at
 * hand (`../shared/data/bgp/prefixes.txt.gz` beside the checkout).
 */
import { numbers } from "./measure.ts";

/** Prefixes as columns: IPv4 one address word each, IPv6 four; host bits are 0. */
export interface PrefixTable {
  readonly name: string;
  readonly v4: { readonly addresses: Uint32Array; readonly lengths: Uint8Array };
  readonly v6: { readonly addresses: Uint32Array; readonly lengths: Uint8Array };
}

/** How many prefixes of each length a full table had in 2026: `[length, count]`, 901,899 in all. */
export const LENGTHS4: readonly (readonly [number, number])[] = [
  [8, 16],
  [9, 13],
  [10, 38],
  [11, 103],
  [12, 299],
  [13, 581],
  [14, 1203],
  [15, 2100],
  [16, 13490],
  [17, 8235],
  [18, 13798],
  [19, 24870],
  [20, 42611],
  [21, 50750],
  [22, 108623],
  [23, 96510],
  [24, 537698],
  [25, 20],
  [26, 3],
  [27, 11],
  [28, 18],
  [29, 17],
  [30, 3],
  [31, 3],
  [32, 886],
];

/** The same for IPv6, 160,147 in all. */
export const LENGTHS6: readonly (readonly [number, number])[] = [
  [16, 1],
  [19, 1],
  [20, 16],
  [21, 3],
  [22, 7],
  [23, 8],
  [24, 30],
  [25, 8],
  [26, 15],
  [27, 20],
  [28, 193],
  [29, 4371],
  [30, 650],
  [31, 284],
  [32, 22548],
  [33, 2926],
  [34, 2603],
  [35, 1043],
  [36, 5996],
  [37, 880],
  [38, 1617],
  [39, 1377],
  [40, 13418],
  [41, 903],
  [42, 2301],
  [43, 1001],
  [44, 14365],
  [45, 1553],
  [46, 3039],
  [47, 3153],
  [48, 75488],
  [49, 11],
  [50, 3],
  [52, 1],
  [55, 1],
  [56, 24],
  [58, 20],
  [60, 2],
  [64, 184],
  [112, 2],
  [122, 1],
  [124, 4],
  [125, 9],
  [126, 19],
  [127, 42],
  [128, 6],
];

/** First 16 bits under which most of IPv6 is announced. */
const ROOTS6 = [0x2001, 0x2804, 0x2409, 0x2a02, 0x2402, 0x2408, 0x2600, 0x2401, 0x240a, 0x2400, 0x2806, 0x2a00];

/** A table of the lengths above with addresses drawn from the seed; every prefix once. */
export function seededTable(seed: number): PrefixTable {
  const next = numbers(seed);
  const draw4 = (): number[] => [(next() % 223 + 1) << 24 | next() & 0xffffff];
  const draw6 =
    (): number[] => [(ROOTS6[next() % ROOTS6.length] as number) << 16 | next() & 0xffff, next(), next(), next()];
  return { name: "seeded", v4: drawn(LENGTHS4, draw4), v6: drawn(LENGTHS6, draw6) };
}

function drawn(lengths: readonly (readonly [number, number])[], draw: () => number[]): PrefixTable["v4"] {
  const width = draw().length;
  const total = lengths.reduce((sum, [, count]) => sum + count, 0);
  const addresses = new Uint32Array(total * width);
  const column = new Uint8Array(total);
  let at = 0;
  for (const [length, count] of lengths) {
    // Short IPv6 prefixes have too few roots to draw from; they are spread over the whole first word instead.
    const wide = width === 4 && length < 24;
    const seen = new Set<string>();
    while (seen.size < count) {
      const words = wide ? [0x20000000 | draw()[1] as number >>> 3, 0, 0, 0] : draw();
      const network = words.map((word, n) => (word & mask(length - 32 * n)) >>> 0);
      const key = network.join();
      if (seen.has(key)) continue;
      seen.add(key);
      addresses.set(network, at * width);
      column[at++] = length;
    }
  }
  return { addresses, lengths: column };
}

function mask(length: number): number {
  if (length >= 32) return 0xffffffff;
  return length <= 0 ? 0 : 0xffffffff << (32 - length);
}

/** The real table, or `undefined` where the file is not at hand. */
export async function realTable(): Promise<PrefixTable | undefined> {
  const path = new URL("../../shared/data/bgp/prefixes.txt.gz", import.meta.url);
  const file = await Deno.open(path).catch(() => undefined);
  if (file === undefined) return undefined;
  const text = await new Response(file.readable.pipeThrough(new DecompressionStream("gzip"))).text();
  const lines = text.split("\n").map((line) => line.trim()).filter((line) => line !== "");
  const of = (isFamily: (line: string) => boolean, words: (address: string) => number[]): PrefixTable["v4"] => {
    const family = lines.filter(isFamily).map((line) => line.split("/"));
    return {
      addresses: Uint32Array.from(family.flatMap(([address]) => words(address as string))),
      lengths: Uint8Array.from(family, ([, length]) => Number(length)),
    };
  };
  return { name: "internet", v4: of((l) => !l.includes(":"), words4), v6: of((l) => l.includes(":"), words6) };
}

function words4(address: string): number[] {
  const [a, b, c, d] = address.split(".").map(Number) as [number, number, number, number];
  return [(a << 24 | b << 16 | c << 8 | d) >>> 0];
}

function words6(address: string): number[] {
  const [head, tail] = address.split("::") as [string, string | undefined];
  const groups = (text: string | undefined) =>
    text === undefined || text === "" ? [] : text.split(":").map((g) => parseInt(g, 16));
  const [first, last] = [groups(head), groups(tail)];
  const all = [...first, ...Array(8 - first.length - last.length).fill(0), ...last] as number[];
  return [0, 2, 4, 6].map((n) => ((all[n] as number) << 16 | (all[n + 1] as number)) >>> 0);
}

/** `count` addresses, each a random host of a random prefix: traffic that all has a route, with no favourites. */
export function hostsOf(table: PrefixTable["v4"], count: number, seed: number): Uint32Array {
  const next = numbers(seed);
  const width = table.addresses.length / table.lengths.length;
  const hosts = new Uint32Array(count * width);
  for (let n = 0; n < count; n++) {
    const at = next() % table.lengths.length;
    for (let word = 0; word < width; word++) {
      const hostBits = ~mask((table.lengths[at] as number) - 32 * word);
      hosts[n * width + word] = (table.addresses[at * width + word] as number) | next() & hostBits;
    }
  }
  return hosts;
}

/** The same with favourites: Zipf's law over 16,384 of the addresses. */
export function popularHosts(table: PrefixTable["v4"], count: number, seed: number): Uint32Array {
  const places = hostsOf(table, 1 << 14, seed);
  const width = table.addresses.length / table.lengths.length;
  const next = numbers(seed + 1);
  const hosts = new Uint32Array(count * width);
  const total = Math.log(1 << 14);
  for (let n = 0; n < count; n++) {
    const rank = Math.floor(Math.exp(next() / 2 ** 32 * total)) - 1;
    hosts.set(places.subarray(rank * width, rank * width + width), n * width);
  }
  return hosts;
}

/** Address words, length and number of each prefix in a row: what the plane's exports and the native program load. */
export function records({ addresses, lengths }: PrefixTable["v4"]): Uint32Array<ArrayBuffer> {
  const width = addresses.length / lengths.length;
  const words = new Uint32Array(lengths.length * (width + 2));
  lengths.forEach((length, n) => {
    words.set(addresses.subarray(n * width, n * width + width), n * (width + 2));
    words.set([length, n], n * (width + 2) + width);
  });
  return words;
}
