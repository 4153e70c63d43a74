/**
 * kube-proxy in nftables mode: one table `kube-proxy` in family `ip`, one in `ip6`. A whole table is written as one transaction:
 * table, base chains, shared chains and sets anew, then what each Service port adds (port.ts).
 */
import { isFailure } from "../../../base/mod.ts";
import {
  applyNft,
  type NftChain,
  type NftChange,
  type NftTable,
  type NftTransaction,
  printNftListing,
  printNftTransaction,
} from "../../../linux/mod.ts";
import type { ServiceView } from "../view.ts";
import { type PlacedElement, portPart } from "./port.ts";
import { ipOf } from "./rules.ts";
import { baseChains, sharedChains, sharedSets } from "./skeleton.ts";

/** The table's name in both families. */
export const PROXY_TABLE = "kube-proxy";

/** A view's table: the value, the text that `nft -f` loads, and what `nft list ruleset` shows afterwards. */
export interface NftPrinted {
  readonly table: NftTable;
  readonly transaction: string;
  readonly listing: string;
}

/** Prints a view of one family from nothing. */
export function printNftables(view: ServiceView): NftPrinted {
  const parts = view.ports.map((port) => portPart(port, view));
  const elements = [...nodePortElements(view), ...parts.flatMap(({ elements }) => elements)];
  const transaction = onProxyTable(view, [
    ...skeletonChanges(view),
    ...parts.flatMap(({ sets }) => sets.map((set) => ({ verb: "add", kind: "set", set }) as const)),
    ...writeChains(parts.flatMap(({ chains }) => chains)),
    ...addElements([...new Map(elements.map((each) => [elementKey(each), each])).values()]),
  ]);
  const tables = applyNft([], transaction);
  const [table] = isFailure(tables) ? [] : tables;
  if (table === undefined) throw new Error("a table from nothing cannot be refused");
  return { table, transaction: printNftTransaction(transaction), listing: printNftListing([table]) };
}

/** These changes on the proxy's table of a view's family. */
export function onProxyTable(view: ServiceView, changes: readonly NftChange[]): NftTransaction {
  return { family: ipOf(view), table: PROXY_TABLE, changes };
}

/** Names an element among all sets. */
export function elementKey(placed: PlacedElement): string {
  const known = keys.get(placed);
  if (known !== undefined) return known;
  const key = `${placed.set} ${placed.element.key.join(" . ")}`;
  keys.set(placed, key);
  return key;
}

/** Parts that stay keep their elements, and every sync asks for all keys. */
const keys = new WeakMap<PlacedElement, string>();

/** Loopback addresses are left out: this mode has no node ports there. */
export function nodePortElements(view: ServiceView): PlacedElement[] {
  if (view.nodePortAddresses === "all") return [];
  const outer = view.nodePortAddresses.filter((address) => address !== "::1" && !address.startsWith("127."));
  return outer.map((address) => ({ set: "nodeport-ips", element: { key: [address] } }));
}

/**
 * The table with all that does not depend on Services. Base chains are made, taken away and made again: one of an older
 * version may stand at another priority, and that cannot be changed.
 */
export function skeletonChanges(view: ServiceView): NftChange[] {
  const base = baseChains();
  const shared = sharedChains(view);
  return [
    { verb: "add", kind: "table", comment: "rules for kube-proxy" },
    ...base.flatMap(({ name }): NftChange[] => [
      { verb: "add", kind: "chain", chain: { name } },
      { verb: "delete", kind: "chain", name },
    ]),
    ...sharedSets(view).map((set) => ({ verb: "add", kind: "set", set }) as const),
    ...writeChains([...base, ...shared]),
  ];
}

/** Makes chains where they are missing, empties them, then fills them: they may name one another. */
export function writeChains(chains: readonly NftChain[]): NftChange[] {
  const all = chains.map(chainChanges);
  return [...all.flatMap(({ made }) => made), ...all.flatMap(({ filled }) => filled)];
}

interface ChainChanges {
  readonly made: readonly NftChange[];
  readonly filled: readonly NftChange[];
}

/** Chains are values: what makes them is the same for every table. */
const written = new WeakMap<NftChain, ChainChanges>();

function chainChanges(whole: NftChain): ChainChanges {
  const known = written.get(whole);
  if (known !== undefined) return known;
  const { rules, ...chain } = whole;
  const { name } = chain;
  const changes: ChainChanges = {
    made: [{ verb: "add", kind: "chain", chain }, { verb: "flush", kind: "chain", name }],
    filled: rules.map((rule) => ({ verb: "add", kind: "rule", chain: name, rule })),
  };
  written.set(whole, changes);
  return changes;
}

/** One command each. */
function addElements(placed: Iterable<PlacedElement>): NftChange[] {
  return [...placed].map(({ set, element }) => ({ verb: "add", kind: "element", set, elements: [element] }));
}
