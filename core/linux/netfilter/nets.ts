import type { Family } from "./address.ts";
import { readNet } from "./readers.ts";
import type { NetTest } from "./rule.ts";

/** Sources and destinations of a command: a rule is made for every pair. */
export type Nets = readonly [readonly (NetTest | undefined)[], readonly (NetTest | undefined)[]];

const ANY_NET: readonly undefined[] = [undefined];

/** What `-s` or `-d` names: one network, or several divided by commas. */
export function netTests(
  given: { text: string; not: boolean } | undefined,
  family: Family,
): readonly (NetTest | undefined)[] {
  if (given === undefined) return ANY_NET;
  if (!given.text.includes(",")) return [netTest(given.text, given.not, family)];
  return given.text.split(",").map((text) => netTest(text, given.not, family));
}

const nets = { 4: new Map<string, NetTest>(), 6: new Map<string, NetTest>() };
const REMEMBERED = 65536;

/** `-s 10.0.0.0/8`; a network of everything is no test unless it is inverted. The same text is read once. */
function netTest(text: string, not: boolean, family: Family): NetTest | undefined {
  const cache = nets[family];
  const key = not ? `!${text}` : text;
  let test = cache.get(key);
  if (test === undefined) {
    test = { ...readNet(text, family), not };
    if (cache.size >= REMEMBERED) cache.clear();
    cache.set(key, test);
  }
  return !not && test.mask.every((word) => word === 0) ? undefined : test;
}
