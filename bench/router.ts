/**
 * Established packets through a client, a router with conntrack and NAT, and a server: 64 flows, lengths that differ, time that
 * moves on between batches; beside the real kernel with the same machines, rules and lengths.
 */
import { agree, race, type Row } from "./measure.ts";
import { packetRow } from "./path.ts";
import { CLIENT, kernel, openStage, PORT, SERVER, type Stage } from "./stage.ts";

const FLOWS = 64;
/** The sender's own (`native/src/sender.rs`). */
const LENGTHS = [12, 60, 120, 12, 500, 1000, 1400, 12];
const BATCHES = 50;
const FIRST = 40_000;

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
  const stage = await openStage(RULES);
  const { world: { plane }, client } = stage;
  talk(stage);
  const batch = plane.batch();
  for (let row = 0; row < batch.capacity; row++) {
    const length = LENGTHS[(row / FLOWS | 0) % LENGTHS.length] as number;
    batch.set(row, { src: CLIENT, dst: SERVER, proto: 17, sport: FIRST + row % FLOWS, dport: PORT, length });
  }
  const [ours] = await race([() => {
    for (let turn = 0; turn < BATCHES; turn++) {
      plane.run(plane.now() + 1);
      batch.send(client, batch.capacity);
    }
  }]) as [number];
  agree(batch.column("OUTCOME"), new Uint32Array(batch.capacity).fill(1));
  stage.world.close();
  const theirs = await kernel(RULES, ["established", `${FLOWS}`, "1000"]);
  if (theirs === undefined) return [];
  return [packetRow("established", ours / BATCHES / batch.capacity, theirs, "Linux kernel")];
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
