/** Matches, verdict maps and assignments: everything that begins with a selector. */
import { DATATYPES, spanOf } from "./datatypes.ts";
import { datatypeOf, readSelector, readSelectors, typeOf } from "./selectors.ts";
import { prefixMask, printMark } from "./statements.ts";
import type { NftAssign, NftLookup, NftMatch, NftOperand, NftStatement, NftVmap } from "./types.ts";
import { inOrder, type KeyTypes, readKey, readOperand, readValue } from "./values.ts";
import { readVerdict } from "./verdict.ts";
import type { WordReader } from "./words.ts";

const TARGETS: ReadonlyMap<string, string> = new Map(
  [
    ...[
      "meta mark",
      "ct mark",
      "meta priority",
      "meta nftrace",
      "meta pkttype",
      "ct zone",
      "ct helper",
      "ip ttl",
      "ip dscp",
    ],
    ...[
      "ip6 hoplimit",
      "ip6 dscp",
      "tcp sport",
      "tcp dport",
      "udp sport",
      "udp dport",
      "ip saddr",
      "ip daddr",
      "ip ecn",
    ],
    ...["ether saddr", "ether daddr", "tcp option maxseg size", "ct label", "ct event", "ip6 saddr", "ip6 daddr"],
  ].map((name): [string, string] => [name, name]).concat([["mark", "meta mark"], ["nftrace", "meta nftrace"]]),
);

/** `TARGET set ...`; undefined where the words are no such thing. */
export function readAssign(words: WordReader): NftAssign | undefined {
  const text = [4, 2, 1].map((length) => Array.from({ length }, (_, i) => words.peek(i) ?? "").join(" "))
    .find((each) => TARGETS.has(each) && words.peek(each.split(" ").length) === "set");
  if (text === undefined) return undefined;
  words.skip(`${text} set`);
  const target = TARGETS.get(text) as string;
  const type = datatypeOf(target);
  const of = words.attempt(readSelector);
  if (of === undefined) {
    if (words.skip("rt mtu")) return { kind: "assign", target, then: [{ op: "=", value: "rt mtu" }] };
    return { kind: "assign", target, then: [{ op: "=", value: readValue(words, type) }, ...readSteps(words)] };
  }
  if (words.next === "map") return { kind: "assign", target, then: [], lookup: readLookup(words, [of], [type]) };
  return { kind: "assign", target, of, then: folded(readSteps(words)) };
}

const WORD_OPS: Readonly<Record<string, "|" | "&" | "^">> = {
  or: "|",
  and: "&",
  xor: "^",
  "|": "|",
  "&": "&",
  "^": "^",
};

function readSteps(words: WordReader): NftAssign["then"][number][] {
  const steps: { op: "|" | "&" | "^"; value: string }[] = [];
  for (let op = WORD_OPS[words.next ?? ""]; op !== undefined; op = WORD_OPS[words.next ?? ""]) {
    words.take();
    steps.push({ op, value: readValue(words, DATATYPES.mark) });
  }
  return steps;
}

/** The kernel knows `(mark & A) ^ B` alone; `& A | B` comes back with B's bits in A as well. */
function folded(steps: readonly NftAssign["then"][number][]): NftAssign["then"] {
  const [and, or] = steps;
  if (steps.length !== 2 || and?.op !== "&" || or?.op !== "|") return steps;
  return [{ op: "&", value: printMark((Number(and.value) | Number(or.value)) >>> 0) }, or];
}

/** `map @NAME` or `map { KEY : VALUE, ... }` behind its selectors. */
export function readLookup(words: WordReader, by: readonly string[], types: KeyTypes): NftLookup {
  if (!words.skip("map")) words.unexpected("map");
  if (words.next?.startsWith("@")) return { by, map: words.take().slice(1) };
  const keys = by.map(datatypeOf);
  const map = readCases(
    words,
    keys,
    () => [readValue(words, types[0]), ...(words.skip(".") ? [readValue(words, types[1])] : [])],
  );
  return { by, map: map.map(({ key, value }) => ({ key, value })) };
}

function readCases<T>(words: WordReader, keys: KeyTypes, read: () => T): { key: string; value: T }[] {
  if (!words.skip("{")) words.unexpected("'{' or '@'");
  const found: { key: string; value: T }[] = [];
  for (;;) {
    while (words.skip("\n"));
    if (words.skip("}")) break;
    const key = readKey(words, keys, true);
    if (!words.skip(":")) words.unexpected("colon");
    found.push({ key, value: read() });
    while (words.skip("\n"));
    if (!words.skip(",") && words.next !== "}") words.unexpected("comma or '}'");
  }
  return inOrder(found, keys, ({ key }) => key);
}

/** A match or a verdict map; undefined where no selector begins. */
export function readTest(words: WordReader): NftStatement | undefined {
  const selectors = words.attempt(readSelectors);
  if (selectors === undefined) return undefined;
  if (words.skip("vmap")) return readVmap(words, selectors);
  const [selector = ""] = selectors;
  const type = datatypeOf(selector);
  const mask = words.skip("&") || words.skip("and") ? maskOf(readValue(words, type), selector) : undefined;
  if (typeOf(selector) === "tcp_flag" && words.skip("!")) {
    return { kind: "match", selectors, mask: maskOf(readValue(words, type), selector), not: false, against: NO_FLAG };
  }
  const [not, op] = readOperator(words);
  const types = selectors.map(datatypeOf);
  if (mask === undefined) {
    const prefix = readPrefix(words, selector);
    if (prefix !== undefined) return { kind: "match", selectors, not, ...prefix };
  }
  const against = readOperand(words, types);
  if (typeOf(selector) === "tcp_flag" && words.skip("/")) {
    return { kind: "match", selectors, mask: maskOf(readValue(words, type), selector), not, against };
  }
  const network = mask === undefined ? undefined : networkOf(mask, typeOf(selector), against);
  if (network !== undefined) return { kind: "match", selectors, not, against: { value: network } };
  const flags = type?.flags === true && op === "==" && mask === undefined;
  const shown = op === "==" && !flags ? undefined : op;
  return {
    kind: "match",
    selectors,
    ...(mask === undefined ? {} : { mask }),
    not,
    ...(shown && { op: shown }),
    against,
  };
}

/** `0x01000000/8`: what nft prints for a mask of the highest bits. */
function readPrefix(words: WordReader, selector: string): Pick<NftMatch, "mask" | "against"> | undefined {
  const [, value, length] = /^(0x[0-9a-f]{8})\/(\d+)$/.exec(words.next ?? "") ?? [];
  if (value === undefined || typeOf(selector) !== "mark") return undefined;
  words.take();
  return { mask: prefixMask(Number(length)), against: { value } };
}

const NO_FLAG = { value: "0x0" } as const;

function maskOf(text: string, selector: string): number | bigint {
  const type = datatypeOf(selector);
  const span = type && spanOf(text, type);
  if (type === undefined || span === undefined || "problem" in span) return 0;
  return type.size > 8 ? span.from : Number(span.from);
}

/** An address under a mask of the highest bits is a network. */
function networkOf(mask: number | bigint, type: string | undefined, against: NftOperand): string | undefined {
  const width = type === "ipv4_addr" ? 32 : type === "ipv6_addr" ? 128 : undefined;
  if (width === undefined || !("value" in against) || against.value.includes("/")) return undefined;
  const bits = BigInt(mask).toString(2).padStart(width, "0");
  const length = bits.indexOf("0") < 0 ? width : bits.indexOf("0");
  if (bits.includes("1", length) || length === 0) return undefined;
  return length === width ? against.value : `${against.value}/${length}`;
}

function readOperator(words: WordReader): [boolean, NftMatch["op"]] {
  if (words.skip("!=") || words.skip("ne")) return [true, undefined];
  for (const op of ["==", "<=", ">=", "<", ">"] as const) if (words.skip(op)) return [false, op];
  for (const [word, op] of [["eq", "=="], ["lt", "<"], ["gt", ">"], ["le", "<="], ["ge", ">="]] as const) {
    if (words.skip(word)) return [false, op];
  }
  return [false, undefined];
}

function readVmap(words: WordReader, by: readonly string[]): NftVmap {
  if (words.next?.startsWith("@")) return { kind: "vmap", by, map: words.take().slice(1) };
  const map = readCases(words, by.map(datatypeOf), () => words.attempt(readVerdict) ?? words.unexpected());
  return { kind: "vmap", by, map: map.map(({ key, value }) => ({ key, verdict: value })) };
}
