/** Listings: what `iptables -L` and `-S` print of chains and rules. */
import { type Family, maskSuffix, printWords } from "./address.ts";
import { protocolName } from "./names.ts";
import { matchExtension } from "./matches.ts";
import { type NetTest, printConditions, printTarget, type Rule } from "./rule.ts";
import type { Entry, LiveChain } from "./table_edit.ts";
import { targetExtension, targetName } from "./targets.ts";

/** How a listing is wanted. */
export interface ListOptions {
  readonly family: Family;
  readonly numeric: boolean;
  readonly verbose: boolean;
  readonly exact: boolean;
  readonly lineNumbers: boolean;
  /** Names of addresses, where names are wanted. */
  readonly names?: ReadonlyMap<string, string>;
}

/** A count in the eight or five columns of a listing, or short as rules are echoed. */
function countColumn(value: number, exact: boolean): string {
  if (exact) return String(value).padStart(8) + " ";
  if (value <= 99999) return String(value).padStart(5) + " ";
  let scaled = value, unit = "";
  for (const next of ["K", "M", "G", "T"]) {
    if (scaled <= 9999 && unit !== "") break;
    scaled = Math.round(scaled / 1000);
    unit = next;
  }
  return String(scaled).padStart(4) + unit + " ";
}

function countShort(value: number): string {
  return countColumn(value, false).trim();
}

/** `Chain INPUT (policy ACCEPT)` and the line of column titles. */
export function listHeading(chain: LiveChain, references: number, options: ListOptions): string {
  const { name, policy, count } = chain;
  const packets = options.exact ? String(count.packets) : countShort(count.packets);
  const bytes = options.exact ? String(count.bytes) : countShort(count.bytes);
  const counters = options.verbose ? ` ${packets} packets, ${bytes} bytes` : "";
  const about = policy === undefined ? `${references} references` : `policy ${policy}${counters}`;
  return `Chain ${name} (${about})\n${listTitles(options)}\n`;
}

function listTitles({ lineNumbers, verbose, exact }: ListOptions): string {
  const counts = !verbose ? "" : exact ? "    pkts      bytes " : " pkts bytes ";
  const devices = verbose ? " in     out    " : "";
  return `${
    lineNumbers ? "num  " : ""
  }${counts}target     prot opt${devices} source               destination         `;
}

/** One rule's line of a listing. */
export function listRule(entry: Entry, number: number, options: ListOptions): string {
  const { rule, packets, bytes } = entry;
  const { numeric, verbose, exact, lineNumbers } = options;
  const counts = verbose ? countColumn(packets, exact) + countColumn(bytes, exact) : "";
  const fragment = rule.fragment === undefined ? "--" : rule.fragment.not ? "!f" : "-f";
  const devices = verbose ? ` ${deviceColumn(rule.in, numeric)} ${deviceColumn(rule.out, numeric)} ` : "";
  const goto = rule.target?.target === "jump" && rule.target.goto ? "[goto] " : "";
  return `${lineNumbers ? String(number).padEnd(4) + " " : ""}${counts}${targetColumn(rule).padEnd(9)} ` +
    `${rule.proto?.not ? "!" : " "}${protoText(rule, numeric).padEnd(4)} ${fragment} ` +
    `${devices}${netColumn(rule.src, options)} ${netColumn(rule.dst, options)} ${goto}${
      extensionText(rule, numeric)
    }\n`;
}

/** The kernel's name of the target: NOTRACK is an alias of CT. */
function targetColumn({ target }: Rule): string {
  return target?.target === "NOTRACK" ? "CT" : targetName(target);
}

function protoText(rule: Rule, numeric: boolean): string {
  const number = rule.proto?.number ?? 0;
  if (numeric) return String(number);
  return number === 0 ? "all" : protocolName(number) ?? String(number);
}

function deviceColumn(test: Rule["in"], numeric: boolean): string {
  return ((test?.not ? "!" : "") + (test?.name ?? (numeric ? "*" : "any"))).padEnd(6);
}

function netText(test: NetTest | undefined, { family, numeric, names }: ListOptions): string {
  const anywhere = test === undefined || test.mask.every((word) => word === 0);
  if (anywhere) return numeric ? (family === 4 ? "0.0.0.0/0" : "::/0") : "anywhere";
  const address = printWords(test.ip);
  return (names?.get(address) ?? address) + maskSuffix(test.mask);
}

/** The addresses a listing shows, in the order it comes to them. */
export function listedAddresses(chains: readonly LiveChain[]): string[] {
  const addresses: string[] = [];
  for (const { entries } of chains) {
    for (const { rule } of entries) {
      for (const test of [rule.src, rule.dst]) {
        if (test !== undefined && test.mask.some((word) => word !== 0)) addresses.push(printWords(test.ip));
      }
    }
  }
  return addresses;
}

function netColumn(test: NetTest | undefined, options: ListOptions): string {
  return (test?.not ? "!" : " ") + netText(test, options).padEnd(19);
}

function extensionText(rule: Rule, numeric: boolean): string {
  const look = { numeric, proto: rule.proto?.number ?? 0 };
  const matches = rule.matches.map((match) => matchExtension(match).list(match, look)).join("");
  const extension = rule.target && targetExtension(rule.target);
  return matches + (extension?.list(rule.target as never, look) ?? "");
}

/** A rule as `-v` echoes it: `ACCEPT  tcp opt -- in * out *  1.1.1.1  -> 0.0.0.0/0   tcp dpt:80`. */
export function echoRule(rule: Rule, family: Family): string {
  const fragment = rule.fragment === undefined ? "--" : rule.fragment.not ? "!f" : "-f";
  const look = { numeric: false, family, verbose: true, exact: false, lineNumbers: false };
  const device = (test: Rule["in"]) => (test?.not ? "!" : "") + (test?.name ?? "*");
  const net = (test: NetTest | undefined) => `${test?.not ? "!" : " "}${netText(test, { ...look, numeric: true })}`;
  const target = targetName(rule.target);
  return `${target}  ${rule.proto?.not ? "!" : ""}${protoText(rule, false)} opt ${fragment} in ${device(rule.in)} ` +
    `out ${device(rule.out)} ${net(rule.src)} ${family === 4 ? "" : ""} ->${net(rule.dst)}  ${
      extensionText(rule, true)
    }\n`;
}

/** `-P INPUT ACCEPT` or `-N CHAIN`, with counters where they are wanted. */
export function specChain(chain: LiveChain, counters: boolean): string {
  const { name, policy, count } = chain;
  if (policy === undefined) return `-N ${name}\n`;
  return `-P ${name} ${policy}${counters ? ` -c ${count.packets} ${count.bytes}` : ""}\n`;
}

/** `-A INPUT ...` as `-S` prints it. */
export function specRule(chain: string, { rule, packets, bytes }: Entry, counters: boolean): string {
  const count = counters ? ` -c ${packets} ${bytes}` : "";
  return `-A ${chain}${printConditions(rule)}${count}${printTarget(rule.target)}\n`;
}
