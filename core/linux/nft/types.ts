/**
 * A ruleset of nftables as a value: tables with sets, maps and chains, as `nft list ruleset` shows them.
 * Numbers are numbers, names are names; what a rule says and we do not understand stays as its words ({@link NftText}).
 */

/** Families of tables, by the words nft has for them. */
export const NFT_FAMILIES = ["ip", "ip6", "inet", "arp", "bridge", "netdev"] as const;

/** One of {@link NFT_FAMILIES}. */
export type NftFamily = (typeof NFT_FAMILIES)[number];

/** One table. Objects stand in the order nft lists them: others, then sets and maps, then chains; each kind in order of creation. */
export interface NftTable {
  readonly family: NftFamily;
  readonly name: string;
  readonly flags: readonly string[];
  readonly comment?: string;
  readonly others: readonly NftOther[];
  readonly sets: readonly NftSet[];
  readonly chains: readonly NftChain[];
}

/** An object we only carry (`counter`, `quota`, `flowtable` ...): its first line without the brace, and its lines. */
export interface NftOther {
  readonly head: string;
  readonly lines: readonly string[];
}

/** A set, or a map where `value` is given. */
export interface NftSet {
  readonly name: string;
  /** The key's types in order (`ipv4_addr`, `inet_service`), or its expressions where `typeof` is true. */
  readonly key: readonly string[];
  /** What a map maps to: types in order, or `["verdict"]`. */
  readonly value?: readonly string[];
  readonly typeof?: boolean;
  readonly policy?: string;
  readonly size?: number;
  readonly flags: readonly string[];
  readonly autoMerge?: boolean;
  readonly counter?: boolean;
  /** Milliseconds, as every time here. */
  readonly timeout?: number;
  readonly gcInterval?: number;
  readonly comment?: string;
  readonly elements: readonly NftElement[];
}

/** One element: the parts of its key, and in maps what they map to. */
export interface NftElement {
  readonly key: readonly string[];
  readonly counter?: NftCount;
  readonly timeout?: number;
  readonly expires?: number;
  readonly comment?: string;
  readonly value?: NftVerdict | readonly string[];
}

/** A chain; with `hook` a base chain. */
export interface NftChain {
  readonly name: string;
  readonly comment?: string;
  readonly hook?: NftHook;
  readonly rules: readonly NftRule[];
}

/** Where a base chain stands. */
export interface NftHook {
  readonly type: string;
  readonly hook: string;
  readonly device?: string;
  readonly priority: number;
  readonly policy: string;
}

/** A rule: its statements from left to right. */
export interface NftRule {
  readonly statements: readonly NftStatement[];
  readonly comment?: string;
}

/** What ends or redirects a walk through rules. */
export type NftVerdict =
  | { readonly kind: "accept" | "drop" | "continue" | "return" }
  | { readonly kind: "jump" | "goto"; readonly chain: string };

/** Counted packets and bytes. */
export interface NftCount {
  readonly packets: number;
  readonly bytes: number;
}

/**
 * What a packet is asked for: `ip saddr`, `meta l4proto`, `fib saddr type`, `jhash ip saddr mod 4`, `numgen random mod 3` (drawn) or
 * `numgen inc mod 3 offset 1` (counted). Several together are a concatenation.
 */
export type NftSelectors = readonly string[];

/** What a packet's value is held against: a named set, one value, or an anonymous set. */
export type NftOperand =
  | { readonly set: string }
  | { readonly value: string }
  | { readonly values: readonly string[] };

/** One statement of a rule. */
export type NftStatement =
  | NftMatch
  | NftVmap
  | NftAssign
  | NftNat
  | NftLimit
  | NftLog
  | { readonly kind: "reject"; readonly with?: string }
  | NftSetUpdate
  | ({ readonly kind: "counter" } & NftCount)
  | { readonly kind: "verdict"; readonly verdict: NftVerdict }
  | { readonly kind: "notrack" }
  | NftExtension
  | NftText;

/** Holds a packet's value, masked with `mask` where given, against something. */
export interface NftMatch {
  readonly kind: "match";
  readonly selectors: NftSelectors;
  /** As wide as the value: a bigint for an address of IPv6. */
  readonly mask?: number | bigint;
  readonly not: boolean;
  /** Greater and less; `==` where flags are meant to be these and no others. */
  readonly op?: "<" | ">" | "<=" | ">=" | "==";
  readonly against: NftOperand;
}

/** Looks a verdict up, in a named map or in cases that stand in the rule. */
export interface NftVmap {
  readonly kind: "vmap";
  readonly by: NftSelectors;
  readonly map: string | readonly { readonly key: string; readonly verdict: NftVerdict }[];
}

/** Looks values up, in a named map or in cases that stand in the rule. */
export interface NftLookup {
  readonly by: NftSelectors;
  readonly map: string | readonly { readonly key: string; readonly value: readonly string[] }[];
}

/** `meta mark set ...`: a value, another selector's, itself with a number, or one looked up. */
export interface NftAssign {
  readonly kind: "assign";
  /** `meta mark`, `ct mark`, `ip ttl`, `ip dscp`, `meta priority`, `meta nftrace`, `tcp option maxseg size` ... */
  readonly target: string;
  /** A selector, which may stand first. */
  readonly of?: string;
  /** What it is combined with, one after the other. */
  readonly then: readonly { readonly op: "=" | "|" | "&" | "^"; readonly value: string }[];
  readonly lookup?: NftLookup;
}

/** DNAT, SNAT, MASQUERADE, REDIRECT. */
export interface NftNat {
  readonly kind: "nat";
  readonly verb: "dnat" | "snat" | "masquerade" | "redirect";
  /** Said where it cannot be told from the table, or where an address and a port are looked up. */
  readonly family?: "ip" | "ip6";
  readonly address?: string;
  readonly lastAddress?: string;
  readonly port?: number;
  readonly lastPort?: number;
  readonly lookup?: NftLookup;
  /** `random`, `fully-random`, `persistent`. */
  readonly flags: readonly string[];
}

/** `limit rate [over] N/UNIT [burst N packets]`, or bytes. */
export interface NftLimit {
  readonly kind: "limit";
  readonly over: boolean;
  readonly rate: number;
  /** `packets` are not said. */
  readonly of: "packets" | "bytes" | "kbytes" | "mbytes";
  readonly per: "second" | "minute" | "hour" | "day" | "week";
  readonly burst: number;
  readonly burstOf: "packets" | "bytes" | "kbytes" | "mbytes";
}

/** `log [prefix "TEXT"] [level NAME] [group N ...] [flags ...]` */
export interface NftLog {
  readonly kind: "log";
  readonly prefix?: string;
  readonly level?: string;
  /** The words behind, as they are. */
  readonly more: readonly string[];
}

/** Puts a packet's value into a dynamic set, or takes it out. */
export interface NftSetUpdate {
  readonly kind: "set";
  readonly verb: "add" | "update" | "delete";
  readonly set: string;
  readonly selectors: NftSelectors;
  /** Milliseconds. */
  readonly timeout?: number;
  /** `counter`, `limit rate 5/second` ... for every element. */
  readonly more?: string;
}

/** A match or target of xtables that iptables-nft put into a rule: listed in libxtables' words, or as `xt match NAME`. */
export interface NftExtension {
  readonly kind: "xt";
  readonly type: "match" | "target";
  readonly name: string;
  readonly text: string;
}

/** Words of a statement we carry without knowing what they do. */
export interface NftText {
  readonly kind: "text";
  readonly words: readonly string[];
}
