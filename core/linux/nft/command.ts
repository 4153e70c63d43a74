/**
 * Commands as `nft` reads them, one after the other:
 *
 *     [add | create] table [FAMILY] TABLE [{ CLAUSE | chain NAME { ... } | set NAME { ... } | map NAME { ... } ... }]
 *     [add | create] chain [FAMILY] TABLE CHAIN [{ type T hook H [device D] priority P ; [policy V ;] RULE ... }]
 *     [add | insert | replace] rule [FAMILY] TABLE CHAIN [handle N | position N | index N] RULE
 *     [add | create] (set | map) [FAMILY] TABLE NAME { CLAUSE ; ... }
 *     (add | create | delete | get) element [FAMILY] TABLE SET { ELEMENT, ... }
 *     (delete | flush) (table | chain | set | map) [FAMILY] TABLE [NAME] · delete rule [FAMILY] TABLE CHAIN handle N
 *     rename chain [FAMILY] TABLE CHAIN NAME · flush ruleset [FAMILY]
 *     list (ruleset | tables | chains | sets | maps) [FAMILY] · list (table | chain | set | map) [FAMILY] TABLE [NAME]
 */
import type { NftChange, NftPlace } from "./changes.ts";
import { readOther } from "./other_object.ts";
import type { NftPlaces, PlacedChange } from "./placed.ts";
import { readChainBlock, readSetBlock, readTableBlock } from "./blocks.ts";
import { readElementList } from "./elements.ts";
import { readRule } from "./rule.ts";
import { NFT_FAMILIES, type NftElement, type NftFamily, type NftSet } from "./types.ts";
import type { WordReader } from "./words.ts";

/** One command. */
export type NftCommand =
  | {
    readonly kind: "change";
    readonly family: NftFamily;
    readonly table: string;
    readonly changes: readonly PlacedChange[];
  }
  | { readonly kind: "flush ruleset"; readonly family?: NftFamily }
  | {
    readonly kind: "list";
    readonly what: string;
    readonly family?: NftFamily;
    readonly table?: string;
    readonly name?: string;
    readonly places: NftPlaces;
  }
  | {
    readonly kind: "get";
    readonly family: NftFamily;
    readonly table: string;
    readonly set: string;
    readonly elements: readonly NftElement[];
    readonly places: NftPlaces;
  };

/** What is there already: a set's elements are read by its types. */
export type FindSet = (family: NftFamily, table: string, set: string) => Omit<NftSet, "elements"> | undefined;

const VERBS = ["add", "create", "insert", "replace", "delete", "flush", "list", "rename", "get"] as const;
type Verb = typeof VERBS[number];

/** Takes one command with the newline or semicolon behind it; undefined at the end of the words. */
export function readCommand(words: WordReader, findSet: FindSet): NftCommand | undefined {
  while (words.skip("\n") || words.skip(";"));
  if (words.done) return undefined;
  const from = words.at;
  const verb = VERBS.find((each) => words.skip(each)) ?? "add";
  const command = new CommandReader(words, { verb, from, findSet }).read();
  if (!words.done && !words.skip("\n") && !words.skip(";")) words.unexpected("end of file or newline or semicolon");
  return command;
}

class CommandReader {
  readonly #verb: Verb;
  readonly #from: number;
  readonly #findSet: FindSet;

  constructor(
    readonly words: WordReader,
    at: { readonly verb: Verb; readonly from: number; readonly findSet: FindSet },
  ) {
    this.#verb = at.verb;
    this.#from = at.from;
    this.#findSet = at.findSet;
  }

  read(): NftCommand {
    const { words } = this;
    if (words.done || words.next === "\n") words.unexpected(this.#verb === "list" ? undefined : "string");
    switch (this.#verb) {
      case "list":
        return this.#list();
      case "flush":
        return this.#flush();
      case "delete":
        return this.#delete();
      case "rename":
        return this.#rename();
      case "get":
        return this.#get();
      default:
        return this.#add(this.#verb);
    }
  }

  // ---------------------------------------------------------------------------------------------- names

  #family(): NftFamily {
    return this.#maybeFamily() ?? "ip";
  }

  #maybeFamily(): NftFamily | undefined {
    const family = NFT_FAMILIES.find((each) => each === this.words.next);
    if (family !== undefined) this.words.take();
    return family;
  }

  #name(): string {
    const { words } = this;
    if (words.done || /^[\n;{}"]/.test(words.next ?? "")) words.unexpected("string");
    return words.take();
  }

  #places(own: Omit<NftPlaces, "from" | "to"> = {}): NftPlaces {
    return { from: this.#from, to: this.words.at, ...own };
  }

  #one(at: { family: NftFamily; table: string }, change: NftChange, own: Omit<NftPlaces, "from" | "to">): NftCommand {
    return { kind: "change", ...at, changes: [{ change, places: this.#places(own) }] };
  }

  // ---------------------------------------------------------------------------------------------- verbs

  #add(verb: "add" | "create" | "insert" | "replace"): NftCommand {
    const { words } = this;
    const kind = words.next ?? "";
    const objects = verb === "insert" || verb === "replace" ? ["rule"] : ADDED;
    if (!objects.includes(kind)) {
      if (STATEMENTS.has(kind)) words.unexpected();
      words.take();
      words.unexpected("string");
    }
    words.take();
    const own = verb === "create" ? "create" : "add";
    switch (kind) {
      case "table":
        return this.#addTable(own);
      case "rule":
        return this.#addRule(verb === "create" ? "add" : verb);
      case "element":
        return this.#elements(own);
      default:
        return this.#addObject(own, kind);
    }
  }

  #addTable(verb: "add" | "create"): NftCommand {
    const at = { family: this.#family(), table: this.#name() };
    const table = this.words.at - 1;
    const places = this.#places({ table, name: table });
    const block = this.words.next === "{" ? readTableBlock(this.words, at.family) : undefined;
    const head = { verb, kind: "table", ...(block?.head ?? {}) } as const;
    return { kind: "change", ...at, changes: [{ change: head, places }, ...(block?.changes ?? [])] };
  }

  #addObject(verb: "add" | "create", kind: string): NftCommand {
    const { words } = this;
    const type = kind === "ct" ? ` ${this.#name()}` : "";
    const at = { family: this.#family(), table: this.#name() };
    const table = words.at - 1;
    const name = this.#name();
    const places = this.#places({ table, name: words.at - 1 });
    if (kind === "chain") {
      const { chain, rules } = words.next === "{"
        ? readChainBlock(words, name, at.family)
        : { chain: { name }, rules: [] };
      const whole = { ...places, to: words.at };
      return { kind: "change", ...at, changes: [{ change: { verb, kind: "chain", chain }, places: whole }, ...rules] };
    }
    if (kind === "set" || kind === "map") {
      const { set, changes } = readSetBlock(words, { name, map: kind === "map" });
      return { kind: "change", ...at, changes: [{ change: { verb, kind: "set", set }, places }, ...changes] };
    }
    const lines = readOther(words);
    return this.#one(at, { verb, kind: "other", other: { head: `${kind}${type} ${name}`, lines } }, { table });
  }

  #addRule(verb: "add" | "insert" | "replace"): NftCommand {
    const { words } = this;
    const at = { family: this.#family(), table: this.#name() };
    const table = words.at - 1;
    const chain = this.#name();
    const name = words.at - 1;
    const place = this.#place();
    const handle = words.at - 1;
    const rule = readRule(words);
    if (rule.statements.length === 0) words.unexpected();
    const change = { verb, kind: "rule", chain, rule, ...(place === undefined ? {} : { at: place }) } as const;
    return this.#one(at, change, { table, name, ...(place === undefined ? {} : { handle }) });
  }

  #place(): NftPlace | undefined {
    const { words } = this;
    if (words.skip("index")) return { index: this.#number() };
    return words.skip("handle") || words.skip("position") ? { handle: this.#number() } : undefined;
  }

  #number(): number {
    if (!/^\d+$/.test(this.words.next ?? "")) this.words.unexpected();
    return Number(this.words.take());
  }

  #elements(verb: "add" | "create" | "delete"): NftCommand {
    const { at, set, places, elements } = this.#elementWords();
    return { kind: "change", ...at, changes: [{ change: { verb, kind: "element", set, elements }, places }] };
  }

  #elementWords() {
    const { words } = this;
    const at = { family: this.#family(), table: this.#name() };
    const table = words.at - 1;
    const set = this.#name();
    const name = words.at - 1;
    const declared = this.#findSet(at.family, at.table, set);
    if (declared === undefined) return words.refuse("No such file or directory", name);
    const elements = readElementList(words, declared);
    return { at, set, elements, places: this.#places({ table, name }) };
  }

  #get(): NftCommand {
    if (!this.words.skip("element")) this.words.unexpected("element");
    const { at, set, elements, places } = this.#elementWords();
    return { kind: "get", ...at, set, elements, places };
  }

  #flush(): NftCommand {
    const { words } = this;
    if (words.skip("ruleset")) {
      const family = this.#maybeFamily();
      return { kind: "flush ruleset", ...(family === undefined ? {} : { family }) };
    }
    return this.#take("flush");
  }

  #delete(): NftCommand {
    const { words } = this;
    if (words.skip("element")) return this.#elements("delete");
    if (words.next !== "rule") return this.#take("delete");
    words.take();
    const at = { family: this.#family(), table: this.#name() };
    const table = words.at - 1;
    const chain = this.#name();
    const name = words.at - 1;
    if (!words.skip("handle")) words.unexpected("handle");
    const handle = this.#number();
    return this.#one(at, { verb: "delete", kind: "rule", chain, handle }, { table, name, handle: words.at - 1 });
  }

  #take(verb: "flush" | "delete"): NftCommand {
    const { words } = this;
    const word = words.next ?? "";
    const kind = (["table", "chain", "set", "map"] as const).find((each) => each === word);
    if (kind === undefined && !ADDED.includes(word)) words.unexpected();
    words.take();
    const type = word === "ct" ? ` ${this.#name()}` : "";
    const at = { family: this.#family(), table: this.#name() };
    const table = words.at - 1;
    const name = kind === "table" ? at.table : this.#name();
    const own = { table, name: words.at - 1 };
    if (kind === undefined) return this.#one(at, { verb, kind: "other", name: `${word}${type} ${name}` }, own);
    if (verb === "flush" && (kind === "set" || kind === "map") && !this.#findSet(at.family, at.table, name)) {
      words.refuse("No such file or directory", own.name);
    }
    return this.#one(at, { verb, kind, name }, own);
  }

  #rename(): NftCommand {
    if (!this.words.skip("chain")) this.words.unexpected("chain");
    const at = { family: this.#family(), table: this.#name() };
    const table = this.words.at - 1;
    const name = this.#name();
    const place = this.words.at - 1;
    return this.#one(at, { verb: "rename", kind: "chain", name, to: this.#name() }, { table, name: place });
  }

  #list(): NftCommand {
    const { words } = this;
    const what = words.take();
    if (!LISTED.has(what)) words.refuse(`syntax error, unexpected string`, words.at - 1);
    const family = this.#maybeFamily();
    const own: { table?: string; name?: string } = {};
    const places: { table?: number; name?: number } = {};
    if (!WHOLE.has(what) || (what !== "ruleset" && what !== "tables" && !isEnd(words.next) && what !== "hooks")) {
      own.table = this.#name();
      places.table = words.at - 1;
    }
    if (NAMED.has(what)) {
      own.name = this.#name();
      places.name = words.at - 1;
    }
    return { kind: "list", what, ...(family && { family }), ...own, places: this.#places(places) };
  }
}

function isEnd(word: string | undefined): boolean {
  return word === undefined || word === "\n" || word === ";";
}

/** Words that can begin a statement and no command. */
const STATEMENTS = new Set([
  "tcp",
  "udp",
  "ip",
  "ip6",
  "ct",
  "meta",
  "accept",
  "drop",
  "jump",
  "goto",
  "iif",
  "oif",
  "th",
  "icmp",
]);
const ADDED = [
  "table",
  "chain",
  "rule",
  "set",
  "map",
  "element",
  "counter",
  "quota",
  "limit",
  "ct",
  "flowtable",
  "secmark",
  "synproxy",
];
const NAMED = new Set(["chain", "set", "map", "counter", "quota", "limit", "flowtable", "meter"]);
const WHOLE = new Set([
  "ruleset",
  "tables",
  "chains",
  "sets",
  "maps",
  "counters",
  "quotas",
  "limits",
  "flowtables",
  "meters",
  "hooks",
]);
const LISTED = new Set([...NAMED, ...WHOLE, "table"]);
