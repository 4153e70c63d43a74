/** Evaluating a chain of 100, 1,000 and 10,000 rules, as access lists and as lists of Services have them. */
import { agree, type Peers, race, type Row, timeRows } from "./measure.ts";
import { Native, skipped, Wasm } from "./native.ts";
import { Lookup, Scan } from "./peers/first_match.ts";
import { accessList, packetsFor, program, type Ruleset, services } from "./rulesets.ts";

/** Packets a batch by number of rules: slow peers finish in well under a second. */
const BATCH: Readonly<Record<number, number>> = { 100: 1 << 16, 1000: 1 << 14, 10000: 1 << 12 };

/** All rows of the subject. */
export async function chains(): Promise<Row[]> {
  const native = await Native.open();
  const rows: Row[] = [];
  for (const make of [accessList, services]) {
    for (const [count, batch] of Object.entries(BATCH)) rows.push(...await chain(make(Number(count)), batch, native));
  }
  await native?.close();
  return rows;
}

async function chain(ruleset: Ruleset, batch: number, native: Native | undefined): Promise<Row[]> {
  const [ours, twin] = [await Wasm.open(), await Wasm.open()];
  if (ours === undefined || twin === undefined) return skipped("chains", "they need cargo") ?? [];
  const [words, packets] = [program(ruleset), packetsFor(ruleset, batch)];
  await ours.load("chains", words);
  await twin.load("chains-linear", words);
  await native?.load("chains", words);
  for (const part of [ours, twin, native]) await part?.keys(packets);
  const js = { scan: new Scan(ruleset), map: new Lookup(ruleset) };
  const [byScan, byMap] = [new Uint32Array(batch), new Uint32Array(batch)];
  const [wasm, linear, rust, scan, map] = await race([
    () => ours.run(),
    () => twin.run(),
    () => native?.run() ?? 0,
    () => js.scan.run(packets, byScan),
    () => js.map.run(packets, byMap),
  ]) as [number, number, number, number, number];
  agree(ours.answers(batch), twin.answers(batch));
  agree(ours.answers(batch), byScan);
  const exact = ruleset.sort === "services";
  if (exact) agree(ours.answers(batch), byMap);
  const peers: Peers = {
    "golden twin (every rule in turn)": linear / batch,
    "plain JS scan": scan / batch,
    "plain JS Map": exact ? map / batch : undefined,
    "native Rust": native === undefined ? undefined : rust / batch,
  };
  const name = `${ruleset.sort}/${ruleset.rules.length}-rules`;
  return timeRows({ subject: "chains", case: name, unit: "ns/packet" }, wasm / batch, peers);
}
