/**
 * Packets a second through the demo: from a frontend pod to the cartservice Service, through veth, bridge, netfilter with kube-proxy's rules,
 * routes and flannel's vxlan to the pod behind it, wherever that is. Batched, in the module as it ships.
 */
import type { Cluster } from "../core/lab/cluster.ts";
import { resolvePlace, resolveTarget } from "../core/lab/resolve.ts";
import type { World } from "../core/lab/world.ts";
import type { BatchPacket, Ns, PacketBatch } from "../wasm/mod.ts";
import { packetRow, race, type Row, SHORT } from "./measure.ts";
import { router } from "./router.ts";
import { openShop } from "./shop.ts";

/** Batches a turn. */
const BATCHES = 4;
/** Connections whose packets take turns in a batch. */
const FLOWS = 64;
const ACK = 16;
const SYN = 2;
/** What an established packet may take on this path, in nanoseconds. */
const BOUND = 1000;

/** One end of the path. */
interface Path {
  readonly batch: PacketBatch;
  readonly from: Ns;
  readonly source: number;
  readonly service: number;
  readonly port: number;
}

/** All rows of the subject. */
export async function path(): Promise<Row[]> {
  const routed = await router();
  const world = await openShop();
  try {
    const way = await findPath(world.world, world.cluster);
    return [...routed, ...await established(world.world, way), ...await newFlows(way)];
  } finally {
    world.world.close();
  }
}

async function findPath(world: World, cluster: Cluster): Promise<Path> {
  const from = resolvePlace(world, cluster, "deploy/frontend");
  const goal = await resolveTarget({ world, cluster, from, protocol: "tcp" }, "svc/cartservice:7070");
  const own = world.plane.addresses(from.ns).find(({ dev, address }) => dev !== 1 && address.includes("."));
  return {
    batch: world.plane.batch(),
    from: from.ns,
    source: word(own?.address.split("/")[0] as string),
    service: word(goal.address),
    port: goal.port,
  };
}

function word(address: string): number {
  return address.split(".").reduce((sum, byte) => sum * 256 + Number(byte), 0);
}

/** Fills the batch, row by row, with packets from these ports. */
function fill(way: Path, portOf: (row: number) => number, flags: number): void {
  for (let row = 0; row < way.batch.capacity; row++) way.batch.set(row, packet(way, portOf(row), flags));
}

function packet({ source, service, port }: Path, sport: number, flags: number): BatchPacket {
  return { src: source, dst: service, proto: 6, sport, dport: port, flags };
}

/** Every packet of the batch must have come to a pod that sees the sender's own address. */
function check({ batch, source }: Path): void {
  for (let row = 0; row < batch.capacity; row++) {
    const verdict = batch.verdict(row);
    if (verdict.outcome !== "delivered" || verdict.src !== source) {
      throw new Error(`packet ${row} ended ${JSON.stringify(verdict)}`);
    }
  }
}

/** Connections that were really opened, so that conntrack has seen both ways; their local ports. */
async function connect(world: World, way: Path): Promise<number[]> {
  // Rows have no sequence numbers, so conntrack must not look at windows.
  for (const machine of world.machines.values()) {
    await machine.run("sysctl -qw net.netfilter.nf_conntrack_tcp_be_liberal=1");
  }
  const { plane } = world;
  return Array.from({ length: FLOWS }, () => {
    const socket = plane.socket(way.from, "tcp", 4);
    const refused = plane.connect(socket, text(way.service), way.port);
    const view = plane.socketView(socket);
    if (refused !== null || view.state !== "ESTAB") throw new Error(`a connection is ${view.state}, ${refused?.errno}`);
    return view.localPort;
  });
}

function text(address: number): string {
  return [24, 16, 8, 0].map((shift) => address >>> shift & 255).join(".");
}

/** Packets of connections under way: conntrack knows them, NAT is bound. */
async function established(world: World, way: Path): Promise<Row[]> {
  const { batch, from } = way;
  const ports = await connect(world, way);
  fill(way, (row) => ports[row % FLOWS] as number, ACK);
  const [batched, single] = await race([
    () => {
      for (let turn = 0; turn < BATCHES; turn++) batch.send(from, batch.capacity);
    },
    () => {
      for (let turn = 0; turn < batch.capacity; turn++) {
        batch.set(0, packet(way, ports[turn % FLOWS] as number, ACK));
        batch.send(from, 1);
      }
    },
  ], SHORT) as [number, number];
  fill(way, (row) => ports[row % FLOWS] as number, ACK);
  batch.send(from, batch.capacity);
  check(way);
  const [ours, alone] = [batched / BATCHES / batch.capacity, single / batch.capacity];
  return [
    packetRow("pod-to-service/established", ours, alone, "one packet a call"),
    packetRow("pod-to-service/established", ours, BOUND, "1 us a packet"),
  ];
}

/** Every packet is the first of its flow: all of kube-proxy's rules, a new entry and a new binding. */
async function newFlows(way: Path): Promise<Row[]> {
  const { batch, from } = way;
  let port = 0;
  const [time] = await race([() => {
    const first = port;
    fill(way, (row) => 1024 + (first + row) % 60000, SYN);
    port += batch.capacity;
    const start = performance.now();
    batch.send(from, batch.capacity);
    return (performance.now() - start) * 1e6;
  }], SHORT) as [number];
  check(way);
  return [packetRow("pod-to-service/new-flow", time / batch.capacity, BOUND, "1 us a packet")];
}
