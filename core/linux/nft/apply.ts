import { type Failure, isFailure, type Result } from "../../base/mod.ts";
import type { NftChange, NftTransaction } from "./changes.ts";
import { keptValues } from "./intervals.ts";
import type { NftChain, NftElement, NftRule, NftSet, NftStatement, NftTable, NftVerdict } from "./types.ts";

/** The size that a set declared without one gets when a rule puts elements in. */
const DYNAMIC_SIZE = 65_535;

/** A table while it changes. Maps keep the order of creation. */
interface Draft {
  readonly head: Omit<NftTable, "sets" | "chains">;
  readonly sets: Map<string, { readonly set: Omit<NftSet, "elements">; readonly elements: Map<string, NftElement> }>;
  readonly chains: Map<string, { readonly chain: Omit<NftChain, "rules">; rules: NftRule[] }>;
}

/**
 * The tables after a transaction; the kernel's refusal where one of its commands cannot be done: ENOENT for what is not there,
 * EEXIST for an element that maps to something else, EBUSY for a chain or set still in use. Then nothing is done.
 */
export function applyNft(tables: readonly NftTable[], transaction: NftTransaction): Result<readonly NftTable[]> {
  const at = tables.findIndex(({ family, name }) => family === transaction.family && name === transaction.table);
  let draft = at < 0 ? undefined : draftOf(tables[at] as NftTable);
  for (const change of transaction.changes) {
    const next = applyToTable(draft, change, transaction);
    if (isFailure(next)) return next;
    draft = next;
  }
  const others = tables.slice(0, at < 0 ? tables.length : at);
  const after = at < 0 ? [] : tables.slice(at + 1);
  return [...others, ...(draft === undefined ? [] : [tableOf(draft)]), ...after];
}

function draftOf({ sets, chains, ...head }: NftTable): Draft {
  return {
    head,
    sets: new Map(sets.map(({ elements, ...set }) => [set.name, { set, elements: new Map(elements.map(keyed)) }])),
    chains: new Map(chains.map(({ rules, ...chain }) => [chain.name, { chain, rules: [...rules] }])),
  };
}

function keyed(element: NftElement): [string, NftElement] {
  return [element.key.join(" . "), element];
}

function tableOf({ head, sets, chains }: Draft): NftTable {
  return {
    ...head,
    sets: [...sets.values()].map(({ set, elements }) => ({ ...set, elements: [...elements.values()] })),
    chains: [...chains.values()].map(({ chain, rules }) => ({ ...chain, rules })),
  };
}

const NOTHING: Failure = { errno: "ENOENT" };
const BUSY: Failure = { errno: "EBUSY" };

function applyToTable(draft: Draft | undefined, change: NftChange, { family, table }: NftTransaction) {
  if (change.kind !== "table") return draft === undefined ? NOTHING : applyChange(draft, change) ?? draft;
  if (change.verb === "add") {
    const comment = change.comment === undefined ? {} : { comment: change.comment };
    const head = { family, name: table, flags: [], others: [], ...comment };
    return draft ?? { head, sets: new Map(), chains: new Map() };
  }
  if (draft === undefined) return NOTHING;
  if (change.verb === "delete") return undefined;
  for (const chain of draft.chains.values()) chain.rules = [];
  return draft;
}

function applyChange(draft: Draft, change: Exclude<NftChange, { kind: "table" }>): Failure | undefined {
  switch (change.kind) {
    case "rule":
      return addRule(draft, change.chain, change.rule);
    case "element":
      return applyElements(draft, change);
    case "chain":
      return change.verb === "add" ? addChain(draft, change.chain) : takeChain(draft, change);
    case "set":
    case "map":
      return change.verb === "add" ? addSet(draft, change.set) : takeSet(draft, change);
  }
}

function addChain({ chains }: Draft, chain: Omit<NftChain, "rules">): undefined {
  if (!chains.has(chain.name)) chains.set(chain.name, { chain, rules: [] });
}

/** A set that is there takes the new times; all else stays as it was made. */
function addSet({ sets }: Draft, set: Omit<NftSet, "elements">): undefined {
  const known = sets.get(set.name);
  const times = {
    ...(set.timeout === undefined ? {} : { timeout: set.timeout }),
    ...(set.gcInterval === undefined ? {} : { gcInterval: set.gcInterval }),
  };
  if (known === undefined) sets.set(set.name, { set, elements: new Map() });
  else sets.set(set.name, { ...known, set: { ...known.set, ...times } });
}

function addRule(draft: Draft, name: string, rule: NftRule): Failure | undefined {
  const chain = draft.chains.get(name);
  if (chain === undefined) return NOTHING;
  const { chains, sets } = namesIn(rule);
  if (chains.some((target) => !draft.chains.has(target)) || sets.some((set) => !draft.sets.has(set))) return NOTHING;
  for (const statement of rule.statements) if (statement.kind === "set") bound(draft, statement.set);
  chain.rules.push({ ...rule, statements: rule.statements.map(kept) });
}

/** The first rule that fills a set bounds it. */
function bound({ sets }: Draft, name: string): void {
  const known = sets.get(name);
  if (known !== undefined && known.set.size === undefined) {
    sets.set(name, { ...known, set: { ...known.set, size: DYNAMIC_SIZE } });
  }
}

/** A statement as nft keeps it. */
function kept(statement: NftStatement): NftStatement {
  if (statement.kind !== "match" || !("values" in statement.against)) return statement;
  return { ...statement, against: keptValues(statement.against.values) };
}

function applyElements(draft: Draft, change: Extract<NftChange, { kind: "element" }>): Failure | undefined {
  const elements = draft.sets.get(change.set)?.elements;
  if (elements === undefined) return NOTHING;
  for (const element of change.elements) {
    const key = element.key.join(" . ");
    const known = elements.get(key);
    if (change.verb === "delete") {
      if (!elements.delete(key)) return NOTHING;
      continue;
    }
    const target = targetOf(element.value);
    if (target !== undefined && !draft.chains.has(target)) return NOTHING;
    if (known !== undefined && JSON.stringify(known.value) !== JSON.stringify(element.value)) {
      return { errno: "EEXIST" };
    }
    if (known === undefined) elements.set(key, element);
  }
}

function takeChain(draft: Draft, { verb, name }: { readonly verb: "flush" | "delete"; readonly name: string }) {
  const chain = draft.chains.get(name);
  if (chain === undefined) return NOTHING;
  if (verb === "flush") {
    chain.rules = [];
    return undefined;
  }
  if (chainInUse(draft, name)) return BUSY;
  draft.chains.delete(name);
}

function takeSet(draft: Draft, { verb, name }: { readonly verb: "flush" | "delete"; readonly name: string }) {
  const set = draft.sets.get(name);
  if (set === undefined) return NOTHING;
  if (verb === "flush") {
    set.elements.clear();
    return undefined;
  }
  for (const { rules } of draft.chains.values()) {
    if (rules.some((rule) => namesIn(rule).sets.includes(name))) return BUSY;
  }
  draft.sets.delete(name);
}

function chainInUse({ chains, sets }: Draft, name: string): boolean {
  for (const { chain, rules } of chains.values()) {
    if (chain.name !== name && rules.some((rule) => namesIn(rule).chains.includes(name))) return true;
  }
  for (const { elements } of sets.values()) {
    for (const { value } of elements.values()) if (targetOf(value) === name) return true;
  }
  return false;
}

function targetOf(value: NftElement["value"] | NftVerdict): string | undefined {
  return value !== undefined && "chain" in value ? value.chain : undefined;
}

/** The chains and sets a rule names; words we do not understand name none. */
function namesIn({ statements }: NftRule): { chains: readonly string[]; sets: readonly string[] } {
  const [chains, sets]: [string[], string[]] = [[], []];
  const target = (verdict: NftVerdict) => "chain" in verdict && chains.push(verdict.chain);
  for (const statement of statements) {
    if (statement.kind === "verdict") target(statement.verdict);
    if (statement.kind === "set") sets.push(statement.set);
    if (statement.kind === "match" && "set" in statement.against) sets.push(statement.against.set);
    if (statement.kind !== "vmap") continue;
    if (typeof statement.map === "string") sets.push(statement.map);
    else for (const { verdict } of statement.map) target(verdict);
  }
  return { chains, sets };
}
