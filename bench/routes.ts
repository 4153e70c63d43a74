/** Longest-prefix match with a full table, both families, and with the small tables that nodes have. */
import { agree, median, type Peers, race, type Row, timeRows } from "./measure.ts";
import { Native, skipped, Wasm } from "./native.ts";
import { Dir24 } from "./peers/dir24.ts";
import { Ranges } from "./peers/ranges.ts";
import { ShippedRoutes } from "./shipped_routes.ts";
import { hostsOf, popularHosts, type PrefixTable, realTable, records, seededTable } from "./tables.ts";

/** Lookups a batch; the slow twin and npm get fewer. */
const BATCH = 1 << 20;
const FEW = 64;
const NPM = 1 << 16;
/** Tables beyond this are full ones: DIR-24-8 is then JavaScript's best for IPv4, and npm takes part. */
const FULL = 100_000;

type Columns = PrefixTable["v4"];

/** A table under test and who races on it. */
interface Field {
  readonly name: string;
  readonly table: Columns;
  readonly version: 4 | 6;
  readonly ours: ShippedRoutes;
  readonly native: Native | undefined;
}

/** All rows of the subject. */
export async function routes(): Promise<Row[]> {
  const native = await Native.open();
  const real = await realTable() ?? skipped("the Internet's table", "../shared/data/bgp is not at hand");
  const rows: Row[] = [];
  const add = async (name: string, table: Columns, version: 4 | 6) => {
    rows.push(...await family({ name, table, version, ours: await ShippedRoutes.open(version), native }));
  };
  for (const table of [seededTable(1), ...real === undefined ? [] : [real]]) {
    await add(`lookup-full/${table.name}/ipv4`, table.v4, 4);
    await add(`lookup-full/${table.name}/ipv6`, table.v6, 6);
  }
  await add("lookup-node/50-routes", nodeTable(50), 4);
  await add("lookup-node/5000-routes", nodeTable(5000), 4);
  await native?.close();
  return rows;
}

/** A node's table: a default route and the other nodes' /24s. */
function nodeTable(count: number): Columns {
  const place = (n: number) => n === 0 ? 0 : (10 << 24 | n << 8) >>> 0;
  return {
    addresses: Uint32Array.from({ length: count }, (_, n) => place(n)),
    lengths: Uint8Array.from({ length: count }, (_, n) => n === 0 ? 0 : 24),
  };
}

async function family(field: Field): Promise<Row[]> {
  const { name, table, version, ours, native } = field;
  const words = records(table);
  const builds = { ours: [] as number[], native: [] as number[] };
  for (let turn = 0; turn < 5; turn++) {
    builds.ours.push(await ours.load(`routes${version}`, words));
    if (native !== undefined) builds.native.push(await native.load(`routes${version}`, words));
  }
  const rows = timeRows({ subject: "routes", case: `${name}/build`, unit: "ms" }, median(builds.ours) / 1e6, {
    "native Rust": native === undefined ? undefined : median(builds.native) / 1e6,
  });
  const js = version === 4 && table.lengths.length > FULL
    ? new Dir24(table.addresses, table.lengths)
    : new Ranges(table.addresses, table.lengths);
  const random = hostsOf(table, BATCH, 2);
  rows.push(...await lookups(field, js, { kind: "random", keys: random }));
  rows.push(...await lookups(field, js, { kind: "popular", keys: popularHosts(table, BATCH, 3) }));
  return rows;
}

async function lookups(field: Field, js: Ranges | Dir24, input: { kind: string; keys: Uint32Array }): Promise<Row[]> {
  const { ours, native } = field;
  const answers = new Uint32Array(BATCH);
  await ours.keys(input.keys);
  await native?.keys(input.keys);
  const [wasm, script, rust] = await race([
    () => ours.run(),
    () => js.lookup(input.keys, answers),
    () => native?.run() ?? 0,
  ]) as [number, number, number];
  agree(ours.answers(BATCH), answers);
  const peers: Peers = {
    "plain JS": script / BATCH,
    "native Rust": native === undefined ? undefined : rust / BATCH,
    ...input.kind === "random" ? await slowPeers(field, input.keys) : {},
  };
  return timeRows(
    { subject: "routes", case: `${field.name}/${input.kind}`, unit: "ns/lookup" },
    wasm / BATCH,
    peers,
  );
}

/** The slow twin, and npm's best for the full IPv4 table. */
async function slowPeers({ table, version, ours }: Field, keys: Uint32Array): Promise<Peers> {
  const npm = version === 4 && table.lengths.length > FULL ? await npmPeer(table, keys.subarray(0, NPM)) : undefined;
  const twin = await Wasm.open();
  if (twin === undefined) return { "npm mmdb-lib": npm };
  await twin.load(`golden${version}`, records(table));
  await twin.keys(keys.subarray(0, FEW * (version === 4 ? 1 : 4)));
  const [time] = await race([() => twin.run()], { warmUp: 1, timed: 5 }) as [number];
  agree(ours.answers(FEW), twin.answers(FEW));
  return { "golden twin": time / FEW, "npm mmdb-lib": npm };
}

async function npmPeer(table: Columns, keys: Uint32Array): Promise<number | undefined> {
  const prefixes = records(table).filter((_, n) => n % 3 !== 2);
  const file = await Deno.makeTempFile({ prefix: "podwire-bench-" });
  await Deno.writeFile(file, new Uint8Array(Uint32Array.of(table.lengths.length).buffer));
  await Deno.writeFile(file, new Uint8Array(prefixes.buffer), { append: true });
  await Deno.writeFile(file, new Uint8Array(keys.slice().buffer), { append: true });
  const program = new URL("./peers/mmdb.ts", import.meta.url).pathname;
  const args = ["run", "--no-config", "--no-lock", "--node-modules-dir=none", "--quiet", "--allow-read", program, file];
  const { success, stdout } = await new Deno.Command(Deno.execPath(), { args, stderr: "null" }).output();
  await Deno.remove(file);
  if (!success) return skipped("npm mmdb-lib", "it cannot be fetched or run here");
  return Number(new TextDecoder().decode(stdout));
}
