/** What stands on each node already, kept up to date pod by pod: how many, how many of one owner, what they ask for, their ports. */
import { type core, keyOf, type Pod } from "../objects/object.ts";
import { parseQuantity } from "../objects/quantity.ts";
import type { Change } from "../store/store.ts";
import type { ControllerApi } from "./controller.ts";
import { controllerOf } from "./owners.ts";
import { isMirror } from "../static_pods.ts";
import { isTerminal } from "./pods.ts";

/** What a pod asks of a node: cpu in thousandths, memory in bytes, host ports as `PROTOCOL/PORT`. */
export interface Request {
  readonly cpu: number;
  readonly memory: number;
  readonly ports: readonly string[];
}

/** One node's pods together. */
export interface Load {
  pods: number;
  cpu: number;
  memory: number;
  /** Pods by the uid of their controller. */
  readonly kin: Map<string, number>;
  readonly ports: Map<string, number>;
}

/** A quantity as a number of whole units times `scale`. */
export function amount(text: string | undefined, scale = 1): number {
  const quantity = text === undefined ? undefined : parseQuantity(text);
  return quantity === undefined ? 0 : Number(quantity.nano) * scale / 1e9;
}

const requests = new WeakMap<core.PodSpec, Request>();

/** What a pod asks for: its containers together, or its largest init container, whatever is more. */
export function requestOf(spec: core.PodSpec): Request {
  const known = requests.get(spec);
  if (known !== undefined) return known;
  const ask = (containers: readonly core.Container[], name: string, scale: number) =>
    containers.map(({ resources }) => amount((resources?.requests as Record<string, string>)?.[name], scale));
  const total = (name: string, scale = 1): number => {
    const sum = ask(spec.containers, name, scale).reduce((a, b) => a + b, 0);
    return Math.max(sum, ...ask(spec.initContainers ?? [], name, scale)) + amount(spec.overhead?.[name], scale);
  };
  const ports = spec.containers.flatMap(({ ports = [] }) =>
    ports.filter(({ hostPort }) => hostPort).map(({ hostPort, protocol }) => `${protocol ?? "TCP"}/${hostPort}`)
  );
  const request = { cpu: total("cpu", 1000), memory: total("memory"), ports };
  requests.set(spec, request);
  return request;
}

/** The loads of all nodes of one cluster. */
export class NodeLoads {
  readonly #loads = new Map<string, Load>();
  /** Where each pod was counted, with what it counted for. */
  readonly #counted = new Map<string, { readonly node: string; readonly pod: Pod }>();

  constructor(pods: readonly Pod[]) {
    for (const pod of pods) this.count(pod, pod.spec.nodeName ?? "");
  }

  /** Takes a change of a pod in. */
  note({ type, object }: Change): void {
    const pod = object as Pod;
    if (type === "DELETED" || isTerminal(pod)) this.forget(pod);
    else this.count(pod, pod.spec.nodeName ?? "");
  }

  /** Counts a pod on a node; once. */
  count(pod: Pod, node: string): void {
    const key = keyOf(pod);
    if (node === "" || isTerminal(pod) || this.#counted.has(key)) return;
    this.#counted.set(key, { node, pod });
    this.#add(node, pod, 1);
  }

  /** A pod is gone, or ended. */
  forget(pod: Pod): void {
    const counted = this.#counted.get(keyOf(pod));
    if (counted === undefined) return;
    this.#counted.delete(keyOf(pod));
    this.#add(counted.node, counted.pod, -1);
  }

  /** What stands on a node. */
  of(node: string): Load {
    const known = this.#loads.get(node);
    if (known !== undefined) return known;
    const load = { pods: 0, cpu: 0, memory: 0, kin: new Map<string, number>(), ports: new Map<string, number>() };
    this.#loads.set(node, load);
    return load;
  }

  #add(node: string, pod: Pod, sign: 1 | -1): void {
    const load = this.of(node);
    const { cpu, memory, ports } = requestOf(pod.spec);
    if (!isMirror(pod)) load.pods += sign;
    load.cpu += sign * cpu;
    load.memory += sign * memory;
    const owner = controllerOf(pod)?.uid;
    if (owner !== undefined) load.kin.set(owner, (load.kin.get(owner) ?? 0) + sign);
    for (const port of ports) load.ports.set(port, (load.ports.get(port) ?? 0) + sign);
  }
}

const known = new WeakMap<object, NodeLoads>();

/** The loads of a cluster, counted from its pods the first time. */
export function loadsOf(api: ControllerApi): NodeLoads {
  const loads = known.get(api) ?? new NodeLoads(api.store.list("Pod"));
  known.set(api, loads);
  return loads;
}
