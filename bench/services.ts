/**
 * New flows against a node's rules for 10 and for 10,000 Services, as kube-proxy writes them in iptables, nftables and ipvs mode: every
 * packet the first of its flow, to one Service after the other; beside iptables-legacy and nft's verdict maps in the real kernel with
 * the same machines and rules (no kernel with IPVS is at hand).
 */
import type { EndpointSlice, Service } from "../core/kube/mod.ts";
import { ipvsOf, type Namespace } from "../core/linux/mod.ts";
import { printNftables, type ServiceView, serviceViews, virtualServers } from "../core/node/mod.ts";
import { type BatchPacket, OUTCOME } from "../wasm/mod.ts";
import { agree, median, type Peers, type Row, timeRows } from "./measure.ts";
import { Native } from "./native.ts";
import { asked, recorded } from "./record.ts";
import { CLIENT, kernel, openStage, type Rules } from "./stage.ts";

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

/** What kube-proxy makes of so many Services. */
function view(services: number, mode: "nftables" | "ipvs"): ServiceView {
  const numbers = Array.from({ length: services }, (_, n) => n);
  const node = { name: "router", zone: "", addresses: ["10.1.0.1"], podCIDRs: [], interfaces: [] };
  // the client counts as a pod, so that nothing is masqueraded
  const config = { mode, clusterCIDR: "10.1.0.0/16" };
  return serviceViews({ services: numbers.map(serviceOf), endpointSlices: numbers.map(sliceOf), node, config })[0];
}

const PORTS = [{ name: "", port: 80, protocol: "UDP" }];

function serviceOf(n: number): Service {
  return {
    kind: "Service",
    metadata: { name: `svc-${n}`, namespace: "shop" },
    spec: { type: "ClusterIP", clusterIP: address(n), clusterIPs: [address(n)], ports: PORTS },
    status: {},
  } as unknown as Service;
}

function sliceOf(n: number): EndpointSlice {
  return {
    kind: "EndpointSlice",
    metadata: { name: `svc-${n}`, namespace: "shop", labels: { "kubernetes.io/service-name": `svc-${n}` } },
    addressType: "IPv4",
    endpoints: [{ addresses: [backend(n)], conditions: { ready: true } }],
    ports: [{ name: "", port: 8080, protocol: "UDP" }],
  } as unknown as EndpointSlice;
}

/** Virtual servers, and their addresses as the router's own, which kube-ipvs0 makes them. */
function ipvs(services: number): (router: Namespace) => void {
  return (router) => {
    const { plane, id } = router;
    const refused = plane.addRoute(
      id,
      { to: "10.96.0.0/16", dev: 1, type: "local", table: 255, scope: 254 },
      "add",
    );
    if (refused !== null) throw new Error(`local addresses: ${refused.errno}`);
    ipvsOf(router).replace(virtualServers(view(services, "ipvs")));
  };
}

/** A mode's name in rows, its rules for so many Services, and who has the same in the real kernel. */
const MODES: readonly (readonly [string, (services: number) => Rules, string | undefined])[] = [
  ["newflow", rules, "iptables-legacy"],
  ["newflow-nft", (services) => printNftables(view(services, "nftables")).transaction, "kernel nft verdict maps"],
  ["newflow-ipvs", ipvs, undefined],
];

/** All rows of the subject. */
export async function services(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const [name, rulesOf, peer] of MODES) {
    let few: number | undefined;
    for (const count of [10, 10_000]) {
      const own = rulesOf(count);
      const { ours, native } = await plane(count, own);
      const real = peer === undefined || typeof own === "function"
        ? {}
        : { [peer]: await kernel(own, ["newflow", `${count}`, `${FLOWS}`]) };
      const peers: Peers = { ...real, "native Rust": native, "podwire, 10 Services": few };
      rows.push(...timeRows({ subject: "services", case: `${name}-${count}`, unit: "ns/packet" }, ours, peers));
      few ??= ours;
    }
  }
  return rows;
}

/** Nanoseconds a packet. */
interface Times {
  readonly ours: number;
  readonly native: number | undefined;
}

/** The medians of batches in the plane and in the same source built native, after a first round that makes room for the flows. */
async function plane(count: number, rules: Rules): Promise<Times> {
  const { made: { world, client }, words } = await recorded(() => openStage(rules));
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
