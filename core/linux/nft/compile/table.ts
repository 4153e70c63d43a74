/** A table as a program of the plane: every chain that a base chain leads to, and where each rule's lines are. */
import { CHAIN, HOOK, PROGRAM } from "../../../../wasm/mod.ts";
import { Encoder } from "../../netfilter/encoder.ts";
import type { LiveChain, LiveRule, LiveSet, TableDraft } from "../draft.ts";
import type { NftElement, NftHook } from "../types.ts";
import { encodeConditions } from "./condition.ts";
import type { SetLookup } from "./matches.ts";
import { compileRule, type PlaneRule } from "./rules.ts";

/** A rule's line in the program; `counts` is the place of the counter whose number it is. */
export interface Line {
  readonly chain: string;
  /** Undefined for a policy. */
  readonly rule?: LiveRule;
  readonly counts?: number;
}

/** A compiled table. */
export interface CompiledTable {
  readonly program: Uint32Array;
  /** By number. */
  readonly chains: readonly Written[];
}

/** A rule of the plane as words, without its counters, and the chain it leads to. */
interface RuleWords {
  readonly words: Uint32Array;
  readonly chain?: string;
}

interface WrittenRule extends RuleWords {
  readonly line: Line & { readonly rule: LiveRule };
}

/** A chain of the program: one of the table, or one that a rule needs for itself. */
export interface Written {
  readonly name: string;
  /** The table's chain that it belongs to. */
  readonly own: string;
  readonly hook?: NftHook;
  readonly rules: readonly WrittenRule[];
}

/** A chain as it was compiled, and what it was compiled from. */
interface CachedChain {
  readonly version: number;
  /** The sets it asked. */
  readonly asks: ReadonlySet<string>;
  /** Whether everything it was told of sets is still so. */
  holds(sets: SetLookup): boolean;
  readonly written: readonly Written[];
}

/** Chains compiled before, for one family. */
export type ChainCache = Map<LiveChain, CachedChain>;

const TYPES: Readonly<Record<string, number>> = { filter: CHAIN.FILTER, nat: CHAIN.NAT, route: CHAIN.ROUTE };
const PRIORITY = 0x7fff;

/** What a table is compiled for. */
export interface TablePlace {
  readonly family: 4 | 6;
  /** The plane's number of the table. */
  readonly number: number;
  readonly sets: SetLookup;
  /** Whether this family's program goes on with what was counted so far. */
  readonly counts: boolean;
  /** What did not change is taken from here. */
  readonly cache: ChainCache;
}

/** Compiles a table for one family; undefined where no base chain of it is asked for IP packets. */
export function compileNftTable(table: TableDraft, place: TablePlace): CompiledTable | undefined {
  const chains = writeChains(table, place);
  if (!chains.some(({ hook }) => hook !== undefined)) return undefined;
  const numbers = new Map(chains.map(({ name }, i) => [name, i]));
  const out = new Encoder(place.family, () => 0, 1024);
  out.push(PROGRAM.VERSION, place.family, place.number, chains.length);
  for (const chain of chains) writeHead(chain, out);
  const carried = new Set<unknown>();
  const countsOf = ({ rule, counts }: WrittenRule["line"]) => {
    const counter = counts === undefined ? undefined : rule.rule.statements[counts];
    if (!place.counts || counter?.kind !== "counter" || carried.has(counter)) return ZERO;
    carried.add(counter);
    return counter;
  };
  for (const chain of chains) writeRules(chain, out, { numberOf: (name) => numbers.get(name) ?? 0, countsOf });
  return { program: out.finish(), chains };
}

/** A patch that brings these chains by their numbers; they count from nothing. */
export function compileNftPatch(
  chains: readonly { readonly number: number; readonly written: Written }[],
  numberOf: (chain: string) => number,
  { family, number }: Pick<TablePlace, "family" | "number">,
): Uint32Array {
  const out = new Encoder(family, () => 0);
  out.push(PROGRAM.PATCH, family, number, chains.length);
  for (const { number, written } of chains) {
    out.word(number);
    writeHead(written, out);
  }
  for (const { written } of chains) writeRules(written, out, { numberOf, countsOf: () => ZERO });
  return out.finish();
}

function writeHead({ hook, rules }: Written, out: Encoder): void {
  out.push(hook === undefined ? PROGRAM.NO_HOOK : placeOf(hook), rules.length, hook?.policy === "accept" ? 1 : 0);
  out.skip(4);
}

function writeRules(
  { rules }: Written,
  out: Encoder,
  { numberOf, countsOf }: {
    readonly numberOf: (chain: string) => number;
    readonly countsOf: (line: WrittenRule["line"]) => { readonly packets: number; readonly bytes: number };
  },
): void {
  for (const { words, chain, line } of rules) {
    const { packets, bytes } = countsOf(line);
    out.word(words.length + COUNTER_WORDS);
    out.long(packets);
    out.long(bytes);
    out.words(words);
    if (chain !== undefined) out.patch(out.length - 1, numberOf(chain));
  }
}

const ZERO = { packets: 0, bytes: 0 };
/** Words of a rule before its base: its length, packets and bytes. */
const COUNTER_WORDS = 5;

function placeOf({ hook, type, priority }: NftHook): number {
  const number = HOOK[hook.toUpperCase() as keyof typeof HOOK];
  const when = Math.max(-PRIORITY, Math.min(PRIORITY, priority));
  return (number | ((TYPES[type] ?? 0) << 8) | (when << 16)) >>> 0;
}

/** The chains, base chains first; those that nothing leads to are left out. */
function writeChains(table: TableDraft, place: TablePlace): Written[] {
  const done = new Set<string>();
  const all: Written[] = [];
  const waiting = [...table.chains.values()].filter(({ chain }) => isAsked(chain.hook)).map(({ chain }) => chain.name);
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    const live = table.chains.get(name);
    if (live === undefined || done.has(name)) continue;
    done.add(name);
    for (const written of cachedChain(live, table, place)) {
      all.push(written);
      for (const { chain } of written.rules) if (chain !== undefined && !isOwn(chain)) waiting.push(chain);
    }
  }
  for (const live of place.cache.keys()) if (!done.has(live.chain.name)) place.cache.delete(live);
  return [...all.filter(({ hook }) => hook !== undefined), ...all.filter(({ hook }) => hook === undefined)];
}

/** Names of chains that rules need for themselves begin with a blank, and no other's does. */
export const isOwn = (name: string): boolean => name.startsWith(" ");

/** A chain as it was compiled before, or compiled now. */
export function cachedChain(live: LiveChain, table: TableDraft, place: TablePlace): readonly Written[] {
  const known = place.cache.get(live);
  const hook = live.chain.hook;
  if (
    known !== undefined && known.version === live.version && known.written[0]?.hook === hook && known.holds(place.sets)
  ) {
    return known.written;
  }
  const asked = new Questions(table, place.sets);
  const written = writeChain(live, { ...place, sets: asked.sets, maps: asked.maps });
  const { version } = live;
  const asks = asked.names;
  place.cache.set(
    live,
    asks.size === 0
      ? { version, asks: NOTHING, holds: () => true, written }
      : { version, asks, holds: (sets) => asked.hold(sets), written },
  );
  return written;
}

const NOTHING: ReadonlySet<string> = new Set();

/** What a chain asked of sets while it was compiled: answers that change make it stale. */
class Questions {
  readonly names = new Set<string>();
  readonly #versions = new Map<LiveSet, number>();
  readonly #plane: { readonly name: string; readonly selectors: readonly string[]; readonly answer: string }[] = [];

  constructor(readonly table: TableDraft, readonly lookup: SetLookup) {}

  readonly sets: SetLookup = {
    plane: (name, selectors) => {
      const answer = this.lookup.plane(name, selectors);
      this.names.add(name);
      this.#plane.push({ name, selectors, answer: JSON.stringify(answer) ?? "" });
      return answer;
    },
    keys: (name) => {
      this.#note(name);
      return this.lookup.keys(name);
    },
  };

  readonly maps = (name: string): readonly NftElement[] => {
    this.#note(name);
    return [...this.table.sets.get(name)?.elements.values() ?? []];
  };

  #note(name: string): void {
    this.names.add(name);
    const live = this.table.sets.get(name);
    if (live !== undefined) this.#versions.set(live, live.version);
  }

  hold(sets: SetLookup): boolean {
    for (const [live, version] of this.#versions) {
      if (live.version !== version || this.table.sets.get(live.set.name) !== live) return false;
    }
    return this.#plane.every(({ name, selectors, answer }) =>
      (JSON.stringify(sets.plane(name, selectors)) ?? "") === answer
    );
  }
}

type ChainPlace = TablePlace & { readonly maps: (name: string) => readonly NftElement[] };

function writeChain(live: LiveChain, place: ChainPlace): Written[] {
  const { name, hook } = live.chain;
  const rules: WrittenRule[] = [];
  const extra: Written[] = [];
  let count = 0;
  const fresh = () => ` ${count++} ${name}`;
  const rulePlace = { family: place.family, sets: place.sets, maps: place.maps, fresh };
  for (const of of live.rules) {
    const compiled = compileRule(of.rule, rulePlace);
    rules.push(...compiled.rules.map((rule) => writeRule(rule, { chain: name, rule: of }, place.family)));
    for (const own of compiled.chains) {
      extra.push({
        name: own.name,
        own: name,
        rules: own.rules.map((rule) => writeRule(rule, { chain: name, rule: of }, place.family)),
      });
    }
  }
  return [{ name, own: name, ...(hook && { hook }), rules }, ...extra];
}

/** Rules of the plane are values: their words are the same for every table that has them. */
const written = new WeakMap<PlaneRule, RuleWords>();

function writeRule(
  rule: PlaneRule,
  line: { readonly chain: string; readonly rule: LiveRule },
  family: 4 | 6,
): WrittenRule {
  const known = written.get(rule) ?? ruleWords(rule, family);
  written.set(rule, known);
  const { words, chain } = known;
  const own = rule.counts === undefined ? line : { ...line, counts: rule.counts };
  return chain === undefined ? { words, line: own } : { words, line: own, chain };
}

function ruleWords({ conditions, action }: PlaneRule, family: 4 | 6): RuleWords {
  const out = new Encoder(family, () => 0);
  encodeConditions(conditions, out);
  out.begin(action.target, false);
  if (action.chain !== undefined) out.word(0);
  action.write?.(out);
  out.end();
  return { words: out.finish(), ...(action.chain === undefined ? {} : { chain: action.chain }) };
}

function isAsked(hook: NftHook | undefined): boolean {
  return hook !== undefined && hook.hook.toUpperCase() in HOOK;
}
