/**
 * Established packets through a client, a router with conntrack and NAT, and a server: 64 flows, lengths that differ, time that
 * moves on between batches; beside the real kernel with the same machines, rules and lengths, and the same source built native.
 */
import { type BatchPacket, OUTCOME } from "../wasm/mod.ts";
import { agree, packetRow, race, round, type Row, SHORT } from "./measure.ts";
import { Native } from "./native.ts";
import { asked, recorded } from "./record.ts";
import { CLIENT, kernel, openStage, PORT, SERVER, type Stage } from "./stage.ts";

const FLOWS = 64;
/** The sender's own (`native/src/sender.rs`). */
const LENGTHS = [12, 60, 120, 12, 500, 1000, 1400, 12];
const BATCHES = 4;
const FIRST = 40_000;
/** Flows that come and go while memory is watched. */
const STRANGERS = 4096;

const RULES = `*nat
:PREROUTING ACCEPT
:INPUT ACCEPT
:OUTPUT ACCEPT
:POSTROUTING ACCEPT
-A POSTROUTING -s 10.1.0.0/24 -o eth1 -j MASQUERADE
COMMIT
*filter
:INPUT ACCEPT
:FORWARD DROP
:OUTPUT ACCEPT
-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A FORWARD -i eth0 -o eth1 -j ACCEPT
COMMIT
`;

/** The rows of the case. */
export async function router(): Promise<Row[]> {
  const { made: stage, words } = await recorded(async () => {
    const made = await openStage(RULES);
    talk(made);
    return made;
  });
  const { world: { plane }, client } = stage;
  const batch = plane.batch();
  const rows = Array.from({ length: batch.capacity }, (_, n) => packet(n));
  rows.forEach((row, n) => batch.set(n, row));
  const native = await Native.open();
  await native?.load("world", words);
  await native?.keys(asked(client, rows));
  const [ours, inRust] = await race([
    () => {
      for (let turn = 0; turn < BATCHES; turn++) {
        plane.run(plane.now() + 1);
        batch.send(client, batch.capacity);
      }
    },
    async () => {
      let spent = 0;
      for (let turn = 0; turn < BATCHES; turn++) spent += await native?.run() ?? 0;
      return spent;
    },
  ], SHORT) as [number, number];
  await native?.close();
  agree(batch.column("OUTCOME"), new Uint32Array(batch.capacity).fill(OUTCOME.DELIVERED));
  const memory = flat(stage);
  stage.world.close();
  const each = (time: number) => time / BATCHES / batch.capacity;
  const theirs = await kernel(RULES, ["established", `${FLOWS}`, "1000"]);
  return [
    ...theirs === undefined ? [] : [packetRow("established", each(ours), theirs, "Linux kernel")],
    ...native === undefined ? [] : [packetRow("established", each(ours), each(inRust), "native Rust")],
    memory,
  ];
}

/** One packet of the flows in turn, with the sender's lengths. */
function packet(row: number): BatchPacket {
  const length = LENGTHS[(row / FLOWS | 0) % LENGTHS.length] as number;
  return { src: CLIENT, dst: SERVER, proto: 17, sport: FIRST + row % FLOWS, dport: PORT, length };
}

/** The module's memory before and after 100,000,000 packets: flows under way, and a new one in each batch. */
function flat({ world: { plane }, client }: Stage): Row {
  const batch = plane.batch();
  const send = (batches: number) => {
    for (let turn = 0; turn < batches; turn++) {
      batch.set(0, { ...packet(0), sport: 50_000 + turn % STRANGERS });
      plane.run(plane.now() + 1);
      batch.send(client, batch.capacity);
    }
    return batch.exports.memory.buffer.byteLength / 1e6;
  };
  const before = send(2 * STRANGERS);
  const after = send(Math.ceil(1e8 / batch.capacity));
  const of = { subject: "path", case: "memory after 100,000,000 packets", peer: "before", unit: "MB" };
  return { ...of, ours: round(after), theirs: round(before), ratio: round(before / after) };
}

/** Every flow asks once and is answered once. */
function talk({ world: { plane }, client, server }: Stage): void {
  const [listener] = plane.sockets(server).map(({ id }) => id);
  for (let flow = 0; flow < FLOWS; flow++) {
    const socket = plane.socket(client, "udp", 4);
    plane.bind(socket, "0.0.0.0", FIRST + flow);
    plane.sendTo(socket, new Uint8Array(1), "10.2.0.2", PORT);
    plane.sendTo(listener as number, new Uint8Array(1), "10.2.0.1", FIRST + flow);
  }
}
