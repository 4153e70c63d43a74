import { type NftChange, type NftTable, type NftTransaction, printNftTransaction } from "../../../linux/mod.ts";
import { portChanges, portsOfServices } from "../changes.ts";
import type { ServiceView } from "../view.ts";
import { isAffinitySet, isNftServiceChain } from "./names.ts";
import { type PlacedElement, type PortPart, portPart } from "./port.ts";
import { elementKey, nodePortElements, onProxyTable, partKey, skeletonChanges, writeChains } from "./print.ts";

/** A chain that nothing leads to any more is taken away when it has been so for longer than this, in milliseconds. */
export const STALE_AFTER = 1000;

/** What the last sync of a family left behind. */
export interface NftSynced {
  readonly view: ServiceView;
  readonly parts: ReadonlyMap<string, PortPart>;
  readonly elements: ReadonlyMap<string, PlacedElement>;
  /** Affinity sets that stand in the table. */
  readonly sets: ReadonlySet<string>;
  /** Service and endpoint chains that stand in the table. */
  readonly chains: ReadonlySet<string>;
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
  const there = new Set([...old.chains].filter((chain) => !gone.includes(chain)));
  const fresh = newParts(view, before);
  const parts = new Map(view.ports.map((port) => {
    const key = partKey(port);
    return [key, fresh.get(key) ?? (old.parts.get(key) as PortPart)];
  }));
  const after = wanted(view, parts);
  const stale = staleChains(there, after.chains, { old: old.stale, now: at.now });
  const changes = [
    ...(before === undefined ? skeletonChanges(view) : []),
    ...[...fresh.values()].flatMap(({ sets }) => sets.map((set) => ({ verb: "add", kind: "set", set }) as const)),
    ...writeChains([...fresh.values()].flatMap(({ chains }) => chains)),
    ...elementChanges(old.elements, after.elements),
    ...[...stale.keys()].filter((name) => !old.stale.has(name)).map((name) => flush(name)),
    ...[...old.sets].filter((name) => !after.sets.has(name)).map((name) => take("set", name)),
  ];
  const transactions = [gone.map((name) => take("chain", name)), changes]
    .filter((list) => list.length > 0).map((list) => onProxyTable(view, list));
  return {
    transactions,
    get texts() {
      return transactions.map(printNftTransaction);
    },
    full: before === undefined,
    synced: { view, parts, ...after, chains: new Set([...there, ...after.chains]), stale },
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
    sets: new Set(sets.map(({ name }) => name).filter(isAffinitySet)),
    chains: new Set((table?.chains ?? []).map(({ name }) => name).filter(isNftServiceChain)),
    stale: new Map(),
  };
}

/** The parts of Services that are new or differ; of all at first. */
function newParts(view: ServiceView, before: NftSynced | undefined): Map<string, PortPart> {
  const due = before === undefined
    ? view.ports
    : portsOfServices(view.ports, portChanges(before.view.ports, view.ports).changed);
  return new Map(due.map((port) => [partKey(port), portPart(port, view)]));
}

function wanted(view: ServiceView, parts: ReadonlyMap<string, PortPart>) {
  const elements = new Map(nodePortElements(view).map((each) => [elementKey(each), each]));
  const [chains, sets] = [new Set<string>(), new Set<string>()];
  for (const part of parts.values()) {
    for (const { name } of part.chains) chains.add(name);
    for (const { name } of part.sets) sets.add(name);
    for (const each of part.elements) elements.set(elementKey(each), each);
  }
  return { elements, chains, sets };
}

function staleChains(
  there: ReadonlySet<string>,
  active: ReadonlySet<string>,
  { old, now }: { readonly old: ReadonlyMap<string, number>; readonly now: number },
): Map<string, number> {
  return new Map([...there].filter((chain) => !active.has(chain)).map((chain) => [chain, old.get(chain) ?? now]));
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
