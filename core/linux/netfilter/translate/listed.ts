/**
 * A rule as nft 1.0.6 lists what iptables-nft 1.8.9 wrote: expressions of nftables for addresses, devices, protocols, ports of TCP and
 * UDP, marks, limits and verdicts; everything else is an extension of xtables in a shell, which nft shows in libxtables' words,
 * or by its name.
 */
import type { Count } from "../../../../wasm/mod.ts";
import { parseRule } from "../../nft/rule.ts";
import type { NftRule, NftStatement } from "../../nft/types.ts";
import type { Family } from "../address.ts";
import { type Match, matchExtension } from "../matches.ts";
import type { MarkMatch } from "../match/mark.ts";
import type { Ports } from "../match/ports.ts";
import type { TcpMatch } from "../match/tcp.ts";
import type { UdpMatch } from "../match/udp.ts";
import type { DeviceTest, Rule } from "../rule.ts";
import { type Target, targetName } from "../targets.ts";
import { deviceWords, netWords, protoWords } from "./base.ts";
import { translateMatch } from "./matches.ts";
import { flagNames, isAny } from "./ports.ts";
import { limit } from "./small.ts";
import { translateTarget } from "./targets.ts";
import { type Around, span, unequal } from "./words.ts";

/** A statement of a listing: one of nftables' own by its words, or an extension. */
type Piece = { readonly own: string } | Extract<NftStatement, { kind: "xt" }>;

/** A rule's statements before and behind its counter. */
interface Sides {
  readonly before: readonly NftStatement[];
  readonly behind: readonly NftStatement[];
}

/** Rules are values: what they say is found out once. */
const known: Readonly<Record<Family, WeakMap<Rule, Sides>>> = { 4: new WeakMap(), 6: new WeakMap() };

/** The rule with what it has counted. */
export function listedRule(rule: Rule, family: Family, { packets, bytes }: Count): NftRule {
  const sides = known[family].get(rule) ?? sidesOf(rule, family);
  known[family].set(rule, sides);
  return { statements: [...sides.before, { kind: "counter", packets, bytes }, ...sides.behind] };
}

function sidesOf(rule: Rule, family: Family): Sides {
  const around = { family, proto: rule.proto?.number ?? 0 };
  const matches = rule.matches.flatMap((match) => matchPieces(match, around));
  const conditions = [
    impliesProto(matches) ? undefined : protoWords("meta l4proto", rule.proto),
    netWords("saddr", rule.src, family),
    netWords("daddr", rule.dst, family),
    rule.fragment && `ip frag-off & 8191 ${rule.fragment.not ? "==" : "!="} 0`,
  ];
  const before = [
    ...device("iifname", rule.in),
    ...device("oifname", rule.out),
    ...conditions.flatMap((own) => own === undefined ? [] : ownStatements(own)),
    ...matches.flatMap((piece) => "own" in piece ? ownStatements(piece.own) : [piece]),
  ];
  return { before, behind: rule.target === undefined ? [] : targetStatements(rule.target, around) };
}

/** A device's name is said as it is, one that no device has too. */
function device(selector: "iifname" | "oifname", test: DeviceTest | undefined): readonly NftStatement[] {
  const words = deviceWords(selector, test);
  if (words === undefined) return [];
  const [, not, value = ""] = /^\w+ (!= )?(".*")$/.exec(words) ?? [];
  return [{ kind: "match", selectors: [selector], not: not !== undefined, against: { value } }];
}

/** One value, compared: most of what rules say. */
const PLAIN = /^(ip6? [sd]addr|meta l4proto|(?:tcp|udp) [sd]port) (?:(!=|<=|>) )?(\S+)$/;

function ownStatements(words: string): readonly NftStatement[] {
  const [, selector, op, value = ""] = PLAIN.exec(words) ?? [];
  if (selector === undefined) return words === "" ? [] : parseRule(words).statements;
  const more = op === "<=" || op === ">" ? { op } as const : {};
  return [{ kind: "match", selectors: [selector], not: op === "!=", ...more, against: { value } }];
}

/** A port or flag of a protocol says the protocol, unless an extension or a limit stands between. */
function impliesProto(pieces: readonly Piece[]): boolean {
  const first = pieces.findIndex((piece) => !("own" in piece) || !piece.own.startsWith("meta mark "));
  const piece = pieces[first];
  return piece !== undefined && "own" in piece && /^(tcp|udp) /.test(piece.own);
}

/** Older names of extensions that are others in the kernel. */
const KERNEL_NAMES: Readonly<Record<string, string>> = { state: "conntrack", NOTRACK: "CT" };

function matchPieces(match: Match, around: Around): readonly Piece[] {
  const own = ownWords(match, around);
  if (own !== undefined) return own.map((words) => ({ own: words }));
  const name = KERNEL_NAMES[matchExtension(match).name] ?? matchExtension(match).name;
  const text = translateMatch(match, around)?.trimEnd() ?? `xt match ${name}`;
  return [{ kind: "xt", type: "match", name, text }];
}

/** The expressions iptables-nft writes for a match; undefined where it writes the extension. */
function ownWords(match: Match, around: Around): readonly string[] | undefined {
  switch (match.match) {
    case "tcp":
      return tcpWords(match);
    case "udp":
      return udpWords(match);
    case "mark":
      return [markWords(match)];
    case "limit":
      return [limit(match, around)?.replace(/ burst [05] packets$/, "") ?? ""];
    default:
      return undefined;
  }
}

const isSaid = (ports: Ports) => !isAny(ports) || ports.not;

function tcpWords({ sport, dport, flags, option }: TcpMatch): readonly string[] | undefined {
  const bits = flags !== undefined && (flags.mask !== 0 || flags.not);
  if (option !== undefined || (!isSaid(sport) && !isSaid(dport) && !bits)) return undefined;
  return [...(flags ? flagWords(flags) : []), ...portWords("tcp sport", sport), ...portWords("tcp dport", dport)];
}

function udpWords({ sport, dport }: UdpMatch): readonly string[] | undefined {
  if (!isSaid(sport) && !isSaid(dport)) return undefined;
  return [...portWords("udp sport", sport), ...portWords("udp dport", dport)];
}

/** A range from 0 is a comparison; one of all ports is nothing, inverted too. */
function portWords(selector: string, ports: Ports): readonly string[] {
  const { low, high, not } = ports;
  if (isAny(ports)) return [];
  if (low === 0 && high > 0) return [`${selector} ${not ? ">" : "<="} ${high}`];
  return [`${selector} ${unequal(not)}${span(low, high)}`];
}

function flagWords({ mask, set, not }: NonNullable<TcpMatch["flags"]>): readonly string[] {
  if (mask === 0) return [];
  const [wanted, masked] = [flagNames(set), flagNames(mask)];
  if (set === 0) return [`tcp flags ${not ? "" : "! "}${masked}`];
  const single = (mask & (mask - 1)) === 0 && mask === set;
  return [
    single ? `tcp flags & ${masked} ${not ? "!=" : "=="} ${wanted}` : `tcp flags ${unequal(not)}${wanted} / ${masked}`,
  ];
}

const long = (mark: number) => `0x${mark.toString(16).padStart(8, "0")}`;

/** A mask of the highest bits is a prefix. */
function markWords({ value, mask, not }: MarkMatch): string {
  if (mask === 0xffff_ffff) return `meta mark ${unequal(not)}${long(value)}`;
  const length = Math.clz32(~mask);
  if (((mask << length) >>> 0) === 0) return `meta mark ${unequal(not)}${long(value)}/${length}`;
  return `meta mark & ${long(mask)} ${not ? "!=" : "=="} ${long(value)}`;
}

function targetStatements(target: Target, around: Around): readonly NftStatement[] {
  switch (target.target) {
    case "TRACE":
      return ownStatements("meta nftrace set 1");
    case "NFLOG": {
      const { prefix, group, size, threshold } = target;
      return [{
        kind: "log",
        ...(prefix === "" ? {} : { prefix }),
        more: [
          `group ${group}`,
          ...(size === undefined ? [] : [`snaplen ${size}`]),
          ...(threshold === 1 ? [] : [`queue-threshold ${threshold}`]),
        ],
      }];
    }
    case "ACCEPT":
    case "DROP":
    case "RETURN":
    case "jump":
      return ownStatements(translateTarget(target, around) ?? "");
    default: {
      const name = KERNEL_NAMES[targetName(target)] ?? targetName(target);
      const text = translateTarget(target, around)?.trimEnd() ?? `xt target ${name}`;
      return [{ kind: "xt", type: "target", name, text }];
    }
  }
}
