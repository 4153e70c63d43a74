/** What a match or target extension is: its options, its texts, its compiled form. One file per family says all of it. */
import type { Errno } from "../../base/mod.ts";
import type { Table } from "../../../wasm/mod.ts";
import type { Family } from "./address.ts";
import { usage } from "./complaint.ts";
import type { Encoder } from "./encoder.ts";

/** A value under construction. */
export type Draft<V> = { -readonly [K in keyof V]: V[K] };

/** What a rule's words may be checked against while they are read. */
export interface Scope {
  readonly family: Family;
  /** `-p` so far: 0 for any. */
  proto: number;
  notProto: boolean;
  /** The kernel's set of that name, with how many dimensions it takes; undefined where there is none. */
  setFamily(name: string): Family | "unspec" | undefined;
  /** Says something on standard error that does not stop the command. */
  warn(text: string): void;
}

/** The option being read. */
export interface Argument {
  readonly ext: string;
  /** The option's first name, without dashes. */
  readonly option: string;
  /** `!` stood in front. */
  readonly not: boolean;
  readonly scope: Scope;
  /** The word after the option's own, taken away, unless it is missing or an option itself. */
  next(): string | undefined;
}

/** One option of an extension. */
export interface Option<V> {
  /** First the name error texts use, then other spellings. */
  readonly names: readonly string[];
  /** False for a flag. */
  readonly value: boolean;
  readonly invertible?: boolean;
  readonly multi?: boolean;
  readonly required?: boolean;
  readonly excludes?: readonly string[];
  readonly needs?: readonly string[];
  take(draft: Draft<V>, text: string, argument: Argument): void;
}

/** Where in the kernel's tables a rule stands, for its checks. */
export interface Site {
  readonly family: Family;
  readonly table: Table;
  /** Bits 1 << hook of the built-in chains it can be reached from. */
  readonly hooks: number;
  readonly proto: number;
  readonly notProto: boolean;
  /** The rule has a tcp match that wants SYN. */
  readonly syn: boolean;
  /** The nft variant writes it: the kernel does not look at a rule's other parts then. */
  readonly nft: boolean;
}

/** A match or target: `V` is its value in a rule. Every method is a pure function of that value. */
export interface Extension<V> {
  readonly name: string;
  /** Other names the tool loads it by. */
  readonly aliases?: readonly string[];
  /** Only for this family. */
  readonly family?: Family;
  readonly options: readonly Option<V>[];
  /** The op or target number of `abi.ts`. */
  readonly op: number;
  /** Where the kernel takes it: tables, hooks (bits), protocols. Everywhere when absent. */
  readonly tables?: readonly Table[];
  readonly hooks?: number;
  readonly protos?: readonly number[];
  start(family: Family): Draft<V>;
  /** Last look before the value stands; `seen` tells which options were given. */
  finish?(draft: Draft<V>, seen: Seen, scope: Scope): void;
  /** What the kernel's checkentry refuses beyond tables, hooks and protocols. */
  refuse?(value: V, site: Site): Errno | "ok";
  /** Words of iptables-save after `-m name`, each with a blank in front. */
  save(value: V): string;
  /** What `iptables -L` prints, blanks in front included. */
  list(value: V, look: Look): string;
  /** Whether the compiled match is inverted as a whole. */
  inverted?(value: V): boolean;
  /** Operands of the compiled form. */
  encode?(value: V, out: Encoder): void;
}

/** How a listing is wanted. */
export interface Look {
  readonly numeric: boolean;
  readonly proto: number;
}

/** Which options of an extension were given. */
export interface Seen {
  has(option: string): boolean;
}

/** Reads one option of a loaded extension with libxtables' general checks. */
export function takeOption<V>(
  option: Option<V>,
  draft: Draft<V>,
  seen: Seen & { add(option: string): void },
  given: Argument & { text: string },
) {
  const name = option.names[0] as string;
  if (!option.multi && seen.has(name)) usage(`${given.ext}: option "--${name}" can only be used once.\n`);
  if (given.not && !option.invertible) usage(`${given.ext}: option "--${name}" cannot be inverted.\n`);
  option.take(draft, given.text, given);
  seen.add(name);
}

/** libxtables' checks over all options of one extension, after its own. */
export function checkOptions<V>(ext: Extension<V>, seen: Seen): void {
  for (const option of ext.options) {
    const name = option.names[0] as string;
    if (!seen.has(name)) {
      if (option.required) usage(`${ext.name}: option "--${name}" must be specified\n`);
      continue;
    }
    for (const other of option.needs ?? []) {
      if (!seen.has(other)) usage(`${ext.name}: option "--${name}" also requires "--${other}".\n`);
    }
    for (const other of option.excludes ?? []) {
      if (other !== name && seen.has(other)) {
        usage(`${ext.name}: option "--${name}" cannot be used together with "--${other}".\n`);
      }
    }
  }
}
