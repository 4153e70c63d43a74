/** Statements that begin with a word of their own. */
import { readSelectors } from "./selectors.ts";
import { parseNftTime } from "./time.ts";
import type { NftLimit, NftLog, NftSetUpdate, NftStatement } from "./types.ts";
import type { WordReader } from "./words.ts";

function readNumber(words: WordReader): number {
  if (!/^(0x[0-9a-f]+|\d+)$/.test(words.next ?? "")) words.unexpected("number");
  return Number(words.take());
}

/** `counter [packets N bytes N]` */
export function readCounter(words: WordReader): NftStatement | undefined {
  if (!words.skip("counter")) return undefined;
  if (!words.skip("packets")) return { kind: "counter", packets: 0, bytes: 0 };
  const packets = readNumber(words);
  if (!words.skip("bytes")) words.unexpected("bytes");
  return { kind: "counter", packets, bytes: readNumber(words) };
}

const RATE = /^(\d+)?\/(second|minute|hour|day|week)$/;
const UNITS = ["bytes", "kbytes", "mbytes", "packets"] as const;

/** `limit rate [over] 10/second [burst 5 packets]`, `limit rate 1 mbytes/second [burst 5 kbytes]` */
export function readLimit(words: WordReader): NftLimit | undefined {
  if (!words.skip("limit rate")) return undefined;
  const over = words.skip("over");
  if (!over) words.skip("until");
  const first = words.take();
  const whole = RATE.exec(first);
  const [unit, per] = whole === null ? words.take().split("/") : ["packets", whole[2]];
  const of = UNITS.find((each) => each === unit);
  if (of === undefined || per === undefined) words.unexpected();
  const burst = words.skip("burst") ? readNumber(words) : undefined;
  const burstOf = burst === undefined ? undefined : UNITS.find((each) => words.skip(each)) ?? "packets";
  return {
    kind: "limit",
    over,
    rate: Number(whole === null ? first : whole[1]),
    of,
    per: per as NftLimit["per"],
    burst: burst ?? (of === "packets" ? 5 : 0),
    burstOf: burstOf ?? of,
  };
}

const LOG_WORDS = ["group", "snaplen", "queue-threshold", "flags"];

/** `log [prefix "TEXT"] [level NAME] [group N [snaplen N] [queue-threshold N]] [flags ...]`; level warn goes without saying. */
export function readLog(words: WordReader): NftLog | undefined {
  if (!words.skip("log")) return undefined;
  let [prefix, level]: [string?, string?] = [];
  const more: string[] = [];
  for (;;) {
    if (words.skip("prefix")) prefix = words.take().replaceAll('"', "");
    else if (words.skip("level")) level = words.take();
    else if (LOG_WORDS.includes(words.next ?? "")) {
      const word = words.take();
      let value = words.take();
      if (word === "flags" && (value === "tcp" || value === "ip")) value += ` ${words.take()}`;
      while (word === "flags" && words.skip(",")) value += `,${words.take()}`;
      more.push(`${word} ${value}`);
    } else break;
  }
  const shown = level === undefined || level === "warn" ? {} : { level };
  return { kind: "log", ...(prefix === undefined ? {} : { prefix }), ...shown, more };
}

/** `reject [with (icmp | icmpv6 | icmpx) [type] CODE | tcp reset]`; the family's port-unreachable goes without saying. */
export function readReject(words: WordReader): NftStatement | undefined {
  if (!words.skip("reject")) return undefined;
  if (!words.skip("with")) return { kind: "reject" };
  const kind = words.take();
  words.skip("type");
  return { kind: "reject", with: `${kind} ${words.take()}` };
}

const PER_ELEMENT = ["counter", "limit", "quota", "ct", "comment"];

/** `(add | update | delete) @SET { SELECTORS [timeout TIME] ... }`, or the older `set add SELECTORS @SET` */
export function readSetUpdate(words: WordReader): NftSetUpdate | undefined {
  const old = words.skip("set");
  const verb = (["add", "update", "delete"] as const).find((each) => words.skip(each));
  if (verb === undefined) return undefined;
  if (old) {
    const selectors = words.attempt(readSelectors) ?? words.unexpected();
    return { kind: "set", verb, set: words.take().slice(1), selectors };
  }
  if (!words.next?.startsWith("@")) return undefined;
  const set = words.take().slice(1);
  if (!words.skip("{")) words.unexpected("'{'");
  const selectors = words.attempt(readSelectors) ?? words.unexpected();
  const timeout = words.skip("timeout") ? parseNftTime(words.take()) : undefined;
  const more: string[] = [];
  if (PER_ELEMENT.includes(words.next ?? "")) { while (!words.done && words.next !== "}") more.push(words.take()); }
  if (!words.skip("}")) words.unexpected("'}'");
  return {
    kind: "set",
    verb,
    set,
    selectors,
    ...(timeout === undefined ? {} : { timeout }),
    ...(more.length === 0 ? {} : { more: more.join(" ") }),
  };
}

/** Statements that are read and listed, and do nothing to packets here. */
const CARRIED: readonly RegExp[] = [
  /^queue( flags \S+)?( (num|to) \d+(-\d+)?)?( bypass , fanout| bypass| fanout)?/,
  /^quota (over |until )?\d+ (bytes|kbytes|mbytes)( used \d+ (bytes|kbytes|mbytes))?/,
  /^ct count (over )?\d+/,
  /^(counter|quota|limit) name \S+/,
  /^flow add @\S+/,
  /^dup to \S+( device \S+)?/,
  /^fwd to \S+/,
  /^tproxy( ip| ip6)? to \S+/,
  /^synproxy( mss \d+)?( wscale \d+)?( timestamp)?( sack-perm)?/,
  /^(tcp|ip|sctp) option \S+( \S+)? (exists|missing|\d+)/,
  /^meter \S+ (size \d+ )?\{ [^}]* \}/,
  /^xt (match|target) \S+/,
];

/** The words of a carried statement. */
export function readCarried(words: WordReader): NftStatement | undefined {
  const rest = words.words.slice(words.at, words.at + 16).join(" ");
  const [text] = CARRIED.map((pattern) => pattern.exec(rest)?.[0]).filter((found) =>
    found !== undefined && found !== ""
  );
  if (text === undefined) return undefined;
  const taken = text.split(" ").map(() => words.take());
  return { kind: "text", words: taken };
}
