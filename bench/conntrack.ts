/** Conntrack with 100,000 and 1,000,000 flows: making them, finding them again, and meeting new ones. */
import { agree, numbers, type Peers, race, type Row, timeRows } from "./measure.ts";
import { Native, skipped, Wasm } from "./native.ts";
import { TextFlows, TypedFlows } from "./peers/flow_table.ts";
import { PACKET } from "./rulesets.ts";

const SIZES: Readonly<Record<string, number>> = { "100k": 100_000, million: 1_000_000 };
/** Runs of the part, in the numbering of `native/src/flows.rs`. */
const KINDS: Readonly<Record<string, number>> = { insert: 0, find: 1, "new-flow": 2 };
/** CtInfo::New: UDP without an answer stays new. */
const NEW = 1;

/** Bytes that a flow may take. */
const ENOUGH = 100;

/** Bytes of a flow in this machine's kernel, its place in the hash table left out; none where it does not tell. */
async function kernelFlow(): Promise<number | undefined> {
  const size = await Deno.readTextFile("/sys/kernel/slab/nf_conntrack/slab_size").catch(() => undefined);
  return size === undefined ? skipped("the kernel's flows", "/sys/kernel/slab does not tell their size") : Number(size);
}

/** All rows of the subject. */
export async function conntrack(): Promise<Row[]> {
  const native = await Native.open();
  const rows: Row[] = [];
  for (const [name, count] of Object.entries(SIZES)) rows.push(...await table(name, flows(count), native));
  await native?.close();
  return rows;
}

/** One UDP packet a flow, all different. */
function flows(count: number): Uint32Array<ArrayBuffer> {
  const next = numbers(count);
  const words = new Uint32Array(count * PACKET);
  for (let n = 0; n < count; n++) {
    const pod = (10 << 24 | 244 << 16 | next() & 0xffff) >>> 0;
    words.set(
      [pod, (10 << 24 | 96 << 16 | n & 0xffff) >>> 0, (next() | 0x8000_0000 | n >>> 16 & 0xff) >>> 0, 17, 0],
      n * PACKET,
    );
  }
  return words;
}

/** The same packets in another order, as traffic comes. */
function shuffled(packets: Uint32Array): Uint32Array<ArrayBuffer> {
  const next = numbers(9);
  const words = packets.slice();
  for (let n = packets.length / PACKET - 1; n > 0; n--) {
    const other = next() % (n + 1);
    const [a, b] = [words.slice(n * PACKET, n * PACKET + PACKET), words.slice(other * PACKET, other * PACKET + PACKET)];
    words.set(b, n * PACKET);
    words.set(a, other * PACKET);
  }
  return words;
}

async function table(name: string, packets: Uint32Array, native: Native | undefined): Promise<Row[]> {
  const ours = await Wasm.open();
  if (ours === undefined) return skipped("conntrack", "it needs cargo") ?? [];
  const count = packets.length / PACKET;
  const mixed = shuffled(packets);
  const js = { typed: new TypedFlows(), text: new TextFlows() };
  const rows: Row[] = [];
  for (const part of [ours, native]) await part?.load("flows", new Uint32Array());
  for (const [verb, kind] of Object.entries(KINDS)) {
    for (const part of [ours, native]) await part?.keys(verb === "insert" ? packets : mixed);
    const typed = scripts(verb, js.typed, { packets, mixed });
    const text = scripts(verb, js.text, { packets, mixed });
    const [wasm, rust, inTyped, inText] = await race(
      [() => ours.run(kind), () => native?.run(kind) ?? 0, typed ?? (() => 0), text ?? (() => 0)],
      { warmUp: 1, timed: 5 },
    ) as [number, number, number, number];
    agree(ours.answers(count), new Uint32Array(count).fill(NEW));
    const peers: Peers = {
      "plain JS typed arrays (tuples only)": typed === undefined ? undefined : inTyped / count,
      "plain JS Map (tuples only)": text === undefined ? undefined : inText / count,
      "native Rust": native === undefined ? undefined : rust / count,
    };
    rows.push(...timeRows({ subject: "conntrack", case: `${name}/${verb}`, unit: "ns/packet" }, wasm / count, peers));
  }
  const bytes = { subject: "conntrack", case: `${name}/memory`, unit: "bytes/flow" };
  rows.push(
    ...timeRows(bytes, ours.bytes() / count, { "100 bytes": ENOUGH, "Linux kernel (nf_conn)": await kernelFlow() }),
  );
  return rows;
}

/** What a script does beside a kind of run; new flows that are not kept have no twin there. */
function scripts(
  verb: string,
  table: TypedFlows | TextFlows,
  { packets, mixed }: { packets: Uint32Array; mixed: Uint32Array },
): (() => void) | undefined {
  if (verb === "insert") return () => table.insert(packets);
  if (verb !== "find") return undefined;
  return () => {
    const found = table.find(mixed);
    if (found !== packets.length / PACKET) throw new Error(`the script found ${found} flows`);
  };
}
