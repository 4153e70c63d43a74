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

/** What a packet is asked for: `ip saddr`, `meta l4proto`, `fib saddr type`. Several together are a concatenation. */
export type NftSelectors = readonly string[];

/** A number drawn (`random`) or counted (`inc`) below `mod`, plus `offset`. */
export interface NftNumgen {
  readonly mode: "random" | "inc";
  readonly mod: number;
  readonly offset: number;
}

/** What a packet's value is held against: a named set, one value, or an anonymous set. */
export type NftOperand =
  | { readonly set: string }
  | { readonly value: string }
  | { readonly values: readonly string[] };

/** One statement of a rule. */
export type NftStatement =
  | NftMatch
  | NftVmap
  | { readonly kind: "mark"; readonly op: "=" | "|" | "&" | "^"; readonly value: number }
  | { readonly kind: "dnat"; readonly address: string; readonly port?: number }
  | NftDnatMap
  | { readonly kind: "masquerade"; readonly fullyRandom: boolean }
  | { readonly kind: "reject"; readonly with?: string }
  | NftSetUpdate
  | ({ readonly kind: "counter" } & NftCount)
  | { readonly kind: "verdict"; readonly verdict: NftVerdict }
  | NftText;

/** Holds a packet's value, masked with `mask` where given, against something. */
export interface NftMatch {
  readonly kind: "match";
  readonly selectors: NftSelectors;
  readonly mask?: number;
  readonly not: boolean;
  readonly against: NftOperand;
}

/** Looks a verdict up, in a named map or in cases that stand in the rule. */
export interface NftVmap {
  readonly kind: "vmap";
  readonly by: NftSelectors | NftNumgen;
  readonly map: string | readonly { readonly key: string; readonly verdict: NftVerdict }[];
}

/** DNAT to a drawn address and port. */
export interface NftDnatMap {
  readonly kind: "dnat map";
  readonly family: "ip" | "ip6";
  readonly by: NftNumgen;
  readonly choices: readonly { readonly key: string; readonly address: string; readonly port: number }[];
}

/** Puts a packet's value into a dynamic set, or takes it out. */
export interface NftSetUpdate {
  readonly kind: "set";
  readonly verb: "add" | "update" | "delete";
  readonly set: string;
  readonly selectors: NftSelectors;
}

/** Words of a statement we carry without knowing what they do. */
export interface NftText {
  readonly kind: "text";
  readonly words: readonly string[];
}
