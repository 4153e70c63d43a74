import type { EndpointSlice } from "../../kube/mod.ts";
import { ipFamily, parseIp, printIp } from "../../base/mod.ts";
import type { Endpoint } from "./view.ts";

type SliceEndpoint = NonNullable<EndpointSlice["endpoints"]>[number];
type Hints = { readonly forZones?: readonly { name: string }[]; readonly forNodes?: readonly { name: string }[] };

/** The key of a Service port: a slice's port belongs to it when name and protocol are equal. */
export function endpointsKey(namespace: string, service: string, port: { name?: string; protocol?: string }): string {
  return `${namespace}/${service}:${port.name ?? ""}:${port.protocol ?? "TCP"}`;
}

/** What one slice tells of each Service port: its endpoints by their texts. */
export type EndpointPart = ReadonlyMap<string, Endpoint>;

/** What a slice tells in a family, by {@link endpointsKey}. */
export function readSlice(slice: EndpointSlice, family: 4 | 6): ReadonlyMap<string, EndpointPart> {
  const found = new Map<string, Map<string, Endpoint>>();
  const service = serviceOfSlice(slice);
  if (slice.addressType !== (family === 4 ? "IPv4" : "IPv6") || service === undefined) return found;
  for (const port of slice.ports ?? []) {
    if (port.port === undefined || port.port === null) continue;
    const key = endpointsKey(slice.metadata.namespace ?? "", service, port);
    const known = found.get(key) ?? new Map<string, Endpoint>();
    found.set(key, known);
    for (const endpoint of slice.endpoints ?? []) add(known, readEndpoint(endpoint, port.port), family);
  }
  return found;
}

/** The Service that a slice belongs to, by name. */
export function serviceOfSlice({ metadata }: EndpointSlice): string | undefined {
  return metadata.labels?.["kubernetes.io/service-name"];
}

/** The endpoints of several slices' parts for one Service port, sorted by the text `ip:port`. */
export function mergedEndpoints(parts: readonly EndpointPart[]): readonly Endpoint[] {
  const [first = new Map<string, Endpoint>(), ...more] = parts;
  if (more.length === 0) return sorted(first);
  const all = new Map(first);
  for (const part of more) for (const endpoint of part.values()) put(all, endpoint);
  return sorted(all);
}

/** The same address in two slices is one endpoint; one that is not terminating wins. */
function add(known: Map<string, Endpoint>, endpoint: Endpoint | undefined, family: 4 | 6): void {
  if (endpoint !== undefined && ipFamily(endpoint.ip) === family) put(known, endpoint);
}

function put(known: Map<string, Endpoint>, endpoint: Endpoint): void {
  if (!known.has(endpoint.text) || !endpoint.terminating) known.set(endpoint.text, endpoint);
}

function sorted(known: EndpointPart): Endpoint[] {
  return [...known.values()].sort((a, b) => (a.text < b.text ? -1 : a.text > b.text ? 1 : 0));
}

const NO_HINTS: readonly string[] = [];

function readEndpoint(from: SliceEndpoint, port: number): Endpoint | undefined {
  const address = from.addresses?.[0];
  if (address === undefined) return undefined;
  const ip = withoutZeros(address);
  const hints = (from.hints ?? {}) as Hints;
  const ready = from.conditions?.ready ?? true;
  return {
    ip,
    port,
    text: endpointText(ip, port),
    ready,
    serving: from.conditions?.serving ?? ready,
    terminating: from.conditions?.terminating ?? false,
    node: from.nodeName ?? "",
    zoneHints: hints.forZones?.map((zone) => zone.name) ?? NO_HINTS,
    nodeHints: hints.forNodes?.map((hint) => hint.name) ?? NO_HINTS,
  };
}

/** An address as kube-proxy prints it: without the leading zeros that old objects may have (`172.30.0.041`). */
export function withoutZeros(text: string): string {
  const ip = parseIp(text.includes(":") ? text : text.replace(/(^|\.)0+(?=\d)/g, "$1"));
  return ip === undefined ? text : printIp(ip);
}

/** `10.0.0.1:80`, `[fd00::1]:80`. */
export function endpointText(ip: string, port: number): string {
  return ip.includes(":") ? `[${ip}]:${port}` : `${ip}:${port}`;
}
