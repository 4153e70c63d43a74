/** What stands in braces behind `table`, `chain`, `set` and `map`. */
import { readOther } from "./other_object.ts";
import type { PlacedChange } from "./placed.ts";
import { DATATYPES } from "./datatypes.ts";
import { readElementList } from "./elements.ts";
import { parsePriority } from "./priority.ts";
import { readRule } from "./rule.ts";
import { readSelector } from "./selectors.ts";
import { parseNftTime } from "./time.ts";
import type { NftChain, NftFamily, NftHook, NftSet } from "./types.ts";
import { unquoted, type WordReader } from "./words.ts";

/** Calls `read` at every clause of a block in braces, separators skipped. */
function readBlock(words: WordReader, read: () => void): void {
  if (!words.skip("{")) words.unexpected("'{'");
  for (;;) {
    while (words.skip("\n") || words.skip(";"));
    if (words.done) words.unexpected("'}'");
    if (words.skip("}")) return;
    read();
    if (!["\n", ";", "}"].includes(words.next ?? "")) words.unexpected("newline or semicolon");
  }
}

/** A table's block: first all chains, then other objects, sets, elements and rules come to be, as nft does it. */
export function readTableBlock(words: WordReader, family: NftFamily) {
  const head: { comment?: string; flags?: string[] } = {};
  const [chains, others, sets]: [PlacedChange[], PlacedChange[], PlacedChange[]] = [[], [], []];
  const [elements, rules]: [PlacedChange[], PlacedChange[]] = [[], []];
  readBlock(words, () => {
    const from = words.at;
    const kind = words.take();
    if (kind === "comment") return void (head.comment = unquoted(words.take()));
    if (kind === "flags") return void (head.flags = readFlags(words));
    const type = kind === "ct" ? ` ${words.take()}` : "";
    const name = words.take();
    const places = { from, to: words.at, name: words.at - 1 };
    if (kind === "chain") {
      const block = readChainBlock(words, name, family);
      chains.push({ change: { verb: "add", kind: "chain", chain: block.chain }, places: { ...places, to: words.at } });
      rules.push(...block.rules);
    } else if (kind === "set" || kind === "map") {
      const block = readSetBlock(words, { name, map: kind === "map" });
      sets.push({ change: { verb: "add", kind: "set", set: block.set }, places });
      elements.push(...block.changes);
    } else if (OTHERS.has(kind)) {
      const other = { head: `${kind}${type} ${name}`, lines: readOther(words) };
      others.push({ change: { verb: "add", kind: "other", other }, places });
    } else words.refuse(`syntax error, unexpected string`, from);
  });
  return { head, changes: [chains, others, sets, elements, rules].flat() };
}

const OTHERS = new Set(["counter", "quota", "limit", "ct", "flowtable", "secmark", "synproxy"]);

function readFlags(words: WordReader): string[] {
  const flags = [words.take()];
  while (words.skip(",")) flags.push(words.take());
  return flags;
}

/** A chain's block: where it stands, and its rules. */
export function readChainBlock(words: WordReader, name: string, family: NftFamily) {
  const chain: { -readonly [key in keyof Omit<NftChain, "rules">]: NftChain[key] } = { name };
  const rules: PlacedChange[] = [];
  readBlock(words, () => {
    const from = words.at;
    if (words.next === "type" && words.peek(2) === "hook") chain.hook = readHook(words, family);
    else if (words.skip("policy")) {
      const policy = words.next;
      if (policy !== "accept" && policy !== "drop") words.unexpected("accept or drop or '$'");
      words.take();
      if (chain.hook !== undefined) chain.hook = { ...chain.hook, policy: policy as string };
    } else if (words.skip("comment")) chain.comment = unquoted(words.take());
    else {
      const rule = readRule(words);
      rules.push({
        change: { verb: "add", kind: "rule", chain: name, rule },
        places: { from, to: words.at, name: from },
      });
    }
  });
  return { chain, rules };
}

const HOOK_NAMES = new Set(["prerouting", "input", "forward", "output", "postrouting", "ingress", "egress"]);
const TYPES = new Set(["filter", "nat", "route"]);

function readHook(words: WordReader, family: NftFamily): NftHook {
  words.skip("type");
  if (!TYPES.has(words.next ?? "")) words.refuse("unknown chain type");
  const type = words.take();
  words.skip("hook");
  if (!HOOK_NAMES.has(words.next ?? "")) words.refuse("unknown chain hook");
  const hook = words.take();
  const device = words.skip("device") || words.skip("devices =") ? unquoted(words.take()) : undefined;
  if (!words.skip("priority")) words.unexpected("priority");
  const from = words.at;
  let text = words.take();
  if (/^[+-]\d*$/.test(words.next ?? "")) text += ` ${words.take()} ${words.take()}`;
  const priority = parsePriority(text, { family, hook });
  if (priority === undefined) {
    words.refuse(`'${text}' is invalid priority in this context.`, from);
  }
  return { type, hook, ...(device === undefined ? {} : { device }), priority: priority as number, policy: "accept" };
}

/** A set's or map's block, with its elements as a change of their own. */
export function readSetBlock(words: WordReader, { name, map }: { readonly name: string; readonly map: boolean }) {
  const set: { -readonly [key in keyof Omit<NftSet, "elements">]: NftSet[key] } = { name, key: [], flags: [] };
  const changes: PlacedChange[] = [];
  const from = words.at;
  readBlock(words, () => {
    const clause = words.take();
    if (clause === "type" || clause === "typeof") readTypes(words, set, clause);
    else if (clause === "flags") set.flags = orderedFlags(readFlags(words));
    else if (clause === "timeout") set.timeout = readTime(words);
    else if (clause === "gc-interval") set.gcInterval = readTime(words);
    else if (clause === "size") set.size = Number(words.take());
    else if (clause === "policy") set.policy = words.take();
    else if (clause === "auto-merge") set.autoMerge = true;
    else if (clause === "counter") set.counter = true;
    else if (clause === "comment") set.comment = unquoted(words.take());
    else if (clause === "elements") {
      if (!words.skip("=")) words.unexpected("'='");
      const start = words.at;
      const elements = readElementList(words, set);
      changes.push({
        change: { verb: "add", kind: "element", set: name, elements },
        places: { from: start, to: words.at, name: start },
      });
    } else words.refuse(`syntax error, unexpected string`, words.at - 1);
  });
  if (set.key.length === 0) words.refuse("set definition does not specify key", from);
  if (map && set.value === undefined) words.refuse("map definition does not specify mapping data type", from);
  if (set.policy === "performance") delete set.policy;
  return { set, changes };
}

/** Flags in the order nft lists them. */
function orderedFlags(flags: readonly string[]): string[] {
  return ["constant", "dynamic", "interval", "timeout"].filter((flag) => flags.includes(flag));
}

function readTime(words: WordReader): number {
  return parseNftTime(words.take()) ?? words.refuse("invalid time", words.at - 1);
}

const TYPE_NAMES = new Set([...Object.keys(DATATYPES), "verdict", "string", "classid", "time", "realm", "cgroupsv2"]);

function readTypes(
  words: WordReader,
  set: { key: NftSet["key"]; value?: NftSet["value"]; typeof?: boolean },
  word: "type" | "typeof",
): void {
  const read = (): string[] => {
    const types: string[] = [];
    do types.push(word === "type" ? readType(words) : words.attempt(readSelector) ?? words.take()); while (
      words.skip(".")
    );
    return types;
  };
  set.key = read();
  if (words.skip(":")) set.value = read();
  if (word === "typeof") set.typeof = true;
}

function readType(words: WordReader): string {
  const name = words.take();
  return TYPE_NAMES.has(name) ? name : words.refuse(`unknown datatype ${name}`, words.at - 1);
}
