/**
 * One rule of a policy as iptables rules. Where iptables' one match of a kind is too little (more ports than a multiport
 * holds, several addresses, addresses and exceptions), blocks of rules go before the rule itself:
 *
 *     start       the bit "all blocks" is set as the first block needs it
 *     a block     its rules set "all blocks" (first block) or "this block" (later ones, and then "all blocks" is cleared without it)
 *     exceptions  clear "all blocks"
 *     the rule    asks for "all blocks", and does what it is there for
 */
import { type Family, setName } from "./names.ts";
import type { Entity, FelixRule, PortSpan } from "./model.ts";
import { namedPortSet, selectorSet } from "./sets.ts";
import { type ChainRule, clearMark, MARK, markClear, markSet, maskedMark, setMark } from "./rule_text.ts";

type Side = "source" | "destination";
const SHORT: Readonly<Record<Side, "src" | "dst">> = { source: "src", destination: "dst" };
/** Ports that a multiport match holds; a range takes two. */
const SLOTS = 15;
/** As many characters as iptables takes before a log line. */
const LOG_PREFIX = 29;
const CATCH_ALL = ["0.0.0.0/0", "::/0"];

/** How rules are written. */
export interface RuleOptions {
  readonly family: Family;
  /** Before what a Log action writes. */
  readonly logPrefix: string;
}

/** The rules of a policy or profile in one direction; its name stands in the first one's comment. */
export function policyChainRules(rules: readonly FelixRule[], comment: string, options: RuleOptions): ChainRule[] {
  const all = rules.flatMap((rule) => ruleLines(rule, options));
  while (all.at(-1)?.action === "--jump RETURN") all.pop();
  return [{ ...all[0], comment }, ...all.slice(1)];
}

/** A rule's sides with the addresses of a family only; undefined where nothing of them is left. */
function ofFamily(rule: FelixRule, family: Family): FelixRule | undefined {
  if (rule.family !== undefined && rule.family !== family) return undefined;
  const own = (cidr: string) => cidr.includes(":") === (family === 6);
  const gone = (nets: readonly string[]) => nets.length > 0 && !nets.some(own);
  const sides = [rule.source, rule.destination];
  if (sides.some(({ nets, notNets }) => gone(nets) || gone(notNets))) return undefined;
  if (sides.some(({ notNets }) => notNets.some((net) => CATCH_ALL.includes(net) && own(net)))) return undefined;
  const filtered = (side: Entity) => ({ ...side, nets: side.nets.filter(own), notNets: side.notNets.filter(own) });
  return { ...rule, source: filtered(rule.source), destination: filtered(rule.destination) };
}

function ruleLines(whole: FelixRule, { family, logPrefix }: RuleOptions): ChainRule[] {
  const rule = ofFamily(whole, family);
  if (rule === undefined) return [];
  const blocks = new Blocks(rule, family);
  const match = [
    protocolMatch(rule),
    ...blocks.rest("source"),
    ...blocks.rest("destination"),
    icmpMatch(rule, family),
    rule.notProtocol === undefined ? "" : `! -p ${rule.notProtocol}`,
    ...blocks.negated(),
  ];
  if (blocks.rules.length > 0) match.push(markSet(MARK.scratch0));
  return [...blocks.rules, ...actions(rule, match.filter((part) => part !== "").join(" "), logPrefix)];
}

function actions({ action }: FelixRule, match: string, logPrefix: string): ChainRule[] {
  const matched = match === "" ? {} : { match };
  switch (action) {
    case "allow":
      return [{ ...matched, action: setMark(MARK.accept) }, { match: markSet(MARK.accept), action: "--jump RETURN" }];
    case "pass":
      return [{ ...matched, action: setMark(MARK.pass) }, { match: markSet(MARK.pass), action: "--jump RETURN" }];
    case "deny":
      return [{ ...matched, action: setMark(MARK.drop) }, { match: markSet(MARK.drop), action: "--jump DROP" }];
    case "log":
      return [{
        ...matched,
        action: `--jump LOG --log-prefix "${`${logPrefix}: `.slice(0, LOG_PREFIX)}" --log-level 5`,
      }];
  }
}

function protocolMatch({ protocol }: FelixRule): string {
  return protocol === undefined ? "" : `-p ${protocol}`;
}

function icmpMatch({ icmp }: FelixRule, family: Family): string {
  if (icmp === undefined) return "";
  const what = icmp.code === undefined ? `${icmp.type}` : `${icmp.type}/${icmp.code}`;
  return family === 4 ? `-m icmp --icmp-type ${what}` : `-m icmp6 --icmpv6-type ${what}`;
}

/** The blocks of one rule, and what of its sides they leave to the rule itself. */
class Blocks {
  readonly rules: ChainRule[] = [];
  readonly #rule: FelixRule;
  readonly #family: Family;
  readonly #inBlocks = new Set<string>();
  #positive = false;

  constructor(rule: FelixRule, family: Family) {
    this.#rule = rule;
    this.#family = family;
    for (const side of ["source", "destination"] as const) this.#ports(side);
    for (const side of ["source", "destination"] as const) this.#nets(side);
    for (const side of ["source", "destination"] as const) this.#exceptions(side);
  }

  /** Matches of a side that stand in the rule itself: addresses, sets, ports. */
  rest(side: Side): string[] {
    const { nets, ports } = this.#rule[side];
    const [split = ""] = this.#inBlocks.has(`${side} ports`) ? [] : portSplits(side, ports);
    const named = this.#inBlocks.has(`${side} ports`) ? [] : this.#namedPorts(side);
    return [
      ...this.#inBlocks.has(`${side} nets`) ? [] : nets.map((net) => `--${side} ${net}`),
      ...this.#selector(side),
      split,
      ...named,
    ];
  }

  negated(): string[] {
    return (["source", "destination"] as const).flatMap((side) => {
      const { notNets, notSelector, notPorts } = this.#rule[side];
      return [
        ...this.#inBlocks.has(`${side} exceptions`) ? [] : notNets.map((net) => `! --${side} ${net}`),
        ...notSelector === undefined
          ? []
          : [`-m set ! --match-set ${setName(selectorSet(notSelector).id, this.#family)} ${SHORT[side]}`],
        ...portSplits(side, notPorts).map((split) => split.replace("--", "! --")),
      ];
    });
  }

  /** The selector's set; named ports have the selector in theirs. */
  #selector(side: Side): string[] {
    const { selector, ports, namedPorts } = this.#rule[side];
    if (selector === undefined || (namedPorts.length > 0 && ports.length === 0)) return [];
    return [`-m set --match-set ${setName(selectorSet(selector).id, this.#family)} ${SHORT[side]}`];
  }

  #namedPorts(side: Side): string[] {
    const { selector, namedPorts } = this.#rule[side];
    const protocol = String(this.#rule.protocol ?? "tcp");
    return namedPorts.map((port) => {
      const { id } = namedPortSet({ selector, protocol, port });
      return `-m set --match-set ${setName(id, this.#family)} ${SHORT[side]},${SHORT[side]}`;
    });
  }

  #ports(side: Side): void {
    const splits = portSplits(side, this.#rule[side].ports).map((split) => `${protocolMatch(this.#rule)} ${split}`);
    const matches = [...splits, ...this.#namedPorts(side)];
    if (matches.length <= 1) return;
    this.#inBlocks.add(`${side} ports`);
    this.#block(matches);
  }

  #nets(side: Side): void {
    const { nets } = this.#rule[side];
    if (nets.length <= 1) return;
    this.#inBlocks.add(`${side} nets`);
    this.#block(nets.map((net) => `--${side} ${net}`));
  }

  /** Exceptions fit into the rule itself only where there is one, and no address beside it. */
  #exceptions(side: Side): void {
    const { nets, notNets } = this.#rule[side];
    const left = this.#inBlocks.has(`${side} nets`) ? 0 : nets.length;
    if (notNets.length === 0 || left + notNets.length <= 1) return;
    this.#inBlocks.add(`${side} exceptions`);
    this.#begin(MARK.scratch0);
    this.rules.push(...notNets.map((net) => ({ match: `--${side} ${net}`, action: clearMark(MARK.scratch0) })));
  }

  #block(matches: readonly string[]): void {
    this.#begin(0);
    const bit = this.#positive ? MARK.scratch1 : MARK.scratch0;
    this.rules.push(...matches.map((match) => ({ match, action: setMark(bit) })));
    if (this.#positive) this.rules.push({ match: markClear(MARK.scratch1), action: clearMark(MARK.scratch0) });
    this.#positive = true;
  }

  #begin(bits: number): void {
    if (this.rules.length === 0) this.rules.push({ action: maskedMark(bits, MARK.scratch0 | MARK.scratch1) });
  }
}

/** Multiport matches of all ports, as many as it takes. */
function portSplits(side: Side, ports: readonly PortSpan[]): string[] {
  const splits: string[][] = [];
  let free = 0;
  for (const { first, last } of ports) {
    const slots = first === last ? 1 : 2;
    if (free < slots) {
      splits.push([]);
      free = SLOTS;
    }
    splits.at(-1)?.push(first === last ? `${first}` : `${first}:${last}`);
    free -= slots;
  }
  return splits.map((split) => `-m multiport --${side}-ports ${split.join(",")}`);
}
