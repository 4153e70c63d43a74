/**
 * The Services of a cluster with their endpoints, kept up to date change by change, for all nodes alike:
 *
 *     Service, EndpointSlice --put, remove--> what differs is noted --table(family)--> noted Services are read anew
 */
import { order } from "../../base/mod.ts";
import type { Change, EndpointSlice, Service, Store } from "../../kube/mod.ts";
import { type EndpointPart, mergedEndpoints, readSlice, serviceOfSlice } from "./endpoints.ts";
import { portEntries, type PortEntry } from "./service_ports.ts";
import type { Endpoint, ServicePort } from "./view.ts";

/** The Services of one family: a value. */
export interface ServiceTable {
  /** Sorted by name. */
  readonly entries: readonly PortEntry[];
  /** The ports, where every node sees the same in all of them. */
  readonly common: readonly ServicePort[] | undefined;
  /** Endpoints of UDP ports, by Service port. */
  readonly udp: ReadonlyMap<string, readonly Endpoint[]>;
}

const NONE: readonly Endpoint[] = [];
/** With more Services than this that differ, the order of all is made anew. */
const MANY = 16;

/** Services and EndpointSlices by `namespace/name`. */
export class ServiceTables {
  readonly #services = new Map<string, Service>();
  /** By their Services. */
  readonly #slices = new Map<string, Map<string, EndpointSlice>>();
  /** The Service of each slice. */
  readonly #owners = new Map<string, string>();
  readonly #families: Readonly<Record<4 | 6, FamilyTable>>;

  /** @param ipMode whether a load balancer's address with `ipMode: Proxy` is left to it */
  constructor(ipMode: boolean) {
    this.#families = { 4: new FamilyTable(4, ipMode), 6: new FamilyTable(6, ipMode) };
  }

  /** The tables of a store, which follow it from the first time they are asked for. */
  static of(store: Store, ipMode: boolean): ServiceTables {
    const known = followed.get(store) ?? new Map<boolean, ServiceTables>();
    followed.set(store, known);
    const tables = known.get(ipMode) ?? ServiceTables.#follow(store, ipMode);
    known.set(ipMode, tables);
    return tables;
  }

  static #follow(store: Store, ipMode: boolean): ServiceTables {
    const tables = new ServiceTables(ipMode);
    for (const service of store.list("Service")) tables.putService(service);
    for (const slice of store.list("EndpointSlice")) tables.putSlice(slice);
    store.watch((change) => tables.apply(change));
    return tables;
  }

  /** Takes a change of a store over; other kinds' say nothing. */
  apply({ type, object }: Change): void {
    const gone = type === "DELETED";
    if (object.kind === "Service") {
      if (gone) this.removeService(object as Service);
      else this.putService(object as Service);
    } else if (object.kind === "EndpointSlice") {
      if (gone) this.removeSlice(object as EndpointSlice);
      else this.putSlice(object as EndpointSlice);
    }
  }

  putService(service: Service): void {
    const key = keyOf(service);
    this.#services.set(key, service);
    this.#note(key);
  }

  removeService(service: Service): void {
    const key = keyOf(service);
    this.#services.delete(key);
    this.#note(key);
  }

  putSlice(slice: EndpointSlice): void {
    const service = serviceOfSlice(slice);
    const owner = service === undefined ? undefined : `${slice.metadata.namespace ?? ""}/${service}`;
    if (this.#owners.get(keyOf(slice)) !== owner) this.removeSlice(slice);
    if (owner === undefined) return;
    const slices = this.#slices.get(owner) ?? new Map<string, EndpointSlice>();
    this.#slices.set(owner, slices);
    slices.set(slice.metadata.name, slice);
    this.#owners.set(keyOf(slice), owner);
    this.#note(owner);
  }

  removeSlice(slice: EndpointSlice): void {
    const owner = this.#owners.get(keyOf(slice));
    if (owner === undefined) return;
    this.#owners.delete(keyOf(slice));
    const slices = this.#slices.get(owner);
    slices?.delete(slice.metadata.name);
    if (slices?.size === 0) this.#slices.delete(owner);
    this.#note(owner);
  }

  #note(service: string): void {
    for (const family of [4, 6] as const) this.#families[family].note(service);
  }

  /** The table of a family as it is now; the same value until something changes. */
  table(family: 4 | 6): ServiceTable {
    return this.#families[family].now((key) => ({
      service: this.#services.get(key),
      slices: [...this.#slices.get(key)?.values() ?? []].sort((a, b) => order(a.metadata.name, b.metadata.name)),
    }));
  }
}

const followed = new WeakMap<Store, Map<boolean, ServiceTables>>();

function keyOf({ metadata }: { readonly metadata: { readonly namespace?: string; readonly name: string } }): string {
  return `${metadata.namespace ?? ""}/${metadata.name}`;
}

/** What a Service is made of. */
interface Objects {
  readonly service: Service | undefined;
  readonly slices: readonly EndpointSlice[];
}

class FamilyTable {
  #noted = new Set<string>();
  readonly #ports = new Map<string, readonly PortEntry[]>();
  /** UDP ports of each Service's slices. */
  readonly #udp = new Map<string, readonly string[]>();
  #table: ServiceTable = { entries: [], common: [], udp: new Map() };

  constructor(readonly family: 4 | 6, readonly ipMode: boolean) {}

  note(service: string): void {
    this.#noted.add(service);
  }

  now(objects: (key: string) => Objects): ServiceTable {
    if (this.#noted.size === 0) return this.#table;
    const noted = this.#noted;
    this.#noted = new Set();
    const udp = new Map(this.#table.udp);
    const [gone, come]: [Set<PortEntry>, PortEntry[]] = [new Set(), []];
    let udpDiffers = false;
    for (const key of noted) {
      for (const entry of this.#ports.get(key) ?? []) gone.add(entry);
      const { ports, lists } = this.#read(objects(key));
      if (ports.length === 0) this.#ports.delete(key);
      else this.#ports.set(key, ports);
      come.push(...ports);
      udpDiffers = this.#keepUdp(key, lists, udp) || udpDiffers;
    }
    if (gone.size + come.length > 0) this.#table = this.#replaced(gone, come);
    if (udpDiffers) this.#table = { ...this.#table, udp };
    return this.#table;
  }

  /** The table with other ports in the place of some. */
  #replaced(gone: ReadonlySet<PortEntry>, come: readonly PortEntry[]): ServiceTable {
    const { entries: before, common, udp } = this.#table;
    const places = come.map(({ name }) => placeOf(before, name));
    const inPlace = gone.size === come.length && come.every(({ name }, i) => {
      const old = before[places[i] as number];
      return old?.name === name && gone.has(old);
    }) && new Set(places).size === places.length;
    if (inPlace && common !== undefined && come.every(({ everywhere }) => everywhere)) {
      const [entries, ports] = [before.slice(), common.slice()];
      come.forEach((entry, i) => {
        entries[places[i] as number] = entry;
        ports[places[i] as number] = entry.seenBy(NOBODY);
      });
      return { entries, common: ports, udp };
    }
    const entries = come.length > MANY
      ? [...this.#ports.values()].flat().sort((a, b) => order(a.name, b.name))
      : inserted(before.filter((entry) => !gone.has(entry)), come);
    const everywhere = entries.every((entry) => entry.everywhere);
    return { entries, common: everywhere ? entries.map((entry) => entry.seenBy(NOBODY)) : undefined, udp };
  }

  #read({ service, slices }: Objects) {
    const parts = new Map<string, EndpointPart[]>();
    for (const slice of slices) {
      for (const [key, part] of readSlice(slice, this.family)) parts.set(key, [...parts.get(key) ?? [], part]);
    }
    const lists = new Map(Array.from(parts, ([key, own]) => [key, mergedEndpoints(own)]));
    const ports = service === undefined ? [] : portEntries(service, this, (key) => lists.get(key) ?? NONE);
    return { ports, lists };
  }

  /** Puts a Service's UDP endpoints into the list of all; whether that changed it. */
  #keepUdp(
    service: string,
    lists: ReadonlyMap<string, readonly Endpoint[]>,
    udp: Map<string, readonly Endpoint[]>,
  ): boolean {
    const before = this.#udp.get(service) ?? [];
    const now = [...lists.keys()].filter((key) => key.endsWith(":UDP"));
    if (before.length + now.length === 0) return false;
    for (const key of before) udp.delete(key);
    for (const key of now) udp.set(key, lists.get(key) as readonly Endpoint[]);
    if (now.length === 0) this.#udp.delete(service);
    else this.#udp.set(service, now);
    return true;
  }
}

/** Who looks where it does not matter who looks. */
const NOBODY = { name: "", zone: "" };

/** The first place in a sorted list whose name is not before this one. */
function placeOf(entries: readonly PortEntry[], name: string): number {
  let [from, to] = [0, entries.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((entries[middle] as PortEntry).name < name) from = middle + 1;
    else to = middle;
  }
  return from;
}

/** A sorted list with a few more, behind others of their names. */
function inserted(entries: PortEntry[], more: readonly PortEntry[]): PortEntry[] {
  for (const entry of more) {
    let at = placeOf(entries, entry.name);
    while (entries[at]?.name === entry.name) at++;
    entries.splice(at, 0, entry);
  }
  return entries;
}
