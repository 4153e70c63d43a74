/** Small words to write rules with: what kube-proxy says in nft, as values. */
import type { NftOperand, NftRule, NftSelectors, NftStatement, NftVerdict } from "../../../linux/mod.ts";
import type { LocalTraffic, ServiceView } from "../view.ts";

/** `ip` or `ip6`. */
export function ipOf(view: ServiceView): "ip" | "ip6" {
  return view.family === 4 ? "ip" : "ip6";
}

/** A rule of these statements. */
export function rule(...statements: readonly NftStatement[]): NftRule {
  return { statements };
}

/** The rule with a comment. */
export function commented(from: NftRule, comment: string): NftRule {
  return { ...from, comment };
}

/** Holds for a packet whose value is, or with `not` is not, this. */
export function match(selectors: NftSelectors, against: NftOperand, not = false): NftStatement {
  return { kind: "match", selectors, not, against };
}

/** Holds for a packet whose value is in a named set. */
export function inSet(selectors: NftSelectors, set: string): NftStatement {
  return match(selectors, { set });
}

/** Looks a packet's value up in a named verdict map. */
export function lookup(by: NftSelectors, map: string): NftStatement {
  return { kind: "vmap", by, map };
}

/** A verdict as a statement; `jump` and `goto` name their chain. */
export function verdict(...[kind, chain]: ["drop"] | ["jump" | "goto", string]): NftStatement {
  return { kind: "verdict", verdict: kind === "drop" ? { kind } : { kind, chain: chain as string } };
}

/** `goto CHAIN` of a map's element. */
export function goto(chain: string): NftVerdict {
  return { kind: "goto", chain };
}

/** Combines a packet's mark with a number. */
export function changeMark(op: "|" | "^", mark: number): NftStatement {
  const value = `0x${mark.toString(16).padStart(8, "0")}`;
  return { kind: "assign", target: "meta mark", of: "meta mark", then: [{ op, value }] };
}

/** Marks a packet for masquerading. */
export function markForMasquerade(view: ServiceView): NftStatement {
  return changeMark("|", view.masqueradeMark);
}

/** Holds for packets of this node's or the cluster's pods; with `not` for all others. */
export function ifLocal(local: LocalTraffic, view: ServiceView, not = false): NftStatement {
  if (local.by === "source") return match([`${ipOf(view)} saddr`], { value: local.cidr }, not);
  return match(["iifname"], { value: `"${local.pattern.replace(/\+$/, "*")}"` }, not);
}

/** Protocol and destination port, whatever the transport. */
export const PROTOCOL_AND_PORT: NftSelectors = ["meta l4proto", "th dport"];
