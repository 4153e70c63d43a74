/** What the kernel looks at before it takes a table: loops, and where each match and target may stand. */
import { HOOK, type Table } from "../../../wasm/mod.ts";
import type { Errno } from "../../base/mod.ts";
import type { Family } from "./address.ts";
import type { Hook } from "./builtins.ts";
import type { Extension, Site } from "./extension.ts";
import { matchExtension } from "./matches.ts";
import type { Rule } from "./rule.ts";
import type { Entry, LiveChain } from "./table_edit.ts";
import { targetExtension } from "./targets.ts";

/** Chains that a hook leads to, with the hooks' bits. */
export type Reach = ReadonlyMap<string, number>;

/** Why the kernel refuses a table, or "ok"; `hooks` is what {@link reach} says of it. */
export function checkTable(
  place: { readonly table: Table; readonly family: Family },
  chains: readonly LiveChain[],
  hooks: Reach | undefined = reach(chains),
): Errno | "ok" {
  if (hooks === undefined) return "ELOOP";
  for (const { name, entries } of chains) {
    const verdict = checkEntries(entries, { ...place, hooks: hooks.get(name) ?? 0 });
    if (verdict !== "ok") return verdict;
  }
  return "ok";
}

/** The rules that the kernel refuses; where chains call each other in a circle, those that lead from one to another. */
export function refusedRules(
  place: Omit<Standing, "hooks">,
  chains: readonly LiveChain[],
): { readonly rule: Rule; readonly chain: string; readonly errno: Errno }[] {
  const hooks = reach(chains);
  return chains.flatMap(({ name, entries }) =>
    entries.flatMap((entry) => {
      const jumps = entry.rule.target?.target === "jump";
      const errno = hooks === undefined
        ? (jumps ? "ELOOP" : "ok")
        : checkEntry(entry, { ...place, hooks: hooks.get(name) ?? 0 });
      return errno === "ok" ? [] : [{ rule: entry.rule, chain: name, errno }];
    })
  );
}

/** A chain's entries never change once they stand in a table: what was found out about them holds. */
const checked = new WeakMap<readonly Entry[], Standing & { readonly verdict: Errno | "ok" }>();

/** Why the kernel refuses rules in a chain that these hooks lead to, or "ok". */
export function checkEntries(entries: readonly Entry[], at: Standing): Errno | "ok" {
  const known = checked.get(entries);
  if (known?.hooks === at.hooks && known.table === at.table && known.family === at.family) return known.verdict;
  let verdict: Errno | "ok" = "ok";
  for (let i = 0; i < entries.length && verdict === "ok"; i++) verdict = checkEntry(entries[i] as Entry, at);
  checked.set(entries, { ...at, verdict });
  return verdict;
}

/**
 * The chains as packets can feel them: those that no hook leads to lose their jumps. A kernel does not look at such chains
 * until a hook leads there, so they may call each other in a circle.
 */
export function reachable(chains: readonly LiveChain[], hooks: Reach | undefined = reach(chains)): LiveChain[] {
  return chains.map((chain) => {
    if (chain.policy !== undefined || (hooks?.get(chain.name) ?? 0) !== 0 || jumps(chain).length === 0) return chain;
    const entries = chain.entries.map((entry) => {
      return entry.rule.target?.target === "jump" ? { ...entry, rule: { ...entry.rule, target: undefined } } : entry;
    });
    return { ...chain, entries };
  });
}

/** From which hooks each chain can be reached (bits); undefined when chains call each other in a circle. */
export function reach(chains: readonly LiveChain[]): Reach | undefined {
  const numbers = new Map(chains.map(({ name }, number) => [name, number]));
  const bits = new Uint8Array(chains.length);
  const open = new Uint8Array(chains.length);
  const called: (readonly number[])[] = [];
  const callees = (number: number) =>
    called[number] ??= jumps(chains[number] as LiveChain).map((name) => numbers.get(name) ?? -1).filter((to) =>
      to >= 0
    );
  const walk = (number: number, bit: number): boolean => {
    if (open[number] === 1) return false;
    if (((bits[number] as number) & bit) !== 0) return true;
    open[number] = 1;
    const straight = callees(number).every((to) => walk(to, bit));
    open[number] = 0;
    (bits[number] as number) |= bit;
    return straight;
  };
  const straight = chains.every(({ name, policy }, number) =>
    policy === undefined || walk(number, 1 << HOOK[name as Hook])
  );
  return straight ? new Map(chains.map(({ name }, number) => [name, bits[number] as number])) : undefined;
}

const jumped = new WeakMap<readonly Entry[], readonly string[]>();

/** The chains that a chain's rules jump or go to, each once. */
export function jumps({ entries }: LiveChain): readonly string[] {
  const known = jumped.get(entries);
  if (known !== undefined) return known;
  const targets = new Set<string>();
  for (const { rule } of entries) if (rule.target?.target === "jump") targets.add(rule.target.chain);
  const found = [...targets].filter((name) => !(name in HOOK));
  jumped.set(entries, found);
  return found;
}

/** Where rules stand. */
export interface Standing {
  readonly table: Table;
  readonly family: Family;
  readonly hooks: number;
}

function checkEntry({ rule, handle }: Entry, place: Standing): Errno | "ok" {
  let site: Site | undefined;
  for (const match of rule.matches) {
    const extension = matchExtension(match);
    if (!isParticular(extension)) continue;
    const verdict = checkExtension(extension, match, site ??= siteOf(rule, place, handle !== undefined));
    if (verdict !== "ok") return verdict;
  }
  if (rule.target === undefined) return "ok";
  if (rule.target.target === "jump") {
    if (!(rule.target.chain in HOOK)) return "ok";
    return handle === undefined ? "EINVAL" : "EOPNOTSUPP";
  }
  const extension = targetExtension(rule.target);
  if (extension === undefined || !isParticular(extension)) return "ok";
  return checkExtension(extension, rule.target as never, site ?? siteOf(rule, place, handle !== undefined));
}

/** Whether there are places where an extension may not stand. */
function isParticular<V>({ tables, hooks, protos, refuse }: Extension<V>): boolean {
  return (tables ?? hooks ?? protos ?? refuse) !== undefined;
}

function siteOf(rule: Rule, place: Standing, nft: boolean): Site {
  return {
    ...place,
    nft,
    proto: rule.proto?.number ?? 0,
    notProto: rule.proto?.not ?? false,
    syn: rule.matches.some((m) =>
      m.match === "tcp" && m.flags !== undefined && !m.flags.not && (m.flags.set & 2) !== 0
    ),
  };
}

function checkExtension<V>(extension: Extension<V>, value: V, site: Site): Errno | "ok" {
  const { tables, hooks, protos } = extension;
  if (tables !== undefined && !tables.includes(site.table)) return "EINVAL";
  if (hooks !== undefined && site.hooks & ~hooks) return "EINVAL";
  if (protos !== undefined && (site.notProto || !protos.includes(site.proto))) return "EINVAL";
  return extension.refuse?.(value, site) ?? "ok";
}
