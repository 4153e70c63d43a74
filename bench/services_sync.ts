/**
 * kube-proxy with 10,000 Services of two endpoints each, in each mode: the first sync of one node (the median of three fresh ones), a
 * sync after one more endpoint, and the first syncs of 100 nodes of one cluster, with the memory they take. The peer's figures are
 * recordings of the real kube-proxy on this kind of machine; for 100 nodes a hundred times that.
 */
import type { ModeName } from "../core/node/mod.ts";
import { FlowNode } from "../tests/conformance/kube_proxy_node.ts";
import { median, round, type Row, timeRows } from "./measure.ts";
import { pod, serviceOf, sliceOf } from "./services_world.ts";

/** kube-proxy 1.36.3 on an idle machine (`../shared/vectors/kubeproxy.md`), milliseconds: its own sync time. */
const RECORDED = "kube-proxy 1.36.3 (recorded)";
const RECORDED_FULL: Partial<Record<ModeName, number>> = { iptables: 920, nftables: 14_200 };
const RECORDED_CHANGE: Partial<Record<ModeName, number>> = { iptables: 540, nftables: 3200 };

const SERVICES = 10_000;
const MODES: readonly ModeName[] = ["iptables", "nftables"];
const FULLS = 3;
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

/** Seconds until every node of a cluster has its first rules, and the GiB of a process that did nothing else. */
async function nodesTime(mode: ModeName): Promise<{ took: number; memory: number }> {
  const script = new URL("./services_nodes.ts", import.meta.url).pathname;
  const command = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--allow-read", "--allow-env", script, mode, `${SERVICES}`, `${NODES}`],
    stderr: "inherit",
  });
  const { success, stdout } = await command.output();
  if (!success) throw new Error(`${script}: failed`);
  return JSON.parse(new TextDecoder().decode(stdout));
}

/** The first sync of a fresh node, the median of some; and that after one more endpoint, on the last of them. */
async function syncTimes(mode: ModeName): Promise<{ full: number; change: number }> {
  const full: number[] = [];
  const changes: number[] = [];
  while (full.length < FULLS) {
    const [services, endpointSlices] = [made(serviceOf), made((i) => sliceOf(i, [pod(2 * i), pod(2 * i + 1)]))];
    let start = performance.now();
    const node = await FlowNode.start({
      ...NODE,
      config: { mode, clusterCIDR: "10.0.0.0/8" },
      services,
      endpointSlices,
    });
    full.push(performance.now() - start);
    for (let i = 0; full.length === FULLS && i < CHANGES; i++) {
      start = performance.now();
      node.store.put(sliceOf(i, [pod(2 * i), pod(2 * i + 1), `10.250.0.${i}`]));
      await node.machine.runner.advance(1500);
      changes.push(performance.now() - start);
    }
  }
  return { full: median(full), change: median(changes) };
}

const made = <T>(one: (i: number) => T): T[] => Array.from({ length: SERVICES }, (_, i) => one(i));

const NODE = {
  name: "test-node",
  addresses: ["192.168.0.2"],
  localIPs: ["127.0.0.1", "192.168.0.2"],
  podCIDRs: ["10.0.0.0/8"],
  serviceCIDRs: ["172.30.0.0/16"],
} as const;
