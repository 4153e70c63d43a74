/**
 * Places, as users name them:
 *
 *     node/NAME  machine/NAME  pod/[NS/]NAME[:CONTAINER]  deploy/[NS/]NAME  svc/[NS/]NAME[:PORT]
 *     internet  admin  an IP address[:PORT]  a DNS name[:PORT]
 *
 * A bare name means a machine or node first, then a pod in `default`.
 */
import { isIp } from "../base/mod.ts";

/** A place that does not exist, or is not written as one: bad input. */
export class PlaceError extends Error {
  override readonly name = "PlaceError";
}

/** A place as written. */
export type Place =
  | { readonly kind: "node" | "machine"; readonly name: string }
  | { readonly kind: "pod"; readonly namespace: string; readonly name: string; readonly container?: string }
  | { readonly kind: "workload"; readonly workload: string; readonly namespace: string; readonly name: string }
  | { readonly kind: "svc"; readonly namespace: string; readonly name: string }
  | { readonly kind: "internet" | "admin" }
  | { readonly kind: "address"; readonly address: string }
  | { readonly kind: "name"; readonly name: string };

/** A place with the port asked for, if one was written: a number, or a Service port's name. */
export interface Target {
  readonly place: Place;
  readonly port?: number | string;
}

/** Prefixes of workloads, with the kind each means; a place there is its first ready pod. */
const WORKLOADS: Readonly<Record<string, string>> = {
  deploy: "Deployment",
  deployment: "Deployment",
  sts: "StatefulSet",
  statefulset: "StatefulSet",
  ds: "DaemonSet",
  daemonset: "DaemonSet",
  rs: "ReplicaSet",
  replicaset: "ReplicaSet",
  job: "Job",
};
const SERVICES = ["svc", "service"];
const PREFIXES = ["node", "machine", "pod", ...Object.keys(WORKLOADS), ...SERVICES];

/** Reads a place without a port, such as where a command is typed. */
export function parsePlace(text: string): Place {
  const slash = text.indexOf("/");
  if (slash < 0) return parseBare(text);
  const [prefix, rest] = [text.slice(0, slash), text.slice(slash + 1)];
  if (prefix === "node" || prefix === "machine") return { kind: prefix, name: require(text, rest) };
  if (prefix === "pod") {
    const [path = "", container] = rest.split(":");
    return { kind: "pod", ...namespaced(text, path), ...(container === undefined ? {} : { container }) };
  }
  if (SERVICES.includes(prefix)) return { kind: "svc", ...namespaced(text, rest) };
  const workload = WORKLOADS[prefix];
  if (workload !== undefined) return { kind: "workload", workload, ...namespaced(text, rest) };
  throw new PlaceError(`${text}: ${JSON.stringify(prefix)} is no kind of place, expected one of ${PREFIXES.join(" ")}`);
}

/** Reads a place with an optional port: `svc/cartservice:7070`, `10.0.0.1:80`, `[fd00::1]:80`, `example.com:443`. */
export function parseTarget(text: string): Target {
  if (isIp(text)) return { place: parsePlace(text) };
  const [, place = text, port] = /^(.*?):([A-Za-z0-9-]+)$/.exec(text) ?? [];
  if (port === undefined) return { place: parsePlace(text) };
  const bare = place.replace(/^\[(.*)\]$/, "$1");
  if (!/^\d+$/.test(port)) return { place: parsePlace(bare), port };
  const number = Number(port);
  if (number < 1 || number > 65535) throw new PlaceError(`${text}: port ${port} is not between 1 and 65535`);
  return { place: parsePlace(bare), port: number };
}

/** The place as text again; the law is `parsePlace(printPlace(p))` = p. */
export function printPlace(place: Place): string {
  switch (place.kind) {
    case "node":
    case "machine":
      return `${place.kind}/${place.name}`;
    case "pod":
      return `pod/${place.namespace}/${place.name}${place.container === undefined ? "" : `:${place.container}`}`;
    case "svc":
      return `svc/${place.namespace}/${place.name}`;
    case "workload":
      return `${
        place.workload === "Deployment" ? "deploy" : place.workload.toLowerCase()
      }/${place.namespace}/${place.name}`;
    case "address":
      return place.address;
    case "name":
      return place.name;
    default:
      return place.kind;
  }
}

function parseBare(text: string): Place {
  if (text === "internet" || text === "admin") return { kind: text };
  if (isIp(text)) return { kind: "address", address: text };
  return { kind: "name", name: require(text, text) };
}

function namespaced(text: string, path: string): { readonly namespace: string; readonly name: string } {
  const [first = "", second, more] = path.split("/");
  if (more !== undefined) throw new PlaceError(`${text}: too many slashes, expected KIND/[NAMESPACE/]NAME`);
  return second === undefined
    ? { namespace: "default", name: require(text, first) }
    : { namespace: require(text, first), name: require(text, second) };
}

function require(text: string, name: string): string {
  if (!/^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?\.?$/.test(name)) {
    throw new PlaceError(
      `${
        JSON.stringify(text)
      }: no name there, expected a place such as pod/web-0, node/node-1, svc/web:80 or an address`,
    );
  }
  return name;
}
