/** Writes a table as the program the plane runs (`wasm/src/filter/program.rs`), and finds a rule again by its line. */
import { BASE, HOOK, PROGRAM, TABLE, TARGET } from "../../../wasm/mod.ts";
import type { Table } from "../../../wasm/mod.ts";
import type { Family } from "./address.ts";
import type { Hook } from "./builtins.ts";
import { Encoder } from "./encoder.ts";
import { matchExtension } from "./matches.ts";
import { type DeviceTest, type NetTest, printRule, type Rule } from "./rule.ts";
import type { LiveChain } from "./table_edit.ts";
import { type Target, targetExtension } from "./targets.ts";

const TABLE_NUMBERS: Readonly<Record<Table, number>> = {
  raw: TABLE.RAW,
  mangle: TABLE.MANGLE,
  nat: TABLE.NAT,
  filter: TABLE.FILTER,
  security: TABLE.SECURITY,
};

/** What a program is written for. */
export interface CompileOptions {
  readonly family: Family;
  readonly table: Table;
  /** The plane's number of an ipset. */
  setNumber(name: string): number;
}

/** The program of a table; its chains in listing order. */
export function compileTable(chains: readonly LiveChain[], options: CompileOptions): Uint32Array {
  const out = new Encoder(options.family, (name) => options.setNumber(name));
  out.push(PROGRAM.VERSION, options.family, TABLE_NUMBERS[options.table], chains.length);
  for (const chain of chains) {
    out.push(
      chain.policy === undefined ? PROGRAM.NO_HOOK : HOOK[chain.name as Hook],
      chain.entries.length,
      chain.policy === "ACCEPT" ? 1 : 0,
    );
    out.long(chain.count.packets);
    out.long(chain.count.bytes);
  }
  const numbers = new Map(chains.map((chain, index) => [chain.name, index]));
  for (const chain of chains) {
    for (const { rule, packets, bytes } of chain.entries) {
      const start = out.length;
      out.word(0);
      out.long(packets);
      out.long(bytes);
      out.words(wordsOf(rule, options));
      if (rule.target?.target === "jump") out.patch(out.length - 1, numbers.get(rule.target.chain) as number);
      out.patch(start, out.length - start);
    }
  }
  return out.finish();
}

/** Rules are values: their words, but for the number of the chain they jump to, are the same wherever they stand. */
const written = new WeakMap<Rule, Uint32Array>();

function wordsOf(rule: Rule, { family, setNumber }: CompileOptions): Uint32Array {
  const known = written.get(rule);
  if (known !== undefined) return known;
  let fixed = true;
  const out = new Encoder(family, (name) => {
    fixed = false;
    return setNumber(name);
  });
  encodeRule(rule, out);
  const words = out.finish();
  // The numbers of sets are a namespace's own.
  if (fixed) written.set(rule, words);
  return words;
}

function encodeRule(rule: Rule, out: Encoder): void {
  encodeBase(rule, out);
  out.word(rule.matches.length);
  for (const match of rule.matches) {
    const extension = matchExtension(match);
    out.begin(extension.op, extension.inverted?.(match) ?? false);
    extension.encode?.(match, out);
    out.end();
  }
  encodeTarget(rule.target, out);
}

function encodeBase(rule: Rule, out: Encoder): void {
  const { src, dst, proto, fragment } = rule;
  const input = rule.in, output = rule.out;
  out.word(
    (src ? BASE.SOURCE : 0) | (src?.not ? BASE.NOT_SOURCE : 0) | (dst ? BASE.DESTINATION : 0) |
      (dst?.not ? BASE.NOT_DESTINATION : 0) | (input ? BASE.IN : 0) | (input?.not ? BASE.NOT_IN : 0) |
      (output ? BASE.OUT : 0) | (output?.not ? BASE.NOT_OUT : 0) | (proto ? BASE.PROTO : 0) |
      (proto?.not ? BASE.NOT_PROTO : 0) | (fragment ? BASE.FRAGMENT : 0) | (fragment?.not ? BASE.NOT_FRAGMENT : 0),
  );
  encodeNet(src, out);
  encodeNet(dst, out);
  encodeDevice(input, out);
  encodeDevice(output, out);
  if (proto !== undefined) out.word(proto.number);
}

function encodeNet(test: NetTest | undefined, out: Encoder): void {
  if (test === undefined) return;
  out.address(test.ip);
  out.address(test.mask);
}

function encodeDevice(test: DeviceTest | undefined, out: Encoder): void {
  if (test !== undefined) out.device(test.name);
}

const VERDICT_OPS = { ACCEPT: TARGET.ACCEPT, DROP: TARGET.DROP, RETURN: TARGET.RETURN, QUEUE: TARGET.QUEUE };

/** A jump's chain number is left open: it stands last, for whoever knows the table. */
function encodeTarget(target: Target | undefined, out: Encoder): void {
  const extension = target === undefined ? undefined : targetExtension(target);
  if (target === undefined) out.begin(TARGET.NONE, false);
  else if (target.target === "jump") {
    out.begin(target.goto ? TARGET.GOTO : TARGET.JUMP, false);
    out.word(0);
  } else if (extension !== undefined) {
    out.begin(extension.op, false);
    extension.encode?.(target as never, out);
  } else {
    const verdict = target.target as keyof typeof VERDICT_OPS;
    out.begin(VERDICT_OPS[verdict], false);
    if (verdict === "QUEUE") out.push(0, 0);
  }
  out.end();
}

/** A rule or policy by its line in the program. */
export interface RuleAt {
  readonly chain: string;
  /** From 1; undefined for the policy. */
  readonly number?: number;
  /** `-A CHAIN ...` as `iptables -S` prints it, or `-P CHAIN POLICY`. */
  readonly text: string;
}

/** Which rule or policy a line of the program is; undefined past its end. */
export function ruleAtLine(chains: readonly LiveChain[], line: number): RuleAt | undefined {
  let at = line;
  for (const { name, policy, entries } of chains) {
    const entry = entries[at];
    if (entry !== undefined) return { chain: name, number: at + 1, text: `-A ${name}${printRule(entry.rule)}` };
    at -= entries.length;
    if (policy !== undefined && at-- === 0) return { chain: name, text: `-P ${name} ${policy}` };
  }
  return undefined;
}
