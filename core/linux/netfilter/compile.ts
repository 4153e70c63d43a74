/** Writes a table as the program the plane runs (`wasm/src/filter/program.rs`), and finds a rule again by its line. */
import { BASE, HOOK, PROGRAM, TABLE, type Table, TARGET } from "../../../wasm/mod.ts";
import type { Family } from "./address.ts";
import type { Hook } from "./builtins.ts";
import { Encoder } from "./encoder.ts";
import { matchExtension } from "./matches.ts";
import { hookWord } from "./nft_hook.ts";
import { type DeviceTest, type NetTest, printRule, type Rule } from "./rule.ts";
import type { Entry, LiveChain } from "./table_edit.ts";
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
  /** The plane's number of the table as one of nftables, where the nft variant keeps it. */
  readonly nft?: number;
  /** The plane's number of an ipset. */
  setNumber(name: string): number;
}

/** The program of a table; its chains in listing order. */
export function compileTable(chains: readonly LiveChain[], options: CompileOptions): Uint32Array {
  const out = programOf(PROGRAM.VERSION, chains.length, options);
  for (const chain of chains) writeHead(chain, chain.entries.length, { out, options });
  const numbers = new Map(chains.map((chain, index) => [chain.name, index]));
  for (const chain of chains) writeRules(chain, (name) => numbers.get(name) as number, { out, options });
  return out.finish();
}

/** A chain of a patch: its number in the plane; where its rules stay, that alone begins anew which would by loading it. */
export interface PatchedChain {
  readonly number: number;
  readonly chain: LiveChain;
  readonly kept: boolean;
}

/** A patch of a loaded table. */
export function compilePatch(
  chains: readonly PatchedChain[],
  numberOf: (chain: string) => number,
  options: CompileOptions,
): Uint32Array {
  const out = programOf(PROGRAM.PATCH, chains.length, options);
  for (const { number, chain, kept } of chains) {
    out.word(number);
    writeHead(chain, kept ? PROGRAM.KEPT : chain.entries.length, { out, options });
  }
  for (const { chain, kept } of chains) if (!kept) writeRules(chain, numberOf, { out, options });
  return out.finish();
}

function programOf(version: number, chains: number, { family, table, nft, setNumber }: CompileOptions): Encoder {
  const out = new Encoder(family, setNumber);
  out.push(version, family, nft ?? TABLE_NUMBERS[table], chains);
  return out;
}

/** Whether a hook leads to a chain: for nftables once it has been made. */
export function isHooked({ policy, handle }: LiveChain, { nft }: Pick<CompileOptions, "nft">): boolean {
  return policy !== undefined && (nft === undefined || handle !== undefined);
}

function hookNumber(chain: LiveChain, options: CompileOptions): number {
  if (!isHooked(chain, options)) return PROGRAM.NO_HOOK;
  return options.nft === undefined ? HOOK[chain.name as Hook] : hookWord(options.table, chain.name);
}

function writeHead(
  chain: LiveChain,
  rules: number,
  { out, options }: { readonly out: Encoder; readonly options: CompileOptions },
): void {
  out.push(hookNumber(chain, options), rules);
  out.word(isHooked(chain, options) && chain.policy === "ACCEPT" ? 1 : 0);
  out.long(chain.count.packets);
  out.long(chain.count.bytes);
}

function writeRules(
  chain: LiveChain,
  numberOf: (chain: string) => number,
  { out, options }: { readonly out: Encoder; readonly options: CompileOptions },
): void {
  const code = codeOf(chain.entries, options);
  const start = out.length;
  out.words(code.words);
  code.calls.forEach((at, i) => out.patch(start + at, numberOf(code.targets[i] as string)));
  if (code.unused) return;
  let at = start;
  for (const { packets, bytes } of chain.entries) {
    out.patchLong(at + 1, packets);
    out.patchLong(at + 3, bytes);
    at += out.at(at);
  }
}

/** The rules of a chain as words, their counters zero and the numbers of chains left open. */
export interface ChainCode {
  readonly words: Uint32Array;
  /** Where a chain's number belongs, and which chain's. */
  readonly calls: readonly number[];
  readonly targets: readonly string[];
  /** Nothing was counted yet. */
  readonly unused: boolean;
  /** A rule remembers by a name that other rules may share. */
  readonly names: boolean;
  /** A rule remembers for itself: loading its table anew makes it forget. */
  readonly forgets: boolean;
}

/** Entries are values: their code is the same wherever they stand. */
const codes = new WeakMap<readonly Entry[], ChainCode>();

/** Code is written here before it is as long as it is. */
const SCRATCH = new Uint32Array(16_384);

/** The code of a chain's entries. */
export function codeOf(entries: readonly Entry[], options: CompileOptions): ChainCode {
  const known = codes.get(entries);
  if (known !== undefined) return known;
  let fixed = true;
  const out = new Encoder(options.family, (name) => {
    fixed = false;
    return options.setNumber(name);
  }, SCRATCH);
  const code = writeCode(entries, out);
  // the numbers of sets are a namespace's own
  if (fixed) codes.set(entries, code);
  return code;
}

function writeCode(entries: readonly Entry[], out: Encoder): ChainCode {
  const calls: number[] = [], targets: string[] = [];
  let unused = true, names = false, forgets = false;
  for (const { rule, packets, bytes } of entries) {
    const start = out.length;
    out.skip(COUNTER_WORDS);
    encodeRule(rule, out);
    out.patch(start, out.length - start);
    if (rule.target?.target === "jump") {
      calls.push(out.length - 1);
      targets.push(rule.target.chain);
    }
    if (packets !== 0 || bytes !== 0) unused = false;
    for (const match of rule.matches) {
      if (NAMED.has(match.match)) names = true;
      else if (FORGETFUL.has(match.match) || (match.match === "statistic" && match.mode === "nth")) forgets = true;
    }
  }
  return { words: out.finish(), calls, targets, unused, names, forgets };
}

/** Words of a rule before its base: its length, packets and bytes. */
const COUNTER_WORDS = 5;
const NAMED: ReadonlySet<string> = new Set(["recent", "hashlimit"]);
const FORGETFUL: ReadonlySet<string> = new Set(["limit", "quota", "connlimit"]);

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

/** Which rule or policy of a chain a line is, counted from the chain's first; undefined past its end. */
export function ruleOf({ name, policy, entries }: LiveChain, line: number): RuleAt | undefined {
  const entry = entries[line];
  if (entry !== undefined) return { chain: name, number: line + 1, text: `-A ${name}${printRule(entry.rule)}` };
  if (policy === undefined || line !== entries.length) return undefined;
  return { chain: name, text: `-P ${name} ${policy}` };
}
