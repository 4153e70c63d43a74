import { readAssign, readTest } from "./read_match.ts";
import { readNat } from "./read_nat.ts";
import { readCarried, readCounter, readLimit, readLog, readReject, readSetUpdate } from "./read_other.ts";
import type { NftStatement } from "./types.ts";
import { readVerdict } from "./verdict.ts";
import type { WordReader } from "./words.ts";

type Reader = (words: WordReader) => NftStatement | undefined;

const READERS: readonly Reader[] = [
  readCarried,
  readAssign,
  readTest,
  readCounter,
  readLimit,
  readLog,
  readReject,
  readNat,
  readSetUpdate,
  (words) => (words.skip("notrack") ? { kind: "notrack" } : undefined),
  (words) => {
    const verdict = readVerdict(words);
    return verdict && { kind: "verdict", verdict };
  },
];

/** The statement that the next words are; undefined where it is none we know. Complains of values that are none. */
export function readStatement(words: WordReader): NftStatement | undefined {
  for (const read of READERS) {
    const statement = words.attempt(read);
    if (statement !== undefined) return statement;
  }
  return undefined;
}
