/**
 * The best longest-prefix match on npm, `mmdb-lib` 3.0.3, as a program of its own: `deno run --no-config npm-peer FILE COUNT`. FILE has
 * little-endian words: how many prefixes, address and length of each, then addresses to look up. Prints the median nanoseconds of a lookup.
 * The package reads MaxMind's database format from texts of addresses, so a table is first written in that format.
 */
import { Buffer } from "node:buffer";

/** Named at run time only, so that nothing but the bench ever fetches it. */
const PACKAGE = ["npm:mmdb-lib", "3.0.3"].join("@");

/** What is used of the package. */
interface MmdbLib {
  readonly Reader: new (database: Buffer) => { get(address: string): unknown };
}

const MARKER = Buffer.concat([Buffer.from([0xab, 0xcd, 0xef]), Buffer.from("MaxMind.com")]);

/** A binary trie in columns; children are nodes, or `~value`, or -1 << 31 for nothing. */
const NOTHING = -(2 ** 31);

function treeOf(words: Uint32Array, count: number): Int32Array {
  let children = new Int32Array(1 << 20).fill(NOTHING);
  let nodes = 1;
  const order = Array.from({ length: count }, (_, n) => n).sort((a, b) =>
    (words[2 + 2 * a] as number) - (words[2 + 2 * b] as number)
  );
  for (const n of order) {
    const address = words[1 + 2 * n] as number;
    let node = 0;
    for (let bit = 0;; bit++) {
      const at = 2 * node + (address >>> (31 - bit) & 1);
      if (bit === (words[2 + 2 * n] as number) - 1) {
        children[at] = ~n;
        break;
      }
      let child = children[at] as number;
      if (child < 0) {
        if (2 * nodes + 2 > children.length) {
          const larger = new Int32Array(children.length * 2).fill(NOTHING);
          larger.set(children);
          children = larger;
        }
        children[2 * nodes] = children[2 * nodes + 1] = child;
        child = children[at] = nodes++;
      }
      node = child;
    }
  }
  return children.subarray(0, 2 * nodes);
}

function database(words: Uint32Array): Buffer {
  const count = words[0] as number;
  const tree = treeOf(words, count);
  const nodes = tree.length / 2;
  const search = Buffer.alloc(nodes * 8);
  tree.forEach((child, n) => {
    const data = nodes + 16 + 5 * ~child;
    search.writeUInt32BE(child >= 0 ? child : child === NOTHING ? nodes : data, n * 4);
  });
  const data = Buffer.alloc(count * 5);
  for (let n = 0; n < count; n++) {
    data[n * 5] = 0xc4;
    data.writeUInt32BE(n, n * 5 + 1);
  }
  return Buffer.concat([search, Buffer.alloc(16), data, MARKER, metadata(nodes)]);
}

function metadata(nodes: number): Buffer {
  const text = (value: string) => Buffer.concat([Buffer.from([0x40 | value.length]), Buffer.from(value)]);
  const number = (type: number, size: number, value: number) => {
    const bytes = Buffer.alloc(size);
    bytes.writeUIntBE(value, 0, size);
    return Buffer.concat([Buffer.from([type << 5 | size]), bytes]);
  };
  const fields: [string, Buffer][] = [
    ["binary_format_major_version", number(5, 2, 2)],
    ["binary_format_minor_version", number(5, 2, 0)],
    ["build_epoch", Buffer.from([0x04, 0x02, 0, 0, 0, 0])],
    ["database_type", text("routes")],
    ["description", Buffer.from([0xe0])],
    ["ip_version", number(5, 2, 4)],
    ["languages", Buffer.from([0x00, 0x04])],
    ["node_count", number(6, 4, nodes)],
    ["record_size", number(5, 2, 32)],
  ];
  return Buffer.concat([Buffer.from([0xe0 | fields.length]), ...fields.flatMap(([key, value]) => [text(key), value])]);
}

async function main(path: string): Promise<void> {
  const bytes = Deno.readFileSync(path);
  const words = new Uint32Array(bytes.buffer);
  const { Reader } = await import(PACKAGE) as MmdbLib;
  const reader = new Reader(database(words));
  const keys = Array.from(
    words.subarray(1 + 2 * (words[0] as number)),
    (a) => `${a >>> 24}.${a >>> 16 & 255}.${a >>> 8 & 255}.${a & 255}`,
  );
  const times: number[] = [];
  for (let turn = 0; turn < 7; turn++) {
    const start = performance.now();
    let found = 0;
    for (const key of keys) if (reader.get(key) !== null) found++;
    if (found !== keys.length) throw new Error(`${keys.length - found} addresses without a route`);
    times.push((performance.now() - start) * 1e6 / keys.length);
  }
  console.log(times.sort((a, b) => a - b)[3]);
}

await main(Deno.args[0] as string);
