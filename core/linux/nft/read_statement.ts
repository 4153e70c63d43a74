import { prefixMask } from "./statements.ts";
import type { NftNumgen, NftOperand, NftStatement } from "./types.ts";
import { readVerdict } from "./verdict.ts";
import type { WordReader } from "./words.ts";

/** What can be asked of a packet here. Longer ones stand before those they begin with. */
const SELECTORS = [
  "ip saddr",
  "ip daddr",
  "ip protocol",
  "ip6 saddr",
  "ip6 daddr",
  "ip6 nexthdr",
  "tcp sport",
  "tcp dport",
  "udp sport",
  "udp dport",
  "sctp sport",
  "sctp dport",
  "th sport",
  "th dport",
  "meta l4proto",
  "meta mark",
  "ct state",
  "ct status",
  "ct direction",
  "ct mark",
  "fib saddr type",
  "fib daddr type",
  "iifname",
  "oifname",
  "iif",
  "oif",
] as const;

type Reader = (words: WordReader) => NftStatement | undefined;

const READERS: readonly Reader[] = [
  readMark,
  readVmap,
  readMatch,
  readDnatMap,
  readDnat,
  readMasquerade,
  readReject,
  readSetUpdate,
  readCounter,
  (words) => {
    const verdict = readVerdict(words);
    return verdict && { kind: "verdict", verdict };
  },
];

/** The statement that the next words are, as listed; undefined where it is none we know. */
export function readStatement(words: WordReader): NftStatement | undefined {
  for (const read of READERS) {
    const statement = words.attempt(read);
    if (statement !== undefined) return statement;
  }
  return undefined;
}

function readSelectors(words: WordReader): string[] | undefined {
  const found: string[] = [];
  do {
    const selector = SELECTORS.find((each) => words.skip(each));
    if (selector === undefined) return undefined;
    found.push(selector);
  } while (words.skip("."));
  return found;
}

function readNumber(words: WordReader): number | undefined {
  const word = words.take();
  return /^(0x[0-9a-f]+|\d+)$/.test(word) ? Number(word) : undefined;
}

function readMark(words: WordReader): NftStatement | undefined {
  if (!words.skip("meta mark set")) return undefined;
  const op = words.skip("meta mark") ? words.take() : "=";
  const value = readNumber(words);
  if (value === undefined || (op !== "=" && op !== "|" && op !== "&" && op !== "^")) return undefined;
  return { kind: "mark", op, value };
}

function readMatch(words: WordReader): NftStatement | undefined {
  const selectors = readSelectors(words);
  if (selectors === undefined) return undefined;
  const mask = words.skip("&") ? readNumber(words) : undefined;
  const not = words.skip("!=");
  if (!not) words.skip("==");
  const against = readOperand(words);
  if (against === undefined) return undefined;
  const [, length] = "value" in against ? /^0x00000000\/(\d+)$/.exec(against.value) ?? [] : [];
  if (length !== undefined && selectors[0] === "meta mark") {
    return { kind: "match", selectors, mask: prefixMask(Number(length)), not, against: { value: "0x00000000" } };
  }
  return { kind: "match", selectors, ...(mask === undefined ? {} : { mask }), not, against };
}

/** Values are what stands between commas; a list without braces (`established,new`) is one value. */
function readOperand(words: WordReader): NftOperand | undefined {
  const first = words.take();
  if (first.startsWith("@")) return { set: first.slice(1) };
  if (first === "{") {
    const values = readList(words);
    return values && { values: values.map((value) => value.join(" ")) };
  }
  if (first === "" || /^[!=<>&|^]+$/.test(first)) return undefined;
  let value = first;
  while (words.skip(",")) value += `,${words.take()}`;
  return { value };
}

/** What stands between commas until the closing brace, as words. */
function readList(words: WordReader): string[][] | undefined {
  const list: string[][] = [[]];
  while (!words.done) {
    const word = words.take();
    if (word === "}") return list;
    if (word === ",") list.push([]);
    else list.at(-1)?.push(word);
  }
  return undefined;
}

function readNumgen(words: WordReader): NftNumgen | undefined {
  if (!words.skip("numgen")) return undefined;
  const mode = words.take();
  if ((mode !== "random" && mode !== "inc") || !words.skip("mod")) return undefined;
  const mod = readNumber(words);
  const offset = words.skip("offset") ? readNumber(words) : 0;
  return mod === undefined || offset === undefined ? undefined : { mode, mod, offset };
}

function readVmap(words: WordReader): NftStatement | undefined {
  const by = words.attempt(readNumgen) ?? words.attempt(readSelectors);
  if (by === undefined || !words.skip("vmap")) return undefined;
  const first = words.take();
  if (first.startsWith("@")) return { kind: "vmap", by, map: first.slice(1) };
  const list = first === "{" ? readList(words) : undefined;
  const map = list?.map((entry) => readCase(entry));
  if (map === undefined || map.some((each) => each === undefined)) return undefined;
  return { kind: "vmap", by, map: map.flatMap((each) => each ?? []) };
}

function readCase(entry: readonly string[]) {
  const colon = entry.indexOf(":");
  const verdict = verdictOf(entry.slice(colon + 1));
  return colon < 1 || verdict === undefined ? undefined : { key: entry.slice(0, colon).join(" "), verdict };
}

function verdictOf([kind = "", chain, ...rest]: readonly string[]) {
  if (rest.length > 0) return undefined;
  if (kind === "jump" || kind === "goto") return chain === undefined ? undefined : { kind, chain } as const;
  const plain = (["accept", "drop", "continue", "return"] as const).find((each) => each === kind);
  return plain === undefined || chain !== undefined ? undefined : { kind: plain };
}

function readDnatMap(words: WordReader): NftStatement | undefined {
  if (!words.skip("dnat")) return undefined;
  const family = words.take();
  const by = (family === "ip" || family === "ip6") && words.skip("to") ? readNumgen(words) : undefined;
  const list = by !== undefined && words.skip("map {") ? readList(words) : undefined;
  if (by === undefined || list === undefined || (family !== "ip" && family !== "ip6")) return undefined;
  const choices = list.map(([key = "", , address = "", , port]) => ({ key, address, port: Number(port) }));
  return { kind: "dnat map", family, by, choices };
}

function readDnat(words: WordReader): NftStatement | undefined {
  if (!words.skip("dnat to")) return undefined;
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([0-9.]+|[0-9a-f:]+?))(?::(\d+))?$/.exec(words.take()) ?? [];
  const address = bracketed ?? plain;
  if (address === undefined) return undefined;
  return { kind: "dnat", address, ...(port === undefined ? {} : { port: Number(port) }) };
}

function readMasquerade(words: WordReader): NftStatement | undefined {
  return words.skip("masquerade") ? { kind: "masquerade", fullyRandom: words.skip("fully-random") } : undefined;
}

/** `with tcp reset`, `with icmp port-unreachable`, `with icmpx admin-prohibited` */
function readReject(words: WordReader): NftStatement | undefined {
  if (!words.skip("reject")) return undefined;
  return words.skip("with") ? { kind: "reject", with: `${words.take()} ${words.take()}` } : { kind: "reject" };
}

function readSetUpdate(words: WordReader): NftStatement | undefined {
  const verb = (["add", "update", "delete"] as const).find((each) => words.skip(each));
  if (verb === undefined || !words.next?.startsWith("@")) return undefined;
  const set = words.take().slice(1);
  const selectors = words.skip("{") ? readSelectors(words) : undefined;
  return selectors !== undefined && words.skip("}") ? { kind: "set", verb, set, selectors } : undefined;
}

function readCounter(words: WordReader): NftStatement | undefined {
  if (!words.skip("counter packets")) return undefined;
  const packets = readNumber(words);
  const bytes = words.skip("bytes") ? readNumber(words) : undefined;
  return packets === undefined || bytes === undefined ? undefined : { kind: "counter", packets, bytes };
}
