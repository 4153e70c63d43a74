import type { Count } from "../../../wasm/mod.ts";
import { equalWords, maskSuffix, type Net, printWords } from "./address.ts";
import { type Match, matchExtension } from "./matches.ts";
import { protocolName } from "./names.ts";
import { type Target, targetExtension, targetName } from "./targets.ts";

/** `-s`, `-d`: a network, perhaps inverted. */
export interface NetTest extends Net {
  readonly not: boolean;
}

/** `-i`, `-o`: an interface, or all whose names begin so (`eth+`). */
export interface DeviceTest {
  readonly name: string;
  readonly not: boolean;
}

/** `-p`. */
export interface ProtoTest {
  readonly number: number;
  readonly not: boolean;
}

/** One rule: the tests every rule may make, its matches in order, its target. */
export interface Rule {
  readonly src?: NetTest;
  readonly dst?: NetTest;
  readonly in?: DeviceTest;
  readonly out?: DeviceTest;
  readonly proto?: ProtoTest;
  /** `-f`: second and further fragments; inverted: heads and whole packets. */
  readonly fragment?: { readonly not: boolean };
  readonly matches: readonly Match[];
  readonly target?: Target;
  /** Counters the text gave. */
  readonly count?: Count;
}

const bang = (test: { readonly not: boolean }) => test.not ? " !" : "";

function saveNet(option: string, test: NetTest | undefined): string {
  if (test === undefined) return "";
  return `${bang(test)} ${option} ${printWords(test.ip)}${maskSuffix(test.mask) || `/${test.mask.length * 32}`}`;
}

function saveProto(test: ProtoTest | undefined): string {
  return test === undefined ? "" : `${bang(test)} -p ${protocolName(test.number) ?? test.number}`;
}

function saveDevice(option: string, test: DeviceTest | undefined): string {
  return test === undefined || (test.name === "+" && !test.not) ? "" : `${bang(test)} ${option} ${test.name}`;
}

/** Everything up to the target: ` -s 10.0.0.0/8 -p tcp -m tcp --dport 80`, each part with a blank in front. */
export function printConditions(rule: Rule): string {
  let text = saveNet("-s", rule.src) + saveNet("-d", rule.dst) + saveDevice("-i", rule.in) +
    saveDevice("-o", rule.out) +
    saveProto(rule.proto);
  if (rule.fragment !== undefined) text += `${bang(rule.fragment)} -f`;
  for (const match of rule.matches) {
    const extension = matchExtension(match);
    text += ` -m ${extension.name}${extension.save(match)}`;
  }
  return text;
}

/** ` -j DNAT --to-destination 10.0.0.1:80`; nothing for a rule without target. */
export function printTarget(target: Target | undefined): string {
  if (target === undefined) return "";
  const option = target.target === "jump" && target.goto ? "-g" : "-j";
  const extension = targetExtension(target);
  return ` ${option} ${targetName(target)}${extension?.save(target as never) ?? ""}`;
}

/** A rule's words as `iptables -S` prints them behind `-A CHAIN`; {@link printTarget} and conditions in one. */
export function printRule(rule: Rule): string {
  return printConditions(rule) + printTarget(rule.target);
}

/** Whether `-D` and `-C` take two rules for the same: every condition and the target equal, counters aside. */
export function sameRule(a: Rule, b: Rule): boolean {
  const sameNet = (x?: NetTest, y?: NetTest) =>
    x === y ||
    (x !== undefined && y !== undefined && x.not === y.not && equalWords(x.ip, y.ip) && equalWords(x.mask, y.mask));
  return sameNet(a.src, b.src) && sameNet(a.dst, b.dst) && printRule(a) === printRule(b);
}
