/**
 * New flows against a node's rules for 10 and for 10,000 Services, as kube-proxy writes them: every packet the first of its flow, to
 * one Service after the other; beside iptables-legacy in the real kernel with the same machines and rules.
 */
import { agree, median, type Row, timeRows } from "./measure.ts";
import { CLIENT, kernel, openStage } from "./stage.ts";

/** New flows of a measurement; conntrack has room for five times as many. */
const FLOWS = 50_000;
/** Rows of a batch: as many as the kernel's sender gives to one call. */
const ROWS = 64;
/** Every Service has a backend of its own, all on the server. */
const backend = (service: number) => `10.3.${service >> 8}.${service & 255}`;

/** The nat table of so many Services, one backend each. */
export function rules(services: number): string {
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
  const few = await ours(10);
  const many = await ours(10_000);
  const theirs = {
    10: await kernel(rules(10), ["newflow", "10", `${FLOWS}`]),
    10_000: await kernel(rules(10_000), ["newflow", "10000", `${FLOWS}`]),
  };
  const row = (name: string) => ({ subject: "services", case: name, unit: "ns/packet" });
  return [
    ...timeRows(row("newflow-10"), few, { "iptables-legacy": theirs[10] }),
    ...timeRows(row("newflow-10000"), many, { "iptables-legacy": theirs[10_000], "podwire, 10 Services": few }),
  ];
}

/** Nanoseconds a packet in the plane: the median of batches, after a first round that makes room for the flows. */
async function ours(count: number): Promise<number> {
  const { world: { plane }, world, client } = await openStage(rules(count));
  const batch = plane.batch();
  const times: number[] = [];
  for (let round = 0; round < 2; round++) {
    for (let sent = 0; sent < FLOWS; sent += ROWS) {
      for (let row = 0; row < ROWS; row++) {
        const [service, sport] = [(sent + row) % count, 1024 + ((sent + row) / count | 0)];
        batch.set(row, { src: CLIENT, dst: 0x0a60_0000 + service, proto: 17, sport, dport: 80, length: 12 });
      }
      const start = performance.now();
      batch.send(client, ROWS);
      if (round > 0) times.push((performance.now() - start) * 1e6 / ROWS);
      agree(batch.column("OUTCOME").subarray(0, ROWS), new Uint32Array(ROWS).fill(1));
    }
    for (const machine of world.machines.values()) plane.removeFlows(machine.ns.id, () => true);
  }
  world.close();
  return median(times);
}
