/** One run of `nft`: the commands of a text, carried out together or not at all. */
import { ERRNO } from "../../base/mod.ts";
import type { Namespace } from "../namespace.ts";
import { type NftCommand, readCommand } from "./command.ts";
import type { TableDraft, Undo } from "./draft.ts";
import { setTypes } from "./element_order.ts";
import { printNftJson } from "./json.ts";
import { type NftHandles, type NftListOptions, printNftListing } from "./listing.ts";
import type { NftRefusal } from "./managed.ts";
import type { NftPlaces } from "./placed.ts";
import { nftOf, type NftRuleset } from "./ruleset.ts";
import { spanOf } from "./datatypes.ts";
import { expandScript } from "./script.ts";
import type { NftElement, NftSet, NftTable } from "./types.ts";
import { NftComplaint, nftTokens, type NftWord, WordReader } from "./words.ts";

/** What a run was asked for. */
export interface NftSessionOptions extends Omit<NftListOptions, "handles" | "headsOnly"> {
  readonly check?: boolean;
  readonly json?: boolean;
  readonly handles: boolean;
  /** A file that is included. */
  read(path: string): string | undefined;
}

/** What a run printed. */
export interface NftAnswer {
  readonly out: string;
  readonly err: string;
  readonly exit: number;
}

/** A run over one namespace's ruleset. */
export class NftSession {
  readonly #ruleset: NftRuleset;
  readonly #options: NftSessionOptions;
  #out = "";
  #warned = "";

  constructor(namespace: Namespace, options: NftSessionOptions) {
    this.#ruleset = nftOf(namespace);
    this.#options = options;
  }

  /** Carries out a text; `file` is its name where it is not the command line. */
  run(text: string, file?: string): NftAnswer {
    const source = new Source(text, file);
    try {
      const tokens = expandScript(nftTokens(text), (path) => this.#options.read(path));
      source.words = tokens;
      const words = new WordReader(tokens.map((token) => token.text));
      const problem = this.#ruleset.transact((undo) => this.#all(words, source, undo));
      if (problem === undefined || problem === CHECKED) return { out: this.#out, err: this.#warned, exit: 0 };
      return { out: "", err: problem, exit: 1 };
    } catch (error) {
      if (!(error instanceof NftComplaint)) throw error;
      return { out: "", err: source.complaint(error.problem, error.from, error.to), exit: 1 };
    }
  }

  #all(words: WordReader, source: Source, undo: Undo): string | undefined {
    const findSet = (family: string, table: string, set: string) =>
      this.#ruleset.tables.find(family, table)?.sets.get(set)?.set;
    for (let command = readCommand(words, findSet); command !== undefined; command = readCommand(words, findSet)) {
      const problem = this.#one(command, source, undo);
      if (problem !== undefined) return problem;
    }
    return this.#options.check === true ? CHECKED : undefined;
  }

  #one(command: NftCommand, source: Source, undo: Undo): string | undefined {
    switch (command.kind) {
      case "flush ruleset":
        this.#ruleset.tables.flush(command.family, undo);
        return undefined;
      case "list":
        return this.#list(command, source);
      case "get":
        return this.#get(command, source);
      case "change":
        for (const { change, places } of command.changes) {
          const refused = this.#ruleset.tables.apply(command, change, undo);
          if (refused !== undefined) {
            return source.refusal(refused, { ...places, ...(places.table === undefined && {}) });
          }
        }
    }
  }

  // ---------------------------------------------------------------------------------------------- listings

  #list(command: Extract<NftCommand, { kind: "list" }>, source: Source): string | undefined {
    const { what, family, name, places } = command;
    if (command.table === undefined) {
      const tables = this.#ruleset.tables.list().filter((table) => family === undefined || table.family === family);
      this.#print(tables, what);
      return undefined;
    }
    const table = this.#ruleset.tables.find(family ?? "ip", command.table);
    const missing = (place: number | undefined) => source.complaint(ERRNO.ENOENT[1], place ?? places.from);
    if (table === undefined) return missing(places.table === undefined ? undefined : places.table);
    if (name === undefined) {
      this.#print([table], what);
      return undefined;
    }
    const there = what === "chain"
      ? table.chains.has(name)
      : OTHER.has(what)
      ? table.others.some(({ head }) => head.split(" ").at(-1) === name)
      : table.sets.has(name) && (what === "map") === (table.sets.get(name)?.set.value !== undefined);
    if (!there) return missing(places.name);
    this.#print([table], what, name);
  }

  #print(tables: readonly TableDraft[], what: string, name?: string): void {
    if (what === "hooks") return;
    if (what === "tables" && !this.#options.json) {
      this.#out += tables.map((table) => `table ${table.family} ${table.name}\n`).join("");
      return;
    }
    const shown = tables.map((table) => part(this.#ruleset.now(table), what, name));
    if (!this.#options.json && what !== "chains") this.#warned += shown.filter(hasExtensions).map(warning).join("");
    const handles = (table: NftTable) => {
      const draft = tables.find((each) => each.family === table.family && each.name === table.name);
      return draft && handlesOf(draft);
    };
    if (this.#options.json) {
      this.#out += printNftJson(shown, { what, handles });
      return;
    }
    const { stateless, numeric, terse } = this.#options;
    this.#out += printNftListing(shown, {
      ...(this.#options.handles ? { handles: WITH_TABLE.has(what) ? handles : withoutTable(handles) } : {}),
      stateless: stateless ?? false,
      numeric: numeric ?? false,
      terse: terse ?? false,
      headsOnly: what === "chains",
    });
  }

  #get(command: Extract<NftCommand, { kind: "get" }>, source: Source): string | undefined {
    const table = this.#ruleset.tables.find(command.family, command.table);
    const live = table?.sets.get(command.set);
    if (table === undefined || live === undefined) return source.complaint(ERRNO.ENOENT[1], command.places.from);
    const have = this.#ruleset.elements(table, command.set);
    const found = command.elements.flatMap((wanted) =>
      have.find((each) => holds(live.set, each, wanted)) ? [wanted] : []
    );
    if (found.length < command.elements.length) {
      return source.complaint(
        `Could not process rule: ${ERRNO.ENOENT[1]}`,
        command.places.from,
        command.places.to + 1,
      );
    }
    const only = { ...part(table.value(), "set", command.set), sets: [{ ...live.set, elements: found }] };
    this.#out += printNftListing([only]);
  }
}

/** Whether iptables-nft put something into a table that nft has only its words for. */
function hasExtensions({ chains }: NftTable): boolean {
  return chains.some(({ rules }) => rules.some(({ statements }) => statements.some(({ kind }) => kind === "xt")));
}

function warning({ family, name }: NftTable): string {
  return `# Warning: table ${family} ${name} is managed by iptables-nft, do not touch!\n`;
}

/** Listings that say a table's own handle. */
const WITH_TABLE = new Set(["ruleset", "table"]);

function withoutTable(handles: (table: NftTable) => NftHandles | undefined) {
  return (table: NftTable): NftHandles | undefined => {
    const all = handles(table);
    return all && { ...all, table: undefined };
  };
}

/** `-c`: everything was understood, and nothing is done. */
const CHECKED = "checked";
const OTHER = new Set(["counter", "quota", "limit", "flowtable", "meter"]);

/** Whether an element is, or as an interval holds, a key. */
function holds(set: Omit<NftSet, "elements">, element: NftElement, wanted: NftElement): boolean {
  const types = setTypes(set);
  return types.every((type, i) => {
    const [have, want] = [element.key[i] ?? "", wanted.key[i] ?? ""];
    if (have === want || type === undefined) return have === want;
    const [outer, inner] = [spanOf(have, type), spanOf(want, type)];
    return !("problem" in outer) && !("problem" in inner) && outer.from <= inner.from && inner.to <= outer.to;
  });
}

/** What of a table a listing is about. */
function part(table: NftTable, what: string, name: string | undefined): NftTable {
  const named = <T extends { readonly name: string }>(list: readonly T[]) =>
    list.filter((each) => name === undefined || each.name === name);
  const none = { ...table, others: [], sets: [], chains: [] };
  switch (what) {
    case "ruleset":
    case "table":
    case "tables":
      return table;
    case "chain":
    case "chains":
      return { ...bare(none), chains: named(table.chains) };
    case "set":
    case "sets":
      return { ...bare(none), sets: named(table.sets).filter(({ value }) => value === undefined) };
    case "map":
    case "maps":
      return { ...bare(none), sets: named(table.sets).filter(({ value }) => value !== undefined) };
    default: {
      const kind = what.replace(/s$/, "");
      return {
        ...bare(none),
        others: table.others.filter(({ head }) =>
          head.startsWith(kind) && (name === undefined || head.endsWith(` ${name}`))
        ),
      };
    }
  }
}

/** A table's own flags and comment are said with the whole of it alone. */
function bare({ comment: _, ...table }: NftTable): NftTable {
  return { ...table, flags: [] };
}

function handlesOf(draft: TableDraft): NftHandles {
  return {
    table: draft.handle,
    sets: new Map([...draft.sets].map(([name, { handle }]) => [name, handle])),
    chains: new Map(
      [...draft.chains].map(([name, { handle, rules }]) => [name, { handle, rules: rules.map((rule) => rule.handle) }]),
    ),
    others: draft.others.map(({ handle }) => handle),
  };
}

/** A text with its lines, to point at places in it. */
class Source {
  words: readonly NftWord[] = [];
  readonly #lines: readonly string[];

  constructor(text: string, readonly file: string | undefined) {
    this.#lines = text.split("\n");
  }

  /** `Error: PROBLEM`, the line, and carets under the words from one place to before another. */
  complaint(problem: string, from: number, to: number = from + 1): string {
    const first = this.words[from] ?? this.#end();
    // a whole command's place takes in the end of its line
    const last = this.words[Math.max(from, to - 1)] ?? (to > from + 1 ? this.#end() : first);
    const end = last.line === first.line && last.text !== "\n" ? last.to : first.to;
    const width = Math.max(1, end - first.from);
    const text = this.#lines[first.line - 1] ?? "";
    const where = this.file === undefined ? "" : `${this.file}:${first.line}:${first.from + 1}-${first.from + width}: `;
    const margin = text.slice(0, first.from).replace(/[^\t]/g, " ");
    return `${where}Error: ${problem}\n${text}\n${margin}${"^".repeat(width)}\n`;
  }

  #end(): NftWord {
    const line = this.#lines.length;
    const width = (this.#lines.at(-1) ?? "").length;
    return { text: "", line, from: width, to: width + 1 };
  }

  /** The kernel's refusal of a change. */
  refusal({ errno, where, what, problem: own }: NftRefusal, places: NftPlaces): string {
    const problem = own ?? `Could not process rule: ${ERRNO[errno][1]}`;
    const { from, to } = places;
    switch (where) {
      case "table":
        return this.complaint(problem, places.table ?? from);
      case "name":
        return this.complaint(problem, places.name ?? from);
      case "place":
        return this.complaint(problem, places.handle ?? from);
      case "command":
        return this.complaint(problem, from, to + 1);
      case "element":
      case "target": {
        const at = this.#find(what ?? "", from, to);
        if (what?.startsWith("@")) return this.complaint(ERRNO[errno][1], at);
        const words = where === "element" ? (what ?? "").split(" ").length : 1;
        return this.complaint(problem, at, at + words);
      }
    }
  }

  #find(what: string, from: number, to: number): number {
    const [first = ""] = what.split(" ");
    for (let i = to - 1; i > from; i--) if (this.words[i]?.text === first) return i;
    return from;
  }
}
