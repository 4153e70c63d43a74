/**
 * What `nft list ruleset` of nft 1.0.6 prints, and back:
 *
 *     table FAMILY NAME {
 *     <tab>flags NAME,NAME
 *     <tab>comment "TEXT"
 *     <tab>(set | map | chain | OTHER) NAME {      parted by empty lines; others, sets and maps, chains
 *     <tab><tab>LINE ...                           set_text.ts; chains: comment, `type T hook H [device "D"] priority P; policy V;`, rules
 *     <tab>}
 *     }
 */
import { TextError } from "../../base/mod.ts";
import { parsePriority, printPriority } from "./priority.ts";
import { parseRule, printRule } from "./rule.ts";
import { printSet, readSetLine, type SetDraft } from "./set_text.ts";
import { NFT_FAMILIES, type NftChain, type NftFamily, type NftHook, type NftRule, type NftTable } from "./types.ts";
import { unquoted } from "./words.ts";

/** How much a listing shows. */
export interface NftListOptions {
  /** The handles of a table's objects and rules. */
  readonly handles?: (table: NftTable) => NftHandles | undefined;
  /** Without counters' values and elements' times. */
  readonly stateless?: boolean;
  /** Priorities as numbers. */
  readonly numeric?: boolean;
  /** Without the elements of sets. */
  readonly terse?: boolean;
  /** Chains without their rules. */
  readonly headsOnly?: boolean;
}

/** Handles, by name; a chain's rules in their order. */
export interface NftHandles {
  readonly table: number | undefined;
  readonly sets: ReadonlyMap<string, number>;
  readonly chains: ReadonlyMap<string, { readonly handle: number; readonly rules: readonly number[] }>;
  readonly others: readonly number[];
}

/** The listing of tables, ending in a newline; the empty text for none. */
export function printNftListing(tables: readonly NftTable[], options: NftListOptions = {}): string {
  return tables.map((table) => `${printTable(table, options).join("\n")}\n`).join("");
}

const handle = (number: number | undefined): string => number === undefined ? "" : ` # handle ${number}`;

function printTable(table: NftTable, options: NftListOptions): string[] {
  const handles = options.handles?.(table);
  const blocks = [
    ...table.others.map(({ head, lines }, i) => [
      `\t${head} {${handle(handles?.others[i])}`,
      ...lines.map((line) => `\t\t${line}`),
      "\t}",
    ]),
    ...table.sets.map((set) => {
      const shown = options.terse === true ? { ...set, elements: [] } : set;
      const [first, ...rest] = printSet(options.stateless === true ? withoutState(shown) : shown);
      return [`${first}${handle(handles?.sets.get(set.name))}`, ...rest];
    }),
    ...table.chains.map((chain) =>
      printChain(chain, table.family, { ...options, own: handles?.chains.get(chain.name) })
    ),
  ];
  return [
    `table ${table.family} ${table.name} {${handle(handles?.table)}`,
    ...(table.flags.length === 0 ? [] : [`\tflags ${table.flags.join(",")}`]),
    ...(table.comment === undefined ? [] : [`\tcomment "${table.comment}"`]),
    ...blocks.flatMap((block, i) =>
      options.headsOnly === true || (i === 0 && table.flags.length === 0) ? block : ["", ...block]
    ),
    "}",
  ];
}

function withoutState(set: NftTable["sets"][number]): NftTable["sets"][number] {
  return { ...set, elements: set.elements.map(({ expires: _, counter: __, ...element }) => element) };
}

type ChainOptions = NftListOptions & {
  readonly own: { readonly handle: number; readonly rules: readonly number[] } | undefined;
};

function printChain({ name, comment, hook, rules }: NftChain, family: NftFamily, options: ChainOptions): string[] {
  const shown = options.headsOnly === true ? [] : rules;
  return [
    `\tchain ${name} {${handle(options.own?.handle)}`,
    ...(comment === undefined || options.headsOnly === true ? [] : [`\t\tcomment "${comment}"`]),
    ...(hook === undefined ? [] : [`\t\t${printHook(hook, family, options.numeric ?? false)}`]),
    ...shown.map((rule, i) => {
      const own = options.stateless === true ? stateless(rule) : rule;
      return `\t\t${printRule(own, options.numeric === true ? "numeric" : "listing")}${handle(options.own?.rules[i])}`;
    }),
    "\t}",
  ];
}

/** Counters without what they counted. */
function stateless(rule: NftRule): NftRule {
  return {
    ...rule,
    statements: rule.statements.map((each) => (each.kind === "counter" ? { kind: "text", words: ["counter"] } : each)),
  };
}

function printHook({ type, hook, device, priority, policy }: NftHook, family: NftFamily, numeric: boolean): string {
  const at = device === undefined ? "" : ` device "${device}"`;
  const when = numeric ? String(priority) : printPriority(priority, { family, hook });
  return `type ${type} hook ${hook}${at} priority ${when}; policy ${policy};`;
}

type Draft<T> = { -readonly [key in keyof T]: T[key] };
type TableDraft = Draft<NftTable> & {
  others: NftTable["others"][number][];
  sets: NftTable["sets"][number][];
  chains: NftChain[];
};

/** The tables of a listing. Throws a {@link TextError} where a line stands where nft would not print it. */
export function parseNftListing(text: string, file = "-"): NftTable[] {
  const lines = new Lines(text, file);
  const tables: NftTable[] = [];
  for (let line = lines.take(); line !== undefined; line = lines.take()) {
    if (line.trim() !== "") tables.push(parseTable(line, lines));
  }
  return tables;
}

/** Lines from top to bottom; knows where it is, for complaints. */
class Lines {
  readonly #lines: readonly string[];
  #at = 0;

  constructor(text: string, readonly file: string) {
    this.#lines = text.split("\n");
  }

  take(): string | undefined {
    return this.#lines[this.#at++];
  }

  refuse(problem: string, expected: string): never {
    throw new TextError(this.file, Math.min(this.#at, this.#lines.length), 1, problem, expected);
  }

  /** The lines until one that is just this, with what wraps over several joined. */
  block(end: string): string[] {
    const block: string[] = [];
    for (let line = this.take(); line !== end; line = this.take()) {
      if (line === undefined) this.refuse("the text ends inside a block", `"${end.trim()}"`);
      if (block.at(-1)?.endsWith(",") && block.at(-1)?.startsWith("elements = {")) {
        block.push(`${block.pop()} ${line.trim()}`);
      } else block.push(line.trim());
    }
    return block;
  }
}

function parseTable(head: string, lines: Lines): NftTable {
  const [, word = "", name = ""] = /^table (\S+) (\S+) \{$/.exec(head) ?? [];
  const family = NFT_FAMILIES.find((each) => each === word);
  if (family === undefined) return lines.refuse(`"${head}"`, `"table FAMILY NAME {"`);
  const table: TableDraft = { family, name, flags: [], others: [], sets: [], chains: [] };
  for (let line = lines.take(); line !== "}"; line = lines.take()) {
    if (line === undefined) lines.refuse("the text ends inside a table", `"}"`);
    else if (line !== "") parseTableLine(table, line, lines);
  }
  return table;
}

function parseTableLine(table: TableDraft, line: string, lines: Lines): void {
  const text = line.trim();
  if (!text.endsWith("{")) {
    if (text.startsWith("flags ")) table.flags = text.slice(6).split(",");
    else if (text.startsWith("comment ")) table.comment = unquoted(text.slice(8));
    else lines.refuse(`"${text}"`, "a set, map or chain");
    return;
  }
  const head = text.slice(0, -2);
  const [kind = "", name = ""] = head.split(" ");
  const block = lines.block("\t}");
  if (kind === "chain") table.chains.push(parseChain(name, block, { family: table.family, lines }));
  else if (kind === "set" || kind === "map") table.sets.push(parseSet(name, block, lines));
  else table.others.push({ head, lines: block });
}

function parseSet(name: string, block: readonly string[], lines: Lines): SetDraft {
  const draft: SetDraft = { name, key: [], flags: [], elements: [] };
  for (const line of block) if (!readSetLine(draft, line)) lines.refuse(`"${line}" in set ${name}`, "a set's clause");
  return draft;
}

function parseChain(name: string, block: readonly string[], at: { family: NftFamily; lines: Lines }): NftChain {
  const chain: Draft<NftChain> = { name, rules: [] };
  const rest = [...block];
  if (rest[0]?.startsWith("comment ")) chain.comment = unquoted(rest.shift()?.slice(8) ?? "");
  if (/^type \w+ hook /.test(rest[0] ?? "")) chain.hook = parseHook(rest.shift() ?? "", at);
  return { ...chain, rules: rest.map(parseRule) };
}

const HOOK = /^type (\w+) hook (\w+)(?: device "([^"]+)")? priority ([^;]+); policy (\w+);$/;

function parseHook(line: string, { family, lines }: { family: NftFamily; lines: Lines }): NftHook {
  const [, type = "", hook = "", device, text = "", policy = ""] = HOOK.exec(line) ?? [];
  const priority = parsePriority(text, { family, hook });
  if (priority === undefined) return lines.refuse(`"${line}"`, `"type T hook H priority P; policy V;"`);
  return { type, hook, ...(device === undefined ? {} : { device }), priority, policy };
}
