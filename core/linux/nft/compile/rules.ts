/**
 * A rule of nft as rules of the plane. Statements go from left to right; a rule of the plane has matches first and one target. So
 *
 *     MATCHES counter log accept      becomes    MATCHES -> count;  MATCHES -> LOG;  MATCHES -> ACCEPT
 *     key vmap { a : X, b : Y }       becomes    key = a -> X;  key = b -> Y                   (the plane finds them by hash)
 *     numgen random mod 3 ...         becomes    1 of 3 -> ...;  1 of 2 -> ...;  else -> ...
 *
 * Where asking twice would not give the same answer (limits, draws, a mark that the rule changes) the rest goes into a chain of its
 * own, to which the matches lead.
 */
import { TARGET } from "../../../../wasm/mod.ts";
import type { NftElement, NftNat, NftRule, NftStatement, NftVerdict } from "../types.ts";
import {
  type Action,
  assignAction,
  logAction,
  natAction,
  NOTRACK,
  plain,
  rejectAction,
  setAction,
  unmodelledAction,
} from "./actions.ts";
import { type Alternatives, ALWAYS, both, type Condition, type Conditions, fitting } from "./condition.ts";
import { drawnCases, keyConditions, limitConditions, matchConditions, type Place } from "./matches.ts";

/** One rule of the plane. */
export interface PlaneRule {
  readonly conditions: Conditions;
  readonly action: Action;
  /** The statement whose count this rule's counter is. */
  readonly counts?: number;
}

/** The rules of one rule, and of the chains it needs for itself. */
export interface CompiledRule {
  readonly rules: readonly PlaneRule[];
  readonly chains: readonly { readonly name: string; readonly rules: readonly PlaneRule[] }[];
}

/** What a table knows besides sets. */
export interface RulePlace extends Place {
  /** A named map's elements. */
  readonly maps: (name: string) => readonly NftElement[];
  /** A new chain's name. */
  readonly fresh: () => string;
}

/** Rules that ask nothing of their table are the same in every one: what became of them, by family. */
const plainRules = { 4: new WeakMap<NftRule, CompiledRule>(), 6: new WeakMap<NftRule, CompiledRule>() };

/** Compiles a rule. */
export function compileRule(rule: NftRule, place: RulePlace): CompiledRule {
  const known = plainRules[place.family].get(rule);
  if (known !== undefined) return known;
  let plain = true;
  const ask = <A extends readonly unknown[], T>(question: (...about: A) => T) => (...about: A): T => {
    plain = false;
    return question(...about);
  };
  const { sets, maps, fresh } = place;
  const writer = new RuleWriter({
    ...place,
    sets: { plane: ask(sets.plane.bind(sets)), keys: ask(sets.keys.bind(sets)) },
    maps: ask(maps),
    fresh: ask(fresh),
  });
  const rules: PlaneRule[] = [];
  writer.write(rules, ALWAYS, { statements: rule.statements, first: 0 });
  const compiled = { rules, chains: writer.chains };
  if (plain) plainRules[place.family].set(rule, compiled);
  return compiled;
}

/** What an element of a verdict map became, looked up by these selectors. */
interface Case {
  readonly by: string;
  readonly rules: readonly PlaneRule[];
}

/** Elements are values, too. */
const caseRules = { 4: new WeakMap<NftElement, Case>(), 6: new WeakMap<NftElement, Case>() };

/** Statements that are left, and the place of the first of them in the rule. */
interface Rest {
  readonly statements: readonly NftStatement[];
  readonly first: number;
}

/** More alternatives than this and the rest of the rule gets a chain of its own. */
const MOST = 4096;

class RuleWriter {
  readonly chains: { name: string; rules: PlaneRule[] }[] = [];

  constructor(readonly place: RulePlace) {}

  /** Writes what is left of a rule for packets that fit `when`. */
  write(into: PlaneRule[], when: Alternatives, { statements, first }: Rest): void {
    const [statement, ...more] = statements;
    if (when.length === 0) return;
    if (statement === undefined) {
      if (when.some((conditions) => conditions.some(isMoody))) this.#emit(into, when, plain(TARGET.NONE));
      return;
    }
    const rest = { statements: more, first: first + 1 };
    const own = this.#conditions(statement);
    if (own !== undefined) this.#narrow(into, [when, own], rest);
    else if (statement.kind === "vmap" || ("lookup" in statement && statement.lookup !== undefined)) {
      this.#lookup(into, when, { statements, first });
    } else this.#act(into, when, { statements, first });
  }

  /** The conditions of a statement that only tests. */
  #conditions(statement: NftStatement): Alternatives | undefined {
    if (statement.kind === "match") return matchConditions(statement, this.place);
    return statement.kind === "limit" && !statement.over ? limitConditions(statement) : undefined;
  }

  #narrow(into: PlaneRule[], [when, own]: readonly [Alternatives, Alternatives], rest: Rest): void {
    const tooMany = when.length * own.length > MOST && when.length > 1;
    const asksTwice = own.some((conditions) => conditions.some(isMoody)) && when.length > 1;
    if (tooMany || asksTwice) this.#apart(into, when, (chain) => this.write(chain, own, rest), rest);
    else this.write(into, both(when, own), rest);
  }

  /** Leads packets that fit into a chain of its own. */
  #apart(into: PlaneRule[], when: Alternatives, fill: (chain: PlaneRule[]) => void, { statements }: Rest): void {
    const chain = { name: this.place.fresh(), rules: [] as PlaneRule[] };
    this.chains.push(chain);
    fill(chain.rules);
    const last = statements.at(-1);
    const leaves = last?.kind === "verdict" && (last.verdict.kind === "return" || last.verdict.kind === "goto");
    this.#emit(into, when, { target: leaves ? TARGET.GOTO : TARGET.JUMP, chain: chain.name });
  }

  #act(into: PlaneRule[], when: Alternatives, { statements, first }: Rest): void {
    const [statement, ...more] = statements as [NftStatement, ...NftStatement[]];
    const rest = { statements: more, first: first + 1 };
    const [next] = more;
    // a counter right before the end is the counter of the last rule
    if (statement.kind === "counter" && more.length === 1 && next !== undefined && isOneRule(next)) {
      const action = this.#action(next);
      if (action !== undefined) this.#emit(into, when, action, first);
      return;
    }
    if (statement.kind === "limit") {
      const over = { ...statement, over: false };
      const fill = (chain: PlaneRule[]) => {
        this.#emit(chain, limitConditions(over), plain(TARGET.RETURN));
        this.write(chain, ALWAYS, rest);
      };
      this.#apart(into, when, fill, { statements: [], first });
      return;
    }
    const action = this.#action(statement);
    if (action === undefined) return;
    const counts = statement.kind === "counter" ? first : undefined;
    if (more.length === 0 || when.every((conditions) => !conditions.some((test) => changes(statement, test)))) {
      this.#emit(into, when, action, counts);
      if (more.length > 0) this.write(into, when, rest);
      return;
    }
    const fill = (chain: PlaneRule[]) => {
      this.#emit(chain, ALWAYS, action, counts);
      this.write(chain, ALWAYS, rest);
    };
    this.#apart(into, when, fill, rest);
  }

  #action(statement: NftStatement): Action | undefined {
    switch (statement.kind) {
      case "counter":
        return plain(TARGET.NONE);
      case "verdict":
        return verdictAction(statement.verdict);
      case "nat":
        return natAction(statement, this.place.family);
      case "reject":
        return rejectAction(statement.with, this.place.family);
      case "assign":
        return assignAction(statement);
      case "log":
        return logAction(statement);
      case "set":
        return setAction(statement, this.place);
      case "notrack":
        return NOTRACK;
      case "text":
        return unmodelledAction(statement.words.join(" "));
      default:
        return undefined;
    }
  }

  /** A case a rule: a verdict, a translation or a value for each key. */
  #lookup(into: PlaneRule[], when: Alternatives, { statements, first }: Rest): void {
    const [statement, ...more] = statements as [NftStatement, ...NftStatement[]];
    if (statement.kind === "vmap" && more.length === 0 && when === ALWAYS && this.#elements(into, statement)) return;
    const cases = this.#cases(statement);
    const by = statement.kind === "vmap" ? statement.by : lookupOf(statement)?.by ?? [];
    const draws = drawnCases(by[0] ?? "", cases.map(({ key }) => key.join(" . ")));
    const jumps = cases.some(({ action }) => action?.target === TARGET.JUMP);
    const moody = when.some((conditions) => conditions.some(isMoody));
    const rest = { statements: more, first: first + 1 };
    if ((draws !== undefined && (jumps || when.length > 1)) || (moody && cases.length > 1)) {
      this.#apart(
        into,
        when,
        (chain) => this.#writeCases(chain, ALWAYS, { cases, by, draws: draws?.map((draw) => draw), leave: true }),
        rest,
      );
      return;
    }
    this.#writeCases(into, when, { cases, by, draws, leave: false });
    if (more.length > 0) this.write(into, when, rest);
  }

  /** A named verdict map, element by element; false where an element takes more than rules of its own. */
  #elements(into: PlaneRule[], { by, map }: Extract<NftStatement, { kind: "vmap" }>): boolean {
    if (typeof map !== "string" || drawnCases(by[0] ?? "", []) !== undefined) return false;
    const key = by.join(" . ");
    const all: PlaneRule[] = [];
    for (const element of this.place.maps(map)) {
      const rules = this.#element(element, by, key);
      if (rules === undefined) return false;
      for (const rule of rules) all.push(rule);
    }
    for (const rule of all) into.push(rule);
    return true;
  }

  #element(element: NftElement, selectors: readonly string[], by: string): readonly PlaneRule[] | undefined {
    const known = caseRules[this.place.family].get(element);
    if (known?.by === by) return known.rules;
    const when = keyConditions(selectors, element.key, this.place);
    if (when.some((conditions) => fitting(conditions) !== conditions.length)) return undefined;
    const action = verdictAction(element.value as NftVerdict);
    const rules = when.map((conditions) => ({ conditions, action }));
    caseRules[this.place.family].set(element, { by, rules });
    return rules;
  }

  #writeCases(into: PlaneRule[], when: Alternatives, { cases, by, draws, leave }: Cases): void {
    for (const [i, { key, action }] of cases.entries()) {
      if (action === undefined) continue;
      const own = draws === undefined ? keyConditions(by, key, this.place) : [draws[i] ?? []];
      const out = leave && action.target === TARGET.JUMP ? { ...action, target: TARGET.GOTO } : action;
      this.#emit(into, both(when, own), out);
    }
  }

  #cases(statement: NftStatement): { key: readonly string[]; action: Action | undefined }[] {
    const { family } = this.place;
    if (statement.kind === "vmap") {
      const list = typeof statement.map === "string"
        ? this.place.maps(statement.map).map(({ key, value }) => ({ key, verdict: value as NftVerdict }))
        : statement.map.map(({ key, verdict }) => ({ key: key.split(" . "), verdict }));
      return list.map(({ key, verdict }) => ({ key, action: verdictAction(verdict) }));
    }
    const lookup = lookupOf(statement);
    if (lookup === undefined) return [];
    const list = typeof lookup.map === "string"
      ? this.place.maps(lookup.map).map(({ key, value }) => ({ key, value: value as readonly string[] }))
      : lookup.map.map(({ key, value }) => ({ key: key.split(" . "), value }));
    return list.map(({ key, value }) => {
      if (statement.kind === "nat") return { key, action: natAction(placed(statement, value), family) };
      const assign = { ...statement, then: [{ op: "=", value: value[0] ?? "" }] } as NftStatement;
      return { key, action: assign.kind === "assign" ? assignAction(assign) : undefined };
    });
  }

  /** A rule for each alternative; one whose conditions do not fit leads to a chain with the rest of them. */
  #emit(into: PlaneRule[], when: Alternatives, action: Action, counts?: number): void {
    for (const conditions of when) {
      const count = fitting(conditions);
      if (count === conditions.length) into.push({ conditions, action, ...(counts === undefined ? {} : { counts }) });
      else {
        const chain = { name: this.place.fresh(), rules: [] as PlaneRule[] };
        this.chains.push(chain);
        this.#emit(chain.rules, [conditions.slice(count)], action, counts);
        const leaves = action.target === TARGET.RETURN || action.target === TARGET.GOTO;
        into.push({
          conditions: conditions.slice(0, count),
          action: { target: leaves ? TARGET.GOTO : TARGET.JUMP, chain: chain.name },
        });
      }
    }
  }
}

interface Cases {
  readonly cases: readonly { readonly key: readonly string[]; readonly action: Action | undefined }[];
  readonly by: readonly string[];
  readonly draws: readonly (readonly Condition[])[] | undefined;
  /** The cases stand in a chain of their own, which a case leaves for good. */
  readonly leave: boolean;
}

function lookupOf(statement: NftStatement) {
  return statement.kind === "nat" || statement.kind === "assign" ? statement.lookup : undefined;
}

function placed(nat: NftNat, [address, port]: readonly string[]): NftNat {
  const { lookup: _, ...own } = nat;
  const where = address === undefined ? {} : { address };
  return { ...own, ...where, ...(port === undefined ? {} : { port: Number(port) }) };
}

function isMoody(condition: Condition): boolean {
  return condition.part === "match" && condition.moody === true;
}

function isOneRule(statement: NftStatement): boolean {
  return statement.kind === "verdict" || statement.kind === "reject" ||
    (statement.kind === "nat" && statement.lookup === undefined);
}

/** Whether a statement may change the answer of a test that stood before it, or the test must not be asked again. */
function changes(statement: NftStatement, test: Condition): boolean {
  if (isMoody(test)) return true;
  if (statement.kind === "assign") return test.part === "match";
  return statement.kind === "set" && test.part === "match";
}

function verdictAction(verdict: NftVerdict): Action {
  switch (verdict.kind) {
    case "accept":
      return plain(TARGET.ACCEPT);
    case "drop":
      return plain(TARGET.DROP);
    case "return":
      return plain(TARGET.RETURN);
    case "continue":
      return plain(TARGET.NONE);
    case "jump":
      return { target: TARGET.JUMP, chain: verdict.chain };
    case "goto":
      return { target: TARGET.GOTO, chain: verdict.chain };
  }
}
