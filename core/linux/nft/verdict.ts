/** `accept | drop | continue | return | (jump | goto) CHAIN` */
import type { NftVerdict } from "./types.ts";
import type { WordReader } from "./words.ts";

/** A verdict's words. */
export function printVerdict(verdict: NftVerdict): string {
  return "chain" in verdict ? `${verdict.kind} ${verdict.chain}` : verdict.kind;
}

/** The verdict that the next words are; undefined where they are none. */
export function readVerdict(words: WordReader): NftVerdict | undefined {
  const kind = words.next;
  switch (kind) {
    case "accept":
    case "drop":
    case "continue":
    case "return":
      words.take();
      return { kind };
    case "jump":
    case "goto":
      words.take();
      if (words.done || /^[;\n}]$/.test(words.next ?? "")) words.unexpected("string");
      return { kind, chain: words.take() };
    default:
      return undefined;
  }
}
