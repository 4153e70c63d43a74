/** `accept | drop | continue | return | (jump | goto) CHAIN` */
import type { NftVerdict } from "./types.ts";
import type { WordReader } from "./words.ts";

/** A verdict's words. */
export function printVerdict(verdict: NftVerdict): string {
  return "chain" in verdict ? `${verdict.kind} ${verdict.chain}` : verdict.kind;
}

/** The verdict that the next words are; undefined where they are none. */
export function readVerdict(words: WordReader): NftVerdict | undefined {
  const kind = words.take();
  switch (kind) {
    case "accept":
    case "drop":
    case "continue":
    case "return":
      return { kind };
    case "jump":
    case "goto":
      return words.done ? undefined : { kind, chain: words.take() };
    default:
      return undefined;
  }
}
