import type { EndpointSlice } from "../../kube/mod.ts";
import { ipFamily, parseIp, printIp } from "../../base/mod.ts";
import type { Endpoint } from "./view.ts";

type SliceEndpoint = NonNullable<EndpointSlice["endpoints"]>[number];
type Hints = { readonly forZones?: readonly { name: string }[]; readonly forNodes?: readonly { name: string }[] };

/** Endpoints of every Service port of one family, by {@link endpointsKey}; each list sorted by the text `ip:port`. */
export type EndpointTable = ReadonlyMap<string, readonly Endpoint[]>;

/** The key of a Service port: a slice's port belongs to it when name and protocol are equal. */
export function endpointsKey(namespace: string, service: string, port: { name?: string; protocol?: string }): string {
  return `${namespace}/${service}:${port.name ?? ""}:${port.protocol ?? "TCP"}`;
}

/** What one slice tells of each Service port: its endpoints by their texts. */
type Part = ReadonlyMap<string, Endpoint>;

/** Slices that were read for one family and node; they are values, so what they told holds. */
export class EndpointMemo {
  readonly parts = new WeakMap<EndpointSlice, ReadonlyMap<string, Part>>();
  lists: ReadonlyMap<string, { readonly parts: readonly Part[]; readonly list: readonly Endpoint[] }> = new Map();
}

/** Gathers the endpoints that slices of one family tell of. `node` is the name of the node that asks, with its memo. */
export function endpointTable(
  slices: readonly EndpointSlice[],
  family: 4 | 6,
  { node, memo = new EndpointMemo() }: { readonly node: string; readonly memo?: EndpointMemo },
): EndpointTable {
  const found = new Map<string, Part[]>();
  for (const slice of slices) {
    const parts = memo.parts.get(slice) ?? readSlice(slice, family, node);
    memo.parts.set(slice, parts);
    for (const [key, part] of parts) {
      const others = found.get(key);
      if (others === undefined) found.set(key, [part]);
      else others.push(part);
    }
  }
  const before = memo.lists;
  memo.lists = new Map(
    Array.from(found, ([key, parts]) => {
      const known = before.get(key);
      const same = known?.parts.length === parts.length && known.parts.every((part, i) => part === parts[i]);
      return [key, same ? known : { parts, list: merged(parts) }];
    }),
  );
  return new Map(Array.from(memo.lists, ([key, { list }]) => [key, list]));
}

function readSlice(slice: EndpointSlice, family: 4 | 6, node: string): ReadonlyMap<string, Part> {
  const found = new Map<string, Map<string, Endpoint>>();
  const service = slice.metadata.labels?.["kubernetes.io/service-name"];
  if (slice.addressType !== (family === 4 ? "IPv4" : "IPv6") || service === undefined) return found;
  for (const port of slice.ports ?? []) {
    if (port.port === undefined || port.port === null) continue;
    const key = endpointsKey(slice.metadata.namespace ?? "", service, port);
    const known = found.get(key) ?? new Map<string, Endpoint>();
    found.set(key, known);
    for (const endpoint of slice.endpoints ?? []) add(known, readEndpoint(endpoint, port.port, node), family);
  }
  return found;
}

function merged(parts: readonly Part[]): Endpoint[] {
  const [first = new Map<string, Endpoint>(), ...more] = parts;
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

function sorted(known: Map<string, Endpoint>): Endpoint[] {
  return [...known.values()].sort((a, b) => (a.text < b.text ? -1 : a.text > b.text ? 1 : 0));
}

function readEndpoint(from: SliceEndpoint, port: number, node: string): Endpoint | undefined {
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
    local: from.nodeName !== undefined && from.nodeName === node,
    zoneHints: (hints.forZones ?? []).map((zone) => zone.name),
    nodeHints: (hints.forNodes ?? []).map((hint) => hint.name),
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
