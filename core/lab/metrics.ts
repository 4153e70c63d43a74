/**
 * What pods use, as metrics-server would tell: what they are told to use, or what follows from their traffic. No program of a
 * lab takes processor time or memory of its own, so this is a rule, the same for all:
 *
 *     cpu     annotation podwire.dev/cpu,    else 1m for each container and 1m for five packets a second
 *     memory  annotation podwire.dev/memory, else 8Mi for each container
 *     node    its pods, and 60m and 500Mi for what runs beside them
 */
import { type Metrics, nanoOf, type Pod, type Usage } from "../kube/mod.ts";
import type { Cluster } from "./cluster.ts";

const IDLE: Usage = { cpu: 1, memory: 8 * 2 ** 20 };
const NODE: Usage = { cpu: 60, memory: 500 * 2 ** 20 };
const PACKETS_PER_MILLI = 5;
/** Traffic is measured over at least so many milliseconds. */
const WINDOW = 15_000;

/** A look at a pod's device: how many packets it had carried by then, and the rate until then. */
interface Look {
  readonly at: number;
  readonly packets: number;
  /** Packets a second. */
  readonly rate: number;
}

/** The metrics of a cluster's pods and nodes. */
export class LabMetrics implements Metrics {
  readonly #looks = new Map<string, Look>();

  /** @param cluster asked for only once there are pods */
  constructor(readonly cluster: () => Cluster | undefined) {}

  pod(pod: Pod): ReadonlyMap<string, Usage> | undefined {
    const cluster = this.cluster();
    const running = pod.spec.containers.filter(({ name }) => cluster?.containerOf(pod, name) !== undefined);
    if (cluster === undefined || running.length === 0) return undefined;
    const { cpu, memory } = this.#usage(cluster, pod, running.length);
    return new Map(running.map(({ name }) => [name, { cpu: cpu / running.length, memory: memory / running.length }]));
  }

  node(name: string): Usage | undefined {
    const pods = this.cluster()?.pods().filter(({ spec }) => spec.nodeName === name) ?? [];
    const used = pods.flatMap((pod) => [...this.pod(pod)?.values() ?? []]);
    return used.reduce((sum, { cpu, memory }) => ({ cpu: sum.cpu + cpu, memory: sum.memory + memory }), NODE);
  }

  #usage(cluster: Cluster, pod: Pod, containers: number): Usage {
    const { "podwire.dev/cpu": cpu, "podwire.dev/memory": memory } = pod.metadata.annotations ?? {};
    const rate = cpu === undefined ? this.#rate(cluster, pod) : 0;
    return {
      cpu: cpu === undefined ? IDLE.cpu * containers + rate / PACKETS_PER_MILLI : Number(nanoOf(cpu)) / 1e6,
      memory: memory === undefined ? IDLE.memory * containers : Number(nanoOf(memory)) / 1e9,
    };
  }

  /** Packets a second since it was looked at last, or since the pod started. */
  #rate(cluster: Cluster, pod: Pod): number {
    const ns = pod.spec.hostNetwork ? undefined : cluster.namespaceOf(pod);
    if (ns === undefined) return 0;
    const { plane, clock } = cluster.world;
    const now = clock.now();
    const started = Date.parse(pod.status.startTime ?? pod.metadata.creationTimestamp);
    const last = this.#looks.get(pod.metadata.uid) ?? { at: started, packets: 0, rate: 0 };
    if (now - last.at < WINDOW && last.at !== started) return last.rate;
    const links = plane.links(ns.id).filter(({ name }) => name !== "lo");
    const packets = links.reduce((sum, { rx, tx }) => sum + rx.packets + tx.packets, 0);
    const rate = (packets - last.packets) * 1000 / Math.max(WINDOW, now - last.at);
    this.#looks.set(pod.metadata.uid, { at: now, packets, rate });
    return rate;
  }
}
