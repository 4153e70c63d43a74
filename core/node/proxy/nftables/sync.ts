import { type NftChange, type NftTable, type NftTransaction, printNftTransaction } from "../../../linux/mod.ts";
import { portChanges, portKey, portsOfServices } from "../changes.ts";
import type { ServiceView } from "../view.ts";
import { isAffinitySet, isNftServiceChain } from "./names.ts";
import { type PlacedElement, type PortPart, portPart } from "./port.ts";
import { elementKey, nodePortElements, onProxyTable, skeletonChanges, writeChains } from "./print.ts";

/** A chain that nothing leads to any more is taken away when it has been so for longer than this, in milliseconds. */
export const STALE_AFTER = 1000;

/** What the last sync of a family left behind. The next one takes it over and changes it: it is of use once. */
export interface NftSynced {
  readonly view: ServiceView;
  /** By port. */
  readonly parts: Map<string, PortPart>;
  readonly elements: Map<string, PlacedElement>;
  /** Keys of elements that several parts have. */
  readonly shared: ReadonlySet<string>;
  /** The node's own elements. */
  readonly nodePorts: readonly PlacedElement[];
  /** Affinity sets that stand in the table. */
  readonly sets: Set<string>;
  /** Service and endpoint chains that stand in the table. */
  readonly chains: Set<string>;
  /** Those of them that are emptied and wait to go, with the virtual time since when. */
  readonly stale: ReadonlyMap<string, number>;
}

/** One sync: transactions to load one after the other, as values and as text for `nft -f`, and what they leave. */
export interface NftSync {
  readonly transactions: readonly NftTransaction[];
  readonly texts: readonly string[];
  readonly full: boolean;
  readonly synced: NftSynced;
}

/**
 * What brings a table to a view: everything at first, afterwards changed Services and changed elements. Chains of gone Services
 * are only emptied (the kernel still walks packets through them); an earlier sync's go first, in a transaction of their own.
 * `existing` is the table that a restarted kube-proxy finds.
 */
export function syncNftables(
  view: ServiceView,
  before: NftSynced | undefined,
  at: { readonly now: number; readonly existing?: NftTable },
): NftSync {
  const old = before ?? found(view, at.existing);
  const gone = [...old.stale].filter(([, since]) => at.now - since > STALE_AFTER).map(([chain]) => chain);
  for (const chain of gone) old.chains.delete(chain);
  const due = portsDue(view, before);
  const written = due.changed.map((port) => [portKey(port), portPart(port, view)] as const);
  const replaced = [...due.changed, ...due.gone].flatMap((port) => old.parts.get(portKey(port)) ?? []);
  for (const port of due.gone) old.parts.delete(portKey(port));
  for (const [key, part] of written) old.parts.set(key, part);
  const fresh = written.map(([, part]) => part);
  const next = (before && fewElements(view, before, { replaced, fresh })) ?? allElements(view, old);
  const stale = staleChains(old, { replaced, fresh, gone, first: before === undefined, now: at.now });
  const lost = lostSets(old, { replaced, fresh, first: before === undefined });
  const changes = [
    ...(before === undefined ? skeletonChanges(view) : []),
    ...fresh.flatMap(({ sets }) => sets.map((set) => ({ verb: "add", kind: "set", set }) as const)),
    ...writeChains(fresh.flatMap(({ chains }) => chains)),
    ...next.changes,
    ...[...stale.keys()].filter((name) => !old.stale.has(name)).map((name) => flush(name)),
    ...lost.map((name) => take("set", name)),
  ];
  const transactions = [gone.map((name) => take("chain", name)), changes]
    .filter((list) => list.length > 0).map((list) => onProxyTable(view, list));
  for (const { chains, sets } of fresh) {
    for (const { name } of chains) old.chains.add(name);
    for (const { name } of sets) old.sets.add(name);
  }
  for (const name of lost) old.sets.delete(name);
  const { elements, shared, nodePorts } = next;
  return {
    transactions,
    get texts() {
      return transactions.map(printNftTransaction);
    },
    full: before === undefined,
    synced: { view, parts: old.parts, elements, shared, nodePorts, sets: old.sets, chains: old.chains, stale },
  };
}

/** Before the first sync: what a table from earlier has. */
function found(view: ServiceView, table: NftTable | undefined): NftSynced {
  const sets = table?.sets ?? [];
  const shared = sets.filter(({ name }) => !isAffinitySet(name));
  const placed = shared.flatMap(({ name: set, elements }) => elements.map((element) => ({ set, element })));
  return {
    view,
    parts: new Map(),
    elements: new Map(placed.map((each) => [elementKey(each), each])),
    shared: new Set(),
    nodePorts: [],
    sets: new Set(sets.map(({ name }) => name).filter(isAffinitySet)),
    chains: new Set((table?.chains ?? []).map(({ name }) => name).filter(isNftServiceChain)),
    stale: new Map(),
  };
}

/** The ports of Services that are new or differ, all at first; and those that are gone. */
function portsDue(view: ServiceView, before: NftSynced | undefined) {
  if (before === undefined) return { changed: view.ports, gone: [] };
  const { changed, replaced } = portChanges(before.view.ports, view.ports);
  const now = new Set(changed.map(portKey));
  return { changed: portsOfServices(view.ports, changed), gone: replaced.filter((port) => !now.has(portKey(port))) };
}

/** Parts that a sync takes away and writes. */
interface PartChanges {
  readonly replaced: readonly PortPart[];
  readonly fresh: readonly PortPart[];
}

/** The elements after a sync, with what brings the table to them. */
interface Elements extends Pick<NftSynced, "elements" | "shared" | "nodePorts"> {
  readonly changes: readonly NftChange[];
}

/** The elements of parts that changed; undefined where they are others' as well: then all of them are looked at. */
function fewElements(view: ServiceView, old: NftSynced, { replaced, fresh }: PartChanges): Elements | undefined {
  const nodePorts = nodePortElements(view);
  if (old.nodePorts.map(elementKey).join() !== nodePorts.map(elementKey).join()) return undefined;
  if (fresh.length * 2 > old.parts.size) return undefined;
  const { elements, shared } = old;
  const before = new Map(replaced.flatMap((part) => part.elements.map((each) => [elementKey(each), each])));
  const after = new Map<string, PlacedElement>();
  for (const key of before.keys()) if (shared.has(key)) return undefined;
  for (const part of fresh) {
    for (const each of part.elements) {
      const key = elementKey(each);
      if (after.has(key) || shared.has(key) || (elements.has(key) && !before.has(key))) return undefined;
      after.set(key, each);
    }
  }
  const changes = elementChanges(before, after);
  for (const key of before.keys()) if (!after.has(key)) elements.delete(key);
  for (const [key, each] of after) elements.set(key, each);
  return { elements, shared, nodePorts, changes };
}

function allElements(view: ServiceView, old: NftSynced): Elements {
  const nodePorts = nodePortElements(view);
  const elements = new Map(nodePorts.map((each) => [elementKey(each), each]));
  const shared = new Set<string>();
  for (const port of view.ports) {
    for (const each of old.parts.get(portKey(port))?.elements ?? []) {
      const key = elementKey(each);
      if (elements.has(key)) shared.add(key);
      elements.set(key, each);
    }
  }
  return { elements, shared, nodePorts, changes: elementChanges(old.elements, elements) };
}

type Progress = PartChanges & { readonly first: boolean };

/** Chains of parts that are gone, with the time since when; what a table from earlier has besides is gone as well. */
function staleChains(
  old: NftSynced,
  { replaced, fresh, gone, first, now }: Progress & { readonly gone: readonly string[]; readonly now: number },
): Map<string, number> {
  const written = new Set(fresh.flatMap(({ chains }) => chains.map(({ name }) => name)));
  const lost = first ? [...old.chains] : replaced.flatMap(({ chains }) => chains.map(({ name }) => name));
  const stale = new Map([...old.stale].filter(([name]) => !written.has(name) && !gone.includes(name)));
  for (const name of lost) if (!written.has(name) && old.chains.has(name) && !stale.has(name)) stale.set(name, now);
  return stale;
}

function lostSets(old: NftSynced, { replaced, fresh, first }: Progress): string[] {
  const written = new Set(fresh.flatMap(({ sets }) => sets.map(({ name }) => name)));
  const lost = first ? [...old.sets] : replaced.flatMap(({ sets }) => sets.map(({ name }) => name));
  return [...new Set(lost)].filter((name) => !written.has(name));
}

/** An element that maps to something else is taken out and put in again. */
function elementChanges(
  old: ReadonlyMap<string, PlacedElement>,
  now: ReadonlyMap<string, PlacedElement>,
): NftChange[] {
  const changes: NftChange[] = [];
  for (const [key, { set, element }] of old) {
    if (sameElement(now.get(key), element)) continue;
    changes.push({ verb: "delete", kind: "element", set, elements: [{ key: element.key }] });
  }
  for (const [key, { set, element }] of now) {
    if (!sameElement(old.get(key), element)) changes.push({ verb: "add", kind: "element", set, elements: [element] });
  }
  return changes;
}

function sameElement(placed: PlacedElement | undefined, element: PlacedElement["element"]): boolean {
  if (placed === undefined) return false;
  if (placed.element === element) return true;
  const { comment, value } = placed.element;
  return comment === element.comment && JSON.stringify(value) === JSON.stringify(element.value);
}

function flush(name: string): NftChange {
  return { verb: "flush", kind: "chain", name };
}

function take(kind: "chain" | "set", name: string): NftChange {
  return { verb: "delete", kind, name };
}
