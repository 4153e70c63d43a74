import type { ServicePort } from "./view.ts";

/** What differs between two views' ports. */
export interface PortChanges {
  /** Ports that are new or differ, as they are now. */
  readonly changed: readonly ServicePort[];
  /** Ports that are gone or differ, as they were. */
  readonly replaced: readonly ServicePort[];
}

const NOTHING: PortChanges = { changed: [], replaced: [] };

/** The ports that differ; only those between the first and the last that are not one value are looked at closely. */
export function portChanges(before: readonly ServicePort[], after: readonly ServicePort[]): PortChanges {
  if (before === after) return NOTHING;
  let first = 0;
  while (first < before.length && first < after.length && before[first] === after[first]) first++;
  let [b, a] = [before.length, after.length];
  while (b > first && a > first && before[b - 1] === after[a - 1]) [b, a] = [b - 1, a - 1];
  const old = new Map(before.slice(first, b).map((port) => [portKey(port), port]));
  const [changed, replaced]: [ServicePort[], ServicePort[]] = [[], []];
  for (const port of after.slice(first, a)) {
    const key = portKey(port);
    const was = old.get(key);
    old.delete(key);
    if (was === port || (was !== undefined && JSON.stringify(was) === JSON.stringify(port))) continue;
    changed.push(port);
    if (was !== undefined) replaced.push(was);
  }
  return { changed, replaced: [...replaced, ...old.values()] };
}

/** What a port is known by: its name and protocol. */
export function portKey(port: ServicePort): string {
  const known = keys.get(port);
  if (known !== undefined) return known;
  const key = `${port.name}/${port.protocol}`;
  keys.set(port, key);
  return key;
}

const keys = new WeakMap<ServicePort, string>();

/** The ports of those Services that one of these ports belongs to. */
export function portsOfServices(ports: readonly ServicePort[], some: readonly ServicePort[]): readonly ServicePort[] {
  if (some.length === 0) return [];
  const names = new Map<string, Set<string>>();
  for (const { service, namespace } of some) {
    const namespaces = names.get(service) ?? new Set();
    names.set(service, namespaces.add(namespace));
  }
  return ports.filter(({ service, namespace }) => names.get(service)?.has(namespace) ?? false);
}
