import { isFailure, type Result } from "../../base/mod.ts";
import type { NftChange, NftTransaction } from "./changes.ts";
import { printMerged, spanOf } from "./datatypes.ts";
import {
  keyText,
  type LiveChain,
  type LiveSet,
  namesIn,
  overlapped,
  TableDraft,
  targetOf,
  type Undo,
} from "./draft.ts";
import { setTypes } from "./element_order.ts";
import type { ManagedTables, NftRefusal } from "./managed.ts";
import type { NftChain, NftElement, NftRule, NftSet, NftTable } from "./types.ts";

/** The size that a set declared without one gets when a rule puts elements in. */
const DYNAMIC_SIZE = 65_535;

const NO_TABLE: NftRefusal = { errno: "ENOENT", where: "table" };
const NO_NAME: NftRefusal = { errno: "ENOENT", where: "name" };

/**
 * The tables after a transaction; the kernel's refusal where one of its commands cannot be done: ENOENT for what is not there,
 * EEXIST for an element that maps to something else, EBUSY for a chain or set still in use. Then nothing is done.
 */
export function applyNft(tables: readonly NftTable[], transaction: NftTransaction): Result<readonly NftTable[]> {
  const drafts = new NftTables();
  for (const table of tables) drafts.put(TableDraft.of(table, 0));
  for (const change of transaction.changes) {
    const refused = drafts.apply(transaction, change, []);
    if (isFailure(refused)) return refused;
  }
  return drafts.list().map((draft) => draft.value());
}

/** The tables of one namespace, changed command by command. */
export class NftTables {
  #tables = new Map<string, TableDraft>();
  readonly #nextHandle: () => number;
  readonly #managed: ManagedTables | undefined;
  readonly #changed = new Set<TableDraft>();
  /** Called before a set's elements are changed: rules may have put more of them in. */
  refresh: (table: TableDraft, set: string) => void = () => {};

  constructor(given: { readonly nextHandle?: () => number; readonly managed?: ManagedTables } = {}) {
    let last = 0;
    this.#nextHandle = given.nextHandle ?? (() => ++last);
    this.#managed = given.managed;
  }

  /** The tables that commands were for since the last call. */
  takeChanged(): ReadonlySet<TableDraft> {
    const changed = new Set(this.#changed);
    this.#changed.clear();
    return changed;
  }

  /** A table by its family and name. */
  find(family: string, name: string): TableDraft | undefined {
    return this.#tables.get(`${family} ${name}`) ?? this.#managed?.find(family, name);
  }

  /** All tables, in the order of their creation. */
  list(): TableDraft[] {
    const own = this.own();
    const managed = this.#managed?.list().filter(({ family, name }) => !this.#tables.has(`${family} ${name}`)) ?? [];
    return managed.length === 0 ? own : [...own, ...managed].sort((a, b) => a.handle - b.handle);
  }

  /** The tables that no other tool keeps. */
  own(): TableDraft[] {
    return [...this.#tables.values()];
  }

  /** Puts a table in place. */
  put(table: TableDraft): void {
    this.#tables.set(`${table.family} ${table.name}`, table);
  }

  /** Takes all tables of a family away, or all there are. */
  flush(family: string | undefined, undo: Undo): void {
    const before = this.#tables;
    this.#tables = new Map([...before].filter(([, table]) => family !== undefined && table.family !== family));
    undo.push(() => this.#tables = before);
    this.#managed?.flush(family, undo);
  }

  /** Carries one command out, or says why not; `undo` takes back what was done. */
  apply(
    { family, table }: Pick<NftTransaction, "family" | "table">,
    change: NftChange,
    undo: Undo,
  ): NftRefusal | undefined {
    const draft = this.find(family, table);
    if (draft?.keeper === "managed") return this.#managed?.apply(family, table, change, undo);
    if (draft !== undefined) this.#changed.add(draft);
    if (draft !== undefined && change.kind === "element") this.refresh(draft, change.set);
    if (draft !== undefined && (change.kind === "set" || change.kind === "map") && "name" in change) {
      this.refresh(draft, change.name);
    }
    if (change.kind !== "table") return draft === undefined ? NO_TABLE : applyChange(draft, change, undo);
    if (change.verb === "add" || change.verb === "create") {
      if (draft !== undefined) return change.verb === "create" ? { errno: "EEXIST", where: "table" } : undefined;
      const fresh = new TableDraft(family, table, this.#nextHandle());
      fresh.comment = change.comment;
      fresh.flags = change.flags ?? [];
      this.put(fresh);
      this.#changed.add(fresh);
      undo.push(() => this.#tables.delete(`${family} ${table}`));
      return undefined;
    }
    if (draft === undefined) return NO_TABLE;
    if (change.verb === "flush") {
      for (const chain of draft.chains.keys()) draft.flushChain(chain, undo);
      return undefined;
    }
    const before = this.#tables;
    this.#tables = new Map(before);
    this.#tables.delete(`${family} ${table}`);
    undo.push(() => this.#tables = before);
  }
}

type Own = Exclude<NftChange, { kind: "table" }>;

function applyChange(draft: TableDraft, change: Own, undo: Undo): NftRefusal | undefined {
  switch (change.kind) {
    case "rule":
      return change.verb === "delete" ? takeRule(draft, change, undo) : putRule(draft, change, undo);
    case "element":
      return applyElements(draft, change, undo);
    case "chain":
      if (change.verb === "rename") return renameChain(draft, change, undo);
      return "chain" in change ? addChain(draft, change, undo) : takeChain(draft, change, undo);
    case "other":
      return "other" in change ? addOther(draft, change, undo) : takeOther(draft, change.name, undo);
    case "set":
    case "map":
      return "set" in change ? addSet(draft, change, undo) : takeSet(draft, change, undo);
  }
}

// ------------------------------------------------------------------------------------------------ chains and rules

/** Types of base chains and the hooks they may have. */
const HOOKS: Readonly<Record<string, readonly string[]>> = {
  filter: ["prerouting", "input", "forward", "output", "postrouting", "ingress", "egress"],
  nat: ["prerouting", "input", "output", "postrouting"],
  route: ["output"],
};

function addChain(
  draft: TableDraft,
  { verb, chain }: { readonly verb: "add" | "create"; readonly chain: Omit<NftChain, "rules"> },
  undo: Undo,
): NftRefusal | undefined {
  const known = draft.chains.get(chain.name);
  const { hook } = chain;
  if (hook !== undefined && !(HOOKS[hook.type] ?? []).includes(hook.hook)) {
    return { errno: "EOPNOTSUPP", where: "command" };
  }
  if (known === undefined) {
    draft.addChain(chain, undo);
    return undefined;
  }
  if (verb === "create") return { errno: "EEXIST", where: "name" };
  const before = known.chain;
  if (hook === undefined || before.hook === undefined) {
    return hook === undefined ? undefined : { errno: "EEXIST", where: "command" };
  }
  known.chain = { ...before, hook: { ...before.hook, policy: hook.policy } };
  draft.touched.all = true;
  undo.push(() => known.chain = before);
}

function renameChain(
  draft: TableDraft,
  { name, to }: { readonly name: string; readonly to: string },
  undo: Undo,
): NftRefusal | undefined {
  const { chains } = draft;
  const known = chains.get(name);
  if (known === undefined) return NO_NAME;
  if (chains.has(to)) return { errno: "EEXIST", where: "command" };
  const before = [...chains];
  draft.touched.all = true;
  chains.clear();
  for (const [key, live] of before) {
    const renamed = key === name ? { ...live, chain: { ...live.chain, name: to } } : live;
    chains.set(renamed.chain.name, renamed);
  }
  undo.push(() => {
    chains.clear();
    for (const [key, live] of before) chains.set(key, live);
  });
}

function takeChain(
  draft: TableDraft,
  { verb, name }: { readonly verb: "flush" | "delete"; readonly name: string },
  undo: Undo,
): NftRefusal | undefined {
  const known = draft.chains.get(name);
  if (known === undefined) return NO_NAME;
  if (verb === "delete" && draft.isUsed("chain", name)) return { errno: "EBUSY", where: "name" };
  draft.flushChain(name, undo);
  if (verb === "delete") draft.take("chains", name, undo);
}

function putRule(
  draft: TableDraft,
  change: Extract<Own, { kind: "rule"; rule: NftRule }>,
  undo: Undo,
): NftRefusal | undefined {
  const chain = draft.chains.get(change.chain);
  if (chain === undefined) return NO_NAME;
  const refused = checkRule(draft, change.rule);
  if (refused !== undefined) return refused;
  for (const statement of change.rule.statements) if (statement.kind === "set") bound(draft, statement.set, undo);
  const at = placeOf(chain, change);
  if (at === -1) return { errno: "ENOENT", where: "place" };
  if (change.verb === "replace" && at !== undefined) draft.takeRule(change.chain, at, undo);
  draft.addRule(change.chain, change.rule, { undo, ...(at === undefined ? {} : { place: at }) });
}

/** Where a rule goes in; undefined at the end, -1 where the rule it refers to is not there. */
function placeOf(
  { rules }: LiveChain,
  { verb, at }: Extract<Own, { kind: "rule"; rule: NftRule }>,
): number | undefined {
  if (at === undefined) return verb === "insert" ? 0 : undefined;
  const place = "handle" in at
    ? rules.findIndex(({ handle }) => handle === at.handle)
    : at.index < rules.length
    ? at.index
    : -1;
  return place < 0 || verb !== "add" ? place : place + 1;
}

function takeRule(
  draft: TableDraft,
  { chain, handle }: { readonly chain: string; readonly handle: number },
  undo: Undo,
): NftRefusal | undefined {
  const live = draft.chains.get(chain);
  if (live === undefined) return NO_NAME;
  const place = live.rules.findIndex((each) => each.handle === handle);
  if (place < 0) return { errno: "ENOENT", where: "place" };
  draft.takeRule(chain, place, undo);
}

/** Jumps lead to chains without a hook, and never back. */
function checkRule(draft: TableDraft, rule: NftRule): NftRefusal | undefined {
  const { chains, sets } = namesIn(rule);
  for (const what of chains) {
    const target = draft.chains.get(what);
    if (target === undefined) return { errno: "ENOENT", where: "target", what };
    if (target.chain.hook !== undefined) return { errno: "EOPNOTSUPP", where: "target", what };
  }
  const what = sets.find((set) => !draft.sets.has(set));
  return what === undefined ? undefined : { errno: "ENOENT", where: "target", what: `@${what}` };
}

/** The first rule that fills a set bounds it. */
function bound(draft: TableDraft, name: string, undo: Undo): void {
  const known = draft.sets.get(name);
  if (known !== undefined && known.set.size === undefined) {
    draft.alterSet(known, { ...known.set, size: DYNAMIC_SIZE }, undo);
  }
}

// ------------------------------------------------------------------------------------------------ sets and other objects

/** A set that is there takes the new times; all else stays as it was made. */
function addSet(
  draft: TableDraft,
  { verb, set }: { readonly verb: "add" | "create"; readonly set: Omit<NftSet, "elements"> },
  undo: Undo,
): NftRefusal | undefined {
  const known = draft.sets.get(set.name);
  if (known === undefined) {
    draft.addSet(set, undo);
    return undefined;
  }
  if (verb === "create") return { errno: "EEXIST", where: "name" };
  const times = {
    ...(set.timeout === undefined ? {} : { timeout: set.timeout }),
    ...(set.gcInterval === undefined ? {} : { gcInterval: set.gcInterval }),
  };
  draft.alterSet(known, { ...known.set, ...times }, undo);
}

function takeSet(
  draft: TableDraft,
  { verb, name }: { readonly verb: "flush" | "delete"; readonly name: string },
  undo: Undo,
): NftRefusal | undefined {
  const known = draft.sets.get(name);
  if (known === undefined) return NO_NAME;
  if (verb === "delete" && draft.isUsed("set", name)) return { errno: "EBUSY", where: "name" };
  for (const key of [...known.elements.keys()]) draft.takeElement(name, key, undo);
  if (verb === "delete") draft.take("sets", name, undo);
}

function applyElements(
  draft: TableDraft,
  change: Extract<Own, { kind: "element" }>,
  undo: Undo,
): NftRefusal | undefined {
  const live = draft.sets.get(change.set);
  if (live === undefined) return NO_NAME;
  for (const element of change.elements) {
    const what = keyText(element);
    if (change.verb === "delete") {
      if (!live.elements.has(what)) return { errno: "ENOENT", where: "element", what };
      draft.takeElement(change.set, what, undo);
      continue;
    }
    const refused = putElement(draft, { live, element, verb: change.verb }, undo);
    if (refused !== undefined) return { ...refused, what };
  }
}

interface Put {
  readonly live: LiveSet;
  readonly element: NftElement;
  readonly verb: "add" | "create";
}

function putElement(draft: TableDraft, { live, element, verb }: Put, undo: Undo): NftRefusal | undefined {
  const target = targetOf(element.value);
  if (target !== undefined && !draft.chains.has(target)) return { errno: "ENOENT", where: "element" };
  const known = live.elements.get(keyText(element));
  if (known === undefined) {
    const other = overlapped(live, element, spanIn);
    if (live.set.autoMerge === true && element.value === undefined) {
      mergeInto(draft, { live, element }, undo);
      return undefined;
    }
    if (other !== undefined) {
      return { errno: "EEXIST", where: "element", problem: "interval overlaps with an existing one" };
    }
    draft.putElement(live.set.name, element, undo);
    return undefined;
  }
  const differs = JSON.stringify(known.value) !== JSON.stringify(element.value);
  return differs || verb === "create" ? { errno: "EEXIST", where: "element" } : undefined;
}

/** `auto-merge`: what overlaps or touches becomes one. */
function mergeInto(draft: TableDraft, { live, element }: Pick<Put, "live" | "element">, undo: Undo): void {
  const types = setTypes(live.set);
  const [type] = types;
  const own = spanIn(element.key[0] ?? "", live);
  if (type === undefined || types.length !== 1 || own === undefined) {
    draft.putElement(live.set.name, element, undo);
    return;
  }
  let { from, to } = own;
  for (const [key, other] of [...live.elements]) {
    const span = spanIn(other.key[0] ?? "", live);
    if (span === undefined || span.from > to + 1n || from > span.to + 1n) continue;
    [from, to] = [span.from < from ? span.from : from, span.to > to ? span.to : to];
    draft.takeElement(live.set.name, key, undo);
  }
  draft.putElement(live.set.name, { ...element, key: [printMerged({ from, to }, type)] }, undo);
}

function spanIn(key: string, live: LiveSet): { readonly from: bigint; readonly to: bigint } | undefined {
  const [type] = setTypes(live.set);
  const span = type === undefined ? undefined : spanOf(key, type);
  return span === undefined || "problem" in span ? undefined : span;
}

/** Counters, quotas and their like are kept as they are given. */
function addOther(
  draft: TableDraft,
  { verb, other }: Extract<Own, { kind: "other"; other: unknown }>,
  undo: Undo,
): NftRefusal | undefined {
  const before = draft.others;
  if (before.some(({ head }) => head === other.head)) {
    return verb === "create" ? { errno: "EEXIST", where: "name" } : undefined;
  }
  draft.others = [...before, { ...other, handle: draft.nextHandle() }];
  undo.push(() => draft.others = before);
}

function takeOther(draft: TableDraft, name: string, undo: Undo): NftRefusal | undefined {
  const before = draft.others;
  draft.others = before.filter(({ head }) => head !== name);
  undo.push(() => draft.others = before);
  return draft.others.length === before.length ? NO_NAME : undefined;
}
