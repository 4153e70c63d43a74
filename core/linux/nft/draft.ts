/** A table as it lives in a namespace: objects by name in the order of their creation, with handles, and who uses what. */
import { setTypes } from "./element_order.ts";
import { keptRule } from "./rule.ts";
import type { NftChain, NftElement, NftFamily, NftOther, NftRule, NftSet, NftTable, NftVerdict } from "./types.ts";

/** A rule with the handle it is deleted by. */
export interface LiveRule {
  rule: NftRule;
  readonly handle: number;
}

/** A chain with its rules. */
export interface LiveChain {
  chain: Omit<NftChain, "rules">;
  readonly handle: number;
  rules: LiveRule[];
  /** Grows with every change of its rules. */
  version: number;
}

/** A set or map with its elements by their keys. */
export interface LiveSet {
  set: Omit<NftSet, "elements">;
  readonly handle: number;
  readonly elements: Map<string, NftElement>;
  /** Grows with every change of its elements. */
  version: number;
}

/** What takes a change back. */
export type Undo = (() => void)[];

/** What changed in a table since somebody last looked. */
export interface Touched {
  readonly chains: Set<string>;
  readonly sets: Set<string>;
  /** More than that: base chains, names. */
  all: boolean;
}

/** A table. Every change notes in `undo` how it is taken back. */
export class TableDraft {
  /** What changed since the table was last loaded. */
  touched: Touched = { chains: new Set(), sets: new Set(), all: true };
  readonly sets = new Map<string, LiveSet>();
  readonly chains = new Map<string, LiveChain>();
  others: readonly (NftOther & { readonly handle: number })[] = [];
  flags: readonly string[] = [];
  comment: string | undefined;
  /** How many rules and elements name a chain or a set. */
  readonly #uses = { chain: new Map<string, number>(), set: new Map<string, number>() };
  #handles = 0;

  /** @param keeper `managed` where another tool keeps the table and it is only shown here */
  constructor(
    readonly family: NftFamily,
    readonly name: string,
    readonly handle: number,
    readonly keeper: "nft" | "managed" = "nft",
  ) {}

  /** A table of a value; handles begin anew. */
  static of(table: NftTable, handle: number): TableDraft {
    const draft = new TableDraft(table.family, table.name, handle);
    draft.flags = table.flags;
    draft.comment = table.comment;
    draft.others = table.others.map((other) => ({ ...other, handle: draft.nextHandle() }));
    for (const { rules: _, ...chain } of table.chains) draft.addChain(chain, []);
    for (const { elements, ...set } of table.sets) {
      draft.addSet(set, []);
      for (const element of elements) draft.putElement(set.name, element, []);
    }
    for (const { name, rules } of table.chains) for (const rule of rules) draft.addRule(name, rule, { undo: [] });
    return draft;
  }

  /** The table as a value. */
  value(): NftTable {
    return {
      family: this.family,
      name: this.name,
      flags: this.flags,
      ...(this.comment === undefined ? {} : { comment: this.comment }),
      others: this.others.map(({ head, lines }) => ({ head, lines })),
      sets: [...this.sets.values()].map(({ set, elements }) => ({ ...set, elements: [...elements.values()] })),
      chains: [...this.chains.values()].map(({ chain, rules }) => ({ ...chain, rules: rules.map(({ rule }) => rule) })),
    };
  }

  nextHandle(): number {
    return ++this.#handles;
  }

  /** Whether a rule or an element still names it. */
  isUsed(what: "chain" | "set", name: string): boolean {
    return (this.#uses[what].get(name) ?? 0) > 0;
  }

  addChain(chain: Omit<NftChain, "rules">, undo: Undo): void {
    this.chains.set(chain.name, { chain, handle: this.nextHandle(), rules: [], version: 0 });
    this.#touchChain(chain);
    undo.push(() => this.chains.delete(chain.name));
  }

  addSet(set: Omit<NftSet, "elements">, undo: Undo): void {
    this.sets.set(set.name, { set, handle: this.nextHandle(), elements: new Map(), version: 0 });
    this.touched.sets.add(set.name);
    undo.push(() => this.sets.delete(set.name));
  }

  /** Changes what a set is declared with. */
  alterSet(live: LiveSet, set: Omit<NftSet, "elements">, undo: Undo): void {
    const before = live.set;
    live.set = set;
    this.touched.sets.add(set.name);
    undo.push(() => live.set = before);
  }

  /** Takes an object out of its map; where it stood comes back with `undo`. */
  take(kind: "chains" | "sets", name: string, undo: Undo): void {
    const map = this[kind] as Map<string, LiveChain | LiveSet>;
    const before = [...map];
    if (kind === "sets") this.touched.sets.add(name);
    else this.#touchChain((this.chains.get(name) as LiveChain).chain);
    map.delete(name);
    undo.push(() => {
      map.clear();
      for (const [key, value] of before) map.set(key, value);
    });
  }

  putElement(set: string, element: NftElement, undo: Undo): void {
    const live = this.sets.get(set) as LiveSet;
    const { elements } = live;
    const key = keyText(element);
    live.version++;
    this.touched.sets.add(set);
    const before = elements.get(key);
    elements.set(key, element);
    this.#count(targetOf(before?.value), -1);
    this.#count(targetOf(element.value), 1);
    undo.push(() => {
      live.version++;
      if (before === undefined) elements.delete(key);
      else elements.set(key, before);
      this.#count(targetOf(before?.value), 1);
      this.#count(targetOf(element.value), -1);
    });
  }

  takeElement(set: string, key: string, undo: Undo): void {
    const live = this.sets.get(set) as LiveSet;
    const { elements } = live;
    const element = elements.get(key) as NftElement;
    live.version++;
    this.touched.sets.add(set);
    elements.delete(key);
    this.#count(targetOf(element.value), -1);
    undo.push(() => {
      live.version++;
      elements.set(key, element);
      this.#count(targetOf(element.value), 1);
    });
  }

  /** Puts a rule into a chain, at its end or at a place; anonymous sets take handles as well. */
  addRule(chain: string, rule: NftRule, { undo, place }: { readonly undo: Undo; readonly place?: number }): void {
    const live = this.chains.get(chain) as LiveChain;
    const kept = keptRule(rule, this.family);
    for (let sets = anonymousSets(kept); sets > 0; sets--) this.nextHandle();
    const added = { rule: kept, handle: this.nextHandle() };
    if (place === undefined) live.rules.push(added);
    else live.rules.splice(place, 0, added);
    live.version++;
    this.#touchChain(live.chain);
    this.#countRule(kept, 1);
    undo.push(() => {
      live.version++;
      live.rules.splice(live.rules.indexOf(added), 1);
      this.#countRule(kept, -1);
    });
  }

  takeRule(chain: string, place: number, undo: Undo): void {
    const live = this.chains.get(chain) as LiveChain;
    const [gone] = live.rules.splice(place, 1) as [LiveRule];
    live.version++;
    this.#touchChain(live.chain);
    this.#countRule(gone.rule, -1);
    undo.push(() => {
      live.version++;
      live.rules.splice(place, 0, gone);
      this.#countRule(gone.rule, 1);
    });
  }

  flushChain(chain: string, undo: Undo): void {
    const live = this.chains.get(chain) as LiveChain;
    const before = live.rules;
    live.rules = [];
    live.version++;
    this.#touchChain(live.chain);
    for (const { rule } of before) this.#countRule(rule, -1);
    undo.push(() => {
      live.version++;
      live.rules = before;
      for (const { rule } of before) this.#countRule(rule, 1);
    });
  }

  #touchChain({ name, hook }: Omit<NftChain, "rules">): void {
    this.touched.chains.add(name);
    if (hook !== undefined) this.touched.all = true;
  }

  #countRule(rule: NftRule, by: number): void {
    const { chains, sets } = namesIn(rule);
    for (const chain of chains) this.#count(chain, by);
    for (const set of sets) this.#count(set, by, "set");
  }

  #count(name: string | undefined, by: number, what: "chain" | "set" = "chain"): void {
    if (name === undefined) return;
    const uses = this.#uses[what];
    uses.set(name, (uses.get(name) ?? 0) + by);
  }
}

const keys = new WeakMap<NftElement, string>();

/** An element's key as one text: the same one for every table that has the element. */
export function keyText(element: NftElement): string {
  const known = keys.get(element);
  if (known !== undefined) return known;
  const key = element.key.join(" . ");
  keys.set(element, key);
  return key;
}

function anonymousSets({ statements }: NftRule): number {
  let count = 0;
  for (const statement of statements) {
    if (statement.kind === "match" && "values" in statement.against) count++;
    if (statement.kind === "vmap" && typeof statement.map !== "string") count++;
    const lookup = statement.kind === "nat" || statement.kind === "assign" ? statement.lookup : undefined;
    if (lookup !== undefined && typeof lookup.map !== "string") count++;
  }
  return count;
}

/** The chain that a map's value or a verdict leads to. */
export function targetOf(value: NftElement["value"] | NftVerdict): string | undefined {
  return value !== undefined && "chain" in value ? value.chain : undefined;
}

/** The chains and sets a rule names; words we do not understand name none. */
export function namesIn({ statements }: NftRule): { chains: readonly string[]; sets: readonly string[] } {
  const [chains, sets]: [string[], string[]] = [[], []];
  const target = (verdict: NftVerdict) => "chain" in verdict && chains.push(verdict.chain);
  for (const statement of statements) {
    if (statement.kind === "verdict") target(statement.verdict);
    if (statement.kind === "set") sets.push(statement.set);
    if (statement.kind === "match" && "set" in statement.against) sets.push(statement.against.set);
    const lookup = statement.kind === "nat" || statement.kind === "assign" ? statement.lookup : undefined;
    if (lookup !== undefined && typeof lookup.map === "string") sets.push(lookup.map);
    if (statement.kind !== "vmap") continue;
    if (typeof statement.map === "string") sets.push(statement.map);
    else for (const { verdict } of statement.map) target(verdict);
  }
  return { chains, sets };
}

/** Elements of a set of intervals must not overlap; the one that an element overlaps, if there is one. */
export function overlapped(live: LiveSet, element: NftElement, spans: SpanReader): NftElement | undefined {
  if (!live.set.flags.includes("interval")) return undefined;
  const types = setTypes(live.set);
  if (types.length !== 1) return undefined;
  const own = spans(element.key[0] ?? "", live);
  if (own === undefined) return undefined;
  for (const other of live.elements.values()) {
    const span = spans(other.key[0] ?? "", live);
    if (span !== undefined && span.from <= own.to && own.from <= span.to) return other;
  }
  return undefined;
}

/** A key's numbers from first to last. */
export type SpanReader = (key: string, live: LiveSet) => { readonly from: bigint; readonly to: bigint } | undefined;
