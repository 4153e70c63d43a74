/** What Felix wants of iptables and ipset on a node, and the texts that bring a node there from what it wanted before. */
import { type Family, setName } from "./names.ts";
import type { FelixEndpoint, FelixTier, Labelled } from "./model.ts";
import { activePolicies, type ChainOptions, endpointChains } from "./endpoint_chains.ts";
import { chainLines, ChainMemo } from "./rule_text.ts";
import { type RuleSet, setsOf } from "./sets.ts";
import { type FelixTable, type StaticOptions, staticTables } from "./static_chains.ts";

/** A set as `ipset create` makes it, and its members. */
export interface SetState {
  readonly type: "hash:net" | "hash:ip" | "hash:ip,port";
  readonly members: readonly string[];
}

/** Rules by table and chain, and sets by name: of one family. */
export interface FelixState {
  readonly family: Family;
  /** Lines of a chain, as iptables-restore takes them. */
  readonly tables: ReadonlyMap<string, ReadonlyMap<string, readonly string[]>>;
  /** Lines of the kernel's own chains, `-I` and `-A`. */
  readonly hooks: ReadonlyMap<string, readonly string[]>;
  readonly sets: ReadonlyMap<string, SetState>;
}

/** What it is computed from. */
export interface FelixInput extends StaticOptions, ChainOptions {
  readonly node: string;
  /** Of the whole cluster. */
  readonly endpoints: readonly FelixEndpoint[];
  readonly tiers: readonly FelixTier[];
  /** What selectors of rules find: the endpoints, and the networks of sets. */
  readonly everyone: readonly Labelled[];
  /** Sets that are no policy's, by the id in their names. */
  readonly sets: ReadonlyMap<string, SetState>;
}

/** The state that a node should have. Pure; `memo` saves hashing what was hashed before. */
export function felixState(input: FelixInput, memo: ChainMemo = new ChainMemo()): FelixState {
  const { family, node, endpoints, tiers, everyone } = input;
  const own = endpoints.filter((endpoint) => endpoint.node === node);
  const policySets = [...setsOf(activePolicies(own, tiers)).values()].map((set) => {
    const members = membersOf(set, everyone).filter((member) => isOf(family, member, set.type));
    return [setName(set.id, family), { type: set.type, members }] as const;
  });
  const tables = staticTables(input);
  return {
    family,
    tables: new Map(tables.map((table) => [
      table.table,
      new Map([...table.chains, ...table.table === "filter" ? endpointChains(own, tiers, input) : []].map((chain) => [
        chain.name,
        memo.lines(chain),
      ])),
    ])),
    hooks: new Map(tables.map((table) => [table.table, hookLines(table)])),
    sets: new Map([
      ...[...input.sets].map(([id, state]) => [setName(id, family), state] as const),
      ...policySets,
    ]),
  };
}

/** Members of sets among everybody: every node asks for the same ones. */
const MEMBERS = new WeakMap<readonly Labelled[], Map<string, readonly string[]>>();

function membersOf({ id, members }: RuleSet, everyone: readonly Labelled[]): readonly string[] {
  const sets = MEMBERS.get(everyone) ?? new Map<string, readonly string[]>();
  MEMBERS.set(everyone, sets);
  const found = sets.get(id) ?? [...new Set(members(everyone))].sort();
  sets.set(id, found);
  return found;
}

function isOf(family: Family, member: string, type: string): boolean {
  const address = type === "hash:ip,port" ? member.split(",")[0] as string : member;
  return address.includes(":") === (family === 6);
}

/** Inserted rules last first, since each goes before the ones before it. */
function hookLines({ inserts, appends }: FelixTable): string[] {
  return [
    ...inserts.flatMap((chain) => chainLines(chain, "-I").reverse()),
    ...appends.flatMap((chain) => chainLines(chain, "-A", `${chain.name}*appends*`)),
  ];
}

/** The steps from one state to the next: sets that rules need, the rules, sets that nothing needs any more. */
export interface FelixChange {
  /** For `ipset restore`. */
  readonly setsBefore: string;
  /** For `iptables-restore --noflush`. */
  readonly rules: string;
  /** For `ipset restore`. */
  readonly setsAfter: string;
}

/** The texts; `before` is undefined on a node that has nothing of Felix yet. */
export function felixChange(before: FelixState | undefined, wanted: FelixState): FelixChange {
  const gone = [...before?.sets.keys() ?? []].filter((name) => !wanted.sets.has(name));
  return {
    setsBefore: text([...wanted.sets.keys()].flatMap((name) => setLines(name, before, wanted))),
    rules: [...wanted.tables.keys()].map((table) => tableText(table, before, wanted)).join(""),
    setsAfter: text(gone.map((name) => `destroy ${name}`)),
  };
}

const text = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join("");

function setLines(name: string, before: FelixState | undefined, wanted: FelixState): string[] {
  const { type, members } = wanted.sets.get(name) as SetState;
  const old = before?.sets.get(name);
  const known = new Set(old?.members);
  const kept = new Set(members);
  return [
    ...old === undefined
      ? [`create ${name} ${type} family ${wanted.family === 4 ? "inet" : "inet6"} maxelem 1048576`]
      : [],
    ...(old?.members ?? []).filter((member) => !kept.has(member)).map((member) => `del ${name} ${member}`),
    ...members.filter((member) => !known.has(member)).map((member) => `add ${name} ${member}`),
  ];
}

/** Only chains that changed; in the kernel's own chains, Felix's rules go and come all together. */
function tableText(table: string, before: FelixState | undefined, wanted: FelixState): string {
  const old = before?.tables.get(table);
  const chains = wanted.tables.get(table) ?? new Map<string, readonly string[]>();
  const [oldHooks, newHooks] = [before?.hooks.get(table) ?? [], wanted.hooks.get(table) ?? []];
  const hooks = oldHooks.join("\n") === newHooks.join("\n")
    ? []
    : [...oldHooks.map((line) => line.replace(/^-[IA]/, "-D")), ...newHooks];
  const changed = [...chains].filter(([name, lines]) => old?.get(name)?.join("\n") !== lines.join("\n"));
  const gone = [...old?.keys() ?? []].filter((name) => !chains.has(name));
  if (changed.length + gone.length + hooks.length === 0) return "";
  return text([
    `*${table}`,
    ...[...changed.map(([name]) => name), ...gone].map((name) => `:${name} - -`),
    ...changed.flatMap(([, lines]) => lines),
    ...hooks,
    ...gone.map((name) => `--delete-chain ${name}`),
    "COMMIT",
  ]);
}
