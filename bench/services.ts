/**
 * New flows against a node's rules for 10 and for 10,000 Services, as kube-proxy writes them: every packet the first of its flow, to
 * one Service after the other; beside iptables-legacy in the real kernel with the same machines and rules.
 */
import { type BatchPacket, OUTCOME } from "../wasm/mod.ts";
import { agree, median, type Peers, type Row, timeRows } from "./measure.ts";
import { Native } from "./native.ts";
import { asked, recorded } from "./record.ts";
import { CLIENT, kernel, openStage } from "./stage.ts";

/** New flows of a measurement; conntrack has room for them all. */
const FLOWS = 200_000;
/** Rows of a batch: as many as the kernel's sender gives to one call. */
const ROWS = 64;
/** The native program is asked by words over a pipe, so it gets more at a time. */
const RUST_ROWS = 1000;
/** A run that takes all flows away first. */
const FRESH = 1;
/** Every Service has a backend of its own, all on the server. */
const backend = (service: number) => `10.3.${service >> 8}.${service & 255}`;

/** The nat table of so many Services, one backend each. */
function rules(services: number): string {
  const numbers = Array.from({ length: services }, (_, n) => n);
  const name = (kind: string, n: number) => `KUBE-${kind}-${String(n).padStart(16, "0")}`;
  const about = (text: string) => `-m comment --comment "${text}"`;
  return [
    "*nat",
    ...["PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"].map((chain) => `:${chain} ACCEPT`),
    ...["KUBE-SERVICES", "KUBE-POSTROUTING", "KUBE-MARK-MASQ"].map((chain) => `:${chain} -`),
    ...numbers.flatMap((n) => [`:${name("SVC", n)} -`, `:${name("SEP", n)} -`]),
    `-A PREROUTING ${about("kubernetes service portals")} -j KUBE-SERVICES`,
    `-A OUTPUT ${about("kubernetes service portals")} -j KUBE-SERVICES`,
    `-A POSTROUTING ${about("kubernetes postrouting rules")} -j KUBE-POSTROUTING`,
    "-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000",
    "-A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN",
    "-A KUBE-POSTROUTING -j MARK --set-xmark 0x4000/0x0",
    `-A KUBE-POSTROUTING ${about("kubernetes service traffic requiring SNAT")} -j MASQUERADE --random-fully`,
    ...numbers.flatMap((n) => [
      `-A KUBE-SERVICES -d ${address(n)}/32 -p udp ${about(`shop/svc-${n} cluster IP`)} -m udp --dport 80 -j ${
        name("SVC", n)
      }`,
      `-A ${name("SVC", n)} ${about(`shop/svc-${n} -> ${backend(n)}:8080`)} -j ${name("SEP", n)}`,
      `-A ${name("SEP", n)} -s ${backend(n)}/32 ${about(`shop/svc-${n}`)} -j KUBE-MARK-MASQ`,
      `-A ${name("SEP", n)} -p udp ${about(`shop/svc-${n}`)} -m udp -j DNAT --to-destination ${backend(n)}:8080`,
    ]),
    "COMMIT",
    "",
  ].join("\n");
}

const address = (service: number) => `10.96.${service >> 8}.${service & 255}`;

/** All rows of the subject. */
export async function services(): Promise<Row[]> {
  const few = await plane(10);
  const many = await plane(10_000);
  const rows = async (count: number, { ours, native }: Times, peers: Peers = {}) =>
    timeRows({ subject: "services", case: `newflow-${count}`, unit: "ns/packet" }, ours, {
      "iptables-legacy": await kernel(rules(count), ["newflow", `${count}`, `${FLOWS}`]),
      "native Rust": native,
      ...peers,
    });
  return [...await rows(10, few), ...await rows(10_000, many, { "podwire, 10 Services": few.ours })];
}

/** Nanoseconds a packet. */
interface Times {
  readonly ours: number;
  readonly native: number | undefined;
}

/** The medians of batches in the plane and in the same source built native, after a first round that makes room for the flows. */
async function plane(count: number): Promise<Times> {
  const { made: { world, client }, words } = await recorded(() => openStage(rules(count)));
  const native = await Native.open();
  await native?.load("world", words);
  const batch = world.plane.batch();
  const [times, inRust]: [number[], number[]] = [[], []];
  for (let round = 0; round < 2; round++) {
    for (let sent = 0; sent < FLOWS; sent += ROWS) {
      const packets = Array.from({ length: ROWS }, (_, row) => packet(sent + row, count));
      packets.forEach((packet, row) => batch.set(row, packet));
      const start = performance.now();
      batch.send(client, ROWS);
      times.push((performance.now() - start) * 1e6 / ROWS);
      agree(batch.column("OUTCOME").subarray(0, ROWS), new Uint32Array(ROWS).fill(OUTCOME.DELIVERED));
    }
    for (let sent = 0; sent < FLOWS; sent += RUST_ROWS) {
      await native?.keys(asked(client, Array.from({ length: RUST_ROWS }, (_, row) => packet(sent + row, count))));
      inRust.push((await native?.run(sent === 0 ? FRESH : 0) ?? 0) / RUST_ROWS);
    }
    if (round === 0) { for (const list of [times, inRust]) list.length = 0; }
    for (const { ns } of world.machines.values()) world.plane.removeFlows(ns.id, () => false);
  }
  await native?.close();
  world.close();
  return { ours: median(times), native: native === undefined ? undefined : median(inRust) };
}

/** The first packet of a flow: to one Service after the other, then from the next port. */
function packet(flow: number, services: number): BatchPacket {
  const [service, sport] = [flow % services, 1024 + (flow / services | 0)];
  return { src: CLIENT, dst: 0x0a60_0000 + service, proto: 17, sport, dport: 80, length: 12 };
}
