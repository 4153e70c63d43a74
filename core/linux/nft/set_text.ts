/**
 * A set or map as nft lists it, one line each, what is not there left out:
 *
 *     (type | typeof) KEY [. KEY]... [: VALUE [. VALUE]...]
 *     policy NAME    size N    flags NAME,NAME    auto-merge    counter    timeout TIME    gc-interval TIME    comment "TEXT"
 *     elements = { ELEMENT, ELEMENT,
 *                  ELEMENT }
 *     ELEMENT = PART [. PART]... [counter packets N bytes N] [timeout TIME] [expires TIME] [comment "TEXT"] [: VALUE]
 */
import { listedElements, perLine } from "./element_order.ts";
import { parseNftTime, printNftTime } from "./time.ts";
import type { NftElement, NftSet } from "./types.ts";
import { printVerdict, readVerdict } from "./verdict.ts";
import { nftWords, unquoted, WordReader } from "./words.ts";

const WRAP = ",\n\t\t\t     ";

/** What a set is declared with, in nft's order, times printed by `time`. */
export function setClauses(set: NftSet, time: (milliseconds: number) => string): string[] {
  const value = set.value === undefined ? "" : ` : ${set.value.join(" . ")}`;
  return [
    `${set.typeof === true ? "typeof" : "type"} ${set.key.join(" . ")}${value}`,
    ...(set.policy === undefined ? [] : [`policy ${set.policy}`]),
    ...(set.size === undefined ? [] : [`size ${set.size}`]),
    ...(set.flags.length === 0 ? [] : [`flags ${set.flags.join(",")}`]),
    ...(set.autoMerge === true ? ["auto-merge"] : []),
    ...(set.counter === true ? ["counter"] : []),
    ...(set.timeout === undefined ? [] : [`timeout ${time(set.timeout)}`]),
    ...(set.gcInterval === undefined ? [] : [`gc-interval ${time(set.gcInterval)}`]),
    ...(set.comment === undefined ? [] : [`comment "${set.comment}"`]),
  ];
}

/** The lines of a listed set, its first and last included. */
export function printSet(set: NftSet): string[] {
  return [
    `\t${set.value === undefined ? "set" : "map"} ${set.name} {`,
    ...setClauses(set, printNftTime).map((clause) => `\t\t${clause}`),
    ...(set.elements.length === 0 ? [] : [`\t\telements = { ${wrapped(set)} }`]),
    "\t}",
  ];
}

function wrapped(set: NftSet): string {
  const every = perLine(set);
  return listedElements(set).map((element, i) => (i === 0 ? "" : i % every === 0 ? WRAP : ", ") + printElement(element))
    .join("");
}

/** One element's words. */
export function printElement(element: NftElement): string {
  const { key, counter, timeout, expires, comment } = element;
  const own = counter === undefined ? "" : ` counter packets ${counter.packets} bytes ${counter.bytes}`;
  return key.join(" . ") + own +
    (timeout === undefined ? "" : ` timeout ${printNftTime(timeout)}`) +
    (expires === undefined ? "" : ` expires ${printNftTime(expires)}`) +
    (comment === undefined ? "" : ` comment "${comment}"`) + printValue(element.value);
}

function printValue(value: NftElement["value"]): string {
  if (value === undefined) return "";
  return ` : ${"kind" in value ? printVerdict(value) : value.join(" . ")}`;
}

/** A set whose lines are read one after the other. */
export type SetDraft = { -readonly [key in keyof NftSet]: NftSet[key] };

/** Takes one line of a set into `draft`; false where it is none we know. `elements` lines come joined. */
export function readSetLine(draft: SetDraft, line: string): boolean {
  const words = nftWords(line);
  const [word = "", second = ""] = words;
  switch (word) {
    case "type":
    case "typeof":
      return readTypes(draft, line, word);
    case "policy":
      draft.policy = second;
      return true;
    case "size":
      draft.size = Number(second);
      return true;
    case "flags":
      draft.flags = words.slice(1).filter((flag) => flag !== ",");
      return true;
    case "auto-merge":
      draft.autoMerge = true;
      return true;
    case "counter":
      draft.counter = true;
      return true;
    case "timeout":
      draft.timeout = parseNftTime(second);
      return draft.timeout !== undefined;
    case "gc-interval":
      draft.gcInterval = parseNftTime(second);
      return draft.gcInterval !== undefined;
    case "comment":
      draft.comment = unquoted(second);
      return true;
    case "elements":
      draft.elements = readElements(words.slice(3, -1), draft.value?.[0] === "verdict");
      return words[2] === "{" && words.at(-1) === "}";
    default:
      return false;
  }
}

function readTypes(draft: SetDraft, line: string, word: "type" | "typeof"): boolean {
  const [key = "", value] = line.slice(word.length + 1).split(" : ");
  draft.key = key.split(" . ");
  if (value !== undefined) draft.value = value.split(" . ");
  if (word === "typeof") draft.typeof = true;
  return key !== "";
}

/** Elements between commas; `verdicts` says whether values are verdicts. */
function readElements(words: readonly string[], verdicts: boolean): NftElement[] {
  const groups: string[][] = [[]];
  for (const word of words) {
    if (word === ",") groups.push([]);
    else groups.at(-1)?.push(word);
  }
  return groups.filter((group) => group.length > 0).map((group) => readElement(new WordReader(group), verdicts));
}

function readElement(words: WordReader, verdicts: boolean): NftElement {
  const key = readParts(words);
  const element: { -readonly [key in keyof NftElement]: NftElement[key] } = { key };
  while (!words.done) {
    const word = words.take();
    if (word === "comment") element.comment = unquoted(words.take());
    if (word === "timeout") element.timeout = parseNftTime(words.take()) ?? 0;
    if (word === "expires") element.expires = parseNftTime(words.take()) ?? 0;
    if (word === "packets") element.counter = { packets: Number(words.take()), bytes: readBytes(words) };
    if (word === ":") element.value = (verdicts ? words.attempt(readVerdict) : undefined) ?? readParts(words);
  }
  return element;
}

function readBytes(words: WordReader): number {
  words.skip("bytes");
  return Number(words.take());
}

function readParts(words: WordReader): string[] {
  const parts = [words.take()];
  while (words.skip(".")) parts.push(words.take());
  return parts;
}
