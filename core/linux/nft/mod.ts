/** nftables: rulesets as values, `nft list ruleset` and `nft -f` as their texts. */
export * from "./apply.ts";
export * from "./changes.ts";
export * from "./listing.ts";
export { parseRule, printRule } from "./rule.ts";
export * from "./types.ts";
