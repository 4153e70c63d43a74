/** The nftables half of suite `kube-proxy`: our transactions carried out, and their listing held against the recorded one. */
import { isFailure } from "../../core/base/mod.ts";
import { applyNft, type NftTable, parseNftListing, printNftListing } from "../../core/linux/mod.ts";
import { type NftSynced, syncNftables } from "../../core/node/mod.ts";
import { type Check, compareLines, LATER, type RecordedCase, type Views } from "./kube_proxy_recording.ts";

/** Compares the table of both families before and after the change. */
export function checkNftRules(recorded: RecordedCase, states: readonly [Views, Views]): Check[] {
  const { id, rules, then } = recorded;
  let tables: readonly NftTable[] = [];
  const synced: (NftSynced | undefined)[] = [undefined, undefined];
  return [rules, then.rules].flatMap(({ nft = "" }, i) => {
    for (const [family, view] of (states[i] as Views).entries()) {
      const sync = syncNftables(view, synced[family], { now: i * LATER });
      synced[family] = sync.synced;
      for (const transaction of sync.transactions) {
        const after = applyNft(tables, transaction);
        if (isFailure(after)) return [{ id, problem: `  our transaction is refused: ${after.errno}` }];
        tables = after;
      }
    }
    const text = printNftListing(tables);
    return [
      ...compareListings(`${id}${i === 0 ? "" : " then"}`, nft, text),
      compareLines(`${id}${i === 0 ? "" : " then"} read and printed`, [nft], [printNftListing(parseNftListing(nft))]),
    ];
  });
}

/** By table, then by `chain|set|map NAME`: blocks in any order, elements in any order, rules in theirs. */
export function compareListings(id: string, theirs: string, ours: string): Check[] {
  const [a, b] = [blocksOf(parseNftListing(theirs, "recorded")), blocksOf(parseNftListing(ours, "ours"))];
  const names = [...new Set([...a.keys(), ...b.keys()])].sort();
  return names.map((name) => compareLines(`${id} ${name}`, a.get(name), b.get(name)));
}

/** The lines of every block as listed, elements one each and sorted. */
function blocksOf(tables: readonly NftTable[]): Map<string, readonly string[]> {
  const blocks = new Map<string, readonly string[]>();
  for (const table of tables) {
    const at = `table ${table.family} ${table.name}`;
    const bare = { ...table, others: [], sets: [], chains: [] };
    const put = (name: string, own: Partial<NftTable>) => {
      const lines = printNftListing([{ ...bare, ...own }]).split("\n").slice(1, -2).map((line) => line.trim());
      blocks.set(`${at} ${name}`, lines);
    };
    put("itself", {});
    for (const chain of table.chains) put(`chain ${chain.name}`, { chains: [chain] });
    for (const set of table.sets) {
      const name = `${set.value === undefined ? "set" : "map"} ${set.name}`;
      put(name, { sets: [{ ...set, elements: [] }] });
      const elements = set.elements.map((element) => JSON.stringify(element)).sort();
      blocks.set(`${at} ${name} elements`, elements);
    }
  }
  return blocks;
}
