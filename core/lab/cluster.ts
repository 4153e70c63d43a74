/**
 * THE MAP of a cluster: who stands where, and who watches whom.
 *
 *     control plane (objects, controllers)          admin: kubectl
 *        |  watches                                    |
 *     node-1 .. node-n: kubelet, kube-proxy, pod network    -- switch "nodes" -- router -- internet
 *        |
 *     pods: a network namespace each, containers as machines in it
 */
import { coreDns, corednsFor } from "../addons/coredns/mod.ts";
import {
  ControlPlane,
  type ControlPlaneOptions,
  type Draft,
  keyOf,
  type KubeObject,
  type Located,
  type Node,
  type Pod,
  type Service,
  staticOptions,
  staticPods,
  type Status,
} from "../kube/mod.ts";
import { stringify } from "yaml";
import { TextError } from "../base/mod.ts";
import type { LogLine } from "../container/mod.ts";
import type { Machine, Namespace } from "../linux/mod.ts";
import {
  calicoActs,
  ClusterNode,
  enforcesPolicies,
  installCalico,
  type Isolation,
  isolationBehind,
  policyProblems,
} from "../node/mod.ts";
import { adminPrograms } from "./admin.ts";
import type { Applied } from "./answers.ts";
import { startApiServer } from "./api_server.ts";
import { type Intent, nodeAddresses } from "./intent.ts";
import { buildInternet, gatewayOf, LOAD_BALANCERS, NAME_SERVER } from "./internet.ts";
import { startLoadBalancer } from "./load_balancer.ts";
import { DAD } from "./machines.ts";
import { containerRuntime } from "./runtime.ts";
import type { ProxyMode } from "./spec.ts";
import { LabMetrics } from "./metrics.ts";
import { plug, portOf } from "./wiring.ts";
import type { World } from "./world.ts";

/** The switch that all nodes hang on. */
const SWITCH = "nodes";
/** How long a lab may take to become ready, in virtual milliseconds, and how long nothing may change before it is. */
const READY_LIMIT = 600_000;
const QUIET = 2_000;
const STEP = 500;
/** How many policies without effect are named. */
const SHOWN_POLICIES = 5;

interface ClusterParts {
  readonly control: ControlPlane;
  readonly options: ControlPlaneOptions;
  readonly nodes: readonly ClusterNode[];
  readonly network: string;
}

/** A cluster in a world. */
export class Cluster {
  readonly world: World;
  readonly control: ControlPlane;
  readonly #options: ControlPlaneOptions;
  readonly #nodes: readonly ClusterNode[];
  readonly #network: string;

  private constructor(world: World, { control, options, nodes, network }: ClusterParts) {
    this.world = world;
    this.control = control;
    this.#options = options;
    this.#nodes = nodes;
    this.#network = network;
  }

  /** Builds nodes, router, internet and admin, and starts everything; nothing has happened yet when it returns. */
  static async build(world: World, { spec }: Intent): Promise<Cluster> {
    const options: ControlPlaneOptions = {
      clock: world.clock,
      random: world.random.split("control plane"),
      nodes: spec.nodes.map(({ name, address, zone, labels, taints }, i) => ({
        name,
        addresses: [address as string, ...nodeAddresses(spec.nodeCIDR, i).slice(1)],
        ...(zone === undefined ? {} : { zone }),
        ...(labels === undefined ? {} : { labels }),
        ...(taints === undefined
          ? {}
          : { taints: taints.map(({ value, ...taint }) => (value === undefined ? taint : { ...taint, value })) }),
      })),
      serviceCIDR: spec.serviceCIDR,
      podCIDR: spec.podCIDR,
      loadBalancerCIDR: LOAD_BALANCERS,
      coreDnsVersion: corednsFor(spec.kubernetes),
      version: spec.kubernetes.startsWith("v") ? spec.kubernetes : `v${spec.kubernetes}`,
    };
    let cluster: Cluster | undefined = undefined;
    const metrics = new LabMetrics(() => cluster);
    const control = new ControlPlane({ ...options, mirrorPods: true, metrics });
    if (spec.network === "calico") installCalico(control.api, spec.podCIDR);
    world.switch(SWITCH);
    const nodes = spec.nodes.map((node) => buildNode(world, control, spec, node as { name: string; address: string }));
    cluster = new Cluster(world, { control, options: { ...options, metrics }, nodes, network: spec.network });
    addAdmin(cluster);
    await buildInternet(world, SWITCH, spec.nodeCIDR);
    for (const node of nodes) await configureNode(node.machine, spec, cluster.#addressesOf(node.name));
    if (world.ipv6) await world.runner.advance(DAD);
    writeManifests(nodes[0], options);
    control.store.watch((change) => world.noteChange(change));
    startApiServer(cluster);
    startLoadBalancer(cluster);
    for (const node of nodes) node.start();
    return cluster;
  }

  /** Applies objects as `kubectl apply` would, in order; the first refusal is a TextError at the field it names. */
  applyObjects(objects: readonly Located<Draft>[]): Applied[] {
    this.#refuseWrong(objects);
    const answers = this.control.apply(objects.map(({ value }) => value));
    return answers.map((answer, i) => {
      if (answer.outcome === "refused") throw refusal(objects[i] as Located<Draft>, answer.status);
      return { object: nameOf(answer.object), change: answer.outcome };
    });
  }

  /** Deletes the objects named; those that are not there count as done. */
  deleteObjects(objects: readonly Located<Draft>[]): Applied[] {
    return objects.flatMap(({ value }) => {
      const found = this.#find(value);
      if (found === undefined) return [];
      const { name, namespace } = found.metadata;
      this.control.api.delete(found.kind, { name, ...(namespace === undefined ? {} : { namespace }) });
      return [{ object: nameOf(found), change: "deleted" as const }];
    });
  }

  /** Lets virtual time pass until every pod is ready, or nothing has changed for a while, or ten minutes are over. */
  async ready(): Promise<void> {
    const { clock, runner } = this.world;
    const limit = clock.now() + READY_LIMIT;
    let [version, since] = [this.control.store.version, clock.now()];
    while (clock.now() < limit) {
      await runner.advance(STEP);
      if (this.control.store.version !== version) [version, since] = [this.control.store.version, clock.now()];
      if (clock.now() - since >= QUIET && this.#settled()) return;
    }
  }

  /** Every pod that wants to run is ready, and none is on its way out. */
  #settled(): boolean {
    return this.pods().every((pod) =>
      pod.metadata.deletionTimestamp === undefined &&
      (isReady(pod) || ["Succeeded", "Failed"].includes(pod.status.phase ?? ""))
    );
  }

  nodes(): Node[] {
    return this.control.store.list("Node");
  }
  pods(): Pod[] {
    return this.control.store.list("Pod");
  }
  services(): Service[] {
    return this.control.store.list("Service");
  }
  service(namespace: string, name: string): Service | undefined {
    return this.control.store.get("Service", name, namespace);
  }
  hasService(namespace: string, name: string): boolean {
    return this.service(namespace, name) !== undefined;
  }
  pod(namespace: string, name: string): Pod | undefined {
    return this.control.store.get("Pod", name, namespace);
  }
  /** Every node runs kube-proxy in this mode from now on. */
  setProxy(mode: ProxyMode): void {
    for (const node of this.#nodes) node.setProxy(mode);
  }
  isNode(name: string): boolean {
    return this.#nodes.some((node) => node.name === name);
  }

  /** Pods with an address and a running container, by namespace and name. */
  runningPods(): Pod[] {
    return this.pods().filter((pod) => pod.status.podIP !== undefined && this.containerOf(pod) !== undefined);
  }

  /** A workload's first ready pod: the pods that it owns, directly or through its ReplicaSets. */
  firstReadyPod(
    kind: string,
    { namespace, name }: { readonly namespace: string; readonly name: string },
  ): Pod | undefined {
    return this.pods().find((pod) =>
      pod.metadata.namespace === namespace && isReady(pod) && this.#isOwnedBy(pod, kind, name)
    );
  }

  /** The network namespace a pod lives in; undefined before it has one. */
  namespaceOf(pod: Pod): Namespace | undefined {
    return this.#nodeOf(pod)?.namespaceOf(pod);
  }

  /** The machine of a pod's running container. */
  containerOf(pod: Pod, container?: string): Machine | undefined {
    return this.#nodeOf(pod)?.kubelet.machineOf(pod, container);
  }

  /** What a pod's container has written in its latest run or the one before, or undefined where there is none. */
  logOf(pod: Pod, container?: string, previous = false): readonly LogLine[] | undefined {
    return this.#worker(pod, container)?.lines(previous);
  }

  /** Hears a container's later lines until the returned function is called. */
  listenToLog(pod: Pod, container: string, tell: (line: LogLine) => void): () => void {
    return this.#worker(pod, container)?.log.listen(tell) ?? (() => {});
  }

  #worker(pod: Pod, container?: string) {
    const workers = this.#nodeOf(pod)?.kubelet.worker(pod)?.containers;
    return workers?.find(({ spec, init }) => (container === undefined ? !init : spec.name === container));
  }

  /** `ip:port` of a Service's ready endpoints, ports in the slices' order. */
  endpoints(service: Service): string[] {
    const { name, namespace } = service.metadata;
    const slices = this.control.store.list("EndpointSlice", { namespace: namespace ?? "" }).filter(({ metadata }) =>
      metadata.labels?.["kubernetes.io/service-name"] === name
    );
    return slices.flatMap(({ endpoints, ports }) =>
      (endpoints ?? []).filter(({ conditions }) => conditions?.ready !== false).flatMap(({ addresses }) =>
        addresses.flatMap((address) => (ports ?? []).map(({ port }) => `${address}:${port}`))
      )
    );
  }

  /** The policies behind a rule of the pod network's. */
  isolationBehind(rule: string): Isolation | undefined {
    return isolationBehind(rule, this.control.store);
  }

  /** What the objects ask for that has no effect here. */
  warnings(): string[] {
    const objects = this.control.store.kinds().flatMap((kind) => this.control.store.list(kind).slice(0, 1));
    const kept = objects.filter(({ apiVersion, kind }) =>
      this.control.isKept(apiVersion, kind) && calicoActs(apiVersion, kind) !== true
    );
    return [
      ...kept.map(({ apiVersion, kind }) => `${apiVersion} ${kind}: kept and listed, has no effect on the network`),
      ...this.#unenforced(),
      ...this.#network === "calico" ? policyProblems(this.control.store) : [],
    ];
  }

  /** Policies on a network that knows none. */
  #unenforced(): string[] {
    const names = this.control.store.list("NetworkPolicy").map(keyOf);
    if (names.length === 0 || enforcesPolicies(this.#network)) return [];
    const more = names.length > SHOWN_POLICIES ? ` and ${names.length - SHOWN_POLICIES} more` : "";
    const listed = `${names.slice(0, SHOWN_POLICIES).join(", ")}${more}`;
    return [
      `network ${this.#network} does not enforce NetworkPolicies, as in real clusters: ${listed} let everything through (calico enforces them)`,
    ];
  }

  #nodeOf(pod: Pod): ClusterNode | undefined {
    return this.#nodes.find(({ name }) => name === pod.spec.nodeName);
  }

  #addressesOf(node: string): string[] {
    const addresses = this.control.store.get("Node", node)?.status.addresses ?? [];
    return addresses.filter(({ type }) => type === "InternalIP").map(({ address }) => address);
  }

  #isOwnedBy(object: KubeObject, kind: string, name: string): boolean {
    return (object.metadata.ownerReferences ?? []).some((owner) => {
      if (owner.kind === kind && owner.name === name) return true;
      const middle = this.control.store.get(owner.kind, owner.name, object.metadata.namespace);
      return middle !== undefined && this.#isOwnedBy(middle, kind, name);
    });
  }

  #find({ kind, metadata }: Draft): KubeObject | undefined {
    const name = metadata.name ?? "";
    return this.control.store.get(kind, name, metadata.namespace ?? "default") ?? this.control.store.get(kind, name);
  }

  /** Tries everything on a copy of the store first, so that a refusal changes nothing. */
  #refuseWrong(objects: readonly Located<Draft>[]): void {
    const { clock, random } = this.world;
    const standing = { now: () => clock.now(), at: () => () => {} };
    const trial = new ControlPlane({
      ...this.#options,
      clock: standing,
      random: random.split("trial"),
      store: this.control.store.fork(),
    });
    trial.apply(objects.map(({ value }) => value)).forEach((answer, i) => {
      if (answer.outcome === "refused") throw refusal(objects[i] as Located<Draft>, answer.status);
    });
  }
}

/** Whether a pod's Ready condition is true. */
export function isReady({ status }: Pod): boolean {
  return status.conditions?.some(({ type, status }) => type === "Ready" && status === "True") ?? false;
}

function nameOf({ kind, metadata }: KubeObject): string {
  return `${kind.toLowerCase()}/${metadata.name}`;
}

function refusal(object: Located<Draft>, status: Status): TextError {
  const [cause] = status.details?.causes ?? [];
  const { line, column } = cause?.field === undefined ? object : object.at(fieldPath(cause.field));
  return new TextError(object.file, line, column, status.message ?? "refused", "an object that the API server takes");
}

/** `spec.ports[0].port` as a path. */
function fieldPath(field: string): (string | number)[] {
  return field.split(/[.[\]]+/).filter((part) => part !== "").map((part) => (/^\d+$/.test(part) ? Number(part) : part));
}

type Spec = Intent["spec"];

function buildNode(
  world: World,
  control: ControlPlane,
  spec: Spec,
  { name, address }: { readonly name: string; readonly address: string },
): ClusterNode {
  const machine = world.addMachine(name);
  plug(world.plane, { ns: machine.ns.id, device: "eth0" }, portOf(world.plane, world.switch(SWITCH)));
  const dns = { servers: [control.dnsAddress], domain: "cluster.local" };
  const programs = new Map([["coredns", coreDns({ cluster: control.store, version: corednsFor(spec.kubernetes) })]]);
  return new ClusterNode({
    name,
    address,
    machine,
    api: control.api,
    runtime: containerRuntime(world, programs),
    random: world.random.split(`node ${name}`),
    dns,
    network: spec.network === "flannel" && spec.backend === "host-gw" ? "flannel/host-gw" : spec.network,
    clusterCIDR: spec.podCIDR,
    serviceCIDR: spec.serviceCIDR,
    proxy: spec.proxy,
    device: "eth0",
    mtu: 1500,
  });
}

async function configureNode(machine: Machine, spec: Spec, addresses: readonly string[]): Promise<void> {
  const lines = spec.nodeCIDR.split(",").flatMap((cidr, i) => [
    `ip addr add ${addresses[i]}/${cidr.split("/")[1]} dev eth0`,
    `ip route add default via ${gatewayOf(cidr)}`,
  ]);
  for (const line of lines) {
    const { exit, stderr } = await machine.run(line);
    if (exit !== 0) throw new Error(`${machine.name}: ${line}: ${stderr}`);
  }
  machine.files.put("/etc/resolv.conf", `nameserver ${NAME_SERVER}\n`);
}

/** kubeadm's manifests of the control plane, on the first node. */
function writeManifests(node: ClusterNode | undefined, options: ControlPlaneOptions): void {
  const [first] = options.nodes;
  if (node === undefined || first === undefined) return;
  for (const [name, draft] of staticPods(staticOptions(options, first))) {
    node.machine.files.put(`/etc/kubernetes/manifests/${name}.yaml`, stringify(draft));
  }
}

/** The workstation: kubectl, and nothing of the network. */
function addAdmin(cluster: Cluster): void {
  cluster.world.addMachine("admin", { programs: adminPrograms(cluster) });
}
