/** What the kernel looks at before it takes a table: loops, and where each match and target may stand. */
import { HOOK } from "../../../wasm/mod.ts";
import type { Table } from "../../../wasm/mod.ts";
import type { Errno } from "../../base/mod.ts";
import type { Family } from "./address.ts";
import type { Hook } from "./builtins.ts";
import type { Extension, Site } from "./extension.ts";
import { matchExtension } from "./matches.ts";
import type { Rule } from "./rule.ts";
import type { LiveChain } from "./table_edit.ts";
import { targetExtension } from "./targets.ts";

/** Why the kernel refuses a table, or "ok". */
export function checkTable(table: Table, family: Family, chains: readonly LiveChain[]): Errno | "ok" {
  const hooks = reach(chains);
  if (hooks === undefined) return "ELOOP";
  for (const chain of chains) {
    const seen = hooks.get(chain.name) ?? 0;
    for (const { rule } of chain.entries) {
      const verdict = checkRule(rule, { table, family, hooks: seen });
      if (verdict !== "ok") return verdict;
    }
  }
  return "ok";
}

/**
 * The chains as packets can feel them: those that no hook leads to lose their jumps. A kernel does not look at such chains
 * until a hook leads there, so they may call each other in a circle.
 */
export function reachable(chains: readonly LiveChain[]): LiveChain[] {
  const hooks = reach(chains);
  return chains.map((chain) => {
    if (chain.policy !== undefined || hooks?.has(chain.name)) return chain;
    const entries = chain.entries.map((entry) => {
      return entry.rule.target?.target === "jump" ? { ...entry, rule: { ...entry.rule, target: undefined } } : entry;
    });
    return { ...chain, entries };
  });
}

/** From which hooks each chain can be reached (bits); undefined when chains call each other in a circle. */
function reach(chains: readonly LiveChain[]): Map<string, number> | undefined {
  const hooks = new Map<string, number>();
  const byName = new Map(chains.map((chain) => [chain.name, jumps(chain)]));
  for (const chain of chains) {
    if (chain.policy === undefined) continue;
    const bit = 1 << HOOK[chain.name as Hook];
    if (!walk({ name: chain.name, bit, byName, hooks, path: new Set() })) return undefined;
  }
  return hooks;
}

function jumps(chain: LiveChain): string[] {
  const targets = new Set<string>();
  for (const { rule } of chain.entries) if (rule.target?.target === "jump") targets.add(rule.target.chain);
  return [...targets].filter((name) => !(name in HOOK));
}

interface Step {
  readonly name: string;
  readonly bit: number;
  readonly byName: ReadonlyMap<string, readonly string[]>;
  readonly hooks: Map<string, number>;
  readonly path: Set<string>;
}

function walk(step: Step): boolean {
  const { name, bit, hooks, path } = step;
  if (path.has(name)) return false;
  const seen = hooks.get(name) ?? 0;
  if (seen & bit) return true;
  path.add(name);
  for (const next of step.byName.get(name) ?? []) if (!walk({ ...step, name: next })) return false;
  path.delete(name);
  hooks.set(name, seen | bit);
  return true;
}

function checkRule(rule: Rule, place: { table: Table; family: Family; hooks: number }): Errno | "ok" {
  const site: Site = {
    ...place,
    proto: rule.proto?.number ?? 0,
    notProto: rule.proto?.not ?? false,
    syn: rule.matches.some((m) =>
      m.match === "tcp" && m.flags !== undefined && !m.flags.not && (m.flags.set & 2) !== 0
    ),
  };
  for (const match of rule.matches) {
    const verdict = checkExtension(matchExtension(match), match, site);
    if (verdict !== "ok") return verdict;
  }
  if (rule.target === undefined) return "ok";
  if (rule.target.target === "jump") return rule.target.chain in HOOK ? "EINVAL" : "ok";
  const extension = targetExtension(rule.target);
  return extension === undefined ? "ok" : checkExtension(extension, rule.target as never, site);
}

function checkExtension<V>(extension: Extension<V>, value: V, site: Site): Errno | "ok" {
  const { tables, hooks, protos } = extension;
  if (tables !== undefined && !tables.includes(site.table)) return "EINVAL";
  if (hooks !== undefined && site.hooks & ~hooks) return "EINVAL";
  if (protos !== undefined && (site.notProto || !protos.includes(site.proto))) return "EINVAL";
  return extension.refuse?.(value, site) ?? "ok";
}
