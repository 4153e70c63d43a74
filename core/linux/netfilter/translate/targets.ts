/** Targets in nft's words, in one table. */
import { REJECT as ANSWER } from "../../../../wasm/mod.ts";
import { printWords } from "../address.ts";
import type { LogTarget, NflogTarget } from "../target/log.ts";
import type { ConnmarkTarget, MarkTarget } from "../target/mark.ts";
import type { DnatTarget, MasqueradeTarget, RedirectTarget, SnatTarget } from "../target/nat.ts";
import type { RejectTarget } from "../target/reject.ts";
import type { NfqueueTarget } from "../target/small.ts";
import type { TosTarget } from "../target/tos.ts";
import type { ExtendedTarget, Target } from "../targets.ts";
import { dscpText } from "./small.ts";
import { UNMODELLED_TARGET_WORDS } from "./unmodelled.ts";
import { type Around, hex, joined, layer, span, type Translate } from "./words.ts";

const ALL = 0xffff_ffff;

/** What of a mark is kept and changed: `0x1`, `mark or 0x2`, `mark and 0xfffffffe xor 0x1`. */
function mark({ value, mask }: MarkTarget): string {
  if (mask === ALL) return `${hex(value)} `;
  if (value === 0) return `mark and ${hex(~mask)} `;
  if (mask === value) return `mark or ${hex(value)} `;
  return mask === 0 ? `mark xor ${hex(value)} ` : `mark and ${hex(~mask)} xor ${hex(value)} `;
}

function connmarkSet(value: number, mask: number): string {
  if (mask === ALL) return `${hex(value)} `;
  if (value === 0) return `ct mark and ${hex(~mask)}`;
  if (mask === value) return `ct mark or ${hex(value)}`;
  return mask === 0 ? `ct mark xor ${hex(value)}` : `ct mark xor ${hex(value)} and ${hex(~mask)}`;
}

function connmark({ mode, value, ctmask, nfmask, shift, right }: ConnmarkTarget): string | undefined {
  if (mode !== "set" && ctmask !== nfmask) return undefined;
  const masked = nfmask === ALL ? "" : ` and ${hex(nfmask)}`;
  const text = mode === "set" ? connmarkSet(value, ctmask) : mode === "save" ? `mark${masked}` : `ct mark${masked}`;
  const shifted = shift === 0 ? text : `( ${text} ) ${right ? ">>" : "<<"} ${shift}`;
  return `${mode === "restore" ? "meta" : "ct"} mark set ${shifted}`;
}

type Nat = DnatTarget | SnatTarget | MasqueradeTarget | RedirectTarget;
const VERBS = { DNAT: "dnat", SNAT: "snat", MASQUERADE: "masquerade", REDIRECT: "redirect" } as const;

function nat(t: Nat): string | undefined {
  if (t.ports?.base !== undefined) return undefined;
  const first = t.first && printWords(t.first), last = t.last && printWords(t.last);
  const address = first === undefined ? "" : last === undefined || last === first ? first : `${first}-${last}`;
  const ports = t.ports && `:${span(t.ports.low, t.ports.high)}`;
  const host = ports !== undefined && address.includes(":") ? `[${address}]` : address;
  const flags = [t.random && "random", t.randomFully && "fully-random", t.persistent && "persistent"];
  const to = host + (ports ?? "");
  return joined(VERBS[t.target], to !== "" && `to ${to}`, flags.filter((flag) => flag !== false).join(","));
}

const LEVELS = ["emerg", "alert", "crit", "err", "", "notice", "info", "debug"];
const LOG_FLAGS = { sequence: 1, options: 2, ip: 4, uid: 8, mac: 32 };
const EVERY_FLAG = 0x2f;

function logFlags(flags: number): string {
  if ((flags & EVERY_FLAG) === EVERY_FLAG) return "flags all";
  const tcp = [flags & LOG_FLAGS.sequence && "sequence", flags & LOG_FLAGS.options && "options"].filter((each) => each);
  return joined(
    tcp.length > 0 && `flags tcp ${tcp.join(",")}`,
    (flags & LOG_FLAGS.ip) !== 0 && "flags ip options",
    (flags & LOG_FLAGS.uid) !== 0 && "flags skuid",
    (flags & LOG_FLAGS.mac) !== 0 && "flags ether",
  );
}

function log({ prefix, level, flags }: LogTarget): string {
  const name = LEVELS[level];
  return joined("log", prefix !== "" && `prefix "${prefix}"`, name && `level ${name}`, logFlags(flags));
}

function nflog({ prefix, size, threshold, group }: NflogTarget): string {
  const parts = [
    prefix !== "" && `prefix "${prefix}"`,
    size !== undefined && `snaplen ${size}`,
    threshold !== 1 && `queue-threshold ${threshold}`,
  ];
  return `${joined("log", ...parts, `group ${group}`)} `;
}

function queue({ first, last, bypass, fanout }: NfqueueTarget): string {
  const flags = [bypass && "bypass", fanout && "fanout"].filter((flag) => flag !== false).join(",");
  return `queue num ${span(first, last)} ${flags}`;
}

/** Codes of destination unreachable but the one that goes without saying. */
const REJECTS: Readonly<Record<4 | 6, Readonly<Record<number, string>>>> = {
  4: {
    0: "net-unreachable",
    1: "host-unreachable",
    2: "prot-unreachable",
    9: "net-prohibited",
    10: "host-prohibited",
    13: "admin-prohibited",
  },
  6: { 0: "no-route", 1: "admin-prohibited", 3: "addr-unreachable", 5: "policy-fail", 6: "reject-route" },
};

function reject({ family, answer }: RejectTarget): string {
  if (answer === ANSWER.TCP_RESET) return "reject with tcp reset";
  const code = REJECTS[family][answer];
  return joined("reject", code && `with ${family === 4 ? "icmp" : "icmpv6"} type ${code}`);
}

/** Said of IPv6 in both families, as the translator does; the two low bits of the byte are no DSCP. */
function tos({ value, mask }: TosTarget): string {
  const own = "ip6 dscp";
  const bits = (number: number) => dscpText((number & 0xff) >> 2);
  if (mask === 0xff || mask === 0x3f) return `${own} set ${bits(value)}`;
  if (value === 0) return `${own} set ${own} and ${bits(~mask)}`;
  if (value === mask) return `${own} set ${own} or ${bits(value)}`;
  if (mask === 0) return `${own} set ${own} xor ${bits(value)}`;
  return `${own} set ${own} and ${bits(~mask)} xor ${bits(value)}`;
}

function priority(number: number): string {
  if (number === 0) return "none";
  return number === ALL ? "root" : `${(number >>> 16).toString(16)}:${(number & 0xffff).toString(16)}`;
}

/** By name; targets that stand here not have no words. */
const TARGETS: { readonly [T in ExtendedTarget["target"]]?: Translate<Extract<ExtendedTarget, { target: T }>> } = {
  REJECT: reject,
  DNAT: nat,
  SNAT: nat,
  MASQUERADE: nat,
  REDIRECT: nat,
  MARK: (t) => `meta mark set ${mark(t)}`,
  CONNMARK: connmark,
  CT: ({ notrack }) => notrack ? "notrack" : undefined,
  NOTRACK: () => "notrack",
  LOG: log,
  NFLOG: nflog,
  NFQUEUE: queue,
  TRACE: () => "nftrace set 1",
  DSCP: ({ value }, { family }) => `${layer(family)} dscp set ${dscpText(value)}`,
  TOS: tos,
  TCPMSS: ({ mss }) => `tcp option maxseg size set ${mss ?? "rt mtu"}`,
  CLASSIFY: (t) => `meta priority set ${priority(t.priority)}`,
  unmodelled: (t, around) => UNMODELLED_TARGET_WORDS[t.name]?.(t, around),
};

/** The words for a target, verdicts and jumps included; undefined where there are none. */
export function translateTarget(target: Target, around: Around): string | undefined {
  switch (target.target) {
    case "ACCEPT":
    case "DROP":
    case "RETURN":
      return target.target.toLowerCase();
    case "QUEUE":
      return undefined;
    case "jump":
      return `${target.goto ? "goto" : "jump"} ${target.chain}`;
    default:
      return (TARGETS[target.target] as Translate<ExtendedTarget> | undefined)?.(target, around);
  }
}
