/** nftables: rulesets as values, `nft list ruleset` and `nft -f` as their texts. */
export { applyNft } from "./apply.ts";
export { type NftRefusal } from "./managed.ts";
export * from "./changes.ts";
export { parseNftListing, printNftListing } from "./listing.ts";
export { parseRule, parseTypedRule, printRule } from "./rule.ts";
export * from "./types.ts";
export { nftOf, NftRuleset } from "./ruleset.ts";
export { nft } from "./program.ts";
