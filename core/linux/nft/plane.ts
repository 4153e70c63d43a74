import { isFailure } from "../../base/mod.ts";
import type { Namespace } from "../namespace.ts";
import { type PlaneNumbers, planeNumbers } from "../netfilter/handles.ts";
import type { SetLookup } from "./compile/matches.ts";
import { asksSourcePort, decodePlaneSet, directionsOf, encodePlaneSet, shapeOf } from "./compile/plane_set.ts";
import type { LiveSet, TableDraft } from "./draft.ts";
import { type FamilyPlace, LoadedFamily } from "./loaded_family.ts";
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
  readonly families: readonly LoadedFamily[];
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
  readonly #numbers: PlaneNumbers;
  #nextSet = FIRST_SET;

  constructor(readonly namespace: Namespace) {
    this.#numbers = planeNumbers(namespace);
  }

  /** Brings the plane to these tables. Only tables that `changed` are compiled again. False where chains lead in a circle. */
  load(tables: readonly TableDraft[], changed: ReadonlySet<TableDraft>): boolean {
    for (const table of this.#loaded.keys()) if (!tables.includes(table)) this.#drop(table);
    return tables.filter((table) => changed.has(table)).every((table) => this.#loadTable(table));
  }

  #drop(table: TableDraft): void {
    const loaded = this.#loaded.get(table);
    if (loaded === undefined) return;
    const { plane, id } = this.namespace;
    for (const { family } of loaded.families) plane.dropTable(id, family, loaded.number);
    for (const set of table.sets.values()) this.#dropSet(set);
    this.#loaded.delete(table);
    this.#numbers.give(loaded.number);
  }

  #dropSet(set: LiveSet): void {
    const known = this.#sets.get(set);
    if (known === undefined) return;
    this.namespace.plane.dropSet(this.namespace.id, known.number);
    this.#sets.delete(set);
  }

  #loadTable(table: TableDraft): boolean {
    const known = this.#loaded.get(table) ?? {
      number: this.#numbers.take(),
      families: SEEN[table.family].map((family) => new LoadedFamily(family)),
    };
    this.#loaded.set(table, known);
    const touched = table.touched;
    const patched = known.families.every((family) => family.patch(table, touched, this.#place(known, table)));
    if (!patched && !this.#loadWhole(known, table)) return false;
    if (patched) {
      const gone = [...touched.sets].some((name) => !table.sets.has(name));
      if (gone) this.#dropSets(table, (set) => table.sets.get(set.set.name) === set);
    }
    table.touched = { chains: new Set(), sets: new Set(), all: false };
    return true;
  }

  #place({ number }: Loaded, table: TableDraft, used = new Set<LiveSet>()): FamilyPlace {
    const { plane, id: ns } = this.namespace;
    return { plane, ns, number, sets: this.#lookup(table, used), counts: true };
  }

  #loadWhole(known: Loaded, table: TableDraft): boolean {
    this.keepCounts(table);
    const used = new Set<LiveSet>();
    const place = this.#place(known, table, used);
    let counts = true;
    for (const family of known.families) {
      if (!family.load(table, { ...place, counts })) return false;
      if (family.isLoaded) counts = false;
    }
    this.#dropSets(table, (set) => used.has(set));
    return true;
  }

  /** Takes a table's sets away, but those that stay. */
  #dropSets(table: TableDraft, stays: (set: LiveSet) => boolean): void {
    for (const [set, loaded] of [...this.#sets]) if (loaded.table === table && !stays(set)) this.#dropSet(set);
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
        const steady = !dynamic && !asksSourcePort(shape, dimensions);
        return { id: number, family: shape.family, dimensions, conditions: [], dynamic, steady };
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
    for (const family of loaded.families) if (family.hasCounters) this.#count(family, loaded.number, counts);
    if (counts.size === 0) return;
    for (const { rules } of table.chains.values()) {
      for (const [i, live] of rules.entries()) {
        const own = counts.get(live);
        if (own !== undefined) rules[i] = Object.assign(live, { rule: counted(live.rule, own) });
      }
    }
  }

  #count(
    family: LoadedFamily,
    number: number,
    counts: Map<unknown, Map<number, { packets: number; bytes: number }>>,
  ): void {
    const { plane, id } = this.namespace;
    const numbers = plane.counters(id, family.family, number);
    for (const [line, { rule, counts: place }] of family.counted()) {
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
      const own = loaded.number === number ? loaded.families.find((each) => each.family === family) : undefined;
      const found = own?.lineAt(line);
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
