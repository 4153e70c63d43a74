/** A rule as iptables-translate 1.8.9 says it to nft. */
import type { Match } from "../matches.ts";
import { protocolName } from "../names.ts";
import type { Rule } from "../rule.ts";
import type { Family } from "../address.ts";
import { deviceWords, netWords, protoWords } from "./base.ts";
import { translateMatch } from "./matches.ts";
import { translateTarget } from "./targets.ts";
import { connlimit, connlimitSet } from "./tracked.ts";

/** The words of a rule, and the sets it needs to be there. */
export interface Translated {
  readonly rule: string;
  readonly sets: readonly string[];
}

/** Counts the sets that translations name. */
export interface SetNumbers {
  next: number;
}

/** Conditions as the translator has them: the protocol is not said where its own match follows. */
function base({ in: input, out, fragment, proto, src, dst, matches }: Rule, family: Family): (string | undefined)[] {
  const own = proto !== undefined && matches.some((match) => nameOf(match) === protocolName(proto.number));
  return [
    deviceWords("iifname", input),
    deviceWords("oifname", out),
    fragment && `ip frag-off & 0x1fff ${fragment.not ? "" : "!= "}0`,
    own ? undefined : protoWords(family === 4 ? "ip protocol" : "meta l4proto", proto),
    netWords("saddr", src, family),
    netWords("daddr", dst, family),
  ];
}

function nameOf(match: Match): string {
  return match.match === "unmodelled" ? match.name : match.match;
}

/** A text that pieces are put to: with a blank between, unless a piece brings its own. */
class Line {
  text = "";

  add(piece: string): void {
    const blank = this.text === "" || this.text.endsWith(" ") || piece === "" || piece.startsWith(" ");
    this.text += blank ? piece : ` ${piece}`;
  }
}

/** A rule's words from its conditions to its comment; undefined where a match or the target has none. */
export function translateRule(rule: Rule, family: Family, numbers: SetNumbers): Translated | undefined {
  const line = new Line(), sets: string[] = [];
  const around = { family, proto: rule.proto?.number ?? 0 };
  for (const piece of base(rule, family)) if (piece !== undefined) line.add(`${piece} `);
  for (const match of rule.matches) {
    const limit = match.match === "connlimit" ? match : undefined;
    const words = limit === undefined ? translateMatch(match, around) : connlimit(limit, numbers.next);
    if (words === undefined) return undefined;
    if (limit !== undefined) sets.push(connlimitSet(numbers.next++));
    line.add(words);
  }
  line.add("counter");
  if (rule.target !== undefined) {
    const words = translateTarget(rule.target, around);
    if (words === undefined) return undefined;
    line.add(words);
  }
  const comment = rule.matches.findLast((match) => match.match === "comment");
  if (comment?.match === "comment") line.add(` comment "${comment.comment}"`);
  return { rule: line.text.trimEnd(), sets };
}
