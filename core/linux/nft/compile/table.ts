/** A table as a program of the plane: every chain that a base chain leads to, and where each rule's lines are. */
import { CHAIN, HOOK, PROGRAM } from "../../../../wasm/mod.ts";
import { Encoder } from "../../netfilter/encoder.ts";
import type { LiveRule, TableDraft } from "../draft.ts";
import type { NftHook } from "../types.ts";
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
  /** By line. */
  readonly lines: readonly Line[];
}

interface Written {
  readonly name: string;
  readonly hook?: NftHook;
  readonly rules: readonly { readonly rule: PlaneRule; readonly of?: LiveRule; readonly chain: string }[];
}

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
}

/** Compiles a table for one family; undefined where no base chain of it is asked for IP packets. */
export function compileNftTable(table: TableDraft, place: TablePlace): CompiledTable | undefined {
  const chains = writeChains(table, place);
  if (!chains.some(({ hook }) => hook !== undefined)) return undefined;
  const numbers = new Map(chains.map(({ name }, i) => [name, i]));
  const out = new Encoder(place.family, () => 0);
  out.push(PROGRAM.VERSION, place.family, place.number, chains.length);
  for (const { hook, rules } of chains) {
    out.push(
      hook === undefined ? PROGRAM.NO_HOOK : placeOf(hook),
      rules.length,
      hook?.policy === "accept" ? 1 : 0,
      0,
      0,
      0,
      0,
    );
  }
  const lines: Line[] = [];
  const carried = new Set<unknown>();
  for (const { name, hook, rules } of chains) {
    for (const { rule, of, chain } of rules) {
      const start = out.length;
      const counter = of === undefined || rule.counts === undefined ? undefined : of.rule.statements[rule.counts];
      const carries = place.counts && counter?.kind === "counter" && !carried.has(counter);
      const counted = carries && counter?.kind === "counter" ? counter : { packets: 0, bytes: 0 };
      if (carries) carried.add(counter);
      out.word(0);
      out.long(counted.packets);
      out.long(counted.bytes);
      encodeConditions(rule.conditions, out);
      const { action } = rule;
      out.begin(action.target, false);
      if (action.chain !== undefined) out.word(numbers.get(action.chain) ?? 0);
      action.write?.(out);
      out.end();
      out.patch(start, out.length - start);
      lines.push({ chain, ...(of && { rule: of }), ...(rule.counts === undefined ? {} : { counts: rule.counts }) });
    }
    if (hook !== undefined) lines.push({ chain: name });
  }
  return { program: out.finish(), lines };
}

function placeOf({ hook, type, priority }: NftHook): number {
  const number = HOOK[hook.toUpperCase() as keyof typeof HOOK];
  const when = Math.max(-PRIORITY, Math.min(PRIORITY, priority));
  return (number | ((TYPES[type] ?? 0) << 8) | (when << 16)) >>> 0;
}

/** The chains, base chains first; those that nothing leads to are left out. */
function writeChains(table: TableDraft, place: TablePlace): Written[] {
  const done = new Map<string, Written>();
  const extra: Written[] = [];
  let count = 0;
  const rulePlace = {
    family: place.family,
    sets: place.sets,
    maps: (name: string) => [...table.sets.get(name)?.elements.values() ?? []],
    fresh: () => ` ${count++}`,
  };
  const waiting = [...table.chains.values()].filter(({ chain }) => isAsked(chain.hook)).map(({ chain }) => chain.name);
  for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
    const live = table.chains.get(name);
    if (live === undefined || done.has(name)) continue;
    const rules: Written["rules"][number][] = [];
    for (const of of live.rules) {
      const compiled = compileRule(of.rule, rulePlace);
      rules.push(...compiled.rules.map((rule) => ({ rule, of, chain: live.chain.name })));
      for (const own of compiled.chains) {
        extra.push({ name: own.name, rules: own.rules.map((rule) => ({ rule, of, chain: live.chain.name })) });
      }
      for (const each of [...compiled.rules, ...compiled.chains.flatMap((chain) => chain.rules)]) {
        if (each.action.chain !== undefined && !each.action.chain.startsWith(" ")) waiting.push(each.action.chain);
      }
    }
    done.set(name, { name, ...(live.chain.hook && { hook: live.chain.hook }), rules });
  }
  const all = [...done.values()];
  return [...all.filter(({ hook }) => hook !== undefined), ...all.filter(({ hook }) => hook === undefined), ...extra];
}

function isAsked(hook: NftHook | undefined): boolean {
  return hook !== undefined && hook.hook.toUpperCase() in HOOK;
}
