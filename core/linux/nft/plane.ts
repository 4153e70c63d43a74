import { PROGRAM } from "../../../wasm/mod.ts";
import { isFailure } from "../../base/mod.ts";
import type { Namespace } from "../namespace.ts";
import type { SetLookup } from "./compile/matches.ts";
import { decodePlaneSet, directionsOf, encodePlaneSet, shapeOf } from "./compile/plane_set.ts";
import { type ChainCache, type CompiledTable, compileNftTable, type Line } from "./compile/table.ts";
import type { LiveSet, TableDraft } from "./draft.ts";
import { printRule } from "./rule.ts";
import type { NftElement, NftFamily, NftRule, NftTable } from "./types.ts";

/** Families whose packets a table sees. */
const SEEN: Readonly<Record<NftFamily, readonly (4 | 6)[]>> = {
  ip: [4],
  ip6: [6],
  inet: [4, 6],
  arp: [],
  bridge: [],
  netdev: [],
};
/** Sets of addresses with more elements than this are sets of the plane. */
const FEW = 8;
/** Numbers of ipset's sets end far below. */
const FIRST_SET = 0x1_0000;

interface Loaded {
  readonly number: number;
  readonly compiled: ReadonlyMap<4 | 6, CompiledTable>;
  readonly caches: Map<4 | 6, ChainCache>;
}

/** A set in the plane, with the version that was loaded. */
interface LoadedSet {
  readonly table: TableDraft;
  readonly number: number;
  readonly version: number;
}

/** The compiled form of a namespace's tables: what the plane has of them, and how to find it again. */
export class NftPlane {
  readonly #loaded = new Map<TableDraft, Loaded>();
  /** Numbers of sets that are in the plane. */
  readonly #sets = new Map<LiveSet, LoadedSet>();
  readonly #free: number[] = [];
  #tables = 0;
  #nextSet = FIRST_SET;

  constructor(readonly namespace: Namespace) {}

  /** Brings the plane to these tables. Only tables that `changed` are compiled again. False where chains lead in a circle. */
  load(tables: readonly TableDraft[], changed: ReadonlySet<TableDraft>): boolean {
    for (const table of this.#loaded.keys()) if (!tables.includes(table)) this.#drop(table);
    return tables.filter((table) => changed.has(table)).every((table) => this.#loadTable(table));
  }

  #drop(table: TableDraft): void {
    const loaded = this.#loaded.get(table);
    if (loaded === undefined) return;
    const { plane, id } = this.namespace;
    for (const family of loaded.compiled.keys()) plane.dropTable(id, family, loaded.number);
    for (const set of table.sets.values()) this.#dropSet(set);
    this.#loaded.delete(table);
    this.#free.push(loaded.number);
  }

  #dropSet(set: LiveSet): void {
    const known = this.#sets.get(set);
    if (known === undefined) return;
    this.namespace.plane.dropSet(this.namespace.id, known.number);
    this.#sets.delete(set);
  }

  #loadTable(table: TableDraft): boolean {
    this.keepCounts(table);
    const { plane, id } = this.namespace;
    const known = this.#loaded.get(table);
    const number = known?.number ?? this.#free.pop() ?? PROGRAM.NFT + this.#tables++;
    const compiled = new Map<4 | 6, CompiledTable>();
    const caches = known?.caches ?? new Map<4 | 6, ChainCache>();
    const used = new Set<LiveSet>();
    for (const family of SEEN[table.family]) {
      const cache = caches.get(family) ?? new Map();
      caches.set(family, cache);
      const sets = this.#lookup(table, used);
      const program = compileNftTable(table, { family, number, sets, counts: compiled.size === 0, cache });
      if (program === undefined) {
        if (known?.compiled.has(family)) plane.dropTable(id, family, number);
        continue;
      }
      const refused = plane.loadTable(id, family, number, program.program);
      if (isFailure(refused)) return false;
      compiled.set(family, program);
    }
    for (const set of [...this.#sets.keys()]) {
      if (this.#sets.get(set)?.table === table && !used.has(set)) this.#dropSet(set);
    }
    this.#loaded.set(table, { number, compiled, caches });
    return true;
  }

  #lookup(table: TableDraft, used: Set<LiveSet>): SetLookup {
    return {
      plane: (name, selectors) => {
        const live = table.sets.get(name);
        const shape = live && shapeOf(live);
        const dimensions = shape && directionsOf(shape, selectors);
        if (live === undefined || shape === undefined || dimensions === undefined) return undefined;
        const dynamic = isDynamic(live);
        const known = this.#sets.get(live);
        if (!dynamic && live.elements.size <= FEW && known === undefined) return undefined;
        const number = known?.number ?? this.#nextSet++;
        if (known?.version !== live.version) {
          const { plane, id } = this.namespace;
          const refused = plane.loadSet(id, number, encodePlaneSet(live, shape, [...live.elements.values()]));
          if (isFailure(refused)) throw new Error(`set ${name}: ${refused.errno}`);
          this.#sets.set(live, { table, number, version: live.version });
        }
        used.add(live);
        return { id: number, family: shape.family, dimensions, conditions: [], dynamic };
      },
      keys: (name) => [...table.sets.get(name)?.elements.values() ?? []].map(({ key }) => key),
    };
  }

  /** Takes what rules put into a set over into the table. */
  keepElements(table: TableDraft, name: string): void {
    const live = table.sets.get(name);
    const known = live && this.#sets.get(live);
    const shape = live === undefined || known === undefined || !isDynamic(live) ? undefined : shapeOf(live);
    if (live === undefined || known?.version !== live.version || shape === undefined) return;
    const words = this.namespace.plane.setMembers(this.namespace.id, known.number);
    const own = new Map(live.elements);
    live.elements.clear();
    for (const element of decodePlaneSet(words, live, shape)) {
      const key = element.key.join(" . ");
      live.elements.set(key, { ...element, ...commentOf(own.get(key)) });
    }
  }

  /** Takes what the plane counted over into the table: before it is compiled anew, or listed. */
  keepCounts(table: TableDraft): void {
    const loaded = this.#loaded.get(table);
    if (loaded === undefined) return;
    const counts = new Map<unknown, Map<number, { packets: number; bytes: number }>>();
    for (const [family, { lines }] of loaded.compiled) {
      if (lines.some((line) => line.counts !== undefined)) {
        this.#count(lines, { family, number: loaded.number }, counts);
      }
    }
    if (counts.size === 0) return;
    for (const { rules } of table.chains.values()) {
      for (const [i, live] of rules.entries()) {
        const own = counts.get(live);
        if (own !== undefined) rules[i] = Object.assign(live, { rule: counted(live.rule, own) });
      }
    }
  }

  #count(
    lines: readonly Line[],
    { family, number }: { readonly family: 4 | 6; readonly number: number },
    counts: Map<unknown, Map<number, { packets: number; bytes: number }>>,
  ): void {
    const { plane, id } = this.namespace;
    const numbers = plane.counters(id, family, number);
    for (const [line, { rule, counts: place }] of lines.entries()) {
      if (rule === undefined || place === undefined) continue;
      const own = counts.get(rule) ?? new Map<number, { packets: number; bytes: number }>();
      const sum = own.get(place) ?? { packets: 0, bytes: 0 };
      own.set(place, {
        packets: sum.packets + (numbers[2 * line] ?? 0),
        bytes: sum.bytes + (numbers[2 * line + 1] ?? 0),
      });
      counts.set(rule, own);
    }
  }

  /** A table as it is now. */
  now(table: TableDraft): NftTable {
    this.keepCounts(table);
    for (const name of table.sets.keys()) this.keepElements(table, name);
    return table.value();
  }

  /** The text of the rule or policy of a trace's line. */
  ruleAt(number: number, family: 4 | 6, line: number): string | undefined {
    for (const [table, loaded] of this.#loaded) {
      const found = loaded.number === number ? loaded.compiled.get(family)?.lines[line] : undefined;
      if (found === undefined) continue;
      const at = `${table.family} ${table.name} ${found.chain}`;
      const policy = table.chains.get(found.chain)?.chain.hook?.policy;
      return found.rule === undefined ? `policy ${at} ${policy}` : `rule ${at} ${printRule(found.rule.rule)}`;
    }
    return undefined;
  }
}

function isDynamic({ set }: LiveSet): boolean {
  return set.flags.includes("dynamic") || set.flags.includes("timeout") || set.timeout !== undefined ||
    set.size !== undefined;
}

function commentOf(element: NftElement | undefined): { comment?: string } {
  return element?.comment === undefined ? {} : { comment: element.comment };
}

function counted(rule: NftRule, counts: ReadonlyMap<number, { packets: number; bytes: number }>): NftRule {
  const statements = rule.statements.map((statement, i) => {
    const own = counts.get(i);
    return own === undefined ? statement : { kind: "counter", ...own } as const;
  });
  return { ...rule, statements };
}
