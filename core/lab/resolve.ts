/** Places as they are in the world: where a command is typed, where a packet starts, what it is sent to. */
import { isIp } from "../base/mod.ts";
import type { Pod, Service } from "../kube/mod.ts";
import type { Machine } from "../linux/mod.ts";
import type { Ns } from "../../wasm/mod.ts";
import type { Protocol } from "./answers.ts";
import type { Cluster } from "./cluster.ts";
import { parsePlace, parseTarget, type Place, PlaceError, printPlace } from "./places.ts";
import type { World } from "./world.ts";

/** Where something is typed or sent. */
export interface Source {
  /** The place's full name: `pod/default/frontend-...`. */
  readonly place: string;
  readonly machine: Machine;
  readonly ns: Ns;
}

/** What a packet is sent to. */
export interface Goal {
  readonly place: string;
  readonly address: string;
  /** 0 where the protocol has no ports. */
  readonly port: number;
}

/** From where and how a target is asked for. */
export interface Asking {
  readonly world: World;
  readonly cluster: Cluster | undefined;
  readonly from: Source;
  readonly protocol: Protocol;
}

/** The machine or container at a place; a PlaceError says what is wrong with it. */
export function resolvePlace(world: World, cluster: Cluster | undefined, text: string): Source {
  const place = parsePlace(text);
  switch (place.kind) {
    case "node":
    case "machine":
      return onMachine(world, cluster, place.name, text);
    case "internet":
    case "admin":
      return onMachine(world, cluster, place.kind, text);
    case "pod":
    case "workload":
      return inPod(cluster, podAt(cluster, place, text), place.kind === "pod" ? place.container : undefined);
    case "svc":
      throw new PlaceError(`${text}: a Service is no place to type at, expected a pod, node or machine`);
    case "address":
      return atAddress(world, cluster, place.address);
    case "name":
      if (world.machines.has(place.name)) return onMachine(world, cluster, place.name, text);
      return inPod(cluster, podAt(cluster, { kind: "pod", namespace: "default", name: place.name }, text), undefined);
  }
}

/** What a target means from where it is asked: an address and a port. */
export async function resolveTarget(asking: Asking, text: string): Promise<Goal> {
  const { place, port } = parseTarget(text);
  const { cluster, protocol } = asking;
  if (place.kind === "svc") {
    const service = serviceAt(cluster, place, text);
    return asking.from.place === "internet"
      ? outsideGoal(service, { port, protocol, text })
      : serviceGoal(cluster, service, { port, protocol, text });
  }
  const address = await addressOf(asking, place, text);
  const label = `${printPlace(place)}${port === undefined ? "" : `:${port}`}`;
  return { place: label, address, port: portNumber(asking, place, { port, protocol, text }) };
}

interface PortAsked {
  readonly port: number | string | undefined;
  readonly protocol: Protocol;
  readonly text: string;
}

function onMachine(world: World, cluster: Cluster | undefined, name: string, text: string): Source {
  const machine = world.machines.get(name);
  if (machine === undefined) {
    throw new PlaceError(`${text}: no such place, expected one of ${[...world.machines.keys()].join(", ")} or a pod`);
  }
  const kind = cluster?.isNode(name) ? "node" : "machine";
  return { place: name === "internet" || name === "admin" ? name : `${kind}/${name}`, machine, ns: machine.ns.id };
}

function podAt(cluster: Cluster | undefined, place: Extract<Place, { kind: "pod" | "workload" }>, text: string): Pod {
  if (cluster === undefined) throw new PlaceError(`${text}: no such place, the lab has no cluster`);
  const pod = place.kind === "pod"
    ? cluster.pod(place.namespace, place.name)
    : cluster.firstReadyPod(place.workload, place);
  if (pod === undefined) {
    throw new PlaceError(
      `${text}: no ${place.kind === "pod" ? "such pod" : "ready pod of it"} in namespace ${place.namespace}`,
    );
  }
  return pod;
}

function inPod(cluster: Cluster | undefined, pod: Pod, container: string | undefined): Source {
  const name = `${pod.metadata.namespace}/${pod.metadata.name}`;
  const machine = cluster?.containerOf(pod, container);
  if (machine === undefined) {
    throw new PlaceError(`pod/${name}: no running container${container === undefined ? "" : ` ${container}`}`);
  }
  return { place: `pod/${name}`, machine, ns: machine.ns.id };
}

function atAddress(world: World, cluster: Cluster | undefined, address: string): Source {
  const pod = cluster?.pods().find(({ status }) => status.podIP === address);
  if (pod !== undefined) return inPod(cluster, pod, undefined);
  const machine = [...world.machines.values()].find(({ ns }) =>
    world.plane.addresses(ns.id).some((own) => own.address.split("/")[0] === address)
  );
  if (machine === undefined) throw new PlaceError(`${address}: nobody in the lab has this address`);
  return onMachine(world, cluster, machine.name, address);
}

function serviceAt(cluster: Cluster | undefined, place: Extract<Place, { kind: "svc" }>, text: string): Service {
  const service = cluster?.service(place.namespace, place.name);
  if (service === undefined) throw new PlaceError(`${text}: no Service ${place.name} in namespace ${place.namespace}`);
  return service;
}

/** A Service by its ClusterIP; a headless one by its first endpoint, as a client that resolved its name would. */
function serviceGoal(cluster: Cluster | undefined, service: Service, asked: PortAsked): Goal {
  const { clusterIP, type } = service.spec;
  const name = `svc/${service.metadata.namespace}/${service.metadata.name}`;
  if (type === "ExternalName") {
    throw new PlaceError(`${asked.text}: an ExternalName Service has no address, ask for ${service.spec.externalName}`);
  }
  const port = servicePort(service, asked);
  const label = asked.protocol === "icmp" ? name : `${name}:${port}`;
  if (clusterIP !== undefined && clusterIP !== "None" && clusterIP !== "") {
    return { place: label, address: clusterIP, port };
  }
  const [endpoint] = cluster?.endpoints(service) ?? [];
  if (endpoint === undefined) {
    throw new PlaceError(`${asked.text}: a headless Service without endpoints has no address`);
  }
  const [address = "", target = port] = endpoint.split(/:(?=\d+$)/);
  return { place: label, address, port: Number(target) };
}

/** From outside a Service is its load balancer's address, or an external IP. */
function outsideGoal(service: Service, asked: PortAsked): Goal {
  const address = [
    ...(service.status?.loadBalancer?.ingress ?? []).map(({ ip }) => ip),
    ...service.spec.externalIPs ?? [],
  ].find((ip) => ip !== undefined);
  const name = `svc/${service.metadata.namespace}/${service.metadata.name}`;
  if (address === undefined) {
    throw new PlaceError(
      `${asked.text}: no address of this Service is known outside, expected a LoadBalancer, an external IP, or a node's address with the node port`,
    );
  }
  const port = servicePort(service, asked);
  return { place: asked.protocol === "icmp" ? name : `${name}:${port}`, address, port };
}

function servicePort({ spec, metadata }: Service, { port, protocol, text }: PortAsked): number {
  if (protocol === "icmp") return 0;
  if (typeof port === "number") return port;
  const ports = spec.ports ?? [];
  const named = port === undefined ? ports[0] : ports.find(({ name }) => name === port);
  if (named === undefined) {
    throw new PlaceError(
      `${text}: ${metadata.name} has no port ${port ?? "at all"}, expected ${
        ports.map((p) => p.name ?? p.port).join(", ") || "a Service with ports"
      }`,
    );
  }
  return named.port;
}

function portNumber({ cluster }: Asking, place: Place, { port, protocol, text }: PortAsked): number {
  if (protocol === "icmp") return 0;
  if (typeof port === "number") return port;
  if (place.kind !== "pod" && place.kind !== "workload") {
    throw new PlaceError(`${text}: a port is needed, such as ${text}:80`);
  }
  const ports = podAt(cluster, place, text).spec.containers.flatMap((container) => container.ports ?? []);
  const found = port === undefined ? ports[0] : ports.find(({ name }) => name === port);
  if (found === undefined) {
    throw new PlaceError(
      `${text}: its containers name no ${port === undefined ? "port" : `port ${port}`}, expected ${
        text.split(":")[0]
      }:PORT`,
    );
  }
  return found.containerPort;
}

async function addressOf({ world, cluster, from }: Asking, place: Place, text: string): Promise<string> {
  switch (place.kind) {
    case "address":
      return place.address;
    case "name":
      return isKnown(world, cluster, place.name)
        ? ownAddress(world, resolvePlace(world, cluster, text.split(":")[0] as string))
        : await lookUp(from, place.name);
    case "pod":
    case "workload":
      return podAt(cluster, place, text).status.podIP ?? "";
    default:
      return ownAddress(world, resolvePlace(world, cluster, printPlace(place)));
  }
}

/** The DNS name in a target; undefined where the target is a place of the lab. */
export function nameIn(world: World, cluster: Cluster | undefined, text: string): string | undefined {
  const { place } = parseTarget(text);
  return place.kind === "name" && !isKnown(world, cluster, place.name) ? place.name : undefined;
}

function isKnown(world: World, cluster: Cluster | undefined, name: string): boolean {
  return world.machines.has(name) || cluster?.pod("default", name) !== undefined;
}

/** The first address of a machine that is not loopback. */
function ownAddress(world: World, { ns, place }: Source): string {
  const address = world.plane.addresses(ns).find(({ dev }) => dev !== 1)?.address.split("/")[0];
  if (address === undefined) throw new PlaceError(`${place}: it has no address`);
  return address;
}

/** A DNS name as the place that asks resolves it. */
async function lookUp(from: Source, name: string): Promise<string> {
  const { stdout, exit } = await from.machine.run(`getent ahosts ${name}`);
  const address = stdout.split(/\s/)[0] ?? "";
  if (exit !== 0 || !isIp(address)) throw new PlaceError(`${name}: ${from.place} finds no address for this name`);
  return address;
}
