/**
 * kube-proxy on one node with 10,000 Services of two endpoints each: the first sync, and one after one more endpoint, in each mode. The
 * peer's figures are recordings of the real kube-proxy on this kind of machine.
 */
import type { EndpointSlice, Service } from "../core/kube/mod.ts";
import type { ModeName } from "../core/node/mod.ts";
import { FlowNode } from "../tests/conformance/kube_proxy_node.ts";
import { median, type Row, timeRows } from "./measure.ts";

/** kube-proxy 1.36.3 on an idle machine (`../shared/vectors/kubeproxy.md`), milliseconds: its own sync time. */
const RECORDED = "kube-proxy 1.36.3 (recorded)";
const RECORDED_FULL: Partial<Record<ModeName, number>> = { iptables: 920, nftables: 14_200 };
const RECORDED_CHANGE: Partial<Record<ModeName, number>> = { iptables: 540, nftables: 3200 };

const SERVICES = 10_000;
const MODES: readonly ModeName[] = ["iptables", "nftables"];
const CHANGES = 5;

/** Rows of the first sync and of a change, in each mode. */
export async function syncs(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const mode of MODES) {
    const { full, change } = await syncTimes(mode);
    const of = (name: string) => ({ subject: "services", case: `${name}/${SERVICES}/${mode}`, unit: "ms" });
    rows.push(...timeRows(of("full-sync"), full, { [RECORDED]: RECORDED_FULL[mode] }));
    rows.push(...timeRows(of("endpoint-more"), change, { [RECORDED]: RECORDED_CHANGE[mode] }));
  }
  return rows;
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

function sliceOf(i: number, addresses: readonly string[]): EndpointSlice {
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { ...META, name: `svc${i}-a`, labels: { "kubernetes.io/service-name": `svc${i}` } },
    addressType: "IPv4",
    endpoints: addresses.map((address, n) => ({
      addresses: [address],
      nodeName: n % 2 === 0 ? "test-node" : "other",
      conditions: { ready: true },
    })),
    ports: [{ name: "http", port: 8080, protocol: "TCP" }],
  } as EndpointSlice;
}
