/** Longest-prefix match with a full table, both families, and with the small tables that nodes have. */
import { median, numbers, type Peers, race, type Row, timeRows } from "./measure.ts";
import { type Exports, golden, Native, shipped, skipped } from "./native.ts";
import { Dir24 } from "./peers/dir24.ts";
import { Ranges } from "./peers/ranges.ts";
import { hostsOf, popularHosts, type PrefixTable, realTable, seededTable } from "./tables.ts";

const SUBJECT = "routes";
/** Lookups a batch; the golden twin and npm get fewer. */
const BATCH = 1 << 20;
const FEW = 64;
const NPM = 1 << 16;

type Columns = PrefixTable["v4"];

/** Who takes part beside the shipped module. */
interface Others {
  readonly native: Native | undefined;
  readonly golden: Exports | undefined;
  readonly folder: string;
}

/** All rows of the subject. */
export async function routes(): Promise<Row[]> {
  const folder = await Deno.makeTempDir({ prefix: "podwire-bench-" });
  const others: Others = { native: await Native.open(), golden: await golden(), folder };
  try {
    const real = await realTable() ?? skipped("the Internet's table", "../shared/data/bgp is not at hand");
    const rows: Row[] = [];
    for (const table of [seededTable(1), ...real === undefined ? [] : [real]]) {
      rows.push(...await family(`lookup-full/${table.name}/ipv4`, table.v4, 4, others));
      rows.push(...await family(`lookup-full/${table.name}/ipv6`, table.v6, 6, others));
    }
    rows.push(...await family("lookup-node/50-routes", nodeTable(50), 4, others));
    rows.push(...await family("lookup-node/5000-routes", nodeTable(5000), 4, others));
    return rows;
  } finally {
    await others.native?.close();
    await Deno.remove(folder, { recursive: true });
  }
}

/** A node's table: a default route and the other nodes' /24s. */
function nodeTable(count: number): Columns {
  const next = numbers(count);
  const addresses = Uint32Array.from({ length: count }, (_, n) => n === 0 ? 0 : (10 << 24 | n << 8 | next() & 0) >>> 0);
  return { addresses, lengths: Uint8Array.from({ length: count }, (_, n) => n === 0 ? 0 : 24) };
}

async function family(name: string, table: Columns, version: 4 | 6, others: Others): Promise<Row[]> {
  const ours = new Side(await shipped(), "lpm", version);
  const built = [await ours.load(table), ours.reload(), ours.reload(), ours.reload(), ours.reload()];
  const files = await writeFiles(table, hostsOf(table, BATCH, 2), others.folder);
  const nativeBuilt = await others.native?.ask(`load${version} ${files.table}`);
  const rows = timeRows({ subject: SUBJECT, case: `${name}/build`, unit: "ms" }, median(built) / 1e6, {
    native: nativeBuilt === undefined ? undefined : nativeBuilt / 1e6,
  });
  const kinds = { random: hostsOf(table, BATCH, 2), popular: popularHosts(table, BATCH, 3) };
  for (const [kind, keys] of Object.entries(kinds)) {
    const of = { subject: SUBJECT, case: `${name}/${kind}`, unit: "ns/lookup" };
    rows.push(...await lookups(of, { table, keys, version, ours, others, isFirst: kind === "random" }));
  }
  return rows;
}

interface Race {
  readonly table: Columns;
  readonly keys: Uint32Array;
  readonly version: 4 | 6;
  readonly ours: Side;
  readonly others: Others;
  readonly isFirst: boolean;
}

async function lookups(of: { subject: string; case: string; unit: string }, it: Race): Promise<Row[]> {
  const { table, keys, version, ours, others } = it;
  const js = version === 4 && table.lengths.length > 100_000
    ? new Dir24(table.addresses, table.lengths)
    : new Ranges(table.addresses, table.lengths);
  const answers = new Uint32Array(BATCH);
  ours.keys(keys);
  await Deno.writeFile(`${others.folder}/keys`, new Uint8Array(keys.buffer));
  await others.native?.ask(`keys${version} ${others.folder}/keys`);
  const native = others.native;
  const [wasm, script, rust] = await race([
    () => ours.run(),
    () => js.lookup(keys, answers),
    () => native === undefined ? 0 : native.ask(`run${version}`),
  ]) as [number, number, number];
  agree(ours.answers(), answers);
  const peers: Record<string, number | undefined> = {
    "plain JS": script / BATCH,
    "native Rust": native === undefined ? undefined : rust / BATCH,
  };
  if (it.isFirst) Object.assign(peers, await slowPeers(it));
  return timeRows(of, wasm / BATCH, peers);
}

/** The peers that need no second kind of traffic: the slow twin, and npm's best for the full IPv4 table. */
async function slowPeers({ table, keys, version, ours, others }: Race): Promise<Peers> {
  const peers: Record<string, number | undefined> = {};
  if (others.golden !== undefined) {
    const twin = new Side(others.golden, "golden", version);
    await twin.load(table);
    const few = keys.subarray(0, FEW * twin.width);
    twin.keys(few);
    const [time] = await race([() => twin.run()], { warmUp: 1, timed: 5 });
    agree(ours.answers().subarray(0, FEW), twin.answers());
    peers["golden twin"] = time as number / FEW;
  }
  if (version === 4 && table.lengths.length > 100_000) {
    peers["npm mmdb-lib"] = await npmPeer(table, keys.subarray(0, NPM), others.folder);
  }
  return peers;
}

async function npmPeer(table: Columns, keys: Uint32Array, folder: string): Promise<number | undefined> {
  const words = new Uint32Array(1 + 2 * table.lengths.length + keys.length);
  words[0] = table.lengths.length;
  table.lengths.forEach((length, n) => words.set([table.addresses[n] as number, length], 1 + 2 * n));
  words.set(keys, 1 + 2 * table.lengths.length);
  await Deno.writeFile(`${folder}/npm`, new Uint8Array(words.buffer));
  const program = new URL("./peers/mmdb.ts", import.meta.url).pathname;
  const args = [
    "run",
    "--no-config",
    "--no-lock",
    "--node-modules-dir=none",
    "--quiet",
    "--allow-read",
    program,
    `${folder}/npm`,
  ];
  const { success, stdout } = await new Deno.Command(Deno.execPath(), { args, stderr: "null" }).output();
  if (!success) return skipped("npm mmdb-lib", "it cannot be fetched or run here");
  return Number(new TextDecoder().decode(stdout));
}

async function writeFiles(table: Columns, keys: Uint32Array, folder: string): Promise<{ table: string; keys: string }> {
  await Deno.writeFile(`${folder}/table`, new Uint8Array(records(table).buffer));
  await Deno.writeFile(`${folder}/keys`, new Uint8Array(keys.buffer));
  return { table: `${folder}/table`, keys: `${folder}/keys` };
}

/** Address words, length and value of each prefix in a row. */
function records({ addresses, lengths }: Columns): Uint32Array<ArrayBuffer> {
  const width = addresses.length / lengths.length;
  const words = new Uint32Array(lengths.length * (width + 2));
  lengths.forEach((length, n) => {
    words.set(addresses.subarray(n * width, n * width + width), n * (width + 2));
    words.set([length, n], n * (width + 2) + width);
  });
  return words;
}

function agree(ours: Uint32Array, theirs: Uint32Array): void {
  const at = ours.findIndex((answer, n) => answer !== theirs[n]);
  if (at >= 0) throw new Error(`lookup ${at}: we say ${ours[at]}, the peer says ${theirs[at]}`);
}

/** One module's table and region of words. */
class Side {
  readonly width: number;
  readonly #exports: Exports;
  readonly #prefix: string;
  readonly #version: 4 | 6;
  #address = 0;
  #count = 0;
  #prefixes = 0;

  constructor(exports: Exports, prefix: string, version: 4 | 6) {
    this.#exports = exports;
    this.#prefix = prefix;
    this.#version = version;
    this.width = version === 4 ? 1 : 4;
  }

  #call(name: string, count: number): number {
    const call = this.#exports[`${this.#prefix}_${name}`];
    if (call === undefined) throw new Error(`no export ${this.#prefix}_${name}`);
    return call(count);
  }

  #region(words: number): Uint32Array {
    return new Uint32Array(this.#exports.memory.buffer, this.#address, words);
  }

  /** Loads a table; nanoseconds it took once the words were there. */
  load(table: Columns): Promise<number> {
    const words = records(table);
    this.#address = this.#call("reserve", words.length) >>> 0;
    this.#region(words.length).set(words);
    this.#prefixes = table.lengths.length;
    return Promise.resolve(this.reload());
  }

  reload(): number {
    const start = performance.now();
    this.#call(`load${this.#version}`, this.#prefixes);
    return (performance.now() - start) * 1e6;
  }

  /** Puts the keys of the next runs in place. */
  keys(keys: Uint32Array): void {
    this.#count = keys.length / this.width;
    this.#address = this.#call("reserve", keys.length + this.#count) >>> 0;
    this.#region(keys.length).set(keys);
  }

  run(): void {
    this.#call(`lookup${this.#version}`, this.#count);
  }

  answers(): Uint32Array {
    return this.#region(this.#count * (this.width + 1)).slice(this.#count * this.width);
  }
}
