/**
 * kube-proxy with 10,000 Services of two endpoints each, in each mode: the first sync of one node, a sync after one more endpoint, and the
 * first syncs of 100 nodes of one cluster, with the memory they take. The peer's figures are recordings of the real kube-proxy on
 * this kind of machine; for 100 nodes a hundred times that.
 */
import { setImmediate } from "node:timers";
import { Random, VirtualClock } from "../core/base/mod.ts";
import { type EndpointSlice, type KubeObject, type Service, Store } from "../core/kube/mod.ts";
import { LINUX_PROGRAMS, Machine, NETFILTER_PROGRAMS, Runner } from "../core/linux/mod.ts";
import { type ModeName, startProxyAgent } from "../core/node/mod.ts";
import { FlowNode } from "../tests/conformance/kube_proxy_node.ts";
import { planeBytes } from "../wasm/bytes.ts";
import { Plane } from "../wasm/mod.ts";
import { median, round, type Row, timeRows } from "./measure.ts";

/** kube-proxy 1.36.3 on an idle machine (`../shared/vectors/kubeproxy.md`), milliseconds: its own sync time. */
const RECORDED = "kube-proxy 1.36.3 (recorded)";
const RECORDED_FULL: Partial<Record<ModeName, number>> = { iptables: 920, nftables: 14_200 };
const RECORDED_CHANGE: Partial<Record<ModeName, number>> = { iptables: 540, nftables: 3200 };

const SERVICES = 10_000;
const MODES: readonly ModeName[] = ["iptables", "nftables"];
const CHANGES = 20;
const NODES = 100;
/** What all of it may take, in GiB: the limit that the figure is held against. */
const MEMORY = 4;

/** Rows of the first sync and of a change, in each mode. */
export async function syncs(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const mode of MODES) {
    const { full, change } = await syncTimes(mode);
    const of = (name: string) => ({ subject: "services", case: `${name}/${SERVICES}/${mode}`, unit: "ms" });
    rows.push(...timeRows(of("full-sync"), full, { [RECORDED]: RECORDED_FULL[mode] }));
    rows.push(...timeRows(of("endpoint-more"), change, { [RECORDED]: RECORDED_CHANGE[mode] }));
  }
  for (const mode of MODES) {
    const { took, memory } = await nodesTime(mode);
    const peers = { [`${RECORDED} x ${NODES}`]: NODES * (RECORDED_FULL[mode] ?? 0) / 1000 };
    rows.push(...timeRows({ subject: "services", case: `nodes-${NODES}/${SERVICES}/${mode}`, unit: "s" }, took, peers));
    rows.push({
      subject: "services",
      case: `memory-${NODES}/${SERVICES}/${mode}`,
      unit: "GiB",
      ours: round(memory),
      theirs: MEMORY,
      peer: "the limit",
      ratio: round(MEMORY / memory),
    });
  }
  return rows;
}

/** Seconds until every node of a cluster has its first rules, and the GiB of the process then. */
async function nodesTime(mode: ModeName): Promise<{ took: number; memory: number }> {
  const store = new Store();
  for (let i = 0; i < SERVICES; i++) {
    store.put(serviceOf(i));
    store.put(sliceOf(i, [pod(2 * i), pod(2 * i + 1)], (n) => `node-${(2 * i + n) % NODES}`));
  }
  const plane = Plane.open(planeBytes(), { seed: 1 });
  const turn = () => new Promise<void>((resolve) => void setImmediate(resolve));
  const runner = new Runner({ plane, clock: new VirtualClock(Date.UTC(2026, 0, 1)), turn });
  const programs = new Map([...LINUX_PROGRAMS, ...NETFILTER_PROGRAMS]);
  const start = performance.now();
  for (let n = 0; n < NODES; n++) {
    const name = `node-${n}`;
    store.put(nodeOf(name, `192.168.0.${n + 1}`));
    const machine = new Machine({ name, plane, runner, random: new Random(n), programs });
    startProxyAgent({ machine, node: name, store, config: { mode, clusterCIDR: "10.0.0.0/8" } });
  }
  await runner.advance(3000);
  return { took: (performance.now() - start) / 1000, memory: Deno.memoryUsage().rss / 2 ** 30 };
}

function nodeOf(name: string, address: string): KubeObject {
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: { uid: "", resourceVersion: "", creationTimestamp: META.creationTimestamp, name },
    spec: {},
    status: { addresses: [{ type: "InternalIP", address }] },
  } as KubeObject;
}

async function syncTimes(mode: ModeName): Promise<{ full: number; change: number }> {
  const slices = Array.from({ length: SERVICES }, (_, i) => sliceOf(i, [pod(2 * i), pod(2 * i + 1)]));
  let start = performance.now();
  const node = await FlowNode.start({
    name: "test-node",
    addresses: ["192.168.0.2"],
    localIPs: ["127.0.0.1", "192.168.0.2"],
    podCIDRs: ["10.0.0.0/8"],
    serviceCIDRs: ["172.30.0.0/16"],
    config: { mode, clusterCIDR: "10.0.0.0/8" },
    services: Array.from({ length: SERVICES }, (_, i) => serviceOf(i)),
    endpointSlices: slices,
  });
  const full = performance.now() - start;
  const changes: number[] = [];
  for (let i = 0; i < CHANGES; i++) {
    start = performance.now();
    node.store.put(sliceOf(i, [pod(2 * i), pod(2 * i + 1), `10.250.0.${i}`]));
    await node.machine.runner.advance(1500);
    changes.push(performance.now() - start);
  }
  return { full, change: median(changes) };
}

const META = { uid: "", resourceVersion: "", creationTimestamp: "2026-01-01T00:00:00Z", namespace: "ns" };
const pod = (i: number): string => `10.${100 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}`;

function serviceOf(i: number): Service {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { ...META, name: `svc${i}` },
    spec: {
      type: "ClusterIP",
      clusterIP: `172.30.${i >> 8}.${i & 255}`,
      ports: [{ name: "http", port: 80, protocol: "TCP", targetPort: 8080 }],
    },
    status: {},
  } as Service;
}

/** Every second endpoint is on the one node, unless `nodeName` says where. */
function sliceOf(
  i: number,
  addresses: readonly string[],
  nodeName: (n: number) => string = (n) => n % 2 === 0 ? "test-node" : "other",
): EndpointSlice {
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { ...META, name: `svc${i}-a`, labels: { "kubernetes.io/service-name": `svc${i}` } },
    addressType: "IPv4",
    endpoints: addresses.map((address, n) => ({
      addresses: [address],
      nodeName: nodeName(n),
      conditions: { ready: true },
    })),
    ports: [{ name: "http", port: 8080, protocol: "TCP" }],
  } as EndpointSlice;
}
