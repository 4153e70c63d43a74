/** A rule as Felix hands it to iptables-restore, its hash in its first comment. */
import { ruleHashes } from "./names.ts";

/** A rule of a chain: fragments in iptables' words. A rule without an action only carries its comment. */
export interface ChainRule {
  readonly comment?: string;
  readonly match?: string;
  readonly action?: string;
}

/** A chain and its rules. */
export interface Chain {
  readonly name: string;
  readonly rules: readonly ChainRule[];
}

/** Bits of the packet mark, by what they mean. */
export const MARK = {
  /** A policy or profile accepted the packet. */
  accept: 0x10000,
  /** A policy passed it on to the next tier. */
  pass: 0x20000,
  /** A policy dropped it. */
  drop: 0x40000,
  /** All blocks of a rule have matched so far; elsewhere: it came from a pod. */
  scratch0: 0x80000,
  /** The block at hand has matched. */
  scratch1: 0x100000,
} as const;
/** All of them that Felix clears where a packet begins. */
export const MARK_ALL = 0x1b0000;

const hex = (bits: number): string => `0x${bits.toString(16)}`;

/** The action that goes on in a chain, or ends in a verdict. */
export function jump(target: string): string {
  return `--jump ${target}`;
}

/** Sets bits of the mark. */
export function setMark(bits: number): string {
  return maskedMark(bits, bits);
}

/** Clears bits of the mark: Felix writes this nought without 0x. */
export function clearMark(bits: number): string {
  return `--jump MARK --set-mark 0/${hex(bits)}`;
}

/** Sets the bits of a mask to those of a value. */
export function maskedMark(bits: number, mask: number): string {
  return `--jump MARK --set-mark ${hex(bits)}/${hex(mask)}`;
}

/** A match on bits that are set. */
export function markSet(bits: number): string {
  return `-m mark --mark ${hex(bits)}/${hex(bits)}`;
}

/** A match on bits that are all clear. */
export function markClear(bits: number): string {
  return `-m mark --mark 0/${hex(bits)}`;
}

/** A chain's rules as lines of iptables-restore, each with its hash. `hashedAs` is the chain's name in hashes, where that differs. */
export function chainLines(chain: Chain, verb = "-A", hashedAs = chain.name): string[] {
  return hashedLines(chain.name, bodiesOf(chain), { verb, hashedAs });
}

function bodiesOf({ rules }: Chain): string[] {
  return rules.map(({ comment, match, action }) =>
    [comment === undefined ? undefined : `-m comment --comment "${comment}"`, match, action].filter((part) =>
      part !== undefined
    ).join(" ")
  );
}

function hashedLines(
  name: string,
  bodies: readonly string[],
  { verb, hashedAs }: { readonly verb: string; readonly hashedAs: string },
): string[] {
  const hashes = ruleHashes(hashedAs, bodies.map((body) => `-A ${hashedAs} HASH ${body}`.trimEnd()));
  return bodies.map((body, i) => `${verb} ${name} -m comment --comment "cali:${hashes[i]}" ${body}`.trimEnd());
}

/** Lines of chains that were asked for in this round or the last: most chains stay as they are from one to the next. */
export class ChainMemo {
  #last = new Map<string, readonly string[]>();
  #now = new Map<string, readonly string[]>();

  /** Begins a round. */
  turn(): void {
    this.#last = this.#now;
    this.#now = new Map();
  }

  /** {@link chainLines} of a chain. */
  lines(chain: Chain): readonly string[] {
    const bodies = bodiesOf(chain);
    const key = [chain.name, ...bodies].join("\n");
    const known = this.#now.get(key) ?? this.#last.get(key) ??
      hashedLines(chain.name, bodies, { verb: "-A", hashedAs: chain.name });
    this.#now.set(key, known);
    return known;
  }
}
