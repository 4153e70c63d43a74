/**
 * Policies judged by packets: cyclonus' pods on three nodes with Calico, and for every probe the first packet of a connection, of
 * whatever protocol, as it walks from pod to pod. It is allowed if it comes out of the host's end of the target's veth.
 */
import { isFailure, sameJson } from "../../core/base/mod.ts";
import { readIntent } from "../../core/lab/intent.ts";
import { Cluster } from "../../core/lab/cluster.ts";
import { World } from "../../core/lab/world.ts";
import { copyOf, type Draft, isStatus, type KubeObject, type Located, type Pod } from "../../core/kube/mod.ts";
import { defaultHost } from "../../mod.ts";
import { transport } from "./kube_proxy_packet.ts";
import type { Judge, Probe } from "./netpol.ts";
import { type NetpolFile, type Objects, startingObjects } from "./netpol_cluster.ts";

const LAB = { apiVersion: "podwire.dev/v1", kind: "Lab", nodes: 3, network: "calico" };
const PROTOCOLS = { TCP: 6, UDP: 17, SCTP: 132 } as const;
/** Virtual milliseconds in which Felix has followed a change. */
const SETTLED = 500;
const PORTS = { first: 10_000, last: 60_000 };

/** The cluster, as far as the cases changed it. */
export class PolicyPlane implements Judge {
  readonly name = "plane";
  readonly #world: World;
  readonly #cluster: Cluster;
  #objects: Objects;
  #port = PORTS.first;

  private constructor(world: World, cluster: Cluster, objects: Objects) {
    this.#world = world;
    this.#cluster = cluster;
    this.#objects = objects;
  }

  /** Builds it and waits until its pods are ready. */
  static async open(file: NetpolFile): Promise<PolicyPlane> {
    const objects = startingObjects(file);
    const intent = readIntent([{ name: "lab.yaml", text: text([LAB, ...objects.values()]) }], {});
    const world = new World(defaultHost(), intent.spec.seed, false);
    const cluster = await Cluster.build(world, intent);
    cluster.applyObjects(intent.objects);
    await cluster.ready();
    return new PolicyPlane(world, cluster, objects);
  }

  async settle(objects: Objects): Promise<void> {
    const gone = [...this.#objects].filter(([key]) => !objects.has(key)).map(([, object]) => object);
    const changed = [...objects].filter(([key, object]) => !sameJson(this.#objects.get(key), object));
    const labelled = changed.filter(([key, { kind }]) => kind === "Pod" && this.#objects.has(key));
    const fresh = changed.filter((each) => !labelled.includes(each)).map(([, object]) => object);
    if (gone.length > 0) this.#cluster.deleteObjects(located(gone));
    if (fresh.length > 0) this.#cluster.applyObjects(located(fresh));
    for (const [, pod] of labelled) this.#label(pod as Pod);
    this.#objects = objects;
    if ([...gone, ...fresh].some(({ kind }) => kind === "Pod")) await this.#cluster.ready();
    await this.#world.runner.advance(SETTLED);
    for (const node of this.#cluster.nodes()) {
      const machine = this.#world.machines.get(node.metadata.name);
      const flushed = await machine?.run("conntrack -F");
      if (flushed?.exit !== 0) throw new Error(`conntrack -F: ${flushed?.stderr}`);
    }
  }

  allows({ from, to, protocol, port }: Probe): Promise<boolean> {
    const { plane } = this.#world;
    const [source, target] = [from, to].map((pod) => this.#cluster.namespaceOf(this.#standing(pod))?.id);
    if (source === undefined || target === undefined) throw new Error("a pod without namespace");
    const [src, dst] = [from.status.podIP ?? "", to.status.podIP ?? ""];
    this.#port = this.#port === PORTS.last ? PORTS.first : this.#port + 1;
    const socket = plane.socket(source, "raw", 4, PROTOCOLS[protocol]);
    plane.takeTrace();
    plane.trace(socket);
    const bytes = transport({ src, dst, sport: this.#port, dport: port }, PROTOCOLS[protocol]);
    const sent = plane.sendTo(socket, bytes, dst, 0);
    if (isFailure(sent) && sent.errno !== "EPERM") throw new Error(`${src} > ${dst}: ${sent.errno}`);
    const records = plane.takeTrace();
    plane.close(socket);
    plane.takeTrace();
    return Promise.resolve(
      records.some(({ ns, packet }) => ns === target && packet.src === src && packet.dport === port),
    );
  }

  #label({ metadata: { namespace = "", name, labels = {} } }: Pod): void {
    const pod = copyOf(this.#cluster.pod(namespace, name) as Pod);
    pod.metadata.labels = labels;
    const answer = this.#cluster.control.api.update(pod);
    if (isStatus(answer)) throw new Error(answer.message);
  }

  #standing(pod: Pod): Pod {
    const { namespace = "", name } = pod.metadata;
    const found = this.#cluster.pod(namespace, name);
    if (found === undefined) throw new Error(`no pod ${namespace}/${name}`);
    if (found.status.podIP !== pod.status.podIP) throw new Error(`${namespace}/${name} has ${found.status.podIP}`);
    return found;
  }
}

/** As somebody writes them: no status, no metadata of the server's. */
function written(object: KubeObject): unknown {
  const { name, namespace, labels, annotations } = object.metadata;
  const { status: _status, ...rest } = object as KubeObject & { readonly status?: unknown };
  return JSON.parse(JSON.stringify({ ...rest, metadata: { name, namespace, labels, annotations } }));
}

/** JSON is YAML, whatever a namespace is called. */
function text(objects: readonly object[]): string {
  return objects.map((object) => JSON.stringify("spec" in object ? written(object as unknown as KubeObject) : object))
    .join(
      "\n---\n",
    );
}

function located(objects: readonly KubeObject[]): Located<Draft>[] {
  return objects.map((object) => ({
    value: written(object) as Draft,
    file: "step",
    line: 1,
    column: 1,
    at: () => ({ line: 1, column: 1 }),
  }));
}
